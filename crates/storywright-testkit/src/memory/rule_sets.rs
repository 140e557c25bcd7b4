//! Rule sets with their versions, and those of projects.

use super::{MemoryTx, page};
use storywright_domain::Timestamp;
use storywright_domain::jira::ProjectKey;
use storywright_domain::ports::{RuleSetRepo, Saved, Slice, StorageError};
use storywright_domain::rule_keeping::{KeptRuleSet, ProjectRuleSet, RuleSetSummary, RuleSetVersion};

impl RuleSetRepo for MemoryTx<'_> {
    fn rule_sets(&mut self, cursor: Option<&str>, limit: u32) -> Result<Slice<RuleSetSummary>, StorageError> {
        let mut all: Vec<RuleSetSummary> = self.state.rule_sets.values().map(RuleSetSummary::from).collect();
        all.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
        if let Some((id, name)) = cursor.and_then(|cursor| cursor.split_once('/')) {
            all.retain(|one| (one.name.as_str(), one.id.as_str()) > (name, id));
        }
        let size = usize::try_from(limit).unwrap_or(usize::MAX).clamp(1, 200);
        let more = all.len() > size;
        all.truncate(size);
        let next = all.last().filter(|_| more).map(|last| format!("{}/{}", last.id, last.name));
        Ok(Slice { items: all, next })
    }

    fn kept_rule_set(&mut self, id: &str) -> Result<Option<KeptRuleSet>, StorageError> {
        Ok(self.state.rule_sets.get(id).cloned())
    }

    fn save_rule_set(&mut self, kept: &KeptRuleSet, author: &str, note: &str) -> Result<Saved, StorageError> {
        let state = self.change()?;
        let id = kept.rules.id.clone();
        let stored = state.rule_sets.get(&id).map_or(0, |stored| stored.version);
        if stored + 1 != kept.version {
            return Ok(Saved::Conflict);
        }
        state.rule_sets.insert(id.clone(), kept.clone());
        let version = RuleSetVersion {
            rule_set: id.clone(),
            number: kept.version,
            author: author.to_owned(),
            note: note.to_owned(),
            saved_at: kept.updated_at,
            rules: kept.rules.clone(),
        };
        state.rule_set_versions.insert((id, kept.version), version);
        Ok(Saved::Stored)
    }

    fn rule_set_versions(
        &mut self,
        id: &str,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Slice<RuleSetVersion>, StorageError> {
        let versions = self.state.rule_set_versions.values().filter(|version| version.rule_set == id);
        let versions = versions.cloned().collect();
        Ok(page(versions, cursor, limit, |version: &RuleSetVersion| (i64::from(version.number), String::new())))
    }

    fn rule_set_version(&mut self, id: &str, number: u32) -> Result<Option<RuleSetVersion>, StorageError> {
        Ok(self.state.rule_set_versions.get(&(id.to_owned(), number)).cloned())
    }

    fn prune_rule_set_versions(&mut self, keep: u32, most: u32) -> Result<usize, StorageError> {
        let newest = |id: &str| self.state.rule_sets.get(id).map_or(0, |kept| kept.version);
        let versions = self.state.rule_set_versions.keys();
        let old = versions.filter(|(id, number)| number.saturating_add(keep) <= newest(id)).cloned();
        let old: Vec<(String, u32)> = old.take(usize::try_from(most).unwrap_or(usize::MAX)).collect();
        let state = self.change()?;
        for key in &old {
            state.rule_set_versions.remove(key);
        }
        Ok(old.len())
    }

    fn rule_set_in_use(&mut self, id: &str) -> Result<bool, StorageError> {
        let by_draft = self.state.drafts.values().any(|draft| draft.rule_set == id);
        Ok(by_draft || self.state.project_rule_sets.values().any(|rule_set| rule_set == id))
    }

    fn delete_rule_set(&mut self, id: &str, expected: u32) -> Result<Saved, StorageError> {
        let state = self.change()?;
        if state.rule_sets.get(id).is_none_or(|kept| kept.version != expected) {
            return Ok(Saved::Conflict);
        }
        state.rule_sets.remove(id);
        state.rule_set_versions.retain(|(rule_set, _), _| rule_set != id);
        state.project_rule_sets.retain(|_, rule_set| rule_set != id);
        Ok(Saved::Stored)
    }

    fn project_rule_set(&mut self, site: &str, project: &ProjectKey) -> Result<Option<String>, StorageError> {
        Ok(self.state.project_rule_sets.get(&(site.to_owned(), project.clone())).cloned())
    }

    fn projects_of_rule_set(&mut self, id: &str) -> Result<Vec<ProjectRuleSet>, StorageError> {
        let chosen = self.state.project_rule_sets.iter().filter(|(_, rule_set)| *rule_set == id);
        let chosen = chosen.map(|((site, project), rule_set)| ProjectRuleSet {
            site: site.clone(),
            project: project.clone(),
            rule_set: rule_set.clone(),
        });
        Ok(chosen.take(200).collect())
    }

    fn save_project_rule_set(&mut self, chosen: &ProjectRuleSet, _at: Timestamp) -> Result<(), StorageError> {
        let key = (chosen.site.clone(), chosen.project.clone());
        self.change()?.project_rule_sets.insert(key, chosen.rule_set.clone());
        Ok(())
    }

    fn delete_project_rule_set(&mut self, site: &str, project: &ProjectKey) -> Result<(), StorageError> {
        self.change()?.project_rule_sets.remove(&(site.to_owned(), project.clone()));
        Ok(())
    }
}
