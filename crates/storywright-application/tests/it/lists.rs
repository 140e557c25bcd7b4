//! Lists and the dashboard.

use crate::jobs::answer;
use crate::world::World;
use storywright_application::drafting::generate;
use storywright_application::drafts::{draft_findings, validate_story};
use storywright_application::jobs::cancel_job;
use storywright_application::overview::{
    CountCache, draft_line, last_writing_job, list_draft_lines, overview, recently_created,
};
use storywright_application::publishing::list_runs;
use storywright_domain::Millis;
use storywright_domain::job::JobStatus;
use storywright_domain::story::{Story, StoryFormat};
use storywright_testkit::Script;
use storywright_testkit::build::story;

#[test]
fn the_dashboard_shows_what_there_is() {
    let world = World::new();
    let cache = CountCache::default();
    let written = world.draft_with(&["Refund", "Chargeback"]);
    let run = world.approved(written.id);
    world.work();
    let empty = world.draft_with(&[]);
    let job = generate(&world.ports, &world.actor, empty.id).unwrap();
    let shown = overview(&world.ports, &cache, &world.actor).unwrap();
    assert_eq!(shown.integrations.len(), 3);
    let line = |id| shown.drafts.iter().find(|line| line.summary.id == id).expect("it is listed");
    let counts = line(written.id).counts;
    assert_eq!(
        (counts.stories, counts.subtasks, counts.errors, counts.warnings),
        (2, 4, 0, 2),
        "both tell the same narrative"
    );
    assert_eq!(line(empty.id).job.as_ref().map(|job| job.id), Some(job));
    assert_eq!(shown.open_jobs.iter().map(|open| open.id).collect::<Vec<_>>(), [job]);
    assert_eq!(shown.created.len(), 6);
    assert_eq!(recently_created(&world.ports, &world.actor, 2).unwrap().len(), 2);
    assert_eq!(shown.created[0].1, "jira");
    assert_eq!(list_runs(&world.ports, &world.actor, None).unwrap().items[0].id, run);
    let other = overview(&world.ports, &cache, &world.colleague()).unwrap();
    assert!(other.drafts.is_empty() && other.created.is_empty() && other.open_jobs.is_empty());
}

#[test]
fn a_job_stays_in_sight_though_many_newer_ones_have_ended() {
    let world = World::new();
    let waiting = world.draft_with(&[]);
    let asked = generate(&world.ports, &world.actor, waiting.id).unwrap();
    world.chat.will_say(Script::text(r#"{"clarify":"Which currency?","stories":[]}"#));
    world.work();
    for _ in 0..25 {
        world.clock.advance(Millis::seconds(1));
        let job = generate(&world.ports, &world.actor, world.draft_with(&[]).id).unwrap();
        assert_eq!(cancel_job(&world.ports, &world.actor, job), Ok(Some(JobStatus::Cancelled)));
    }
    let cache = CountCache::default();
    let shown = overview(&world.ports, &cache, &world.actor).unwrap();
    assert_eq!(shown.open_jobs.iter().map(|job| job.id).collect::<Vec<_>>(), [asked]);
    let line = draft_line(&world.ports, &cache, &world.actor, waiting.id).unwrap().expect("it is there");
    assert_eq!(line.job.and_then(|job| job.question).as_deref(), Some("Which currency?"));
}

#[test]
fn a_draft_that_failed_and_is_empty_says_so() {
    let world = World::new();
    let cache = CountCache::default();
    let draft = world.draft_with(&[]);
    generate(&world.ports, &world.actor, draft.id).unwrap();
    world.chat.will_say(Script::text("no json"));
    world.chat.will_say(Script::text("again none"));
    assert_eq!(world.work().status, JobStatus::Failed);
    let lines = list_draft_lines(&world.ports, &cache, &world.actor, Some(" "), None).unwrap();
    assert!(lines.items[0].failed);
    let job = last_writing_job(&world.ports, &world.actor, draft.id).unwrap();
    assert_eq!(job.map(|job| job.status), Some(JobStatus::Failed));
    generate(&world.ports, &world.actor, draft.id).unwrap();
    world.chat.will_say(Script::text(&answer(&["Refund"])));
    world.clock.advance(Millis(1));
    assert_eq!(world.work().status, JobStatus::Completed);
    assert!(!draft_line(&world.ports, &cache, &world.actor, draft.id).unwrap().unwrap().failed);
}

#[test]
fn findings_come_with_the_rules_that_made_them() {
    let world = World::new();
    let draft = world.draft_with(&["Refund", "refund"]);
    let reviewed = draft_findings(&world.ports, &world.actor, draft.id).unwrap().expect("it is there");
    let codes: Vec<&str> = reviewed.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!((codes, reviewed.rules.id.as_str()), (vec!["duplicate", "duplicate", "summary_duplicate"], "default"));
    assert_eq!(draft_findings(&world.ports, &world.colleague(), draft.id), Ok(None));
    assert_eq!(validate_story(&world.ports, story("x"), StoryFormat::Classic, None), Ok(Some(Vec::new())));
    let empty = validate_story(&world.ports, Story::default(), StoryFormat::Classic, Some("default")).unwrap();
    assert!(empty.is_some_and(|findings| findings.len() > 3));
    assert_eq!(validate_story(&world.ports, Story::default(), StoryFormat::Classic, Some("none")), Ok(None));
}
