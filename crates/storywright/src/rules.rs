//! The rule sets that come with the configuration: `rules/*.json`, stored at start so that people can choose them.

use crate::wiring::StartError;
use std::path::Path;
use storywright_application::Ports;
use storywright_domain::ports::{Saved, StorageError, StorageExt, Tx};
use storywright_domain::rule_keeping::KeptRuleSet;
use storywright_domain::rules::RuleSet;

/// Stores every rule set of the folder that is new or was changed there, and the default one if there is none.
///
/// # Errors
/// A file that cannot be read, by name and line.
pub fn load(ports: &Ports, config_folder: &Path) -> Result<(), StartError> {
    let mut sets = read(&config_folder.join("rules"))?;
    let default = RuleSet::default();
    if !sets.iter().any(|set| set.id == default.id) {
        sets.push(default);
    }
    let stored = ports.storage.read(shipped)?;
    let as_stored = |set: &RuleSet| stored.iter().any(|kept| kept.rules == *set);
    // A set whose file is gone is nobody's: administrators may change and remove it from now on.
    let is_file = |kept: &KeptRuleSet| sets.iter().any(|set| set.id == kept.rules.id);
    let left: Vec<KeptRuleSet> = stored.iter().filter(|kept| !is_file(kept)).cloned().collect();
    sets.retain(|set| !as_stored(set));
    if sets.is_empty() && left.is_empty() {
        return Ok(());
    }
    let now = ports.clock.now();
    ports.storage.write(|tx| {
        for kept in &left {
            let freed = KeptRuleSet { version: kept.version + 1, shipped: false, updated_at: now, ..kept.clone() };
            if tx.save_rule_set(&freed, "", "its file is gone")? == Saved::Conflict {
                log::warn!(rule_set = kept.rules.id.as_str(); "the rule set was stored by somebody else meanwhile");
            }
        }
        for rules in &sets {
            let before = tx.kept_rule_set(&rules.id)?;
            if before.as_ref().is_some_and(|kept| !kept.shipped) {
                log::warn!(rule_set = rules.id.as_str(); "a file takes the place of a rule set that somebody kept; it stays among its versions");
            }
            let version = before.map_or(1, |kept| kept.version + 1);
            // What people kept under the same id stays among its versions.
            let kept = KeptRuleSet { rules: rules.clone(), version, keeper: None, shipped: true, updated_at: now };
            if tx.save_rule_set(&kept, "", "")? == Saved::Conflict {
                log::warn!(rule_set = kept.rules.id.as_str(); "the rule set was stored by somebody else meanwhile");
            }
        }
        Ok::<_, StorageError>(())
    })?;
    Ok(())
}

/// What came with the configuration at the start before this one.
fn shipped(tx: &mut dyn Tx) -> Result<Vec<KeptRuleSet>, StorageError> {
    let mut all = Vec::new();
    let mut cursor = None;
    loop {
        let part = tx.rule_sets(cursor.as_deref(), 200)?;
        for summary in part.items.iter().filter(|summary| summary.shipped) {
            all.extend(tx.kept_rule_set(&summary.id)?);
        }
        cursor = part.next;
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

fn read(folder: &Path) -> Result<Vec<RuleSet>, StartError> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut files: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    files.sort();
    files
        .iter()
        .map(|path| {
            let text = std::fs::read_to_string(path)?;
            let set: RuleSet = serde_json::from_str(&text).map_err(|error| {
                format!("{}: line {}: {error}; mend the rule set or remove the file", path.display(), error.line())
            })?;
            set.check().map_err(|problems| {
                let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
                format!("{}: {}; mend the rule set or remove the file", path.display(), problems.join("; "))
            })?;
            Ok(set)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_rule_sets_can_be_read() {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/rules"));
        let sets = read(folder).unwrap();
        assert!(sets.contains(&RuleSet::default()), "{sets:?}");
    }

    #[test]
    fn a_wrong_file_is_named_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("team.json"), "{\n\"id\": \"team\",\n\"nmae\": 1}").unwrap();
        let message = read(folder.path()).unwrap_err().to_string();
        assert!(message.contains("team.json: line 3"), "{message}");
    }

    #[test]
    fn a_pattern_that_is_none_is_named_with_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let set = r#"{"id": "t", "name": "T", "patterns": [{"pattern": "(", "message": "m", "criterion": "atomic"}]}"#;
        std::fs::write(folder.path().join("team.json"), set).unwrap();
        let message = read(folder.path()).unwrap_err().to_string();
        assert!(message.contains("team.json: patterns.0.pattern: regex parse error"), "{message}");
    }

    #[test]
    fn the_schema_names_every_key_and_every_severity_that_can_be_set() {
        use storywright_domain::quality::{Code, Criterion};
        use storywright_domain::rules::WEIGHABLE;
        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../../../config/rule-set.schema.json")).unwrap();
        let codes = Criterion::ALL.iter().map(|one| one.as_str()).chain(Code::ALL.iter().map(|one| one.as_str()));
        let expected: Vec<&str> = codes.chain(WEIGHABLE.iter().copied()).collect();
        assert_eq!(schema["properties"]["severity"]["propertyNames"]["enum"], serde_json::json!(expected));
        // What is not there cannot be seen in a stored set, so each key is named.
        let source = include_str!("../../storywright-domain/src/rules.rs");
        let body = source.split("pub struct RuleSet {").nth(1).and_then(|rest| rest.split("\n}\n").next()).unwrap();
        let keys = body.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.split(':').next());
        let written = |key| if key == "schema" { "$schema" } else { key };
        let keys: std::collections::BTreeSet<&str> = keys.map(written).collect();
        let listed = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, listed);
    }
}
