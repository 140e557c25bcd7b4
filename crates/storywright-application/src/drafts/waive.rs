//! Letting findings pass, with a reason.

use crate::Ports;
use crate::drafts::read::draft_findings;
use crate::drafts::which::{Which, value_at};
use std::collections::BTreeMap;
use storywright_domain::draft::{Draft, WrongState};
use storywright_domain::finding::{Finding, Severity, within};
use storywright_domain::leak::leaks;
use storywright_domain::person::Actor;
use storywright_domain::ports::{Sha256, StorageError, StorageExt, Tx};
use storywright_domain::waiver::{BadReason, MOST_WAIVERS, StandingWaiver, Waiver, is_waivable, reason};
use storywright_domain::{DraftId, UserId};

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
    #[error("this cannot be waived: Jira would refuse it, or it is about no words of a story")]
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
pub fn waive(ports: &Ports, actor: &Actor, id: DraftId, which: &Which<'_>, typed: &str) -> Result<(), WaiveError> {
    let (draft, findings) = read(ports, actor, id)?;
    let (finding, fingerprint) = meant(which, &findings, |finding| finding.waived.is_none())?;
    let reason = reason(typed)?;
    draft.editable()?;
    if !is_waivable(finding) {
        return Err(WaiveError::NotWaivable);
    }
    let waiver = Waiver {
        draft: id,
        user: actor.user(),
        fingerprint: fingerprint.clone(),
        code: finding.code.clone(),
        place: finding.field.clone(),
        reason,
        at: ports.clock.now(),
    };
    ports.storage.write(|tx| {
        // Those whose words have changed have lapsed.
        let lapsed = |known: &Waiver| !findings.iter().any(|(_, present)| *present == known.fingerprint);
        let known = tx.waivers(actor.user(), id)?;
        for waiver in known.iter().filter(|waiver| lapsed(waiver)) {
            tx.delete_waiver(actor.user(), id, &waiver.fingerprint)?;
        }
        if known.iter().filter(|waiver| !lapsed(waiver)).count() >= MOST_WAIVERS {
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
pub fn take_waiver_back(ports: &Ports, actor: &Actor, id: DraftId, which: &Which<'_>) -> Result<(), WaiveError> {
    let (draft, findings) = read(ports, actor, id)?;
    let (_, fingerprint) = meant(which, &findings, |finding| finding.waived.is_some())?;
    draft.editable()?;
    ports.storage.write(|tx| {
        let known = tx.waivers(actor.user(), id)?.into_iter().find(|waiver| waiver.fingerprint == *fingerprint);
        let Some(waiver) = known else { return Err(WaiveError::NoSuchFinding) };
        tx.delete_waiver(actor.user(), id, fingerprint)?;
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
    let prints = fingerprints(sha256, draft, &findings);
    for (finding, print) in findings.iter_mut().zip(&prints).filter(|(finding, _)| is_waivable(finding)) {
        finding.waived = reasons.get(print.as_str()).map(|reason| (*reason).to_owned());
    }
    Ok(findings)
}

/// What the draft's person lets pass of these findings, as it would be approved.
pub(crate) fn standing_waivers(
    sha256: &dyn Sha256,
    tx: &mut dyn Tx,
    draft: &Draft,
    findings: &[Finding],
) -> Result<Vec<StandingWaiver>, StorageError> {
    if findings.iter().all(|finding| finding.waived.is_none()) {
        return Ok(Vec::new());
    }
    let waivers = tx.waivers(draft.user, draft.id)?;
    let known: BTreeMap<&str, &Waiver> = waivers.iter().map(|waiver| (waiver.fingerprint.as_str(), waiver)).collect();
    let prints = fingerprints(sha256, draft, findings);
    let standing = findings.iter().zip(prints).filter(|(finding, _)| finding.waived.is_some());
    let standing = standing.filter_map(|(finding, fingerprint)| {
        let waiver = known.get(fingerprint.as_str())?;
        Some(StandingWaiver {
            story: finding.story.clone(),
            code: finding.code.clone(),
            place: finding.field.clone(),
            severity: finding.severity,
            message: finding.message.clone(),
            reason: waiver.reason.clone(),
            at: waiver.at,
            fingerprint,
        })
    });
    Ok(standing.collect())
}

/// Whether the draft has these waivers still, unchanged: a plan may have been made a moment ago.
pub(crate) fn still_stand(
    tx: &mut dyn Tx,
    user: UserId,
    draft: DraftId,
    standing: &[StandingWaiver],
) -> Result<bool, StorageError> {
    if standing.is_empty() {
        return Ok(true);
    }
    let now = tx.waivers(user, draft)?;
    let stands = |one: &StandingWaiver| {
        let same = |waiver: &Waiver| {
            (&waiver.fingerprint, &waiver.reason, waiver.at) == (&one.fingerprint, &one.reason, one.at)
        };
        now.iter().any(same)
    };
    Ok(standing.iter().all(stands))
}

/// The fingerprint of each finding. Of several that say the same of the same words each has its own, by their order.
fn fingerprints(sha256: &dyn Sha256, draft: &Draft, findings: &[Finding]) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let document = serde_json::to_value(&draft.document).unwrap_or_default();
    let print = |finding: &Finding| {
        let subject = subject(&document, finding);
        let number = seen.entry(subject.clone()).or_default();
        *number += 1;
        sha256.hex(format!("{subject}\u{1f}{number}").as_bytes())
    };
    findings.iter().map(print).collect()
}

/// What a waiver is bound to: the finding, its story, and the words that it is about. The place of the story among others does not count.
fn subject(document: &serde_json::Value, finding: &Finding) -> String {
    let words = value_at(document, &finding.field).map(ToString::to_string).unwrap_or_default();
    let within = within(&finding.field);
    let place = finding.place.map(|place| format!("{}-{}", place.start, place.end)).unwrap_or_default();
    [finding.code.as_str(), &finding.story, within, &place, &finding.message, &words].join("\u{1f}")
}

/// The finding that is meant, of those that fit: where several do, one that blocks comes first.
fn meant<'f>(
    which: &Which<'_>,
    findings: &'f [(Finding, String)],
    fits: impl Fn(&Finding) -> bool,
) -> Result<&'f (Finding, String), WaiveError> {
    let is_it = |(finding, _): &&(Finding, String)| which.is(finding) && fits(finding);
    let blocking = findings.iter().filter(is_it).find(|(finding, _)| finding.severity == Severity::Error);
    blocking.or_else(|| findings.iter().find(is_it)).ok_or(WaiveError::NoSuchFinding)
}

fn read(ports: &Ports, actor: &Actor, id: DraftId) -> Result<(Draft, Vec<(Finding, String)>), WaiveError> {
    let reviewed = draft_findings(ports, actor, id)?.ok_or(WaiveError::NotFound)?;
    let prints = fingerprints(ports.sha256.as_ref(), &reviewed.draft, &reviewed.findings);
    Ok((reviewed.draft, reviewed.findings.into_iter().zip(prints).collect()))
}

/// The audit log says what was waived, where and why, also when the draft is gone.
fn note(ports: &Ports, actor: &Actor, tx: &mut dyn Tx, action: &str, waiver: &Waiver) -> Result<(), WaiveError> {
    let subject = format!("draft:{}", waiver.draft);
    let mut detail = format!("{} {}", waiver.code, waiver.place);
    // Whoever pastes a secret into a reason has it nowhere else for that.
    if leaks(&waiver.reason).is_empty() {
        let reason: String =
            waiver.reason.chars().map(|letter| if letter == '\n' { ' ' } else { letter }).take(200).collect();
        detail.push_str(&format!(": {reason}"));
    }
    let entry = ports.audit_entry(Some(actor.user()), actor.request_id(), action, subject, detail);
    Ok(tx.audit(&entry)?)
}
