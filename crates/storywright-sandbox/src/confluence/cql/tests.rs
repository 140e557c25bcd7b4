//! Queries against the seeded pages.

use super::*;
use crate::{confluence::store::Store, people};

const NOW: i64 = 1_767_225_600_000;

fn titles(query: &str, handle: &str) -> Result<Vec<String>, BadQuery> {
    let people = people::seeded();
    let store = Store::seeded(&people, NOW);
    let person = people.iter().find(|p| p.handle == handle).unwrap();
    let asker = Asker { person, people: &people, now: NOW, indexed_until: i64::MAX };
    search(&store, &parse(query)?, &asker).map(|found| found.iter().map(|c| c.title().to_owned()).collect())
}

#[track_caller]
fn check(query: &str, expected: &[&str]) {
    assert_eq!(titles(query, "bob").unwrap(), expected, "{query}");
}

#[test]
fn clauses_and_operators() {
    check("type = page AND title = \"invoice export\"", &["Invoice export"]);
    check(
        "type = page and space = PAY and title ~ refund order by title",
        &["Card refunds: requirements", "Refund glossary"],
    );
    check("label = incidents", &["Incident dashboard"]);
    check(
        "label in (glossary, handbook) order by title",
        &["On-call handbook", "On-call handbook: archive", "Refund glossary"],
    );
    check("ancestor = 98312", &["On-call handbook: archive"]);
    check("parent = 98305 and id not in (98310, 98312)", &["Incident dashboard"]);
    check("text ~ \"severity dashboard\"", &["Incident dashboard"]);
    check("text ~ \"\\\"invoice list as CSV\\\"\"", &["Invoice export"]);
    check("text ~ \"\\\"list invoice as CSV\\\"\"", &[]);
    check("title ~ \"dun*\"", &["Dunning & reminders"]);
    check("type = comment", &["Re: Card refunds: requirements"]);
    check("type = attachment", &["refund-flow.svg"]);
}

#[test]
fn brackets_and_negation() {
    check("type = page and (title ~ glossary or title ~ archive) and not space = OPS", &["Refund glossary"]);
    check(
        "space = PAY and type = page and title !~ refund and label != requirements order by title",
        &["Payments Home"],
    );
    check(
        "not (space = PAY or title ~ \"on call\") and type = page order by id desc",
        &["Incident dashboard", "Password reset self-service", "Operations Home"],
    );
}

#[test]
fn people_and_dates() {
    check(
        "creator = currentUser() and type = page order by lastmodified desc",
        &["Dunning & reminders", "Invoice export", "Refund glossary"],
    );
    check("contributor = E10001 and created > \"2025-11-01\" and type = page", &["Incident dashboard"]);
    check("lastmodified >= now(\"-2w\") and type = page", &["Dunning & reminders"]);
    check("lastmodified < \"2024-09-01\"", &["Operations Home"]);
}

#[test]
fn restricted_pages_stay_hidden() {
    check("title ~ fees", &[]);
    check("text ~ raise", &[]);
    assert_eq!(titles("title ~ fees", "alice").unwrap(), ["Merchant fees"]);
    assert_eq!(titles("space = HR and label = requirements", "alice").unwrap(), ["Salary review workflow"]);
}

#[test]
fn the_best_match_comes_first() {
    assert_eq!(titles("siteSearch ~ \"refunds\"", "bob").unwrap()[0], "Card refunds: requirements");
}

#[test]
fn what_is_not_supported_is_refused() {
    for query in [
        "",
        "title",
        "title =",
        "macro = info",
        "title > x",
        "text = x",
        "type = whiteboard",
        "(title = x",
        "title = \"x",
        "title = x extra",
        "ancestor = abc",
        "created > yesterday",
        "creator = membersOf(x)",
        "title = x order by relevance",
        "space in PAY",
        "type = page and",
    ] {
        assert!(titles(query, "bob").is_err(), "{query}");
    }
}
