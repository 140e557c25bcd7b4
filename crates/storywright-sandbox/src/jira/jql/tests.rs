use actix_web::web::Data;
use serde_json::json;

use super::{Env, Node, Op, Term, parse, resolve, resolve_order};
use crate::{
    auth::{Presented, Scheme},
    faults::Effects,
    jira::{create::create, desk::Desk},
    state::Shared,
};

const MINUTE: i64 = 60_000;

fn company() -> Data<Shared> {
    Data::new(Shared::open("http://127.0.0.1:1".to_owned(), None, 10).unwrap())
}

fn desk(shared: &Data<Shared>, who: &str) -> Desk {
    let person = shared.person(who).unwrap();
    Desk {
        shared: shared.clone(),
        presented: Presented::Person(Box::new(person), Scheme::Bearer),
        effects: Effects::default(),
        people: shared.people(),
        cloud: false,
    }
}

/// Keys that `who` finds, or the complaints.
fn search(shared: &Data<Shared>, who: &str, jql: &str) -> Result<Vec<String>, Vec<String>> {
    let desk = desk(shared, who);
    let query = parse(jql).map_err(|message| vec![message])?;
    let store = shared.jira();
    let env = Env { desk: &desk, store: &store, now: shared.clock.now() };
    let (sorting, mut complaints) = resolve_order(&query.order);
    let filter = query.condition.as_ref().map(|node| {
        let (filter, mut more) = resolve(node, &env);
        complaints.append(&mut more);
        filter
    });
    if !complaints.is_empty() {
        return Err(complaints);
    }
    let mut found: Vec<_> = store
        .issues
        .values()
        .filter(|i| desk.sees(&i.project) && filter.as_ref().is_none_or(|f| f.passes(i)))
        .collect();
    sorting.sort(&mut found);
    Ok(found.iter().map(|i| i.key()).collect())
}

#[track_caller]
fn check(jql: &str, expected: &[&str]) {
    assert_eq!(
        search(&company(), "alice", jql).as_deref(),
        Ok(expected.iter().map(|k| (*k).to_owned()).collect::<Vec<_>>().as_slice()),
        "{jql}"
    );
}

#[track_caller]
fn refused(jql: &str, part: &str) {
    let complaints = search(&company(), "alice", jql).expect_err(jql);
    assert!(complaints.join("\n").contains(part), "{jql}: {complaints:?}");
}

fn text(value: &str) -> Vec<Term> {
    vec![Term::Text(value.to_owned())]
}

fn clause(field: &str, op: Op, terms: Vec<Term>) -> Node {
    Node::Clause { field: field.to_owned(), op, terms }
}

#[test]
fn and_binds_tighter_than_or_and_not_tightest() {
    let query = parse("a = 1 OR NOT b = 2 and c = 3").unwrap();
    let expected = Node::Or(vec![
        clause("a", Op::Eq, text("1")),
        Node::And(vec![Node::Not(Box::new(clause("b", Op::Eq, text("2")))), clause("c", Op::Eq, text("3"))]),
    ]);
    assert_eq!(query.condition, Some(expected));
    let grouped = parse("(a = 1 or b = 2) && !c = 3 order by created, key asc").unwrap();
    assert!(matches!(grouped.condition, Some(Node::And(ref parts)) if matches!(parts[0], Node::Or(_))));
    let directions: Vec<bool> = grouped.order.iter().map(|o| o.descending).collect();
    assert_eq!(directions, [true, false]);
}

#[test]
fn strings_are_unescaped() {
    let query =
        parse(r#"summary ~ "say \"hi\" \\ \u0041" and labels in (a, 'b c', EMPTY) and reporter = currentUser()"#);
    let Some(Node::And(parts)) = query.unwrap().condition else { panic!("not a conjunction") };
    assert_eq!(parts[0], clause("summary", Op::Like, text("say \"hi\" \\ A")));
    assert_eq!(
        parts[1],
        clause("labels", Op::In, vec![Term::Text("a".to_owned()), Term::Text("b c".to_owned()), Term::Empty])
    );
    assert_eq!(parts[2], clause("reporter", Op::Eq, vec![Term::Call("currentUser".to_owned(), Vec::new())]));
}

#[test]
fn broken_queries_are_refused_with_their_place() {
    refused("project =", "(line 1, character 10)");
    refused("project = PAY AND", "Expecting a field name");
    refused("project = PAY labels = x", "Expecting either 'OR' or 'AND' but got 'labels'");
    refused("project PAY", "operator");
    refused("(project = PAY", "')'");
    refused("labels in a", "'('");
    refused("summary ~ \"open", "has not been completed");
    refused("summary ~ a*b", "reserved JQL character");
    refused("status was Done", "not supported");
    refused("summary ~ \"\\q\"", "escape sequence");
    refused("project = PAY order created", "'BY'");
    refused("labels is x", "EMPTY");
    refused(&format!("{}a = 1{}", "(".repeat(200), ")".repeat(200)), "too deeply");
}

#[test]
fn unknown_names_are_refused_all_at_once() {
    refused("colour = red", "Field 'colour' does not exist");
    refused("project = NOPE", "The value 'NOPE' does not exist for the field 'project'.");
    refused("key = PAY-999", "An issue with key 'PAY-999' does not exist for field 'key'.");
    refused("id = 424242", "An issue with id '424242' does not exist");
    refused("reporter = nobody", "does not exist for the field 'reporter'");
    refused("created > yesterday", "Date value 'yesterday'");
    refused("project = PAY order by colour", "Field 'colour'");
    refused("summary = x", "operator '=' is not supported");
    refused("labels ~ x", "operator '~' is not supported");
    refused("assignee = membersOf(x)", "Unable to find JQL function");
    let both = search(&company(), "alice", "project = NOPE and status = Nope").unwrap_err();
    assert_eq!(both.len(), 2);
}

#[test]
fn clauses_find_what_they_say() {
    check("project = PAY and issuetype = Epic order by key", &["PAY-1", "PAY-2"]);
    check("project in (Payments, 10001) AND type = 10000 order by key desc", &["PAY-2", "PAY-1", "OPS-1"]);
    check("issuetype in (Epic, Épopée) and project not in (PAY) order by key", &["FR-1", "OPS-1"]);
    check("labels = CHECKOUT order by key", &["PAY-3", "PAY-4"]);
    check("project = PAY and labels is empty order by key", &["PAY-1", "PAY-2", "PAY-5", "PAY-6"]);
    check("labels != checkout", &["FR-1"]);
    check("parent = PAY-3 order by created asc", &["PAY-4", "PAY-5"]);
    check("\"Epic Link\" = PAY-1", &["PAY-3"]);
    check("cf[10100] = PAY-1 and \"Story Points\" >= 3 and \"Story Points\" < 3.5", &["PAY-3"]);
    check("key in (PAY-6, PAY-2) order by key", &["PAY-2", "PAY-6"]);
    check("key > PAY-4 and project = PAY order by key", &["PAY-5", "PAY-6"]);
    check("component = Checkout order by key", &["PAY-1", "PAY-3"]);
    check("priority = High", &["PAY-6"]);
    refused("priority > Medium", "operator '>' is not supported");
}

#[test]
fn people_and_states() {
    check("creator = currentUser() and project = PAY order by key", &["PAY-3", "PAY-4", "PAY-5"]);
    check("reporter = E10001 and issuetype = Task", &["PAY-6"]);
    check("assignee is not empty", &[]);
    check("status = \"To Do\" and statusCategory = new and key = FR-1", &["FR-1"]);
    check("resolution is empty and key = FR-1", &["FR-1"]);
    check("due < \"2026-12-02\" and duedate >= 2026-12-01", &["PAY-6"]);
}

#[test]
fn text_is_found_by_word_phrase_and_prefix() {
    check("summary ~ \"SAVED card\"", &["PAY-3"]);
    check("summary ~ \"saved\" order by key", &["PAY-3", "PAY-4"]);
    check("summary ~ \"\\\"the saved\\\"\"", &["PAY-4"]);
    check("summary ~ \"certif*\"", &["PAY-6"]);
    check("summary ~ certif", &[]);
    check("description ~ \"last four\"", &["PAY-3"]);
    check("text ~ shopper order by key", &["PAY-1", "PAY-3"]);
    check("summary !~ saved and parent = PAY-3", &["PAY-5"]);
    refused("summary ~ \"*fix\"", "not allowed to start");
    refused("summary ~ \"(open\"", "is not valid");
    refused("summary ~ \"\"", "empty string");
}

#[test]
fn others_see_only_their_projects() {
    let shared = company();
    assert_eq!(search(&shared, "bob", "labels = réforme"), Ok(Vec::new()));
    assert!(search(&shared, "bob", "project = FR").is_err());
    assert!(search(&shared, "bob", "key = FR-1").is_err());
}

#[test]
fn relative_times_follow_the_clock() {
    let shared = company();
    let body = json!({"fields": {
        "project": {"key": "PAY"}, "issuetype": {"id": "10002"}, "summary": "fresh", "labels": ["run-1"],
    }});
    let mut store = shared.jira();
    create(&desk(&shared, "alice"), &mut store, &body).unwrap();
    drop(store);
    let fresh = "project = PAY and labels = run-1 and created >= -15m and reporter = currentUser()";
    assert_eq!(search(&shared, "alice", fresh), Ok(vec!["PAY-7".to_owned()]));
    shared.clock.advance(16 * MINUTE);
    assert_eq!(search(&shared, "alice", fresh), Ok(Vec::new()));
    assert_eq!(search(&shared, "alice", "created > startOfDay(-2d) and labels = run-1").map(|k| k.len()), Ok(1));
    assert_eq!(search(&shared, "alice", "created < \"-1d\" and labels = run-1"), Ok(Vec::new()));
}
