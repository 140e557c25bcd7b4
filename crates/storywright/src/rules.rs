//! The rule sets that come with the configuration: `rules/*.json`, stored at start so that people can choose them.

use crate::wiring::StartError;
use std::path::Path;
use storywright_application::Ports;
use storywright_domain::ports::{StorageError, StorageExt};
use storywright_domain::rules::RuleSet;

/// Stores every rule set of the folder, and the default one if it is not among them.
///
/// # Errors
/// A file that cannot be read, by name and line.
pub fn load(ports: &Ports, config_folder: &Path) -> Result<(), StartError> {
    let mut sets = read(&config_folder.join("rules"))?;
    let stored = ports.storage.read(|tx| tx.rule_sets())?;
    if !sets.iter().chain(&stored).any(|set| set.id == RuleSet::default().id) {
        sets.push(RuleSet::default());
    }
    sets.retain(|set| !stored.contains(set));
    if sets.is_empty() {
        return Ok(());
    }
    let now = ports.clock.now();
    ports.storage.write(|tx| {
        for set in &sets {
            tx.save_rule_set(set, now)?;
        }
        Ok::<_, StorageError>(())
    })?;
    Ok(())
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
            set.team().map_err(|error| format!("{}: {error}; mend the rule set or remove the file", path.display()))?;
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
}
