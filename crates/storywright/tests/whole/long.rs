//! A set of requirements of 200 pages: written in sections, killed in the middle, and gone on with.

use crate::support::{Client, Company, Event};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Instant;
use storywright_sandbox::{LoggedRequest, Service};

const PAGES: usize = 200;
/// Characters of a densely printed page.
const PAGE: usize = 3_000;
/// Sections after which the process is killed.
const KILLED_AFTER: usize = 12;
/// Sections that are written at the same time; the process may have had an answer to each of them that it had not kept yet.
const AT_ONCE: usize = 3;
/// Most memory that writing takes above the idle server, in MiB; 11 were measured.
const MEMORY_MIB: u64 = 48;

const AREAS: [(&str, &str, &str); 10] = [
    ("Refunds", "support agent", "refund"),
    ("Ledger", "accountant", "ledger entry"),
    ("Vouchers", "campaign manager", "voucher"),
    ("Invoices", "billing clerk", "invoice"),
    ("Parcels", "warehouse clerk", "parcel"),
    ("Pensions", "case worker", "pension claim"),
    ("Disputes", "dispute analyst", "chargeback"),
    ("Payouts", "treasurer", "payout"),
    ("Contracts", "key account manager", "contract"),
    ("Inspections", "inspector", "inspection report"),
];
const REGIONS: [&str; 20] = [
    "Lisbon", "Hamburg", "Lyon", "Turin", "Gdansk", "Malmo", "Cork", "Porto", "Ghent", "Graz", "Brno", "Tartu",
    "Turku", "Split", "Varna", "Cluj", "Basel", "Leeds", "Bilbao", "Patras",
];
const ACTIONS: [(&str, &str); 8] = [
    ("approve", "nothing leaves the house that nobody has looked at"),
    ("reject", "the customer learns the reason on the same day"),
    ("export", "the auditors can check the month without asking anybody"),
    ("reassign", "no work lies still while a colleague is on holiday"),
    ("correct", "a typing error costs one minute and not a support case"),
    ("archive", "the list shows what is still to be done"),
    ("compare", "doubles are found before they are paid"),
    ("annotate", "the next shift knows what was agreed on the telephone"),
];

/// One page about one thing in one place, as product people write it.
fn page(number: usize) -> String {
    let (area, role, thing) = AREAS[number % AREAS.len()];
    let region = REGIONS[number / AREAS.len() % REGIONS.len()];
    let mut text = format!(
        "# {number}. {area} in {region}\n\nToday each {thing} of the {region} office is kept in a spreadsheet that one person can open at a time.\n\n"
    );
    let mut line = 0;
    while text.chars().count() < PAGE {
        let (action, benefit) = ACTIONS[(number + line) % ACTIONS.len()];
        let limit = 5 + (number * 7 + line * 13) % 90;
        text.push_str(&match line % 3 {
            0 => format!("The {role} in {region} must be able to {action} a {thing} of group {limit}, so that {benefit}.\n\n"),
            1 => format!("- To {action} a {thing} of {region} must take at most {limit} seconds.\n- The {thing} must show who chose to {action} it, with date and office {region}.\n\n"),
            _ => format!("When the {role} does not {action} the {thing} within {limit} hours, the head of the {region} office receives an e-mail that names group {limit}.\n\n"),
        });
        line += 1;
    }
    text
}

fn sections(alice: &Client, draft: &str) -> Vec<Value> {
    alice.get(&format!("drafts/{draft}/sections")).expect(200)["items"].as_array().unwrap().clone()
}

/// Ordinals of the sections of which these events say that they are written.
fn written(events: &[Event]) -> BTreeSet<u64> {
    let words = events.iter().filter_map(|event| event.data["step"].as_str());
    words
        .filter(|words| words.ends_with("is written"))
        .filter_map(|words| words.split_once(": section ")?.1.split(' ').next()?.parse().ok())
        .collect()
}

/// The calls of the model that hold the text of a section.
fn calls_for<'a>(log: &'a [LoggedRequest], text: &str) -> Vec<&'a LoggedRequest> {
    let holds = |request: &&LoggedRequest| {
        let messages = request.body.as_ref().and_then(|body| body.json()?.get("messages")?.as_array());
        messages
            .is_some_and(|all| all.iter().any(|one| one["content"].as_str().is_some_and(|said| said.contains(text))))
    };
    log.iter().filter(holds).collect()
}

#[test]
fn two_hundred_pages_survive_a_kill_and_no_finished_section_is_asked_again() {
    let mut company = Company::start_quietly();
    let alice = company.member("alice");
    let text: String = (1..=PAGES).map(page).collect();
    assert!(text.len() >= PAGES * PAGE);
    let draft = alice.new_draft(&text);
    let planned = sections(&alice, &draft);
    assert!(planned.len() > 3 * KILLED_AFTER && planned.iter().all(|section| section["state"] == "pending"));
    let seen = company.sandbox.requests().last().map_or(0, |request| request.sequence);
    let idle = company.memory_kib("VmRSS");
    company.forget_peak();
    let begin = Instant::now();
    let job = alice.generate(&draft);
    let mut count = 0;
    let seen_by_then = alice.events(&job, 0, |event| {
        count += written(std::slice::from_ref(event)).len();
        count >= KILLED_AFTER
    });
    // A section is told as written when it is kept, so these are done whatever the last moments of the event log came to.
    let before = written(&seen_by_then);
    let first_life = company.memory_kib("VmHWM");
    company.kill();
    let killed = begin.elapsed();
    company.boot();
    let alice = alice.at(&company);
    let events = alice.to_end(&job);
    let whole = begin.elapsed();
    let second_life = company.memory_kib("VmHWM");
    assert_eq!(events.last().unwrap().data["status"], "completed", "{:#?}", events.last());

    assert!(events.iter().any(|event| event.kind == "reset"), "the restart is said");
    assert_eq!(before.len(), KILLED_AFTER);
    let log: Vec<LoggedRequest> = company.sandbox.requests();
    let log: Vec<LoggedRequest> =
        log.into_iter().filter(|request| request.sequence > seen && request.service == Service::Llm).collect();
    let after = sections(&alice, &draft);
    assert_eq!(after.len(), planned.len());
    let mut again = 0;
    for section in &after {
        assert_eq!(section["state"], "done", "{section:#}");
        assert!(section["stories"].as_u64() > Some(0), "{section:#}");
        let ordinal = section["ordinal"].as_u64().unwrap();
        let place = |name: &str| usize::try_from(section[name].as_u64().unwrap()).unwrap();
        let calls = calls_for(&log, text[place("start")..place("end")].trim());
        let answered = calls.iter().filter(|call| call.status == Some(200) && call.outcome == "answered").count();
        assert!(answered >= 1, "section {ordinal} was never answered: {calls:#?}");
        if before.contains(&ordinal) {
            assert_eq!(
                (calls.len(), answered),
                (1, 1),
                "section {ordinal} was done before the kill and was asked again"
            );
        }
        // Begun and killed before the call left: an attempt without a call. Never the other way round.
        assert!(section["attempts"].as_u64() >= Some(calls.len() as u64), "section {ordinal}: {calls:#?}");
        assert!(calls.len() <= 2, "section {ordinal}: {calls:#?}");
        again += usize::from(calls.len() > 1);
    }
    // Only what was under way when the process died was asked for again.
    assert!(again <= AT_ONCE, "{again} sections were asked for twice");
    assert_eq!(log.len(), planned.len() + again, "no call but those of the sections");
    let stories = alice.get(&format!("drafts/{draft}")).expect(200)["document"]["stories"].as_array().unwrap().len();
    let asked = Instant::now();
    let coverage = alice.get(&format!("drafts/{draft}/coverage")).expect(200);
    let looked_up = asked.elapsed();
    let sentences = coverage["items"].as_array().unwrap().len();
    assert!(coverage["covered"].as_u64() > Some(0));
    let peak = first_life.max(second_life);
    println!(
        "{PAGES} pages, {} KB, {} sections, {stories} stories, {} of {sentences} sentences covered (looked up in {looked_up:.1?}); killed after {killed:.1?} with {} sections done, {again} asked again, whole {whole:.1?}; memory idle {} MiB, peak {} MiB before and {} MiB after the kill",
        text.len() / 1_000,
        planned.len(),
        coverage["covered"],
        before.len(),
        idle / 1_024,
        first_life / 1_024,
        second_life / 1_024,
    );
    assert!(peak.saturating_sub(idle) / 1_024 <= MEMORY_MIB, "{} KiB idle, {peak} KiB at most", idle);
}
