//! Connections.

use super::{MemoryTx, refused};
use storywright_domain::UserId;
use storywright_domain::integration::{Integration, IntegrationKind};
use storywright_domain::ports::{IntegrationRepo, StorageError};

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
