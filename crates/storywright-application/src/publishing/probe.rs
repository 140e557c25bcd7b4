//! Looking for issues whose answers were lost. Candidates come from a search by mark or from a walk over the issue numbers; proof is the
//! issue property. A search that finds nothing proves nothing; a walk may.

use super::plan::{ORIGIN_PROPERTY, origin};
use crate::Ports;
use serde_json::Value;
use std::collections::HashMap;
use storywright_domain::ItemId;
use storywright_domain::jira::{Issue, Marker};
use storywright_domain::publishing::{Run, RunItem};
use storywright_domain::remote::{Access, RemoteError};

/// Numbers without an issue, one after the other, after which the end of the project is reached.
const MISSES: u32 = 20;
/// Issues that one walk reads.
const READS: u32 = 300;
/// Issues of the run that are read to see whether the person can read at all.
const TRIES: u32 = 3;

/// An item with the id and key of the issue that it is.
pub(super) type Found = (ItemId, (String, String));

/// What is looked for, and where.
pub(super) struct Search<'a> {
    pub(super) ports: &'a Ports,
    pub(super) access: &'a Access,
    pub(super) run: &'a Run,
    pub(super) items: &'a [RunItem],
    /// Ends a look early, with what was found.
    pub(super) stop: &'a dyn Fn() -> bool,
}

/// What a walk over the issue numbers came to.
pub(super) struct Walk {
    /// Items with their issues.
    pub(super) found: Vec<Found>,
    /// What is not found is not there.
    pub(super) conclusive: bool,
    /// Items and keys of issues that look like them, without proof.
    pub(super) alike: Vec<(ItemId, String)>,
}

/// An item that is looked for, and its proof.
struct Wanted<'a> {
    item: &'a RunItem,
    proof: Value,
}

impl<'a> Search<'a> {
    fn wanted(&self, wanted: &[ItemId]) -> Vec<Wanted<'a>> {
        self.items
            .iter()
            .filter(|item| wanted.contains(&item.id))
            .map(|item| Wanted { item, proof: same_json(&origin(&self.run.run_label, &item.reference)) })
            .collect()
    }

    /// Those of the wanted items that can be proved to be in Jira. The index may lag, so an item that is not found is not absent.
    pub(super) fn by_mark(&self, wanted: &[ItemId]) -> Result<Vec<Found>, RemoteError> {
        let known: Vec<&str> = self.items.iter().filter_map(|other| other.jira_id.as_deref()).collect();
        let mut missing = self.wanted(wanted);
        let mut markers: Vec<&Marker> = Vec::new();
        for one in &missing {
            if !markers.contains(&&one.item.marker) {
                markers.push(&one.item.marker);
            }
        }
        let mut found = Vec::new();
        for marker in markers {
            for candidate in self.ports.jira.marked(self.access, &self.run.project, marker)? {
                if missing.is_empty() || (self.stop)() {
                    return Ok(found);
                }
                if known.contains(&candidate.id.as_str()) {
                    continue;
                }
                // A hit of the index is no proof: the issue itself is read, from the database, with its property.
                let Some(issue) = self.ports.jira.issue(self.access, &candidate.id, Some(ORIGIN_PROPERTY))? else {
                    continue;
                };
                take(&mut missing, &issue, &mut found);
            }
        }
        Ok(found)
    }

    /// Reads every issue that the project got since before the run, by its number: no index has a part in it.
    pub(super) fn by_number(&self, wanted: &[ItemId]) -> Result<Walk, RemoteError> {
        let mut walk = Walk { found: Vec::new(), conclusive: false, alike: Vec::new() };
        let Some(first) = self.run.newest_before else { return Ok(walk) };
        let mut missing = self.wanted(wanted);
        let known = self.known_numbers();
        let can_read = self.can_read(&known)?;
        let mut readable = can_read == Some(true);
        let (mut misses, mut reads, mut closed) = (0, 0, false);
        // Numbers of deleted issues are never given again: the walk goes past every key that the run itself has got.
        let beyond = known.keys().copied().max().unwrap_or(0);
        let mut number = first;
        while (misses < MISSES || number < beyond + u64::from(MISSES)) && reads < READS && !missing.is_empty() {
            if (self.stop)() {
                return Ok(walk);
            }
            number += 1;
            if known.contains_key(&number) {
                misses = 0;
                continue;
            }
            reads += 1;
            match self.ports.jira.issue(self.access, &format!("{}-{number}", self.run.project), Some(ORIGIN_PROPERTY)) {
                Ok(None) => misses += 1,
                Ok(Some(issue)) => {
                    misses = 0;
                    // Another's issue says something only while none of the run's own has said the contrary.
                    readable |= can_read.is_none();
                    if !take(&mut missing, &issue, &mut walk.found) {
                        self.note_alike(&missing, &issue, &mut walk.alike);
                    }
                }
                Err(RemoteError::Forbidden { .. }) => closed = true,
                Err(error) => return Err(error),
            }
        }
        walk.conclusive = misses >= MISSES && number >= beyond + u64::from(MISSES) && readable && !closed;
        Ok(walk)
    }

    /// Numbers of the run's own issues in its project, with their ids.
    fn known_numbers(&self) -> HashMap<u64, &'a str> {
        let number = |item: &'a RunItem| {
            let (project, number) = item.jira_key.as_deref()?.rsplit_once('-')?;
            Some((number.parse().ok().filter(|_| project == self.run.project)?, item.jira_id.as_deref()?))
        };
        self.items.iter().filter_map(number).collect()
    }

    /// Whether the person can read what is there: an issue of the run, with its property, or else the newest from before the run.
    /// Without that, what cannot be read is not absent. `None` while there is nothing to try it on.
    fn can_read(&self, known: &HashMap<u64, &str>) -> Result<Option<bool>, RemoteError> {
        let mut tries = 0;
        let by_word = self.items.iter().any(|item| matches!(item.marker, Marker::Word(_)));
        for id in known.values() {
            if tries == TRIES {
                break;
            }
            tries += 1;
            // Where issues are known by a word of their own, there is no property to see.
            if self.read(id)?.is_some_and(|issue| issue.property.is_some() || by_word) {
                return Ok(Some(true));
            }
        }
        match self.run.newest_before {
            // Its own issues are there and cannot be read, or show no property: nothing can be concluded.
            _ if tries > 0 => Ok(Some(false)),
            None | Some(0) => Ok(None),
            Some(newest) => Ok(self.read(&format!("{}-{newest}", self.run.project))?.is_some().then_some(true)),
        }
    }

    fn read(&self, key: &str) -> Result<Option<Issue>, RemoteError> {
        match self.ports.jira.issue(self.access, key, Some(ORIGIN_PROPERTY)) {
            Err(RemoteError::Forbidden { .. }) => Ok(None),
            other => other,
        }
    }

    /// An issue without a proof that carries the mark or the words of an item: it may be it, on a site that keeps no property.
    fn note_alike(&self, missing: &[Wanted<'a>], issue: &Issue, alike: &mut Vec<(ItemId, String)>) {
        if issue.property.is_some() {
            return;
        }
        for wanted in missing {
            let marked = match &wanted.item.marker {
                Marker::RunLabel(label) => issue.labels.contains(label),
                Marker::Footer(word) => issue.description.split_whitespace().any(|part| part == word),
                Marker::Field { .. } | Marker::Word(_) | Marker::Manual => false,
            };
            if marked || issue.summary == wanted.item.summary {
                alike.push((wanted.item.id, issue.key.clone()));
            }
        }
    }
}

/// Takes the item that an issue is, if its property says so.
fn take(missing: &mut Vec<Wanted<'_>>, issue: &Issue, found: &mut Vec<Found>) -> bool {
    let Some(index) = missing.iter().position(|wanted| proves(issue, &wanted.item.marker, &wanted.proof)) else {
        return false;
    };
    let wanted = missing.swap_remove(index);
    found.push((wanted.item.id, (issue.id.clone(), issue.key.clone())));
    true
}

/// Whether an issue is what a proof of origin or a word of its own says.
pub(super) fn proves(issue: &Issue, marker: &Marker, proof: &Value) -> bool {
    match marker {
        Marker::Word(word) => issue.description.split_whitespace().any(|part| part == word),
        _ => issue.property.as_deref().map(same_json).as_ref() == Some(proof),
    }
}

pub(super) fn same_json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}
