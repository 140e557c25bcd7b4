//! Findings that a person lets pass.

use crate::world::World;
use storywright_application::agent::issue_chains;
use storywright_application::drafting::refine;
use storywright_application::drafts::{
    DraftChange, WaiveError, Which, draft_findings, edit_draft, take_waiver_back, waive,
};
use storywright_application::overview::{CountCache, list_draft_lines};
use storywright_application::publishing::{PlanError, PublishError, make_plan, publish};
use storywright_domain::Millis;
use storywright_domain::draft::Draft;
use storywright_domain::finding::{Finding, Severity, blocks, count};
use storywright_domain::job::EventKind;
use storywright_domain::ports::StorageExt;
use storywright_domain::quality::Criterion;
use storywright_domain::rules::RuleSet;
use storywright_domain::story::{Document, Narrative, Story};
use storywright_domain::team::{Pattern, Weight};
use storywright_domain::waiver::StandingWaiver;
use storywright_testkit::Script;
use storywright_testkit::build::{NOW, story};

const FIELD: &str = "stories.0.stlc_notes";

/// A draft whose story holds what looks like a password.
fn suspected(world: &World) -> Draft {
    let draft = world.draft_with(&["Refund"]);
    let leaky =
        Story { stlc_notes: "Log in with ghp_0123456789abcdefghijklmnopqrstuvwxyz".to_owned(), ..story("Refund") };
    change(world, &draft, leaky)
}

fn change(world: &World, draft: &Draft, story: Story) -> Draft {
    let story = Story { id: draft.document.stories[0].id.clone(), ..story };
    let change = DraftChange { document: Some(Document::of_stories(vec![story])), ..DraftChange::default() };
    edit_draft(&world.ports, &world.actor, draft.id, draft.version, &change).unwrap()
}

fn findings(world: &World, draft: &Draft) -> Vec<Finding> {
    draft_findings(&world.ports, &world.actor, draft.id).unwrap().unwrap().findings
}

fn which<'a>(code: &'a str, field: &'a str) -> Which<'a> {
    Which { code, field, ..Which::default() }
}

fn waived(world: &World, draft: &Draft, reason: &str) -> Result<(), WaiveError> {
    waive(&world.ports, &world.actor, draft.id, &which("secret_suspected", FIELD), reason)
}

#[test]
fn a_waived_finding_blocks_no_more_until_its_words_change() {
    let world = World::new();
    let draft = suspected(&world);
    assert!(matches!(make_plan(&world.ports, &world.actor, draft.id), Err(PlanError::Blocked(_))));
    waived(&world, &draft, " The password of the test account. ").unwrap();
    let found = findings(&world, &draft);
    assert!(!blocks(&found), "{found:?}");
    let one = found.iter().find(|finding| finding.code == "secret_suspected").unwrap();
    assert_eq!(one.waived.as_deref(), Some("The password of the test account."));
    // Whoever approves sees what was waived, and why.
    let plan = make_plan(&world.ports, &world.actor, draft.id).unwrap();
    assert!(plan.findings.iter().any(|finding| finding.waived.is_some()), "{:?}", plan.findings);
    let lines = list_draft_lines(&world.ports, &CountCache::default(), &world.actor, None, None).unwrap();
    assert_eq!(lines.items[0].counts.errors, 0);

    // Another story before it changes nothing; other words do.
    let before = DraftChange {
        document: Some(Document {
            stories: vec![story("Other"), draft.document.stories[0].clone()],
            ..Document::default()
        }),
        ..DraftChange::default()
    };
    let moved = edit_draft(&world.ports, &world.actor, draft.id, draft.version, &before).unwrap();
    assert!(!blocks(&findings(&world, &moved)), "{:?}", findings(&world, &moved));
    let mut other = moved.document.clone();
    other.stories[1].stlc_notes.push_str(" and elsewhere");
    let change = DraftChange { document: Some(other), ..DraftChange::default() };
    let changed = edit_draft(&world.ports, &world.actor, draft.id, moved.version, &change).unwrap();
    assert!(blocks(&findings(&world, &changed)));
}

#[test]
fn a_waiver_needs_a_reason_is_audited_and_can_be_taken_back() {
    let world = World::new();
    let draft = suspected(&world);
    assert!(matches!(waived(&world, &draft, "ok"), Err(WaiveError::BadReason(_))));
    waived(&world, &draft, "A test account").unwrap();
    take_waiver_back(&world.ports, &world.actor, draft.id, &which("secret_suspected", FIELD)).unwrap();
    assert!(blocks(&findings(&world, &draft)));
    let again = take_waiver_back(&world.ports, &world.actor, draft.id, &which("secret_suspected", FIELD));
    assert_eq!(again, Err(WaiveError::NoSuchFinding));
    let audit = world.store.read(|tx| tx.audit_entries(world.actor.user(), None, 10)).unwrap().items;
    let told: Vec<(&str, &str)> =
        audit.iter().map(|entry| (entry.action.as_str(), entry.detail.as_str())).take(2).collect();
    let detail = format!("secret_suspected {FIELD}: A test account");
    assert_eq!(told, [("waiver_taken_back", detail.as_str()), ("finding_waived", detail.as_str())]);
}

#[test]
fn what_jira_would_refuse_and_what_is_anothers_is_not_waived() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let draft = change(&world, &draft, Story { labels: vec!["two words".to_owned()], ..story("Refund") });
    let outcome =
        waive(&world.ports, &world.actor, draft.id, &which("label_has_spaces", "stories.0.labels.0"), "Never mind");
    assert_eq!(outcome, Err(WaiveError::NotWaivable));
    let outcome = waive(&world.ports, &world.actor, draft.id, &which("vague_word", "stories.0.summary"), "Never mind");
    assert_eq!(outcome, Err(WaiveError::NoSuchFinding));
    let stranger = world.colleague();
    let outcome =
        waive(&world.ports, &stranger, draft.id, &which("label_has_spaces", "stories.0.labels.0"), "Never mind");
    assert_eq!(outcome, Err(WaiveError::NotFound));
}

#[test]
fn two_secrets_of_one_look_need_two_waivers() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let token = "ghp_0123456789abcdefghijklmnopqrstuvwxyz";
    let other = "ghp_01zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz";
    let draft = change(&world, &draft, Story { stlc_notes: format!("{token} and {other}"), ..story("Refund") });
    waived(&world, &draft, "A test account").unwrap();
    assert!(blocks(&findings(&world, &draft)), "the other one still blocks");
    waived(&world, &draft, "Another test account").unwrap();
    assert!(!blocks(&findings(&world, &draft)));
    take_waiver_back(&world.ports, &world.actor, draft.id, &which("secret_suspected", FIELD)).unwrap();
    assert!(blocks(&findings(&world, &draft)));
}

#[test]
fn a_warning_is_waived_too_and_is_counted_no_more() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let told = Narrative { role: "clerk".into(), goal: "to see a fast ledger".into(), benefit: "it is fast".into() };
    let story = Story { narrative: Some(told), ..story("Refund") };
    let draft = change(&world, &draft, story);
    let warnings = |draft: &Draft| {
        let found = findings(&world, draft);
        let lines = list_draft_lines(&world.ports, &CountCache::default(), &world.actor, None, None).unwrap();
        assert_eq!(count(&found, Severity::Warning), lines.items[0].counts.warnings, "every page counts alike");
        count(&found, Severity::Warning)
    };
    let before = warnings(&draft);
    let goal = which("vague_word", "stories.0.narrative.goal");
    assert!(before >= 1, "{:?}", findings(&world, &draft));
    waive(&world.ports, &world.actor, draft.id, &goal, "The ledger is called that").unwrap();
    assert_eq!(warnings(&draft), before - 1);
    assert_eq!(waive(&world.ports, &world.actor, draft.id, &goal, "Once more"), Err(WaiveError::NoSuchFinding));
    let plan = make_plan(&world.ports, &world.actor, draft.id).unwrap();
    let passed: Vec<&str> = plan.findings.iter().filter_map(|finding| finding.waived.as_deref()).collect();
    assert_eq!(passed, ["The ledger is called that"]);

    // What is told when something was written leaves it out as well, and the model is not asked to mend it.
    let job = refine(&world.ports, &world.actor, draft.id, "Nothing").unwrap();
    let same = serde_json::json!({"clarify": null, "stories": [draft.document.stories[0]]}).to_string();
    world.chat.will_say(Script::text(&same));
    world.work();
    let said = world.said(job);
    let (_, told) = said.iter().find(|(kind, _)| *kind == EventKind::Finding).unwrap();
    assert_eq!(told["warnings"], before - 1, "{:?}", findings(&world, &draft));

    take_waiver_back(&world.ports, &world.actor, draft.id, &goal).unwrap();
    assert_eq!(warnings(&draft), before);
}

#[test]
fn of_two_patterns_that_find_the_same_words_the_one_that_says_this_is_meant() {
    let world = World::new();
    let pattern = |message: &str, severity: Weight| Pattern {
        pattern: "TBD".to_owned(),
        message: message.to_owned(),
        cure: String::new(),
        criterion: Criterion::Estimable,
        severity,
    };
    let rules = RuleSet {
        patterns: vec![pattern("It is open.", Weight::Error), pattern("It reads badly.", Weight::Warning)],
        ..RuleSet::default()
    };
    let draft = world.draft_with(&["Refund"]);
    let draft = change(&world, &draft, Story { stlc_notes: "TBD".to_owned(), ..story("Refund") });
    let found = world.ports.reviewer.review(&draft.document, draft.format, &rules);
    let both: Vec<&Finding> = found.iter().filter(|finding| finding.code == "team_pattern").collect();
    let meant = Which { message: Some("It reads badly."), ..which("team_pattern", FIELD) };
    assert_eq!(both.iter().filter(|finding| which("team_pattern", FIELD).is(finding)).count(), 2);
    let only: Vec<Severity> = both.iter().filter(|finding| meant.is(finding)).map(|finding| finding.severity).collect();
    assert_eq!(only, [Severity::Warning]);
}

#[test]
fn what_was_waived_is_part_of_what_is_approved_and_of_its_record() {
    let world = World::new();
    let draft = suspected(&world);
    waived(&world, &draft, "The first reason").unwrap();
    let seen = world.plan(draft.id);
    let told = |waiver: &StandingWaiver| (waiver.code.clone(), waiver.place.clone(), waiver.reason.clone(), waiver.at);
    let first = ("secret_suspected".to_owned(), FIELD.to_owned(), "The first reason".to_owned(), NOW);
    assert_eq!(seen.waivers.iter().map(told).collect::<Vec<_>>(), [first]);

    // Another reason is another plan: what was looked at is what is approved.
    world.clock.advance(Millis::minutes(1));
    let token = which("secret_suspected", FIELD);
    take_waiver_back(&world.ports, &world.actor, draft.id, &token).unwrap();
    waived(&world, &draft, "The second reason").unwrap();
    let stale = publish(&world.ports, &world.actor, draft.id, &seen.plan_hash, "key");
    assert!(matches!(stale, Err(PublishError::PlanChanged(_))), "{stale:?}");
    let plan = world.plan(draft.id);
    assert_ne!(plan.plan_hash, seen.plan_hash);
    let run = publish(&world.ports, &world.actor, draft.id, &plan.plan_hash, "key").unwrap();
    let approval = world.audited().into_iter().find(|entry| entry.action == "plan_approved").unwrap();
    assert!(approval.detail.ends_with(" waived:1"), "{}", approval.detail);
    world.work();

    // Whatever becomes of the waiver now, the way of the issue says what stood then.
    let user = world.actor.user();
    world.store.write(|tx| tx.delete_waiver(user, draft.id, &plan.waivers[0].fingerprint)).unwrap();
    let items = world.view(run).items;
    let key = items[0].jira_key.clone().unwrap();
    let chains = issue_chains(&world.ports, &world.actor, &key).unwrap();
    let second =
        ("secret_suspected".to_owned(), FIELD.to_owned(), "The second reason".to_owned(), NOW + Millis::minutes(1));
    assert_eq!(chains[0].waivers.iter().map(told).collect::<Vec<_>>(), [second]);
    assert_eq!(issue_chains(&world.ports, &world.colleague(), &key).unwrap().len(), 0);
}

#[test]
fn a_plan_without_waivers_keeps_its_hash_and_one_with_them_is_kept_whole() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let told = Narrative { role: "clerk".into(), goal: "to see a fast ledger".into(), benefit: "it is fast".into() };
    let draft = change(&world, &draft, Story { narrative: Some(told), ..story("Refund") });
    let without = world.plan(draft.id);
    let goal = which("vague_word", "stories.0.narrative.goal");
    waive(&world.ports, &world.actor, draft.id, &goal, "The ledger is called that").unwrap();
    assert_ne!(world.plan(draft.id).plan_hash, without.plan_hash, "warnings that are let pass are approved too");
    take_waiver_back(&world.ports, &world.actor, draft.id, &goal).unwrap();
    assert_eq!(world.plan(draft.id).plan_hash, without.plan_hash);
}
