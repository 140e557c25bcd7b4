//! The pages of a fresh company: requirements as teams really write them, with macros, tables, includes and links.

use super::store::{Content, File, Kind, Space, Store, Version};
use crate::{clock::Millis, people::Person};

const HOUR: Millis = 3_600_000;
const DAY: Millis = 24 * HOUR;

/// A seeded page: id, space, parent, title, author's handle, age in days, labels, body.
type Page = (u64, &'static str, Option<u64>, &'static str, &'static str, i64, &'static [&'static str], &'static str);

const PAGES: [Page; 14] = [
    (65_537, "PAY", None, "Payments Home", "alice", 400, &[], include_str!("payments-home.xml")),
    (
        65_550,
        "PAY",
        Some(65_537),
        "Card refunds: requirements",
        "alice",
        40,
        &["requirements", "refunds"],
        include_str!("card-refunds.xml"),
    ),
    (65_551, "PAY", Some(65_550), "Refund glossary", "bob", 90, &["glossary"], include_str!("refund-glossary.xml")),
    (
        65_552,
        "PAY",
        Some(65_537),
        "Invoice export",
        "bob",
        21,
        &["requirements", "invoices"],
        include_str!("invoice-export.xml"),
    ),
    (
        65_553,
        "PAY",
        Some(65_537),
        "Payment provider outages",
        "ada",
        65,
        &["requirements", "decision"],
        include_str!("provider-outages.xml"),
    ),
    (65_554, "PAY", Some(65_537), "Merchant fees", "alice", 12, &["contract"], include_str!("merchant-fees.xml")),
    (
        65_555,
        "PAY",
        Some(65_537),
        "Dunning & reminders",
        "bob",
        8,
        &["requirements", "invoices"],
        include_str!("dunning.xml"),
    ),
    (98_305, "OPS", None, "Operations Home", "ada", 500, &[], include_str!("operations-home.xml")),
    (
        98_310,
        "OPS",
        Some(98_305),
        "Password reset self-service",
        "alice",
        30,
        &["requirements", "accounts"],
        include_str!("password-reset.xml"),
    ),
    (
        98_311,
        "OPS",
        Some(98_305),
        "Incident dashboard",
        "ada",
        15,
        &["requirements", "incidents"],
        include_str!("incident-dashboard.xml"),
    ),
    (98_312, "OPS", Some(98_305), "On-call handbook", "ada", 200, &["handbook"], include_str!("on-call.xml")),
    (
        98_313,
        "OPS",
        Some(98_312),
        "On-call handbook: archive",
        "ada",
        300,
        &["handbook"],
        "<p>Kept for the record.</p>",
    ),
    (131_073, "HR", None, "HR Home", "ada", 600, &[], include_str!("hr-home.xml")),
    (
        131_080,
        "HR",
        Some(131_073),
        "Salary review workflow",
        "alice",
        5,
        &["requirements"],
        include_str!("salary-review.xml"),
    ),
];

/// The store of a fresh company.
pub(super) fn store(people: &[Person], now: Millis) -> Store {
    let key = |handle: &str| {
        people.iter().find(|p| p.handle == handle).map(|p| p.confluence.user_key.clone()).unwrap_or_default()
    };
    let mut store = Store { next_id: 200_000, seeded_at: now, ..Store::default() };
    store.spaces = vec![
        space(32_769, "PAY", "Payments", "Taking, refunding and settling money.", 65_537, None),
        space(32_770, "OPS", "Operations", "Running the shop.", 98_305, None),
        space(32_771, "HR", "Human Resources", "People and pay.", 131_073, Some(&["alice", "erin"])),
    ];
    for (id, space, parent, title, author, age, labels, body) in PAGES {
        let mut versions = vec![version(title, body, key(author), now - age * DAY)];
        // Requirements have a history: they were sketched first.
        if labels.contains(&"requirements") {
            let sketch = version(title, "<p>To be written.</p>", key(author), now - (age + 3) * DAY);
            versions.insert(0, Version { message: "Sketch".to_owned(), ..sketch });
        }
        let restricted = title == "Merchant fees";
        store.contents.insert(
            id,
            Content {
                id,
                kind: Kind::Page,
                trashed: false,
                space: space.to_owned(),
                parent,
                versions,
                labels: labels.iter().map(|l| (*l).to_owned()).collect(),
                viewers: if restricted { vec!["alice".to_owned()] } else { Vec::new() },
                editors: if restricted { vec!["alice".to_owned()] } else { Vec::new() },
                properties: std::collections::BTreeMap::new(),
                file: None,
            },
        );
    }
    add_below(
        &mut store,
        65_560,
        Kind::Attachment,
        version("refund-flow.svg", "", key("alice"), now - 40 * DAY),
        include_str!("refund-flow.svg"),
    );
    let remark = version(
        "Re: Card refunds: requirements",
        "<p>Finance asks whether partial refunds need a reason too.</p>",
        key("bob"),
        now - 39 * DAY,
    );
    add_below(&mut store, 65_561, Kind::Comment, remark, "");
    store
}

fn space(id: u64, key: &str, name: &str, description: &str, homepage: u64, viewers: Option<&[&str]>) -> Space {
    Space {
        id,
        key: key.to_owned(),
        name: name.to_owned(),
        description: description.to_owned(),
        homepage,
        viewers: viewers.map(|handles| handles.iter().map(|h| (*h).to_owned()).collect()),
        readers: vec!["frank".to_owned()],
    }
}

fn version(title: &str, body: &str, by: String, at: Millis) -> Version {
    Version { title: title.to_owned(), body: body.trim_end().to_owned(), by, at, message: String::new(), minor: false }
}

/// Something that hangs below the page about refunds.
fn add_below(store: &mut Store, id: u64, kind: Kind, version: Version, file: &str) {
    let file =
        (kind == Kind::Attachment).then(|| File { media_type: "image/svg+xml".to_owned(), text: file.to_owned() });
    store.contents.insert(
        id,
        Content {
            id,
            kind,
            trashed: false,
            space: "PAY".to_owned(),
            parent: Some(65_550),
            versions: vec![version],
            labels: Vec::new(),
            viewers: Vec::new(),
            editors: Vec::new(),
            properties: std::collections::BTreeMap::new(),
            file,
        },
    );
}
