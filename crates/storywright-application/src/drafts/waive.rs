//! Letting findings pass, with a reason.

use crate::Ports;
use crate::drafts::read::draft_findings;
use std::collections::BTreeMap;
use storywright_domain::DraftId;
use storywright_domain::draft::{Draft, WrongState};
use storywright_domain::finding::Finding;
use storywright_domain::person::Actor;
use storywright_domain::ports::{Sha256, StorageError, StorageExt, Tx};
use storywright_domain::story::Document;
use storywright_domain::waiver::{BadReason, MOST_WAIVERS, Waiver, is_waivable, reason};

/// Why nothing was waived, or taken back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WaiveError {
    /// There is no such draft among the person's.
    #[error("there is no such draft")]
    NotFound,
    /// The finding is not there (any more).
    #[error("there is no such finding: look at the newest list")]
    NoSuchFinding,
    /// It cannot be waived.
    #[error("this cannot be waived: Jira would refuse it, or it does not block")]
    NotWaivable,
    /// The reason is too short or too long.
    #[error(transparent)]
    BadReason(#[from] BadReason),
    /// The draft has as many as are kept.
    #[error("the draft has {MOST_WAIVERS} waivers already: take some back, or change the rule set")]
    TooMany,
    /// The draft is being written or published.
    #[error(transparent)]
    WrongState(#[from] WrongState),
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Lets a finding pass.
///
/// # Errors
/// [`WaiveError`].
pub fn waive(
    ports: &Ports,
    actor: &Actor,
    id: DraftId,
    code: &str,
    field: &str,
    typed: &str,
) -> Result<(), WaiveError> {
    let (draft, finding) = find(ports, actor, id, code, field)?;
    let reason = reason(typed)?;
    draft.editable()?;
    if !is_waivable(&finding) {
        return Err(WaiveError::NotWaivable);
    }
    let waiver = Waiver {
        draft: id,
        user: actor.user(),
        fingerprint: fingerprint(ports.sha256.as_ref(), &draft, &finding),
        code: finding.code.clone(),
        place: finding.field.clone(),
        reason,
        at: ports.clock.now(),
    };
    ports.storage.write(|tx| {
        if tx.waivers(actor.user(), id)?.len() >= MOST_WAIVERS {
            return Err(WaiveError::TooMany);
        }
        tx.save_waiver(&waiver)?;
        note(ports, actor, tx, "finding_waived", &waiver)
    })
}

/// Takes a waiver back.
///
/// # Errors
/// [`WaiveError`].
pub fn take_waiver_back(ports: &Ports, actor: &Actor, id: DraftId, code: &str, field: &str) -> Result<(), WaiveError> {
    let (draft, finding) = find(ports, actor, id, code, field)?;
    draft.editable()?;
    let fingerprint = fingerprint(ports.sha256.as_ref(), &draft, &finding);
    ports.storage.write(|tx| {
        let known = tx.waivers(actor.user(), id)?.into_iter().find(|waiver| waiver.fingerprint == fingerprint);
        let Some(waiver) = known else { return Err(WaiveError::NoSuchFinding) };
        tx.delete_waiver(actor.user(), id, &fingerprint)?;
        note(ports, actor, tx, "waiver_taken_back", &waiver)
    })
}

/// The findings, with the reasons of those that the draft's person lets pass.
pub(crate) fn with_waivers(
    sha256: &dyn Sha256,
    tx: &mut dyn Tx,
    draft: &Draft,
    mut findings: Vec<Finding>,
) -> Result<Vec<Finding>, StorageError> {
    if !findings.iter().any(is_waivable) {
        return Ok(findings);
    }
    let waivers = tx.waivers(draft.user, draft.id)?;
    let reasons: BTreeMap<&str, &str> =
        waivers.iter().map(|waiver| (waiver.fingerprint.as_str(), waiver.reason.as_str())).collect();
    if reasons.is_empty() {
        return Ok(findings);
    }
    for finding in findings.iter_mut().filter(|finding| is_waivable(finding)) {
        let reason = reasons.get(fingerprint(sha256, draft, finding).as_str());
        finding.waived = reason.map(|reason| (*reason).to_owned());
    }
    Ok(findings)
}

fn fingerprint(sha256: &dyn Sha256, draft: &Draft, finding: &Finding) -> String {
    sha256.hex(subject(&draft.document, finding).as_bytes())
}

/// What a waiver is bound to: the finding, its story, and the words that it is about. The place of the story among others does not count.
fn subject(document: &Document, finding: &Finding) -> String {
    let value = serde_json::to_value(document).unwrap_or_default();
    let words = finding.field.split('.').try_fold(&value, |value, part| match part.parse::<usize>() {
        Ok(index) => value.get(index),
        Err(_) => value.get(part),
    });
    let words = words.map(ToString::to_string).unwrap_or_default();
    let within = finding.field.splitn(3, '.').nth(2).unwrap_or_default();
    [finding.code.as_str(), &finding.story, within, &finding.message, &words].join("\u{1f}")
}

fn find(ports: &Ports, actor: &Actor, id: DraftId, code: &str, field: &str) -> Result<(Draft, Finding), WaiveError> {
    let reviewed = draft_findings(ports, actor, id)?.ok_or(WaiveError::NotFound)?;
    let found = reviewed.findings.into_iter().find(|finding| finding.code == code && finding.field == field);
    Ok((reviewed.draft, found.ok_or(WaiveError::NoSuchFinding)?))
}

/// The audit log says what and where; the reason stands with the draft.
fn note(ports: &Ports, actor: &Actor, tx: &mut dyn Tx, action: &str, waiver: &Waiver) -> Result<(), WaiveError> {
    let subject = format!("draft:{}", waiver.draft);
    let detail = format!("{} {}", waiver.code, waiver.place);
    let entry = ports.audit_entry(Some(actor.user()), actor.request_id(), action, subject, detail);
    Ok(tx.audit(&entry)?)
}
