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

/// A PDF whose one page has this content, packed as it is given.
fn pdf(packed: &[u8]) -> Vec<u8> {
    let stream = format!("<</Length {}/Filter/FlateDecode>>stream\n", packed.len());
    let objects: [&[u8]; 4] = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<<>>>>",
        &[stream.as_bytes(), packed, b"\nendstream"].concat(),
    ];
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut table = String::from("xref\n0 5\n0000000000 65535 f \n");
    for (number, object) in (1..).zip(objects) {
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
        file.extend_from_slice(object);
        file.extend_from_slice(b"\nendobj\n");
    }
    let place = file.len();
    let end = format!("{table}trailer\n<</Root 1 0 R/Size 5>>\nstartxref\n{place}\n%%EOF");
    file.extend_from_slice(end.as_bytes());
    file
}

/// More spaces than a process that reads may have memory, packed: 258 of them take 13 bits.
fn packed_flood() -> Vec<u8> {
    // zlib head; a fixed block: a literal space, then length 258 at distance 1 over and over.
    let mut bits = Bits::default();
    bits.put(1, 1);
    bits.put(1, 2);
    bits.code(0x30 + u32::from(b' '), 8);
    for _ in 0..5_000_000 {
        bits.code(0b1100_0101, 8);
        bits.code(0, 5);
    }
    bits.code(0, 7);
    let mut packed = vec![0x78, 0x9c];
    packed.extend(bits.bytes);
    packed.extend([0; 4]);
    packed
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    filled: u32,
}

impl Bits {
    fn put(&mut self, value: u32, count: u32) {
        for at in 0..count {
            if self.filled == 0 {
                self.bytes.push(0);
            }
            if value >> at & 1 == 1 {
                *self.bytes.last_mut().unwrap() |= 1 << self.filled;
            }
            self.filled = (self.filled + 1) % 8;
        }
    }

    /// Codes of the packing come with their highest bit first.
    fn code(&mut self, value: u32, count: u32) {
        for at in (0..count).rev() {
            self.put(value >> at & 1, 1);
        }
    }
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
    let flood = pdf(&packed_flood());
    println!("{} bytes unpack to 1.2 GiB", flood.len());
    for (name, file, code) in [
        ("protected.pdf", corpus("protected.pdf"), "file_protected"),
        ("scanned.pdf", corpus("scanned.pdf"), "file_without_text"),
        ("half.pdf", corpus("refunds.pdf")[..900].to_vec(), "file_damaged"),
        ("flood.pdf", flood, "file_too_much_work"),
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
