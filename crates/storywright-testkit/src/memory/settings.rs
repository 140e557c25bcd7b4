//! Connections and rule sets.

use super::{MemoryTx, refused};
use storywright_domain::integration::{Integration, IntegrationKind};
use storywright_domain::ports::{IntegrationRepo, RuleSetRepo, StorageError};
use storywright_domain::rules::RuleSet;
use storywright_domain::{Timestamp, UserId};

impl IntegrationRepo for MemoryTx<'_> {
    fn integration(&mut self, user: UserId, kind: IntegrationKind) -> Result<Option<Integration>, StorageError> {
        Ok(self.state.integration_of(user, kind).cloned())
    }

    fn save_integration(&mut self, integration: &Integration) -> Result<(), StorageError> {
        let state = self.change()?;
        let Some(kept) = state.people.get_mut(&integration.user) else {
            return refused("connection", "its person is gone");
        };
        if integration.kind == IntegrationKind::Jira {
            kept.person.jira_site.clone_from(&integration.target);
            kept.jira = Some(integration.clone());
            return Ok(());
        }
        state.integrations.retain(|kept| (kept.user, kept.kind) != (integration.user, integration.kind));
        state.integrations.push(integration.clone());
        Ok(())
    }

    fn delete_integration(&mut self, user: UserId, kind: IntegrationKind) -> Result<(), StorageError> {
        let state = self.change()?;
        match (kind, state.people.get_mut(&user)) {
            (IntegrationKind::Jira, Some(kept)) => kept.jira = None,
            _ => state.integrations.retain(|kept| (kept.user, kept.kind) != (user, kind)),
        }
        Ok(())
    }
}

impl RuleSetRepo for MemoryTx<'_> {
    fn rule_sets(&mut self) -> Result<Vec<RuleSet>, StorageError> {
        let mut all: Vec<RuleSet> = self.state.rule_sets.values().cloned().collect();
        all.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
        Ok(all)
    }

    fn rule_set(&mut self, id: &str) -> Result<Option<RuleSet>, StorageError> {
        Ok(self.state.rule_sets.get(id).cloned())
    }

    fn save_rule_set(&mut self, rule_set: &RuleSet, _at: Timestamp) -> Result<(), StorageError> {
        self.change()?.rule_sets.insert(rule_set.id.clone(), rule_set.clone());
        Ok(())
    }
}
