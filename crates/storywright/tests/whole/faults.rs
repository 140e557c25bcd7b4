//! `kill -9` at each point of a create call, at random places of a tree of 200 issues: every issue exactly once, under its own parent.
//!
//! `STORYWRIGHT_FAULT_RUNS` says how many places per point (5 unless said otherwise), `STORYWRIGHT_FAULT_SEED` repeats a run.

use crate::support::{Client, Company};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use storywright_sandbox::{FaultKind, FaultRule, Service};

/// Issues of a tree: one epic, 39 stories of four sub-tasks, four stories without.
const ISSUES: u64 = 200;
const FULL: usize = 39;
const BARE: usize = 4;

/// Trees that one company takes: its log of requests is read again and again, and late answers of trees before are looked for after a quarter of
/// an hour.
const TREES: u64 = 10;

/// Where the process dies, or what Jira does meanwhile.
#[derive(Clone, Copy, PartialEq)]
enum Point {
    /// The run is in the database; perhaps nothing was sent.
    RunInserted,
    /// The intent is committed, not one byte has left.
    Sending,
    /// Bytes have left; Jira never does the work.
    BytesLost,
    /// Every byte has left; Jira does the work after the process is dead.
    LateCommit,
    /// Jira has the issue, its answer is under way.
    Committed,
    /// The answer is in memory, nothing of it is in the database.
    Answered,
    /// The answer is in the database.
    Created,
    /// A lost answer is being looked for.
    Reconciling,
}

#[test]
fn a_kill_after_the_run_was_written() {
    check(Point::RunInserted);
}

#[test]
fn a_kill_before_the_first_byte() {
    check(Point::Sending);
}

#[test]
fn a_kill_after_the_first_byte() {
    check(Point::BytesLost);
}

#[test]
fn a_kill_after_the_last_byte() {
    check(Point::LateCommit);
}

#[test]
fn a_kill_after_jira_has_committed() {
    check(Point::Committed);
}

#[test]
fn a_kill_after_the_answer() {
    check(Point::Answered);
}

#[test]
fn a_kill_after_the_answer_was_written() {
    check(Point::Created);
}

#[test]
fn a_kill_while_a_lost_answer_is_looked_for() {
    check(Point::Reconciling);
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn check(point: Point) {
    let runs = setting("STORYWRIGHT_FAULT_RUNS").unwrap_or(5);
    let seed = setting("STORYWRIGHT_FAULT_SEED")
        .unwrap_or_else(|| std::time::UNIX_EPOCH.elapsed().unwrap().subsec_nanos().into());
    eprintln!("{runs} runs, STORYWRIGHT_FAULT_SEED={seed}");
    let mut random = seed;
    let mut company = Company::start_quietly();
    company.signed_up("alice");
    for run in 1..=runs {
        // Numbers of a linear congruential generator: enough for places.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let nth = (random >> 33) % ISSUES;
        if run > 1 && (run - 1) % TREES == 0 {
            company = Company::start_quietly();
            company.signed_up("alice");
        }
        eprintln!("run {run}: at issue {}", nth + 1);
        one(&mut company, point, nth, run);
    }
}

fn one(company: &mut Company, point: Point, nth: u64, number: u64) {
    let before: Vec<String> = company.sandbox.issues().into_iter().map(|issue| issue.key).collect();
    let die_at = match point {
        Point::Sending => Some(format!("sending:{}", nth + 1)),
        Point::Answered => Some(format!("answered:{}", nth + 1)),
        Point::Created => Some(format!("created:{}", nth + 1)),
        Point::Reconciling => Some("reconciling:1".to_owned()),
        _ => None,
    };
    company.kill();
    company.boot_with(&die_at.iter().map(|wanted| ("STORYWRIGHT_DIE_AT", wanted.as_str())).collect::<Vec<_>>());
    let alice = company.sign_in("alice");
    let draft = tree(&alice, number);
    let hold = |kind| FaultRule::new(Service::Jira, kind).on("POST", "/rest/api/2/issue").after(nth).times(1);
    let faults = match point {
        Point::BytesLost => vec![hold(FaultKind::DelayMs { ms: 1_500 }), hold(FaultKind::DropBefore)],
        Point::LateCommit => vec![hold(FaultKind::DelayMs { ms: 1_500 })],
        Point::Committed => vec![hold(FaultKind::DelayAfterMs { ms: 1_500 })],
        Point::Reconciling => {
            vec![hold(FaultKind::StatusAfterCommit { code: 504, body: None, headers: Default::default() })]
        }
        _ => Vec::new(),
    };
    for fault in faults {
        company.sandbox.add_fault(fault).unwrap();
    }
    let seen = posts(company);
    let run = alice.publish(&draft, &format!("key-{number}"));
    match point {
        Point::RunInserted => company.kill(),
        Point::BytesLost | Point::LateCommit | Point::Committed => {
            company.wait("the create call arrives", |company| posts(company) > seen + nth as usize);
            if point == Point::Committed {
                let made = before.len() + nth as usize + 1;
                company.wait("Jira has the issue", |company| company.sandbox.issues().len() >= made);
            }
            company.kill();
        }
        Point::Sending | Point::Answered | Point::Created | Point::Reconciling => company.await_death(),
    }
    company.sandbox.clear_faults();
    company.wait("Jira ends its calls by itself", |company| {
        company.sandbox.requests().iter().all(|request| request.outcome != "working")
    });
    company.boot();
    let alice = alice.at(company);
    let view = alice.settled(&run);
    assert_eq!(view["state"], "completed", "{}", explained(&view));
    let made: Vec<_> = company.sandbox.issues().into_iter().filter(|issue| !before.contains(&issue.key)).collect();
    assert_eq!(made.len() as u64, ISSUES, "each issue once, none missing");
    let keys: BTreeMap<&str, &str> = made.iter().map(|issue| (issue.summary.as_str(), issue.key.as_str())).collect();
    assert_eq!(keys.len() as u64, ISSUES, "no doubles");
    for issue in &made {
        let under = parent_of(&issue.summary).map(|summary| keys[summary.as_str()].to_owned());
        let is = if issue.summary.starts_with("Work") { &issue.parent } else { &issue.epic };
        assert_eq!(*is, under, "{}", issue.summary);
    }
}

/// Create calls that Jira has seen.
fn posts(company: &Company) -> usize {
    let is_create = |method: &str, path: &str| method == "POST" && path.ends_with("/rest/api/2/issue");
    company.sandbox.requests().iter().filter(|request| is_create(&request.method, &request.path)).count()
}

/// Summary of what the issue with this summary hangs under: `Work 3.2 of run 1` under `Story 3 of run 1` under `Epic of run 1`.
fn parent_of(summary: &str) -> Option<String> {
    let (head, run) = summary.split_once(" of run ").unwrap();
    match head.split_once(' ') {
        Some(("Work", place)) => Some(format!("Story {} of run {run}", place.split_once('.').unwrap().0)),
        Some(("Story", _)) => Some(format!("Epic of run {run}")),
        _ => None,
    }
}

fn tree(alice: &Client, number: u64) -> String {
    let stories: Vec<Value> = (1..=FULL + BARE).map(|story| one_story(number, story)).collect();
    let document = json!({"epics": [{"id": "e1", "summary": format!("Epic of run {number}")}], "stories": stories});
    alice.draft_of(&document)
}

fn one_story(number: u64, story: usize) -> Value {
    let subtasks: Vec<Value> = (1..=if story <= FULL { 4 } else { 0 })
        .map(|sub| json!({"id": format!("s{story}.{sub}"), "summary": format!("Work {story}.{sub} of run {number}"), "description": "Done when reviewed."}))
        .collect();
    json!({
        "id": format!("s{story}"), "summary": format!("Story {story} of run {number}"), "epic": "e1",
        "narrative": {"role": "support agent", "goal": format!("to refund payment {story} of batch {number}"), "benefit": "the customer is paid back"},
        "acceptance_criteria": ["The refund is booked within a day"],
        "stlc_notes": "Regression: payment reports.", "story_points": 2, "subtasks": subtasks,
    })
}

/// What did not end well, without the two hundred lines of what did.
fn explained(view: &Value) -> String {
    let odd = view["items"].as_array().into_iter().flatten().filter(|item| item["state"] != "linked");
    let lines: Vec<String> = odd
        .map(|item| format!("{} {} {} {}", item["reference"], item["state"], item["key"], item["problem"]))
        .take(20)
        .collect();
    format!("{} {}\n{}", view["state"], view["reason"], lines.join("\n"))
}

impl Company {
    fn wait(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let begin = Instant::now();
        while !holds(self) {
            assert!(begin.elapsed() < Duration::from_secs(180), "{what}");
            std::thread::yield_now();
        }
    }
}

/// A lost answer over an index that lags: adopted, by the index or by the numbers; never a second create call meanwhile.
fn lost_answer(lag: Option<i64>) {
    let company = Company::start_quietly();
    let alice = company.signed_up("alice");
    let story = one_story(1, 1);
    let draft = alice.draft_of(&json!({"epics": [{"id": "e1", "summary": "Epic of run 1"}], "stories": [story]}));
    let lost = FaultKind::StatusAfterCommit { code: 504, body: None, headers: Default::default() };
    // The story's answer is lost: the epic is there, the sub-tasks wait.
    let rule = FaultRule::new(Service::Jira, lost).on("POST", "/rest/api/2/issue").after(1).times(1);
    company.sandbox.add_fault(rule).unwrap();
    if let Some(ms) = lag {
        company.sandbox.add_fault(FaultRule::new(Service::Jira, FaultKind::IndexLagMs { ms })).unwrap();
    }
    let run = alice.publish(&draft, "key");
    let view = alice.settled(&run);
    assert_eq!(view["state"], "completed", "{}", explained(&view));
    assert_eq!(company.created().len(), 6, "each issue once");
    assert_eq!(posts(&company), 6, "one create call for each issue: nothing was sent while it was not known");
}

#[test]
fn a_lost_answer_is_found_at_once() {
    lost_answer(None);
}

#[test]
fn a_lost_answer_is_found_when_the_index_lags_5_seconds() {
    lost_answer(Some(5_000));
}

#[test]
fn a_lost_answer_is_found_when_the_index_lags_60_seconds() {
    lost_answer(Some(60_000));
}

#[test]
fn a_lost_answer_is_found_when_the_index_never_knows_it() {
    lost_answer(Some(-1));
}
