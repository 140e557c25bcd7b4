//! Late arrivals: an issue whose creation was held up somewhere longer than anybody waited. Looked for twice after an answer was lost.

use super::plan::{ORIGIN_PROPERTY, origin};
use super::probe::{proves, same_json};
use super::settle;
use crate::Ports;
use crate::access;
use std::collections::BTreeMap;
use storywright_domain::draft::DraftState;
use storywright_domain::integration::IntegrationKind;
use storywright_domain::jira::Marker;
use storywright_domain::ports::{ItemChange, Saved, StorageError, StorageExt};
use storywright_domain::publishing::{ItemState, Run, RunItem, RunState};
use storywright_domain::remote::{Access, RemoteError};
use storywright_domain::{ItemId, Millis, RequestId, Timestamp};

/// After a lost answer.
pub(super) const FIRST_SWEEP: Millis = Millis::minutes(15);
/// After the first.
const SECOND_SWEEP: Millis = Millis(24 * 60 * 60 * 1_000 - 15 * 60 * 1_000);
/// The shortest and the longest wait after a look that came to nothing.
const AGAIN: (Millis, Millis) = (Millis::minutes(5), Millis::hours(6));
/// Runs older than this are not looked at again after such a look.
const GIVEN_UP: Millis = Millis::hours(7 * 24);
/// Runs that one call looks at.
const AT_ONCE: u32 = 20;

/// Issues by the item whose proof of origin they carry: numeric id and key, the lowest id first.
type Arrivals = BTreeMap<ItemId, Vec<(String, String)>>;

/// Looks for late arrivals of every run for which it is time: an issue that came after all is taken for its item; two issues for one item
/// are reported on the item and the run, and nothing is deleted. Meant to be called every minute or so; several servers may. Gives the
/// number of runs that were looked at.
///
/// # Errors
/// [`StorageError`].
pub fn sweep_late_arrivals(ports: &Ports) -> Result<usize, StorageError> {
    let now = ports.clock.now();
    let due = ports.storage.read(|tx| tx.runs_to_sweep(now, AT_ONCE))?;
    let mut looked = 0;
    for run in due {
        let (user, id, done) = (run.user, run.id, run.sweeps + 1);
        let next = (done == 1).then(|| now + SECOND_SWEEP);
        // First, so that no other server looks at the same run.
        if ports.storage.write(|tx| tx.set_sweep(user, id, run.sweeps, done, next))? == Saved::Conflict {
            continue;
        }
        looked += 1;
        match arrivals(ports, &run) {
            Ok(found) if keep(ports, &run, &found, now)? => {}
            Ok(_) => again(ports, &run, now)?,
            Err(problem) => {
                log::warn!(run_id = id.to_string().as_str(), problem = problem.as_str(); "late arrivals could not be looked for");
                again(ports, &run, now)?;
            }
        }
    }
    Ok(looked)
}

/// A look that came to nothing is made again: soon for a young run, less and less often for an old one, and in the end no more.
fn again(ports: &Ports, run: &Run, now: Timestamp) -> Result<(), StorageError> {
    let age = now.since(run.approved_at);
    if age > GIVEN_UP {
        return Ok(());
    }
    let wait = Millis((age.0 / 4).clamp(AGAIN.0.0, AGAIN.1.0));
    let (user, id, counted) = (run.user, run.id, run.sweeps + 1);
    // Somebody who has noted an answer lost since then has set a time of its own.
    ports.storage.write(|tx| tx.set_sweep(user, id, counted, run.sweeps, Some(now + wait))).map(drop)
}

fn arrivals(ports: &Ports, run: &Run) -> Result<Arrivals, String> {
    let request_id = RequestId::from_number(run.id.0);
    let access = access::tested(ports, run.user, IntegrationKind::Jira)
        .and_then(|integration| access::open_site(ports, &integration, &request_id))
        .map_err(|error| error.to_string())?;
    if access.site.id != run.site {
        return Err("the person is connected to another site".to_owned());
    }
    let items: Result<_, StorageError> = ports.storage.read(|tx| tx.run_items(run.user, run.id));
    let items = items.map_err(|error| error.to_string())?;
    marked(ports, &access, run, &items).map_err(|error| error.to_string())
}

fn marked(ports: &Ports, access: &Access, run: &Run, items: &[RunItem]) -> Result<Arrivals, RemoteError> {
    let mut markers: Vec<&Marker> = Vec::new();
    // A word is one issue's own: only what was ever sent can have come.
    for item in items.iter().filter(|item| item.attempts > 0) {
        if !markers.contains(&&item.marker) {
            markers.push(&item.marker);
        }
    }
    let proofs: Vec<_> = items.iter().map(|item| (item, same_json(&origin(&run.run_label, &item.reference)))).collect();
    let mut found = Arrivals::new();
    for marker in markers {
        for candidate in ports.jira.marked(access, &run.project, marker)? {
            let Some(issue) = ports.jira.issue(access, &candidate.id, Some(ORIGIN_PROPERTY))? else { continue };
            if let Some((item, _)) = proofs.iter().find(|(item, proof)| proves(&issue, &item.marker, proof)) {
                found.entry(item.id).or_default().push((issue.id, issue.key));
            }
        }
    }
    for issues in found.values_mut() {
        issues.sort_by_key(|(id, _)| (id.parse::<u64>().unwrap_or(u64::MAX), id.clone()));
        issues.dedup();
    }
    Ok(found)
}

/// Takes what came for what nobody knew of, and reports doubles. `false` while somebody works on the run: that somebody looks for it as
/// well, but not for doubles.
fn keep(ports: &Ports, run: &Run, found: &Arrivals, now: Timestamp) -> Result<bool, StorageError> {
    ports.storage.write(|tx| {
        let Some(run) = tx.run(run.user, run.id)? else { return Ok(true) };
        if run.state == RunState::Active {
            return Ok(false);
        }
        let bound =
            tx.draft(run.user, run.draft)?.is_some_and(|draft| draft.state == (DraftState::Publishing { run: run.id }));
        let (mut doubled, mut adopted) = (Vec::<String>::new(), false);
        for item in tx.run_items(run.user, run.id)? {
            let Some(issues) = found.get(&item.id) else { continue };
            let (mut kept, mut kept_key) = (item.jira_id.clone(), item.jira_key.clone());
            // What was held for absent may have been created by another run since the draft went back to its person.
            if item.state.is_in_doubt() || (item.state == ItemState::Absent && bound) {
                let Some((id, key)) = issues.first().cloned() else { continue };
                (kept, kept_key) = (Some(id.clone()), Some(key.clone()));
                let detail = "found by a late look".to_owned();
                let change = ItemChange {
                    jira: Some((id, key)),
                    ..ItemChange::plain(item.state, ItemState::Created, now, detail)
                };
                let _ = tx.change_item(run.user, item.id, 0, &change)?;
                adopted = true;
            }
            let more: Vec<String> =
                issues.iter().filter(|(id, _)| Some(id) != kept.as_ref()).map(|(_, key)| key.clone()).collect();
            if more.is_empty() {
                continue;
            }
            let problem = match kept_key {
                Some(own) => format!("{} came late and is the same issue as {own}.", more.join(", ")),
                None => format!("{} came late, when nobody waited for it any more.", more.join(", ")),
            };
            tx.set_duplicates(run.user, item.id, &more, &problem)?;
            doubled.extend(more);
        }
        // The time at which it ended stays: what the draft did since is compared with it.
        let ended = run.finished_at.unwrap_or(now);
        if adopted {
            settle::settle(tx, run.user, run.id, ended)?;
        }
        if doubled.is_empty() {
            return Ok(true);
        }
        let Some(after) = tx.run(run.user, run.id)? else { return Ok(true) };
        let words = format!(
            "{} came late and double other issues of this run. Nothing was deleted: close them in Jira.",
            doubled.join(", ")
        );
        tx.set_run_state(run.user, run.id, after.state, Some(&words), ended)?;
        Ok(true)
    })
}
