//! Writings of story maps.

use super::{Promise, promises};
use crate::build::{self, NOW, signed_up};
use storywright_domain::ports::{Inserted, Saved, Storage, StorageError, StorageExt};
use storywright_domain::publishing::Run;
use storywright_domain::story_page::StoryPage;
use storywright_domain::write_state::WriteState;
use storywright_domain::{Millis, UserId};

pub const ALL: &[Promise<dyn Storage>] = promises![
    writings_come_back_newest_first,
    what_was_approved_stays_and_a_state_is_left_once,
    writings_of_others_are_out_of_reach,
];

fn kept_run(storage: &dyn Storage, user: UserId) -> Run {
    let draft = build::kept_draft(storage, user, 10);
    let run = build::run(&draft, 20);
    let inserted = storage.write(|tx| tx.insert_run(&run, &[])).map_err(|error: StorageError| error).unwrap();
    assert_eq!(inserted, Inserted::New);
    run
}

fn writing(run: &Run, edition: u32) -> StoryPage {
    StoryPage {
        run: run.id,
        user: run.user,
        edition,
        site: "confluence".to_owned(),
        page: None,
        follows: None,
        space: "PAY".to_owned(),
        parent: Some("65550".to_owned()),
        title: "Story map: “Refunds”".to_owned(),
        body: "<p>é</p>".to_owned(),
        plan_hash: "ab".repeat(32),
        state: WriteState::Sending,
        version: None,
        url: String::new(),
        note: String::new(),
        sent_at: NOW,
        settled_at: None,
    }
}

fn list(storage: &dyn Storage, run: &Run) -> Vec<StoryPage> {
    storage.read(|tx| tx.story_pages(run.user, run.id)).map_err(|error: StorageError| error).unwrap()
}

fn insert(storage: &dyn Storage, page: &StoryPage) -> Result<Inserted<u32>, StorageError> {
    storage.write(|tx| tx.insert_story_page(page))
}

fn writings_come_back_newest_first(storage: &dyn Storage) {
    let run = kept_run(storage, signed_up(storage, 1).id);
    let second = StoryPage { page: Some("7".to_owned()), follows: Some(3), parent: None, ..writing(&run, 2) };
    assert_eq!(insert(storage, &writing(&run, 1)), Ok(Inserted::New));
    assert_eq!(insert(storage, &second), Ok(Inserted::New));
    assert_eq!(insert(storage, &writing(&run, 2)), Ok(Inserted::Exists(2)));
    assert_eq!(list(storage, &run), [second, writing(&run, 1)]);
}

fn what_was_approved_stays_and_a_state_is_left_once(storage: &dyn Storage) {
    let run = kept_run(storage, signed_up(storage, 1).id);
    assert_eq!(insert(storage, &writing(&run, 1)), Ok(Inserted::New));
    let settled = StoryPage {
        page: Some("900".to_owned()),
        state: WriteState::Written,
        version: Some(1),
        url: "https://wiki.corp.example/x/900".to_owned(),
        note: "found again".to_owned(),
        settled_at: Some(NOW + Millis(5)),
        ..writing(&run, 1)
    };
    let other = StoryPage { title: "Other".to_owned(), body: "<p>other</p>".to_owned(), ..settled.clone() };
    let settle = |page: &StoryPage, from| {
        storage.write(|tx| tx.settle_story_page(page, from)).map_err(|error: StorageError| error).unwrap()
    };
    assert_eq!(settle(&other, WriteState::Unknown), Saved::Conflict);
    assert_eq!(settle(&other, WriteState::Sending), Saved::Stored);
    assert_eq!(list(storage, &run), [settled], "title and body are those that were approved");
    assert_eq!(settle(&other, WriteState::Sending), Saved::Conflict);
}

fn writings_of_others_are_out_of_reach(storage: &dyn Storage) {
    let run = kept_run(storage, signed_up(storage, 1).id);
    let other = signed_up(storage, 2).id;
    assert_eq!(insert(storage, &writing(&run, 1)), Ok(Inserted::New));
    let theirs = storage.read(|tx| tx.story_pages(other, run.id)).map_err(|error: StorageError| error).unwrap();
    assert!(theirs.is_empty());
    let claimed = StoryPage { user: other, state: WriteState::Written, ..writing(&run, 1) };
    let settled = storage.write(|tx| tx.settle_story_page(&claimed, WriteState::Sending));
    assert_eq!(settled, Ok::<_, StorageError>(Saved::Conflict));
    assert!(insert(storage, &StoryPage { user: other, ..writing(&run, 2) }).is_err(), "to another's run");
    assert_eq!(list(storage, &run), [writing(&run, 1)]);
}
