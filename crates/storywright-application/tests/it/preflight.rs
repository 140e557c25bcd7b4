//! What is known before anything is sent.

use crate::world::World;
use std::collections::BTreeMap;
use storywright_application::catalog::{CatalogError, list_epics, list_users};
use storywright_application::preflight::{MarkerChoice, forget, learn, remember_defaults, screen, similar_issues};
use storywright_domain::Millis;
use storywright_domain::jira::{CreateField, FieldKind, ProjectKey};
use storywright_domain::ports::{Clock, Jira, StorageExt};
use storywright_domain::preflight::{Lesson, ScreenPlace};
use storywright_domain::remote::{FieldRefusal, RemoteError};
use storywright_domain::story::FieldValue;

fn pay() -> ProjectKey {
    ProjectKey::parse("PAY").unwrap()
}

fn field(id: &str, kind: FieldKind) -> CreateField {
    CreateField {
        id: id.to_owned(),
        name: id.to_owned(),
        required: false,
        has_default: true,
        kind,
        allowed: Vec::new(),
    }
}

fn place() -> ScreenPlace {
    ScreenPlace { site: "jira".to_owned(), project: "PAY".to_owned(), issue_type: "10001".to_owned() }
}

#[test]
fn a_screen_shows_what_only_a_refusal_revealed() {
    let world = World::new();
    let plan = field("customfield_1", FieldKind::TextArea);
    let labels = field("labels", FieldKind::Labels);
    world.jira.fake.set_fields(vec![
        field("summary", FieldKind::Text),
        field("description", FieldKind::TextArea),
        labels,
        plan,
    ]);
    let before = screen(&world.ports, &world.actor, &pay(), "10001").unwrap();
    assert!(before.learned.is_empty() && before.fields.iter().all(|field| !field.required));
    assert_eq!(before.marker, MarkerChoice::RunLabel);

    let refusal = |field: &str, message: &str| FieldRefusal { field: field.to_owned(), message: message.to_owned() };
    let refusals = [
        refusal("customfield_1", "Plan is required."),
        refusal("labels", "Field 'labels' cannot be set. It is not on the appropriate screen, or unknown."),
        refusal("customfield_2", "Hidden is required."),
    ];
    let payload = r#"{"fields":{"summary":"x","labels":["a"]}}"#;
    let now = world.clock.now();
    world.store.write(|tx| learn(tx, &place(), payload, &refusals, now)).unwrap();

    let after = screen(&world.ports, &world.actor, &pay(), "10001").unwrap();
    let ids: Vec<(&str, bool)> = after.fields.iter().map(|field| (field.id.as_str(), field.required)).collect();
    assert_eq!(ids, [("summary", false), ("description", false), ("customfield_1", true)]);
    assert!(after.fields.iter().all(|field| field.id != "customfield_1" || !field.has_default));
    let lessons: Vec<(&str, Lesson)> =
        after.learned.iter().map(|learned| (learned.field.as_str(), learned.lesson)).collect();
    let expected =
        [("customfield_1", Lesson::Required), ("customfield_2", Lesson::Required), ("labels", Lesson::OffScreen)];
    assert_eq!(lessons, expected);
    assert_eq!(after.marker, MarkerChoice::Footer, "there is no place for a label");

    // What Jira takes now disproves what was learned before.
    let taken = r#"{"fields":{"summary":"x","labels":["a"],"customfield_2":"y"}}"#;
    world.store.write(|tx| forget(tx, &place(), taken)).unwrap();
    let later = screen(&world.ports, &world.actor, &pay(), "10001").unwrap();
    let kept: Vec<&str> = later.learned.iter().map(|learned| learned.field.as_str()).collect();
    assert_eq!(kept, ["customfield_2"]);
    world.clock.advance(Millis::hours(30 * 24));
    let forgotten = screen(&world.ports, &world.actor, &pay(), "10001").unwrap();
    assert!(forgotten.learned.is_empty(), "nobody has seen it for a month");
    let other = screen(&world.ports, &world.actor, &pay(), "10002").unwrap();
    assert!(other.learned.is_empty(), "another type");
}

#[test]
fn defaults_are_ones_own_and_of_one_screen() {
    let world = World::new();
    let values = BTreeMap::from([("customfield_1".to_owned(), FieldValue::Option("10300".to_owned()))]);
    remember_defaults(&world.ports, &world.actor, &pay(), "10001", &values).unwrap();
    let defaults = |actor, kind| screen(&world.ports, actor, &pay(), kind).unwrap().defaults;
    assert_eq!(defaults(&world.actor, "10001"), values);
    assert!(defaults(&world.actor, "10002").is_empty());
    let colleague = world.colleague();
    assert!(defaults(&colleague, "10001").is_empty());
    remember_defaults(&world.ports, &world.actor, &pay(), "10001", &BTreeMap::new()).unwrap();
    assert!(defaults(&world.actor, "10001").is_empty());
}

#[test]
fn a_type_that_may_not_be_created_has_no_screen() {
    let world = World::new();
    let outcome = screen(&world.ports, &world.actor, &pay(), "99999");
    assert_eq!(outcome, Err(CatalogError::Remote(RemoteError::NotFound)));
}

#[test]
fn what_exists_already_is_ranked() {
    let world = World::new();
    let access = storywright_application::access::jira(&world.ports, &world.actor).unwrap();
    for summary in ["Export invoices as CSV", "CSV export of new invoices", "Import invoices", "Pay with a saved card"]
    {
        let payload =
            format!(r#"{{"fields":{{"project":{{"key":"PAY"}},"issuetype":{{"id":"10001"}},"summary":"{summary}"}}}}"#);
        world.jira.fake.create(&access, &payload, None);
    }
    let find = |summary: &str| similar_issues(&world.ports, &world.actor, &pay(), summary, "").unwrap();
    let found = find("Export the invoices as CSV");
    let keys: Vec<(&str, bool)> =
        found.iter().map(|similar| (similar.issue.key.as_str(), similar.is_alike())).collect();
    assert_eq!(keys, [("PAY-1", true), ("PAY-2", true), ("PAY-3", false)]);
    assert!(found[0].score > found[1].score);
    assert!(find("Rotate the logs").is_empty());
    let calls = world.jira.fake.calls().len();
    assert!(find("to be or not").is_empty() && world.jira.fake.calls().len() == calls, "nothing to search for");
}

#[test]
fn people_and_epics_are_picked_from_the_site() {
    let world = World::new();
    let access = storywright_application::access::jira(&world.ports, &world.actor).unwrap();
    let epic = r#"{"fields":{"project":{"key":"PAY"},"issuetype":{"id":"10000"},"summary":"Checkout","customfield_10101":"Checkout"}}"#;
    world.jira.fake.create(&access, epic, None);
    let users = list_users(&world.ports, &world.actor, &pay(), "pers").unwrap();
    assert_eq!(users.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(), ["emp1"]);
    let epics = |query: &str| list_epics(&world.ports, &world.actor, &pay(), query).unwrap();
    assert_eq!(epics("chec").iter().map(|epic| epic.key.as_str()).collect::<Vec<_>>(), ["PAY-1"]);
    assert!(epics("refund").is_empty());
}
