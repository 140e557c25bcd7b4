//! What blocks in the sections of long requirements goes back to the model, section by section, and what blocks between sections after that.

use crate::amending::long;
use crate::jobs::answer;
use crate::long::{PARTS, Say, Scribe, edit, long_world};
use crate::world::World;
use crate::writing::{started, summaries};
use std::sync::Arc;
use storywright_application::drafting::{write_section, write_uncovered};
use storywright_application::jobs::cancel_job;
use storywright_domain::draft::{Draft, Requirements};
use storywright_domain::job::{EventKind, JobStatus};
use storywright_domain::ports::{ChatCall, ChatRequest, StorageExt};
use storywright_domain::section::{DraftSection, SectionState};
use storywright_domain::story::{Document, Section, Story, StoryFormat};
use storywright_testkit::build;

fn section(world: &World, draft: &Draft, title: &str) -> DraftSection {
    let sections = world.store.read(|tx| tx.sections(world.person.id, draft.id)).unwrap();
    sections.into_iter().find(|section| section.title == title).expect("there is such a section")
}

fn value<'r>(request: &'r ChatRequest, name: &str) -> &'r str {
    request.values.iter().find(|(known, _)| *known == name).map(|(_, text)| text.as_str()).expect("it is told")
}

/// The calls for each section, `others` where nothing else is said.
#[track_caller]
fn check_calls(scribe: &Scribe, section: &str, expected: u32, others: u32) {
    let expected = |part: &str| if part == section { expected } else { others };
    assert_eq!(scribe.calls(), PARTS.iter().map(|part| ((*part).to_owned(), expected(part))).collect());
}

#[test]
fn what_blocks_in_a_section_goes_back_with_the_text_of_that_section() {
    let (world, scribe, draft) = long_world();
    scribe.will_say("Export", Say::Text(answer(&[&long(1), &long(2)])));
    scribe.will_say("Export", Say::Text(answer(&["Export claims", &long(2)])));
    scribe.will_say("Export", Say::Text(answer(&["Export claims", "Print labels"])));
    started(&world, &draft);
    let job = world.work();
    assert_eq!((job.status, job.error), (JobStatus::Completed, None));
    let expected =
        ["Refunds", "Ledger", "Mailing", "Export claims", "Print labels", "Archive", "Auditing", "Voucher", "Currency"];
    assert_eq!(summaries(&world.draft(draft.id)), expected);
    check_calls(&scribe, "Export", 3, 1);
    let asked = scribe.asked(ChatCall::Refine);
    assert_eq!(asked.len(), 2);
    assert!(value(&asked[0], "requirements").starts_with("# Export"));
    assert_eq!(value(&asked[0], "findings").lines().count(), 2);
    assert!(value(&asked[1], "story").contains("Export claims"));
    let kept = section(&world, &draft, "Export");
    assert_eq!((kept.state, kept.rewrites, kept.usage.input), (SectionState::Done, 2, 9));
    let told: Vec<String> = world
        .said(job.id)
        .iter()
        .filter(|(kind, _)| *kind == EventKind::Progress)
        .filter_map(|(_, data)| data["step"].as_str().filter(|words| words.starts_with("Mending")).map(str::to_owned))
        .collect();
    assert_eq!(
        told,
        [
            "Mending 2 findings that block in section 4 of 8 “Export”",
            "Mending 1 finding that blocks in section 4 of 8 “Export”"
        ]
    );
}

#[test]
fn after_two_rewritings_of_a_section_the_person_decides() {
    let (world, scribe, draft) = long_world();
    for said in [
        [&*long(1), &*long(2), &*long(3)],
        ["Print labels", &*long(2), &*long(3)],
        ["Print labels", "Sort mail", &*long(3)],
    ] {
        scribe.will_say("Export", Say::Text(answer(&said)));
    }
    started(&world, &draft);
    assert_eq!(world.work().status, JobStatus::Completed);
    check_calls(&scribe, "Export", 3, 1);
    assert_eq!(summaries(&world.draft(draft.id)).iter().filter(|summary| summary.starts_with("Refund 3")).count(), 1);
}

#[test]
fn a_rewriting_that_is_no_good_leaves_the_first_draft_of_the_section() {
    for second in [answer(&["Export claims"]), answer(&[&long(3), &long(4)]), "nothing of use".to_owned()] {
        let (world, scribe, draft) = long_world();
        scribe.will_say("Export", Say::Text(answer(&[&long(1), &long(2)])));
        scribe.will_say("Export", Say::Text(second.clone()));
        scribe.will_say("Export", Say::Text(second));
        started(&world, &draft);
        let job = world.work();
        assert_eq!((job.status, job.error), (JobStatus::Completed, None));
        let kept = section(&world, &draft, "Export");
        assert_eq!((kept.state, kept.stories.len()), (SectionState::Done, 2));
        assert!(kept.stories[0].summary.starts_with("Refund 1"));
        assert_eq!(world.draft(draft.id).document.stories.len(), PARTS.len() + 1);
    }
}

#[test]
fn a_process_that_dies_while_a_section_is_mended_costs_neither_its_first_draft_nor_another_section() {
    let (world, scribe, draft) = long_world();
    scribe.will_say("Export", Say::Text(answer(&[&long(1), &long(2)])));
    scribe.will_say("Export", Say::Death);
    started(&world, &draft);
    world.work_and_die();
    let open = section(&world, &draft, "Export");
    assert_eq!((open.state, open.stories.len(), open.rewrites), (SectionState::Running, 2, 1));
    world.outlive_leases();
    let before = scribe.calls();
    scribe.will_say("Export", Say::Text(answer(&["Export claims", &long(2)])));
    let job = world.work();
    assert_eq!(job.status, JobStatus::Completed, "{:?}", job.error);
    // Its first draft is not asked for again, and the call that died counts as one of two.
    assert_eq!(scribe.calls()["Export"] - before["Export"], 1);
    assert_eq!(
        scribe.asked(ChatCall::Draft).iter().filter(|call| value(call, "requirements").starts_with("# Export")).count(),
        1
    );
    let kept = section(&world, &draft, "Export");
    assert_eq!((kept.state, kept.rewrites), (SectionState::Done, 2));
    assert_eq!(kept.stories[0].summary, "Export claims");
    for title in PARTS.iter().filter(|title| **title != "Export") {
        assert_eq!(scribe.calls()[*title], 1, "{title}");
    }
}

#[test]
fn a_stop_while_a_section_is_mended_keeps_what_was_written_and_goes_on_from_there() {
    let (world, scribe, draft) = long_world();
    let job = started(&world, &draft);
    scribe.will_say("Export", Say::Text(answer(&[&long(1), &long(2)])));
    let (ports, actor) = (world.ports.clone(), world.actor.clone());
    scribe.will_say("Export", Say::Stop(Box::new(move || drop(cancel_job(&ports, &actor, job)))));
    assert_eq!(world.work().status, JobStatus::Cancelled);
    assert!(summaries(&world.draft(draft.id)).iter().any(|summary| summary.starts_with("Refund 1")));
    let open = section(&world, &draft, "Export");
    assert_eq!((open.state, open.stories.len(), open.rewrites), (SectionState::Pending, 2, 0));

    // It alone is written for itself: only what blocks in it is asked for.
    let before = scribe.calls()["Export"];
    scribe.will_say("Export", Say::Text(answer(&["Export claims", "Print labels"])));
    write_section(&world.ports, &world.actor, draft.id, 4).unwrap();
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(scribe.calls()["Export"] - before, 1);
    let kept = section(&world, &draft, "Export");
    assert_eq!((kept.state, kept.rewrites, kept.stories[1].summary.as_str()), (SectionState::Done, 1, "Print labels"));
}

#[test]
fn stories_for_what_no_story_covers_are_mended_as_well() {
    let (world, scribe, _) = long_world();
    let short = world.draft_with(&["The clerk must print labels"]);
    let text = "# Labels\n\nThe clerk must print labels.\n\n# Vouchers\n\nThe manager must block stolen vouchers.\n";
    edit(&world, world.draft(short.id), |draft| draft.requirements = Requirements::parse(text).unwrap());
    scribe.will_say("Vouchers", Say::Text(answer(&[&long(1)])));
    scribe.will_say("Vouchers", Say::Text(answer(&["Block vouchers"])));
    write_uncovered(&world.ports, &world.actor, short.id).unwrap();
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(summaries(&world.draft(short.id)), ["The clerk must print labels", "Block vouchers"]);
    assert_eq!(scribe.asked(ChatCall::Refine).len(), 1);
}

/// A story about labels that shares nothing but its summary with another one.
fn labels(id: &str, summary: &str, place: &str, text: &str) -> Story {
    Story {
        id: id.to_owned(),
        summary: summary.to_owned(),
        narrative: None,
        acceptance_criteria: vec![text.to_owned()],
        stlc_notes: place.to_owned(),
        sections: vec![Section { heading: place.to_owned(), text: format!("{place} {text}") }],
        subtasks: Vec::new(),
        ..build::story("")
    }
}

fn told(stories: &[Story]) -> Say {
    Say::Text(serde_json::json!({"clarify": null, "stories": stories}).to_string())
}

/// Two sections whose stories have one summary and are not one story.
fn doubled() -> (World, Arc<Scribe>, Draft) {
    let (world, scribe, draft) = long_world();
    edit(&world, world.draft(draft.id), |draft| draft.format = StoryFormat::Custom);
    let section = |heading: &str| {
        let part = Section { heading: heading.to_owned(), text: format!("{heading} of the house") };
        told(&[Story { narrative: None, sections: vec![part], ..build::story(heading) }])
    };
    for part in PARTS {
        let say = match part {
            "Ledger" => told(&[labels(
                "s1",
                "Print labels",
                "warehouse",
                "parcels leave the yard before noon, sorted by carrier and weight",
            )]),
            "Archive" => {
                told(&[labels("s1", "Print labels", "cellar", "spines stay legible for thirty years under neon light")])
            }
            other => section(other),
        };
        scribe.will_say(part, say);
    }
    (world, scribe, draft)
}

#[test]
fn stories_of_two_sections_that_are_in_each_others_way_go_back_together() {
    let (world, scribe, draft) = doubled();
    let apart = [
        labels("s5", "Print labels of folders", "cellar", "spines stay legible for thirty years under neon light"),
        labels(
            "s2",
            "Print labels of parcels",
            "warehouse",
            "parcels leave the yard before noon, sorted by carrier and weight",
        ),
    ];
    scribe.will_say("", told(&apart));
    started(&world, &draft);
    let job = world.work();
    assert_eq!((job.status, job.error), (JobStatus::Completed, None));
    let after = world.draft(draft.id);
    let expected = [
        "Refunds",
        "Print labels of parcels",
        "Mailing",
        "Export",
        "Print labels of folders",
        "Auditing",
        "Voucher",
        "Currency",
    ];
    assert_eq!(summaries(&after), expected);
    let asked = scribe.asked(ChatCall::Refine);
    assert_eq!(asked.len(), 1);
    // Only these two are sent, and what is found of them is told by their places there.
    let sent: Document = serde_json::from_str(value(&asked[0], "story")).unwrap();
    assert_eq!(sent.stories.iter().map(|story| story.id.as_str()).collect::<Vec<_>>(), ["s2", "s5"]);
    assert!(value(&asked[0], "findings").starts_with("stories.1.summary: Story 2 has the same summary as story 1."));
}

#[test]
fn stories_in_each_others_way_stay_when_one_of_them_is_left_out() {
    let (world, scribe, draft) = doubled();
    scribe.will_say(
        "",
        told(&[labels(
            "s5",
            "Print labels of folders",
            "cellar",
            "spines stay legible for thirty years under neon light",
        )]),
    );
    started(&world, &draft);
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(scribe.asked(ChatCall::Refine).len(), 1);
    assert_eq!(summaries(&world.draft(draft.id)).iter().filter(|summary| **summary == "Print labels").count(), 2);
}

#[test]
fn stories_of_several_sections_go_back_at_most_twice_however_often_the_process_dies() {
    let (world, scribe, draft) = doubled();
    started(&world, &draft);
    for _ in 0..2 {
        scribe.will_say("", Say::Death);
        world.work_and_die();
        world.outlive_leases();
    }
    let job = world.work();
    assert_eq!((job.status, job.error), (JobStatus::Completed, None));
    assert_eq!(scribe.asked(ChatCall::Refine).len(), 2);
    for part in PARTS {
        assert_eq!(scribe.calls()[part], 1, "{part}");
    }
}
