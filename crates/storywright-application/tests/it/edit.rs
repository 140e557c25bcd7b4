//! Changing drafts by hand.

use crate::world::World;
use storywright_application::drafting::generate;
use storywright_application::drafts::{
    DraftChange, EditDraftError, Mend, MendError, Which, delete_draft, draft, draft_findings, draft_version,
    draft_versions, edit_draft, list_drafts, mend, restore_version, undelete_draft,
};
use storywright_application::publishing::stop_run;
use storywright_domain::draft::{BadRequirements, Draft, DraftState, DraftVersion, Origin, WrongState};
use storywright_domain::jira::CreateOutcome;
use storywright_domain::job::JobStatus;
use storywright_domain::story::{Document, Narrative, StoryFormat};
use storywright_domain::{DraftId, Millis};
use storywright_testkit::NextCreate;
use storywright_testkit::build::{NOW, story};

fn document(summaries: &[&str]) -> Document {
    Document::of_stories(summaries.iter().map(|summary| story(summary)).collect()).with_references()
}

fn text(summary: &str) -> DraftChange {
    DraftChange { document: Some(document(&[summary])), ..DraftChange::default() }
}

fn edit(world: &World, before: &Draft, change: &DraftChange) -> Result<Draft, EditDraftError> {
    edit_draft(&world.ports, &world.actor, before.id, before.version, change)
}

fn versions(world: &World, id: DraftId) -> Vec<DraftVersion> {
    draft_versions(&world.ports, &world.actor, id, None).unwrap().expect("the draft is there").items
}

#[test]
fn a_change_is_a_version() {
    let world = World::new();
    let before = world.draft_with(&["Refund"]);
    world.clock.advance(Millis::hours(1));
    let after = edit(&world, &before, &text("Refund in full")).unwrap();
    assert_eq!((after.version, after.title.as_str()), (2, "Refund in full"));
    assert_eq!(world.draft(before.id), after);
    assert_eq!(after.updated_at, NOW + Millis::hours(1));
    let kept = versions(&world, before.id);
    assert_eq!((kept.len(), kept[0].number, kept[0].origin), (1, 2, Origin::Edited));
    assert_eq!(kept[0].document, after.document);
}

#[test]
fn every_part_can_be_changed_alone() {
    let world = World::new();
    let before = world.draft_with(&["Refund"]);
    let change = DraftChange {
        requirements: Some("Other\r\nwords".to_owned()),
        prompt: Some("Be brief".to_owned()),
        format: Some(StoryFormat::Bdd),
        rule_set: Some("default".to_owned()),
        document: None,
        beside: false,
        note: String::new(),
    };
    let after = edit(&world, &before, &change).unwrap();
    assert_eq!((after.requirements.as_str(), after.prompt.as_str()), ("Other\nwords", "Be brief"));
    assert_eq!((after.format, &after.document, after.version), (StoryFormat::Bdd, &before.document, 2));
    assert_eq!(versions(&world, before.id), [], "the document is the same");
    let unchanged = edit(&world, &after, &DraftChange::default()).unwrap();
    assert_eq!((unchanged.requirements, unchanged.prompt), (after.requirements, after.prompt));
}

#[test]
fn nobodys_change_is_overwritten_unseen() {
    let world = World::new();
    let before = world.draft_with(&["Refund"]);
    let first = edit(&world, &before, &text("First")).unwrap();
    let second = edit(&world, &before, &text("Second"));
    assert_eq!(second, Err(EditDraftError::Conflict(Box::new(first.clone()))));
    assert_eq!(world.draft(before.id), first);
    let restored = restore_version(&world.ports, &world.actor, before.id, 1, 2);
    assert_eq!(restored, Err(EditDraftError::Conflict(Box::new(first))));
}

#[test]
fn autosaves_of_one_sitting_are_one_version() {
    let world = World::new();
    let mut now = world.draft_with(&["Refund"]);
    for (seconds, summary) in [(0, "R"), (10, "Re"), (200, "Ref"), (89, "Refu")] {
        world.clock.advance(Millis::seconds(seconds));
        now = edit(&world, &now, &text(summary)).unwrap();
    }
    let kept = versions(&world, now.id);
    assert_eq!((kept.len(), kept[0].number, kept[0].created_at), (1, 5, NOW));
    assert_eq!(kept[0].document, now.document);
    world.clock.advance(Millis::seconds(1));
    now = edit(&world, &now, &text("Refun")).unwrap();
    assert_eq!(versions(&world, now.id).iter().map(|version| version.number).collect::<Vec<_>>(), [6, 5]);
}

#[test]
fn a_sitting_never_swallows_what_came_from_elsewhere() {
    let world = World::new();
    let before = world.draft_with(&["Refund"]);
    let one = edit(&world, &before, &text("One")).unwrap();
    let two = edit(&world, &one, &DraftChange { prompt: Some("p".to_owned()), ..DraftChange::default() }).unwrap();
    let three = edit(&world, &two, &text("Three")).unwrap();
    assert_eq!(versions(&world, before.id).len(), 1, "a prompt between two edits does not part them");
    world.clock.advance(Millis::minutes(6));
    let four = edit(&world, &three, &text("Four")).unwrap();
    let restored = restore_version(&world.ports, &world.actor, before.id, four.version, three.version).unwrap();
    let after = edit(&world, &restored, &text("Five")).unwrap();
    let kept: Vec<(u32, Origin)> =
        versions(&world, before.id).iter().map(|version| (version.number, version.origin)).collect();
    let expected = [
        (after.version, Origin::Edited),
        (restored.version, Origin::Restored),
        (four.version, Origin::Edited),
        (three.version, Origin::Edited),
    ];
    assert_eq!(kept, expected);
}

#[test]
fn an_older_version_can_be_made_the_newest() {
    let world = World::new();
    let before = world.draft_with(&["Refund"]);
    let one = edit(&world, &before, &text("One")).unwrap();
    world.clock.advance(Millis::minutes(6));
    let two = edit(&world, &one, &text("Two")).unwrap();
    let restored = restore_version(&world.ports, &world.actor, before.id, two.version, one.version).unwrap();
    assert_eq!((&restored.document, restored.title.as_str()), (&one.document, "One"));
    let newest = &versions(&world, before.id)[0];
    assert_eq!((newest.origin, newest.note.as_str()), (Origin::Restored, "version 2"));
    let missing = restore_version(&world.ports, &world.actor, before.id, restored.version, 99);
    assert_eq!(missing, Err(EditDraftError::NoSuchVersion(99)));
}

/// Small in bytes, and a page with a field for each.
fn many_criteria(count: usize) -> DraftChange {
    let mut change = text("Refund");
    if let Some(document) = &mut change.document {
        document.stories[0].acceptance_criteria = vec![String::new(); count];
    }
    change
}

#[test]
fn what_cannot_be_stored_is_refused_and_nothing_changes() {
    let world = World::new();
    let before = world.draft_with(&["Refund"]);
    let change = DraftChange::default;
    let long = "x".repeat(1_000_001);
    for (change, expected) in [
        (
            DraftChange { requirements: Some("  ".to_owned()), ..change() },
            EditDraftError::BadRequirements(BadRequirements::Empty),
        ),
        (DraftChange { prompt: Some("x".repeat(4_001)), ..change() }, EditDraftError::PromptTooLong),
        (DraftChange { rule_set: Some("none".to_owned()), ..change() }, EditDraftError::NoSuchRuleSet("none".into())),
        (text(&long), EditDraftError::DocumentTooLarge),
        (many_criteria(20_000), EditDraftError::DocumentTooLarge),
    ] {
        assert_eq!(edit(&world, &before, &change), Err(expected));
    }
    assert_eq!(world.draft(before.id), before);
}

#[test]
fn drafts_of_others_are_not_there() {
    let world = World::new();
    let mine = world.draft_with(&["Refund"]);
    let other = world.colleague();
    let id = mine.id;
    assert_eq!(edit_draft(&world.ports, &other, id, 1, &text("Mine now")), Err(EditDraftError::NotFound));
    assert_eq!(restore_version(&world.ports, &other, id, 1, 1), Err(EditDraftError::NotFound));
    assert_eq!(delete_draft(&world.ports, &other, id), Err(EditDraftError::NotFound));
    assert_eq!(undelete_draft(&world.ports, &other, id), Err(EditDraftError::NotFound));
    assert_eq!(draft(&world.ports, &other, id), Ok(None));
    assert_eq!(draft_versions(&world.ports, &other, id, None), Ok(None));
    assert_eq!(world.draft(id), mine);
}

#[test]
fn a_draft_goes_to_the_bin_and_comes_back() {
    let world = World::new();
    let before = world.draft_with(&["Refund"]);
    let edited = edit(&world, &before, &text("One")).unwrap();
    delete_draft(&world.ports, &world.actor, before.id).unwrap();
    assert_eq!(draft(&world.ports, &world.actor, before.id), Ok(None));
    assert_eq!(list_drafts(&world.ports, &world.actor, None, None).unwrap().items, []);
    assert_eq!(draft_versions(&world.ports, &world.actor, before.id, None), Ok(None));
    assert_eq!(draft_version(&world.ports, &world.actor, before.id, edited.version), Ok(None));
    assert_eq!(edit(&world, &world.draft(before.id), &text("Two")), Err(EditDraftError::NotFound));
    assert_eq!(delete_draft(&world.ports, &world.actor, before.id), Err(EditDraftError::NotFound));
    let back = undelete_draft(&world.ports, &world.actor, before.id).unwrap();
    assert_eq!((back.document, back.deleted_at), (edited.document, None));
    assert_eq!(list_drafts(&world.ports, &world.actor, Some("one"), None).unwrap().items.len(), 1);
}

#[test]
fn taking_out_of_the_bin_what_is_not_there_changes_nothing() {
    let world = World::new();
    let before = world.draft_with(&["Refund"]);
    assert_eq!(undelete_draft(&world.ports, &world.actor, before.id), Ok(before.clone()));
    assert_eq!(world.draft(before.id), before);
}

#[test]
fn a_draft_that_is_written_or_published_cannot_be_changed() {
    let world = World::new();
    let writing = world.draft_with(&["Refund"]);
    let job = generate(&world.ports, &world.actor, writing.id).unwrap();
    let publishing = world.draft_with(&["Refund"]);
    let run = world.approved(publishing.id);
    for (id, state) in [(writing.id, WrongState::Writing { job }), (publishing.id, WrongState::Publishing { run })] {
        let before = world.draft(id);
        assert_eq!(edit(&world, &before, &text("x")), Err(EditDraftError::WrongState(state.clone())));
        let restored = restore_version(&world.ports, &world.actor, id, before.version, 1);
        assert_eq!(restored, Err(EditDraftError::WrongState(state.clone())));
        assert_eq!(delete_draft(&world.ports, &world.actor, id), Err(EditDraftError::WrongState(state)));
        assert_eq!(world.draft(id), before);
    }
}

#[test]
fn a_draft_whose_run_has_ended_can_go_to_the_bin() {
    let world = World::new();
    let id = world.draft_with(&["Refund"]).id;
    let run = world.approved(id);
    world.jira.fake.next_create(NextCreate::Works);
    let no = CreateOutcome::Rejected { status: 400, messages: vec!["no".to_owned()], fields: Vec::new() };
    world.jira.fake.next_create(NextCreate::Only(no));
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(stop_run(&world.ports, &world.actor, run), Ok(false), "it has ended, and is not complete");
    assert_eq!(world.draft(id).state, DraftState::Publishing { run });
    assert_eq!(delete_draft(&world.ports, &world.actor, id), Ok(()));
}

#[test]
fn what_needs_no_model_is_mended_as_one_version() {
    let world = World::new();
    let mut draft = document(&["Refund", "Export"]);
    draft.stories[0].labels = vec!["two words".to_owned()];
    draft.stories[1].labels = vec!["three more words".to_owned()];
    draft.stories[1].acceptance_criteria = vec!["It is paid".to_owned(), "it is  paid.".to_owned()];
    let before = world.draft_with(&["Refund"]);
    let change = DraftChange { document: Some(draft), ..DraftChange::default() };
    let before = edit(&world, &before, &change).unwrap();

    let one = Mend::One(Which { code: "label_has_spaces", field: "stories.1.labels.0", ..Which::default() });
    let (after, count) = mend(&world.ports, &world.actor, before.id, Some(before.version), &one).unwrap();
    assert_eq!((count, after.document.stories[1].labels[0].as_str()), (1, "three-more-words"));
    assert_eq!(after.document.stories[0].labels, ["two words"], "only what was asked for");
    let again = mend(&world.ports, &world.actor, before.id, None, &one);
    assert_eq!(again, Err(MendError::NothingToMend));

    let stale = mend(&world.ports, &world.actor, before.id, Some(before.version), &Mend::All).unwrap_err();
    assert!(matches!(stale, MendError::Edit(EditDraftError::Conflict(_))), "{stale:?}");
    let (after, count) = mend(&world.ports, &world.actor, before.id, None, &Mend::All).unwrap();
    assert_eq!((count, after.document.stories[0].labels[0].as_str()), (2, "two-words"));
    assert_eq!(after.document.stories[1].acceptance_criteria, ["It is paid"]);
    let kept = versions(&world, before.id);
    assert_eq!(kept[0].note, "fixed acceptance_criterion_duplicate, label_has_spaces");
    assert_eq!(kept[2].document, before.document, "the version before can be restored");

    let stranger = world.colleague();
    let refused = mend(&world.ports, &stranger, before.id, None, &Mend::All);
    assert_eq!(refused, Err(MendError::Edit(EditDraftError::NotFound)));
}

#[test]
fn of_two_findings_of_a_code_in_one_field_the_one_that_was_pressed_is_mended() {
    let world = World::new();
    let mut draft = document(&["Refund"]);
    let goal = "to export (as CSV) the list of refunds (once a month)";
    let told =
        |goal: &str| Narrative { role: "clerk".into(), goal: goal.into(), benefit: "the books are right".into() };
    draft.stories[0].narrative = Some(told(goal));
    let before = world.draft_with(&["Refund"]);
    let before = edit(&world, &before, &DraftChange { document: Some(draft), ..DraftChange::default() }).unwrap();
    let starts: Vec<usize> = draft_findings(&world.ports, &world.actor, before.id)
        .unwrap()
        .unwrap()
        .findings
        .iter()
        .filter(|finding| finding.code == "brackets")
        .filter_map(|finding| finding.place.map(|place| place.start))
        .collect();
    assert_eq!(starts, [10, 39]);
    let one = |start| {
        Mend::One(Which { code: "brackets", field: "stories.0.narrative.goal", start: Some(start), message: None })
    };

    let nowhere = mend(&world.ports, &world.actor, before.id, None, &one(11));
    assert_eq!(nowhere, Err(MendError::NothingToMend), "where nothing begins, nothing is mended");
    let (after, count) = mend(&world.ports, &world.actor, before.id, None, &one(39)).unwrap();
    let goal = after.document.stories[0].narrative.as_ref().map(|told| told.goal.as_str());
    assert_eq!((count, goal), (1, Some("to export (as CSV) the list of refunds")));
    let again = mend(&world.ports, &world.actor, before.id, None, &one(39));
    assert_eq!(again, Err(MendError::NothingToMend), "it is gone");
}
