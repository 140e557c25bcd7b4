//! From Confluence pages to stories that cite them: macros with all their text, an edit that flags exactly what it touches, and two hundred
//! pages in little memory.

use crate::support::{Client, Company};
use crate::wiki::{edit_page, new_page};
use serde_json::{Value, json};

fn empty_draft(client: &Client) -> String {
    let body = json!({"requirements": "", "format": "classic", "project_key": "PAY", "issue_type": "Story", "from_sources": true});
    client.call("POST", "drafts", body).expect(201)["id"].as_str().unwrap().to_owned()
}

fn add(client: &Client, draft: &str, pages: &Value) {
    let added = client.call("POST", &format!("drafts/{draft}/sources"), json!({"pages": pages})).expect(202);
    client.to_end(added["job_id"].as_str().unwrap());
}

#[test]
fn pages_with_macros_become_stories_and_an_edit_flags_exactly_those_that_it_touches() {
    let company = Company::start_quietly();
    let alice = company.member("alice");
    let draft = empty_draft(&alice);
    let url = format!("{}/display/PAY/Card+refunds%3A+requirements", company.sandbox.confluence_url());
    add(&alice, &draft, &json!([{"page": url}, {"page": "65552"}, {"page": "98310"}]));
    let text = alice.get(&format!("drafts/{draft}/sources/p1/text")).expect(200)["text"].as_str().unwrap().to_owned();
    let shown = [
        "A case takes about 20",                            // excerpt
        "What the provider has really taken from the card", // include
        "fraud desk, see",                                  // table
        "rf_81",                                            // expand, with code in it
        "fully or partly",
    ];
    for words in shown {
        assert!(text.contains(words), "{words}: {text}");
    }

    let job = alice.generate(&draft);
    alice.to_end(&job);
    let view = alice.get(&format!("drafts/{draft}")).expect(200);
    let stories = view["document"]["stories"].as_array().unwrap().clone();
    assert!(stories.len() >= 2, "{view:#}");
    let cites = |story: &Value, source: &str, words: &str| {
        let citations = story["citations"].as_array().unwrap();
        citations.iter().any(|one| one["source"] == source && one["quote"].as_str().unwrap().contains(words))
    };
    assert!(stories.iter().all(|story| !story["citations"].as_array().unwrap().is_empty()), "{view:#}");
    let flags = || -> Vec<Value> {
        alice.get(&format!("drafts/{draft}/sources")).expect(200)["flags"].as_array().unwrap().clone()
    };
    alice.call("POST", &format!("drafts/{draft}/sources/check"), json!({})).expect(200);
    assert!(flags().is_empty(), "{:#?}", flags());

    // The words of one citation change; a comment below the page changes nothing.
    let (index, quote) = stories
        .iter()
        .enumerate()
        .find_map(|(index, story)| {
            let citations = story["citations"].as_array().unwrap();
            let first = citations.iter().find(|one| one["source"] == "p1")?;
            Some((index, first["quote"].as_str().unwrap().to_owned()))
        })
        .expect("a story cites the page about refunds");
    let word =
        quote.split_whitespace().filter(|word| word.chars().all(char::is_alphabetic)).max_by_key(|word| word.len());
    let word = word.unwrap().to_owned();
    edit_page(&company, "65550", |storage| storage.replace(&word, "something-else"));
    let checked = alice.call("POST", &format!("drafts/{draft}/sources/check"), json!({})).expect(200);
    assert_eq!(checked["changed"], 1);
    let flagged: std::collections::BTreeSet<String> =
        flags().iter().map(|flag| flag["story"].as_str().unwrap().to_owned()).collect();
    let touched: std::collections::BTreeSet<String> = stories
        .iter()
        .filter(|story| cites(story, "p1", &word))
        .map(|story| story["id"].as_str().unwrap().to_owned())
        .collect();
    assert!(touched.contains(stories[index]["id"].as_str().unwrap()));
    assert_eq!(flagged, touched, "exactly the stories whose words are gone");
}

#[test]
fn two_hundred_pages_are_read_and_used_in_little_memory() {
    const MOST_MIB: u64 = 64;
    let company = Company::start_quietly();
    let alice = company.member("alice");
    let above = new_page(&company, "65537", "Two hundred pages", "<p>All of them.</p>");
    let line = "<li>Support agents must be able to see each refund of the order with its amount, its reason and its agent.</li>";
    for number in 0..199 {
        let storage = format!("<h2>Requirements {number}</h2><ul>{}</ul>", line.repeat(200));
        new_page(&company, &above, &format!("Page {number}"), &storage);
    }
    let draft = empty_draft(&alice);
    // What a first job of each kind needs for itself is not of the pages.
    add(&alice, &draft, &json!([{"page": "65552"}]));
    let idle = company.memory_kib("VmRSS");
    company.forget_peak();
    add(&alice, &draft, &json!([{"page": above, "below": "all"}]));
    let list = alice.get(&format!("drafts/{draft}/sources")).expect(200);
    let read = list["items"].as_array().unwrap().iter().filter(|item| item["state"] == "read").count();
    assert_eq!(read, 201, "all were read");
    assert!(list["total_chars"].as_u64().unwrap() > 3_000_000, "{}", list["total_chars"]);
    let job = alice.generate(&draft);
    alice.to_end(&job);
    alice.call("POST", &format!("drafts/{draft}/sources/check"), json!({})).expect(200);
    let grown = company.memory_kib("VmHWM").saturating_sub(idle) / 1_024;
    println!("201 pages, {} characters: {grown} MiB above {} MiB when idle", list["total_chars"], idle / 1_024);
    assert!(grown <= MOST_MIB, "{grown} MiB above idle");
}
