//! What blocks in a first draft goes back to the model, at most as often as the rule set says.

use crate::jobs::answer;
use crate::world::World;
use crate::writing::{started, summaries};
use storywright_domain::draft::Draft;
use storywright_domain::job::{EventKind, JobStatus};
use storywright_domain::ports::{ChatCall, ChatError, Saved, StorageExt};
use storywright_domain::rule_keeping::KeptRuleSet;
use storywright_domain::rules::RuleSet;
use storywright_testkit::Script;
use storywright_testkit::build::kept_rule_set;

/// An answer whose stories have these summaries; a summary of more than 150 characters blocks and needs a writer.
pub fn long(number: usize) -> String {
    format!("Refund {number} {}", "in full ".repeat(20))
}

/// Writes a first draft while the model says this, and gives it with how often the model was asked.
fn written(world: &World, said: &[String]) -> (Draft, Vec<ChatCall>) {
    let draft = world.draft_with(&[]);
    started(world, &draft);
    for text in said {
        world.chat.will_say(Script::text(text));
    }
    let job = world.work();
    assert_eq!((job.status, job.error), (JobStatus::Completed, None));
    (world.draft(draft.id), world.chat.requests().iter().map(|request| request.call).collect())
}

#[test]
fn what_blocks_is_written_again_until_nothing_does() {
    let world = World::new();
    let said = [answer(&[&long(1), &long(2)]), answer(&["Refund 1", &long(2)]), answer(&["Refund 1", "Refund 2"])];
    let (draft, calls) = written(&world, &said);
    assert_eq!(summaries(&draft), ["Refund 1", "Refund 2"]);
    assert_eq!(calls, [ChatCall::Draft, ChatCall::Refine, ChatCall::Refine]);
    let asked = &world.chat.requests()[1];
    let value = |name: &str| asked.values.iter().find(|(known, _)| *known == name).map(|(_, text)| text.as_str());
    assert!(value("findings").is_some_and(|lines| lines.lines().count() == 2 && lines.contains("stories.0.summary")));
    assert!(value("story").is_some_and(|story| story.contains("Refund 1")));
    // What was streamed first is told to be forgotten, with the reason.
    let job = world.store.read(|tx| tx.jobs(world.actor.user(), None, 10)).unwrap().items[0].id;
    let resets: Vec<String> = world
        .said(job)
        .into_iter()
        .filter(|(kind, _)| *kind == EventKind::Reset)
        .map(|(_, data)| data["reason"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(resets, ["Mending 2 findings that block", "Mending 1 finding that blocks"]);
}

#[test]
fn after_two_rewritings_the_person_decides() {
    let world = World::new();
    let said = [
        answer(&[&long(1), &long(2), &long(3)]),
        answer(&["Refund 1", &long(2), &long(3)]),
        answer(&["Refund 1", "Refund 2", &long(3)]),
    ];
    let (draft, calls) = written(&world, &said);
    assert_eq!(calls.len(), 3);
    assert_eq!(summaries(&draft)[..2], ["Refund 1", "Refund 2"]);
    assert!(summaries(&draft)[2].starts_with("Refund 3 in full"));
}

#[test]
fn a_rewriting_that_mends_nothing_or_loses_a_story_is_not_taken() {
    let whole = answer(&[&long(1), "Refund in part"]);
    for second in [answer(&[&long(2), "Refund in part"]), answer(&["Refund in full"])] {
        let world = World::new();
        let (draft, calls) = written(&world, &[whole.clone(), second]);
        assert_eq!((calls.len(), summaries(&draft).len()), (2, 2));
        assert!(summaries(&draft)[0].starts_with("Refund 1 in full"), "{:?}", summaries(&draft));
    }
}

#[test]
fn what_was_written_first_is_kept_whatever_the_rewriting_comes_to() {
    let world = World::new();
    let draft = world.draft_with(&[]);
    started(&world, &draft);
    world.chat.will_say(Script::text(&answer(&[&long(1)])));
    world.chat.will_say(Script::error(ChatError::BrokenOff { detail: "idle".to_owned() }));
    assert_eq!(world.work().status, JobStatus::Completed);
    assert!(summaries(&world.draft(draft.id))[0].starts_with("Refund 1 in full"));
}

#[test]
fn a_team_may_want_to_decide_at_once() {
    let world = World::new();
    let rules = RuleSet { rewrites: 0, ..RuleSet::default() };
    let kept = KeptRuleSet { rules, version: 2, ..kept_rule_set() };
    let saved = world.store.write(|tx| tx.save_rule_set(&kept, "", ""));
    assert_eq!(saved, Ok(Saved::Stored));
    let (_, calls) = written(&world, &[answer(&[&long(1)])]);
    assert_eq!(calls, [ChatCall::Draft]);
}
