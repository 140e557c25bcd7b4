//! Rule sets: a team's own, kept in versions; what they would say of a draft; and which of them a project begins with.

use crate::Ports;
use crate::drafts::draft;
use std::collections::HashSet;
use storywright_domain::draft::Draft;
use storywright_domain::finding::Finding;
use storywright_domain::jira::ProjectKey;
use storywright_domain::person::{Actor, Administrator};
use storywright_domain::ports::{Saved, Slice, StorageError, StorageExt, Tx};
use storywright_domain::review::review;
use storywright_domain::rule_keeping::{
    KeptRuleSet, MAX_NOTE_CHARS, ProjectRuleSet, RuleSetProblem, RuleSetSummary, RuleSetVersion, id_for,
};
use storywright_domain::rules::RuleSet;
use storywright_domain::{DraftId, UserId};

/// Most rule sets of a company, and of one keeper.
const MOST_RULE_SETS: usize = 500;
const MOST_OF_ONE: usize = 20;
/// Largest rule set as it is stored, in bytes.
const MAX_STORED_BYTES: usize = 64 * 1_024;
/// Largest file that is imported, in bytes.
pub const MAX_IMPORT_BYTES: usize = 256 * 1_024;

/// Why a rule set was not stored, changed or removed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RuleSetError {
    /// There is none with that id.
    #[error("there is no such rule set")]
    NotFound,
    /// There is no such version of it.
    #[error("there is no version {0}")]
    NoSuchVersion(u32),
    /// It comes with the configuration.
    #[error("the rule set comes with the configuration: change its file, or make a copy and change that")]
    Shipped,
    /// Somebody else keeps it.
    #[error("somebody else keeps this rule set: ask them or an administrator, or make a copy")]
    NotYours,
    /// It was saved by somebody else meanwhile; this is what is stored now.
    #[error("the rule set has changed meanwhile")]
    Conflict(Box<KeptRuleSet>),
    /// Drafts or projects have it.
    #[error(
        "drafts or projects have this rule set, perhaps of colleagues or in the bin: choose another one there first"
    )]
    InUse,
    /// There are as many as are kept.
    #[error("you keep {MOST_OF_ONE} rule sets, or there are {MOST_RULE_SETS} of all: remove one that nobody needs")]
    TooMany,
    /// Keys that are wrong.
    #[error("the rule set cannot be used: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<RuleSetProblem>),
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Rule sets by name, 50 at a time.
///
/// # Errors
/// [`StorageError`].
pub fn list_rule_sets(ports: &Ports, cursor: Option<&str>) -> Result<Slice<RuleSetSummary>, StorageError> {
    ports.storage.read(|tx| tx.rule_sets(cursor, 50))
}

/// All rule sets that a draft can have, by name; there are no more than a form can offer.
///
/// # Errors
/// [`StorageError`].
pub fn rule_set_choices(ports: &Ports) -> Result<Vec<RuleSetSummary>, StorageError> {
    ports.storage.read(all_summaries)
}

fn all_summaries(tx: &mut dyn Tx) -> Result<Vec<RuleSetSummary>, StorageError> {
    let mut all = Vec::new();
    let mut cursor = None;
    loop {
        let part = tx.rule_sets(cursor.as_deref(), 200)?;
        all.extend(part.items);
        cursor = part.next;
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

/// One rule set.
///
/// # Errors
/// [`StorageError`].
pub fn kept_rule_set(ports: &Ports, id: &str) -> Result<Option<KeptRuleSet>, StorageError> {
    ports.storage.read(|tx| tx.kept_rule_set(id))
}

/// Versions of a rule set, newest first, 30 at a time.
///
/// # Errors
/// [`StorageError`].
pub fn rule_set_versions(ports: &Ports, id: &str, cursor: Option<&str>) -> Result<Slice<RuleSetVersion>, StorageError> {
    ports.storage.read(|tx| tx.rule_set_versions(id, cursor, 30))
}

/// Whether the person may change a rule set: who keeps it, and administrators; nobody where the configuration has it.
#[must_use]
pub fn may_change(actor: &Actor, shipped: bool, keeper: Option<UserId>) -> bool {
    !shipped && (keeper == Some(actor.user()) || actor.as_administrator().is_some())
}

/// Makes a rule set that the person keeps. Without an id it gets one that is made of its name.
///
/// # Errors
/// [`RuleSetError`].
pub fn create_rule_set(ports: &Ports, actor: &Actor, rules: RuleSet, note: &str) -> Result<KeptRuleSet, RuleSetError> {
    let now = ports.clock.now();
    let named = RuleSet { name: rules.name.trim().to_owned(), ..rules };
    // Before the transaction, in which nobody else writes. The id that it may get is right by making.
    let with_id = if named.id.is_empty() { RuleSet { id: "new".to_owned(), ..named.clone() } } else { named.clone() };
    check(&with_id, note)?;
    ports.storage.write(|tx| {
        let all = all_summaries(tx)?;
        let own = all.iter().filter(|kept| kept.keeper == Some(actor.user())).count();
        if all.len() >= MOST_RULE_SETS || own >= MOST_OF_ONE {
            return Err(RuleSetError::TooMany);
        }
        let taken: HashSet<&str> = all.iter().map(|kept| kept.id.as_str()).collect();
        let mut rules = named.clone();
        if rules.id.is_empty() {
            rules.id = id_for(&rules.name, |id| taken.contains(id));
        }
        if let Some(stored) = tx.kept_rule_set(&rules.id)? {
            return Err(RuleSetError::Conflict(Box::new(stored)));
        }
        let kept = KeptRuleSet { rules, version: 1, keeper: Some(actor.user()), shipped: false, updated_at: now };
        store(ports, actor, tx, &kept, note)?;
        Ok(kept)
    })
}

/// Saves a rule set whose stored version is `expected` as its next version.
///
/// # Errors
/// [`RuleSetError`].
pub fn save_rule_set(
    ports: &Ports,
    actor: &Actor,
    rules: RuleSet,
    expected: u32,
    note: &str,
) -> Result<KeptRuleSet, RuleSetError> {
    let now = ports.clock.now();
    // Who may not change it is told that, whatever they sent; what was sent is checked before the transaction.
    ports.storage.read(|tx| changeable(tx, actor, &rules.id))?;
    let rules = RuleSet { name: rules.name.trim().to_owned(), ..rules };
    check(&rules, note)?;
    ports.storage.write(|tx| {
        let stored = changeable_as(tx, actor, &rules.id, expected)?;
        if rules == stored.rules {
            return Ok(stored);
        }
        let kept = KeptRuleSet { rules: rules.clone(), version: stored.version + 1, updated_at: now, ..stored };
        store(ports, actor, tx, &kept, note)?;
        Ok(kept)
    })
}

/// Makes an older version the newest, where the stored version is `expected`.
///
/// # Errors
/// [`RuleSetError`].
pub fn restore_rule_set(
    ports: &Ports,
    actor: &Actor,
    id: &str,
    expected: u32,
    number: u32,
) -> Result<KeptRuleSet, RuleSetError> {
    let now = ports.clock.now();
    let version = ports.storage.read(|tx| {
        changeable(tx, actor, id)?;
        tx.rule_set_version(id, number)?.ok_or(RuleSetError::NoSuchVersion(number))
    })?;
    // What an older program took may be refused today.
    check(&version.rules, "")?;
    ports.storage.write(|tx| {
        let stored = changeable_as(tx, actor, id, expected)?;
        let kept = KeptRuleSet { rules: version.rules.clone(), version: stored.version + 1, updated_at: now, ..stored };
        store(ports, actor, tx, &kept, &format!("version {number} restored"))?;
        Ok(kept)
    })
}

/// Removes a rule set that nothing has, where the stored version is `expected`.
///
/// # Errors
/// [`RuleSetError`].
pub fn delete_rule_set(ports: &Ports, actor: &Actor, id: &str, expected: u32) -> Result<(), RuleSetError> {
    ports.storage.write(|tx| {
        let stored = changeable_as(tx, actor, id, expected)?;
        if tx.rule_set_in_use(id)? {
            return Err(RuleSetError::InUse);
        }
        match tx.delete_rule_set(id, stored.version)? {
            Saved::Stored => note_in_audit(ports, actor, tx, "rule_set_removed", id, String::new()),
            Saved::Conflict => Err(RuleSetError::NotFound),
        }
    })
}

/// Reads a rule set from JSON as it is exported; it gets no id where its own is taken.
///
/// # Errors
/// [`RuleSetError::Invalid`] with the place in the text.
pub fn read_rule_set(ports: &Ports, json: &str) -> Result<RuleSet, RuleSetError> {
    let problem = |problem: String| RuleSetError::Invalid(vec![RuleSetProblem { key: "json".to_owned(), problem }]);
    if json.len() > MAX_IMPORT_BYTES {
        return Err(problem(format!("it is larger than {} KB: take out what is not needed", MAX_IMPORT_BYTES / 1_024)));
    }
    let mut value: serde_json::Value = serde_json::from_str(json.trim_start_matches('\u{feff}'))
        .map_err(|error| problem(format!("it is not JSON: {error}; see config/rules/default.json for the form")))?;
    if let Some(object) = value.as_object_mut() {
        object.remove("$schema");
    }
    let mut rules: RuleSet =
        serde_json::from_value(value).map_err(|error| problem(format!("{error}; the schema says what is allowed")))?;
    rules.check().map_err(RuleSetError::Invalid)?;
    if kept_rule_set(ports, &rules.id)?.is_some() {
        rules.id = String::new();
    }
    Ok(rules)
}

/// What rules would say of a draft, beside what its present rules say.
#[derive(Debug, Clone, PartialEq)]
pub struct RulesPreview {
    /// The draft.
    pub draft: Draft,
    /// By the draft's own rule set as it is stored.
    pub before: Vec<Finding>,
    /// By the rules that are tried.
    pub after: Vec<Finding>,
}

/// Tries rules on one of the person's drafts; `None` when there is no such draft.
///
/// # Errors
/// [`RuleSetError`].
pub fn preview_rules(
    ports: &Ports,
    actor: &Actor,
    rules: &RuleSet,
    id: DraftId,
) -> Result<Option<RulesPreview>, RuleSetError> {
    check(rules, "")?;
    let Some(draft) = draft(ports, actor, id)? else { return Ok(None) };
    let own = ports.storage.read(|tx| tx.rule_set(&draft.rule_set))?.unwrap_or_default();
    let before = ports.reviewer.review(&draft.document, draft.format, &own);
    // What is being typed is another set with every stroke, and not worth keeping.
    let after = review(&draft.document, draft.format, rules);
    Ok(Some(RulesPreview { draft, before, after }))
}

/// The rule set that new drafts of a project begin with, on the person's Jira site; without one of its own the default.
///
/// # Errors
/// [`StorageError`].
pub fn rule_set_of_project(ports: &Ports, actor: &Actor, project: &ProjectKey) -> Result<String, StorageError> {
    ports.storage.read(|tx| {
        let Some(person) = tx.person(actor.user())? else { return Ok(RuleSet::default().id) };
        Ok(tx.project_rule_set(&person.jira_site, project)?.unwrap_or_else(|| RuleSet::default().id))
    })
}

/// The projects that begin with a rule set.
///
/// # Errors
/// [`StorageError`].
pub fn projects_of_rule_set(ports: &Ports, id: &str) -> Result<Vec<ProjectRuleSet>, StorageError> {
    ports.storage.read(|tx| tx.projects_of_rule_set(id))
}

/// Lets a project begin with a rule set, or with none of its own; for everybody, hence by administrators.
///
/// # Errors
/// [`RuleSetError`].
pub fn choose_for_project(
    ports: &Ports,
    by: Administrator<'_>,
    site: &str,
    project: &ProjectKey,
    rule_set: Option<&str>,
) -> Result<(), RuleSetError> {
    let now = ports.clock.now();
    ports.storage.write(|tx| {
        match rule_set {
            Some(id) => {
                tx.kept_rule_set(id)?.ok_or(RuleSetError::NotFound)?;
                let chosen =
                    ProjectRuleSet { site: site.to_owned(), project: project.clone(), rule_set: id.to_owned() };
                tx.save_project_rule_set(&chosen, now)?;
            }
            None => tx.delete_project_rule_set(site, project)?,
        }
        let detail = rule_set.unwrap_or("none").to_owned();
        note_in_audit(ports, by.actor(), tx, "project_rule_set_chosen", &format!("{site}:{}", project.as_str()), detail)
    })
}

fn changeable(tx: &mut dyn Tx, actor: &Actor, id: &str) -> Result<KeptRuleSet, RuleSetError> {
    let stored = tx.kept_rule_set(id)?.ok_or(RuleSetError::NotFound)?;
    match (may_change(actor, stored.shipped, stored.keeper), stored.shipped) {
        (true, _) => Ok(stored),
        (false, true) => Err(RuleSetError::Shipped),
        (false, false) => Err(RuleSetError::NotYours),
    }
}

/// The same, where the stored version is `expected`.
fn changeable_as(tx: &mut dyn Tx, actor: &Actor, id: &str, expected: u32) -> Result<KeptRuleSet, RuleSetError> {
    let stored = changeable(tx, actor, id)?;
    if stored.version == expected { Ok(stored) } else { Err(RuleSetError::Conflict(Box::new(stored))) }
}

fn check(rules: &RuleSet, note: &str) -> Result<(), RuleSetError> {
    let mut problems = rules.check().err().unwrap_or_default();
    if serde_json::to_string(rules).map_or(usize::MAX, |text| text.len()) > MAX_STORED_BYTES {
        let problem =
            format!("altogether it is larger than {} KB: take out what is not needed", MAX_STORED_BYTES / 1_024);
        problems.push(RuleSetProblem { key: "form".to_owned(), problem });
    }
    if note.chars().count() > MAX_NOTE_CHARS {
        let problem = format!("the note is longer than {MAX_NOTE_CHARS} characters: shorten it");
        problems.push(RuleSetProblem { key: "note".to_owned(), problem });
    }
    if problems.is_empty() { Ok(()) } else { Err(RuleSetError::Invalid(problems)) }
}

fn store(ports: &Ports, actor: &Actor, tx: &mut dyn Tx, kept: &KeptRuleSet, note: &str) -> Result<(), RuleSetError> {
    let author = tx.person(actor.user())?.map(|person| person.display_name).unwrap_or_default();
    match tx.save_rule_set(kept, &author, note.trim())? {
        Saved::Stored => {
            let detail = format!("version {}", kept.version);
            note_in_audit(ports, actor, tx, "rule_set_saved", &kept.rules.id, detail)
        }
        Saved::Conflict => Err(match tx.kept_rule_set(&kept.rules.id)? {
            Some(stored) => RuleSetError::Conflict(Box::new(stored)),
            None => RuleSetError::NotFound,
        }),
    }
}

fn note_in_audit(
    ports: &Ports,
    actor: &Actor,
    tx: &mut dyn Tx,
    action: &str,
    subject: &str,
    detail: String,
) -> Result<(), RuleSetError> {
    let subject = format!("rule_set:{subject}");
    let entry = ports.audit_entry(Some(actor.user()), actor.request_id(), action, subject, detail);
    Ok(tx.audit(&entry)?)
}
