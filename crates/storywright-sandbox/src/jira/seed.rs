//! The issues that the company has from the start.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    catalog::{self, Role},
    store::{NewIssue, Store},
};
use crate::{clock::Millis, people::Person};

const DAY: Millis = 24 * 60 * 60 * 1000;

impl Store {
    /// The store of a fresh company.
    pub(crate) fn seeded(people: &[Person], now: Millis) -> Self {
        let mut store = Self::default();
        let key_of =
            |handle: &str| people.iter().find(|p| p.handle == handle).map(|p| p.jira_key.clone()).unwrap_or_default();
        let (ada, alice) = (key_of("ada"), key_of("alice"));
        let mut add = |days: i64, project: &str, role: Role, creator: &str, parent: Option<u64>, fields: Value| {
            let project = catalog::project(project)?;
            let issue_type = project.types.iter().find(|t| t.role == role)?;
            let mut kept: BTreeMap<String, Value> =
                fields.as_object()?.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
            kept.entry("priority".to_owned()).or_insert_with(|| json!(catalog::DEFAULT_PRIORITY));
            kept.entry("reporter".to_owned()).or_insert_with(|| json!(creator));
            let new = NewIssue {
                project,
                issue_type,
                parent,
                creator: creator.to_owned(),
                fields: kept,
                properties: BTreeMap::new(),
                seeded: true,
            };
            Some(store.insert(new, now - days * DAY))
        };

        let checkout = add(
            90,
            "PAY",
            Role::Epic,
            &ada,
            None,
            json!({
                "summary": "Checkout without surprises", "customfield_10101": "Checkout",
                "description": "Everything a shopper meets between the cart and the receipt.", "components": ["10010"],
            }),
        );
        add(
            88,
            "PAY",
            Role::Epic,
            &ada,
            None,
            json!({
                "summary": "Refunds on the same day", "customfield_10101": "Refunds", "components": ["10011"],
            }),
        );
        let story = add(
            80,
            "PAY",
            Role::Story,
            &alice,
            None,
            json!({
                "summary": "Pay with a saved card", "customfield_10100": checkout, "customfield_10106": 3.0,
                "description": "As a returning shopper, I want to pay with a saved card, so that I do not type it again.\n\n\
                    h3. Acceptance Criteria\n* The saved cards are listed with their last four digits.\n* A wrong security code is refused.",
                "labels": ["checkout", "cards"], "components": ["10010"],
            }),
        );
        add(
            79,
            "PAY",
            Role::Subtask,
            &alice,
            story,
            json!({"summary": "List the saved cards", "labels": ["checkout"]}),
        );
        add(78, "PAY", Role::Subtask, &alice, story, json!({"summary": "Check the security code"}));
        add(
            40,
            "PAY",
            Role::Task,
            &ada,
            None,
            json!({
                "summary": "Renew the acquirer's certificate", "duedate": "2026-12-01", "priority": "2",
            }),
        );

        add(
            70,
            "OPS",
            Role::Epic,
            &ada,
            None,
            json!({
                "summary": "Database moves to the new cluster", "customfield_10101": "New cluster", "components": ["10014"],
            }),
        );
        add(
            60,
            "FR",
            Role::Epic,
            &alice,
            None,
            json!({
                "summary": "Facture électronique", "customfield_10101": "Facture électronique", "labels": ["réforme"],
            }),
        );
        store
    }
}
