//! What Jira asks for beyond what a draft holds, and how it is filled in.

use crate::world::World;
use std::collections::BTreeMap;
use storywright_application::drafts::{DraftChange, edit_draft};
use storywright_application::preflight::values::{BadValue, Typed};
use storywright_application::preflight::{Asked, FillError, Level, asked_fields, fill_in, learn, prefilled};
use storywright_application::publishing::{PlanError, PlanProblem, make_plan};
use storywright_domain::draft::Draft;
use storywright_domain::jira::{AllowedValue, CreateField, FieldKind};
use storywright_domain::ports::{Clock, StorageExt};
use storywright_domain::preflight::ScreenPlace;
use storywright_domain::remote::FieldRefusal;
use storywright_domain::story::{Epic, FieldValue, Story};

const STORY: &str = "10001";

fn field(id: &str, kind: FieldKind, required: bool) -> CreateField {
    let (id, name) = (id.to_owned(), format!("Name of {id}"));
    CreateField { id, name, required, has_default: false, kind, allowed: Vec::new() }
}

fn with_defaults(id: &str) -> CreateField {
    let allowed =
        ["10510", "10511"].map(|id| AllowedValue { id: id.to_owned(), name: id.to_owned(), children: Vec::new() });
    CreateField { has_default: true, allowed: allowed.to_vec(), ..field(id, FieldKind::Options, true) }
}

/// A screen as the French project has it: four fields required, two of which Jira fills in itself.
fn french() -> World {
    let world = World::new();
    let common = [
        field("summary", FieldKind::Text, true),
        field("description", FieldKind::TextArea, false),
        field("labels", FieldKind::Labels, false),
    ];
    let own = [
        field("contract", FieldKind::Text, true),
        with_defaults("teams"),
        field("wanted_on", FieldKind::Date, true),
        field("requestor", FieldKind::User, true),
        field("plan", FieldKind::TextArea, false),
    ];
    world.jira.fake.set_fields(common.iter().cloned().chain([field("parent", FieldKind::Parent, false)]).collect());
    world.jira.fake.set_fields_of(STORY, common.into_iter().chain(own).collect());
    world
}

fn problems(world: &World, draft: &Draft) -> Vec<PlanProblem> {
    match make_plan(&world.ports, &world.actor, draft.id) {
        Ok(_) => Vec::new(),
        Err(PlanError::Problems(problems)) => problems,
        Err(error) => panic!("{error}"),
    }
}

fn asked(world: &World, draft: &Draft) -> Asked {
    asked_fields(&world.ports, &world.actor, draft, &problems(world, draft)).unwrap()
}

fn keys(asked: &Asked) -> Vec<String> {
    asked.fields.iter().map(|field| field.key()).collect()
}

fn typed(values: &[(&str, &str)]) -> BTreeMap<String, Typed> {
    values.iter().map(|(key, value)| ((*key).to_owned(), Typed::text(value))).collect()
}

fn fields_of(story: &Story) -> Vec<&str> {
    story.custom_fields.keys().map(String::as_str).collect()
}

#[test]
fn what_is_filled_in_makes_a_plan_and_is_offered_the_next_time() {
    let world = french();
    let draft = world.draft_with(&["Relancer un client", "Rembourser un client"]);
    let first = asked(&world, &draft);
    assert_eq!(keys(&first), ["story.contract", "story.teams", "story.wanted_on", "story.requestor"]);
    assert_eq!(first.fields[0].missing, ["s1", "s2"]);
    assert!(first.fields[1].missing.is_empty(), "Jira fills it in itself");
    assert!(first.fields.iter().all(|field| prefilled(field).is_blank()));

    let values =
        typed(&[("story.contract", "C-7"), ("story.wanted_on", "2026-12-01"), ("story.requestor", "person 1")]);
    let saved = fill_in(&world.ports, &world.actor, draft.id, &values).unwrap();
    for story in &saved.document.stories {
        assert_eq!(fields_of(story), ["contract", "requestor", "wanted_on"]);
        assert_eq!(story.custom_fields["requestor"], FieldValue::User("emp1".to_owned()), "found by the name shown");
    }
    assert!(problems(&world, &saved).is_empty());

    let next = world.draft_with(&["Facturer un client"]);
    let shown: Vec<Typed> = asked(&world, &next).fields.iter().map(prefilled).collect();
    assert_eq!(shown, [Typed::text("C-7"), Typed::default(), Typed::text("2026-12-01"), Typed::text("emp1")]);
}

#[test]
fn wrong_values_save_nothing_and_say_what_is_wrong_with_each() {
    let world = french();
    let draft = world.draft_with(&["Relancer un client"]);
    let mut values = typed(&[("story.wanted_on", "soon"), ("story.requestor", "Nobody Known")]);
    values.insert(
        "story.teams".to_owned(),
        Typed { values: vec!["10510".to_owned(), "7".to_owned()], ..Typed::default() },
    );
    let refused = fill_in(&world.ports, &world.actor, draft.id, &values);
    let Err(FillError::Values(asked, wrong)) = refused else { panic!("{refused:?}") };
    assert_eq!(asked.fields.len(), 4);
    let expected = [
        ("story.contract", BadValue::Missing),
        ("story.requestor", BadValue::NoSuchPerson("Nobody Known".to_owned())),
        ("story.teams", BadValue::NotInList("7".to_owned())),
        ("story.wanted_on", BadValue::NotADate("soon".to_owned())),
    ];
    assert_eq!(wrong.into_iter().collect::<Vec<_>>(), expected.map(|(key, problem)| (key.to_owned(), problem)));
    assert_eq!(world.draft(draft.id), draft);
}

#[test]
fn what_one_story_has_already_stays_and_can_be_changed_when_nothing_is_missing() {
    let world = french();
    let mut draft = world.draft_with(&["Relancer un client", "Rembourser un client"]);
    let text = |text: &str| FieldValue::Text(text.to_owned());
    draft.document.stories[0].custom_fields.insert("contract".to_owned(), text("C-1"));
    let change = DraftChange { document: Some(draft.document.clone()), ..DraftChange::default() };
    let draft = edit_draft(&world.ports, &world.actor, draft.id, draft.version, &change).unwrap();
    assert_eq!(asked(&world, &draft).fields[0].missing, ["s2"]);
    let values = typed(&[("story.contract", "C-2"), ("story.wanted_on", "2026-12-01"), ("story.requestor", "emp1")]);
    let saved = fill_in(&world.ports, &world.actor, draft.id, &values).unwrap();
    let contracts: Vec<_> = saved.document.stories.iter().map(|story| &story.custom_fields["contract"]).collect();
    assert_eq!(contracts, [&text("C-1"), &text("C-2")]);

    let all = asked(&world, &saved);
    assert_eq!(keys(&all), ["story.contract", "story.wanted_on", "story.requestor"]);
    assert!(all.fields[0].differs && prefilled(&all.fields[0]).is_blank());
    assert_eq!(prefilled(&all.fields[1]), Typed::text("2026-12-01"));
    let changed = fill_in(&world.ports, &world.actor, draft.id, &typed(&[("story.wanted_on", "2027-01-01")])).unwrap();
    for story in &changed.document.stories {
        assert_eq!(story.custom_fields["wanted_on"], FieldValue::Date("2027-01-01".to_owned()));
    }
    let contracts: Vec<_> = changed.document.stories.iter().map(|story| &story.custom_fields["contract"]).collect();
    assert_eq!(contracts, [&text("C-1"), &text("C-2")], "what is left blank stays");
}

#[test]
fn what_only_a_refusal_revealed_is_asked_for_with_its_words() {
    let world = french();
    let draft = world.draft_with(&["Relancer un client"]);
    let refusal = |field: &str, message: &str| FieldRefusal { field: field.to_owned(), message: message.to_owned() };
    let refusals = [refusal("plan", "Le plan est obligatoire."), refusal("hidden", "Le secret est obligatoire.")];
    let place = ScreenPlace { site: "jira".to_owned(), project: "PAY".to_owned(), issue_type: STORY.to_owned() };
    let now = world.clock.now();
    world.store.write(|tx| learn(tx, &place, r#"{"fields":{}}"#, &refusals, now)).unwrap();
    let lacking = [PlanProblem {
        reference: "s1".to_owned(),
        field: "plan".to_owned(),
        code: "required_field_missing",
        message: String::new(),
    }];
    let asked = asked_fields(&world.ports, &world.actor, &draft, &lacking).unwrap();
    let plan = asked.fields.iter().find(|field| field.field.id == "plan").unwrap();
    assert_eq!(plan.said.as_deref(), Some("Le plan est obligatoire."));
    assert_eq!(asked.nowhere, ["Le secret est obligatoire."]);
}

#[test]
fn epics_stories_and_sub_tasks_are_asked_for_on_screens_of_their_own() {
    let world = french();
    let own = |id: &str| vec![field("summary", FieldKind::Text, true), field(id, FieldKind::Text, true)];
    world.jira.fake.set_fields_of("10000", own("goal"));
    world.jira.fake.set_fields_of("10003", own("contract"));
    let mut draft = world.draft_with(&["Relancer un client"]);
    draft.document.epics = vec![Epic { id: "e1".to_owned(), summary: "Relance".to_owned(), ..Epic::default() }];
    let lacking = [("e1", "goal"), ("s1", "contract"), ("s1.1", "contract")].map(|(reference, field)| PlanProblem {
        reference: reference.to_owned(),
        field: field.to_owned(),
        code: "required_field_missing",
        message: String::new(),
    });
    let asked_of = |lacking: &[PlanProblem]| asked_fields(&world.ports, &world.actor, &draft, lacking).unwrap();
    let asked = asked_of(&lacking);
    assert_eq!(keys(&asked), ["epic.goal", "story.contract", "story.teams"], "sub-tasks take it from their story");
    assert_eq!((asked.fields[0].level, asked.fields[0].issue_type.name.as_str()), (Level::Epic, "Epic"));
    let asked = asked_of(&lacking[2..]);
    assert_eq!(keys(&asked), ["subtask.contract"]);
    assert_eq!(asked.fields[0].missing, ["s1.1"]);
}

#[test]
fn a_tree_that_lacks_something_on_each_level_is_filled_in_at_once() {
    let world = french();
    let own = |own: Vec<CreateField>| {
        let common = [
            field("summary", FieldKind::Text, true),
            field("description", FieldKind::TextArea, false),
            field("labels", FieldKind::Labels, false),
            field("parent", FieldKind::Parent, false),
        ];
        common.into_iter().chain(own).collect::<Vec<_>>()
    };
    let component = AllowedValue { id: "1".to_owned(), name: "Paiement".to_owned(), children: Vec::new() };
    let components = CreateField { allowed: vec![component], ..field("components", FieldKind::Components, true) };
    world.jira.fake.set_fields_of("10000", own(vec![field("goal", FieldKind::Text, true), components]));
    world.jira.fake.set_fields_of("10003", own(vec![field("hours", FieldKind::Number, true)]));
    let mut draft = world.draft_with(&["Relancer un client"]);
    draft.document.epics = vec![Epic { id: "e1".to_owned(), summary: "Relance".to_owned(), ..Epic::default() }];
    draft.document.stories[0].epic = Some("e1".to_owned());
    let change = DraftChange { document: Some(draft.document.clone()), ..DraftChange::default() };
    let draft = edit_draft(&world.ports, &world.actor, draft.id, draft.version, &change).unwrap();
    let mut values = typed(&[
        ("epic.goal", "Encaisser"),
        ("epic.components", "Paiement"),
        ("story.contract", "C-7"),
        ("story.wanted_on", "2026-12-01"),
        ("story.requestor", "emp1"),
        ("subtask.hours", "1,5"),
    ]);
    let mut asked_for = keys(&asked(&world, &draft));
    asked_for.retain(|key| key != "story.teams");
    asked_for.sort();
    assert_eq!(asked_for, values.keys().cloned().collect::<Vec<_>>());
    values.insert("story.never_asked".to_owned(), Typed::text("x"));
    let saved = fill_in(&world.ports, &world.actor, draft.id, &values).unwrap();
    assert!(problems(&world, &saved).is_empty(), "{:?}", problems(&world, &saved));
    let plan = make_plan(&world.ports, &world.actor, draft.id).unwrap();
    let payloads: Vec<&str> = plan.issues.iter().map(|issue| issue.payload.as_str()).collect();
    assert_eq!(payloads.len(), 4);
    assert!(payloads[0].contains("Encaisser") && payloads[0].contains("Paiement"), "{}", payloads[0]);
    assert!(payloads[1].contains("C-7") && !payloads.iter().any(|payload| payload.contains("never_asked")));
    assert!(payloads[2].contains("1.5") && payloads[3].contains("1.5"), "{}", payloads[2]);
}
