//! Files as sources: of real programs, and made to take the server down.

use crate::support::{Answer, Client, Company};
use serde_json::{Value, json};

fn corpus(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../storywright-markup/corpus/files");
    std::fs::read(folder.join(name)).unwrap()
}

fn upload(client: &Client, draft: &str, name: &str, file: &[u8]) -> Answer {
    let head = format!("--part\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(file);
    bytes.extend_from_slice(b"\r\n--part--\r\n");
    let body = ("multipart/form-data; boundary=part", bytes.as_slice());
    client.send("POST", &format!("drafts/{draft}/files"), &[], Some(body))
}

#[test]
fn files_become_sources_and_none_takes_the_server_down() {
    let company = Company::start_quietly();
    let alice = company.member("alice");
    let draft = json!({"requirements": "", "format": "classic", "project_key": "PAY", "issue_type": "Story", "from_sources": true});
    let draft = alice.call("POST", "drafts", draft).expect(201)["id"].as_str().unwrap().to_owned();
    let text = |id: &Value| {
        let path = format!("drafts/{draft}/sources/{}/text", id.as_str().unwrap());
        alice.get(&path).expect(200)["text"].as_str().unwrap().to_owned()
    };
    for (name, words) in [
        ("refunds.docx", "| up to 500 | nobody |"),
        ("refunds.pdf", "Nobody approves their own refund."),
        ("chromium.pdf", "A lead approves more than 500 euros."),
    ] {
        let added = upload(&alice, &draft, name, &corpus(name)).expect(201);
        assert!(text(&added["id"]).contains(words), "{name}: {}", text(&added["id"]));
    }
    let idle = company.memory_kib("VmRSS");
    company.forget_peak();
    for (name, file, code) in [
        ("protected.pdf", corpus("protected.pdf"), "file_protected"),
        ("scanned.pdf", corpus("scanned.pdf"), "file_without_text"),
        ("half.pdf", corpus("refunds.pdf")[..900].to_vec(), "file_damaged"),
        // A few kilobytes that unpack to 1.3 GiB.
        ("flood.pdf", corpus("flood.pdf"), "file_too_much_work"),
    ] {
        let refused = upload(&alice, &draft, name, &file).problem(422, "invalid_input");
        assert_eq!(refused["errors"][0]["code"], code, "{refused:#}");
    }
    let grown = company.memory_kib("VmHWM").saturating_sub(idle) / 1_024;
    println!("the server grew by {grown} MiB");
    assert!(grown <= 64, "{grown} MiB above idle");

    let job = alice.generate(&draft);
    alice.to_end(&job);
    let view = alice.get(&format!("drafts/{draft}")).expect(200);
    let stories = view["document"]["stories"].as_array().unwrap();
    assert!(stories.iter().any(|story| !story["citations"].as_array().unwrap().is_empty()), "{view:#}");
}
