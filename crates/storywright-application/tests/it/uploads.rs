//! Uploaded files: their text is a source like that of a page.

use crate::world::World;
use storywright_application::drafting::generate;
use storywright_application::sources::{self, SourceError, add_file};
use storywright_domain::DraftId;
use storywright_domain::draft::{Draft, DraftState};
use storywright_domain::file::{FileKind, FileProblem};
use storywright_domain::ports::{Saved, Sha256, StorageError, StorageExt};
use storywright_domain::source::{MAX_SOURCES, SourceEntry, SourceKind};
use storywright_testkit::{FakeSha256, Script};

const RULES: &str = "# Refunds\n\n## Rules\n\nMoney goes back within 14 days.";

fn draft(world: &World) -> DraftId {
    world.draft_with(&[]).id
}

fn add(world: &World, draft: DraftId, name: &str, file: &[u8]) -> Result<String, SourceError> {
    add_file(&world.ports, &world.actor, draft, name, file)
}

fn entries(world: &World, draft: DraftId) -> Vec<SourceEntry> {
    sources::list(&world.ports, &world.actor, draft).unwrap().entries
}

#[test]
fn the_text_of_a_file_is_kept_with_the_digest_of_the_file() {
    let world = World::new();
    let draft = draft(&world);
    let file = format!("\u{feff}{RULES}\r\n");
    assert_eq!(add(&world, draft, "C:\\docs\\refunds\u{202e}.md", file.as_bytes()), Ok("p1".to_owned()));
    let entry = entries(&world, draft).remove(0);
    assert_eq!((entry.kind, entry.name.as_str(), entry.title.as_str()), (SourceKind::File, "refunds.md", "refunds.md"));
    assert_eq!((entry.revision, entry.chars), (FakeSha256.hex(file.as_bytes()), RULES.chars().count()));
    assert_eq!(sources::text(&world.ports, &world.actor, draft, 1).unwrap(), RULES);
    assert_eq!(add(&world, draft, "copy.md", file.as_bytes()), Ok("p1".to_owned()), "byte for byte the same");
    assert_eq!(add(&world, draft, "refunds.md", b"Another one."), Ok("p2".to_owned()), "nothing is overwritten");
    let told: Vec<_> = world.audited().into_iter().filter(|entry| entry.action == "file_added").collect();
    assert_eq!(told.len(), 2);
    assert!(told[0].detail.starts_with("p1 refunds.md sha256 "), "{}", told[0].detail);
    sources::remove(&world.ports, &world.actor, draft, 1).unwrap();
    assert_eq!(add(&world, draft, "refunds.md", file.as_bytes()), Ok("p3".to_owned()), "removed is removed");
}

#[test]
fn stories_cite_files_word_for_word() {
    let world = World::new();
    let draft = draft(&world);
    add(&world, draft, "refunds.md", RULES.as_bytes()).unwrap();
    generate(&world.ports, &world.actor, draft).unwrap();
    let quotes = ["Money goes back within 14 days.", "Money goes back within 15 days."];
    let citations = quotes.map(|quote| serde_json::json!({"source": "p1", "heading": "x", "quote": quote}));
    let story = serde_json::json!({"summary": "Refund", "acceptance_criteria": ["It works"], "citations": citations});
    world.chat.will_say(Script::text(&serde_json::json!({"clarify": null, "stories": [story]}).to_string()));
    world.work();
    let requests = world.chat.requests();
    let told = requests[0].values.iter().find(|(name, _)| *name == "sources").map(|(_, text)| text.clone()).unwrap();
    assert!(told.starts_with("[p1] refunds.md\n# Refunds"), "{told}");
    let kept = &world.draft(draft).document.stories[0].citations;
    assert_eq!(
        kept.iter().map(|kept| (kept.source.as_str(), kept.heading.as_str())).collect::<Vec<_>>(),
        [("p1", "Rules")]
    );
}

#[test]
fn what_is_wrong_is_said_by_name_and_nothing_is_added() {
    let world = World::new();
    let draft = draft(&world);
    let check = |name: &str, file: &[u8], expected: FileProblem| {
        let refused = add(&world, draft, name, file).unwrap_err();
        assert_eq!(refused, SourceError::File { name: name.to_owned(), problem: expected });
        assert!(refused.to_string().starts_with(&format!("`{name}` ")), "{refused}");
    };
    check("a.txt", b"caf\xe9", FileProblem::Encoding);
    check("a.docx", b"no document", FileProblem::NotAsNamed { promised: FileKind::Word, found: FileKind::Text });
    check("a.PDF", b"no document", FileProblem::NotAsNamed { promised: FileKind::Pdf, found: FileKind::Text });
    check("a.docx", b"PK\x03\x04\xff", FileProblem::Damaged(FileKind::Word));
    check("a.txt", &vec![b'a'; 10 * 1_024 * 1_024 + 1], FileProblem::TooLarge);
    check("a.txt", &vec![b'a'; 1_000_001], FileProblem::TooLong);
    check("key.pem", b"-----BEGIN PRIVATE KEY-----\nx", FileProblem::PrivateKey);
    assert!(entries(&world, draft).is_empty());
}

#[test]
fn only_an_open_draft_of_ones_own_with_room_takes_files() {
    let world = World::new();
    let draft = draft(&world);
    let colleague = world.colleague();
    assert_eq!(add_file(&world.ports, &colleague, draft, "a.md", b"text"), Err(SourceError::NotFound));
    let full = self::draft(&world);
    for number in 0..MAX_SOURCES {
        add(&world, full, "a.md", format!("text {number}").as_bytes()).unwrap();
    }
    assert_eq!(add(&world, full, "a.md", b"one more"), Err(SourceError::TooMany));
    assert_eq!(add(&world, full, "a.md", b"text 7"), Ok("p8".to_owned()), "that one is there already");
    let stored = world.draft(draft);
    let published = Draft { state: DraftState::Published { run: storywright_domain::RunId(1) }, ..stored.clone() };
    assert_eq!(
        world.store.write(|tx| tx.update_draft(&published, stored.version)),
        Ok::<_, StorageError>(Saved::Stored)
    );
    assert!(matches!(add(&world, draft, "a.md", b"text"), Err(SourceError::WrongState(_))));
}
