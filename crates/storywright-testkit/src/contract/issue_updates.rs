//! Drafts about issues that exist, and changes of these issues.

use super::{Promise, promises};
use crate::build::{self, NOW, signed_up};
use storywright_domain::draft::Draft;
use storywright_domain::issue_update::{DraftIssue, IssuePurpose, IssueUpdate};
use storywright_domain::ports::{Inserted, Saved, Storage, StorageError, StorageExt};
use storywright_domain::write_state::WriteState;
use storywright_domain::{DraftId, Millis, UserId};

pub const ALL: &[Promise<dyn Storage>] = promises![
    a_draft_is_about_one_issue_for_good,
    changes_come_back_newest_first,
    what_is_open_is_found_by_the_id_that_an_issue_keeps,
    what_was_approved_stays_and_a_state_is_left_once,
    what_is_of_others_is_out_of_reach,
];

fn about(draft: &Draft) -> DraftIssue {
    DraftIssue {
        draft: draft.id,
        user: draft.user,
        purpose: IssuePurpose::Improve,
        site: "jira".to_owned(),
        issue_id: "10042".to_owned(),
        key: "PAY-42".to_owned(),
        issue_type: "Ärger".to_owned(),
        epic: true,
        source: 1,
        updated: "2026-11-25T10:00:00.000+0000".to_owned(),
        created_at: NOW,
    }
}

fn change(draft: &Draft, edition: u32) -> IssueUpdate {
    IssueUpdate {
        draft: draft.id,
        user: draft.user,
        edition,
        puts_back: None,
        draft_version: 3,
        site: "jira".to_owned(),
        issue_id: "10042".to_owned(),
        key: "PAY-42".to_owned(),
        follows: "2026-11-25T10:00:00.000+0000".to_owned(),
        before_summary: "Old".to_owned(),
        before_description: "h1. Alt\r\n".to_owned(),
        summary: "New".to_owned(),
        description: "h1. Neu".to_owned(),
        payload: r#"{"fields":{"summary":"New"}}"#.to_owned(),
        plan_hash: "ab".repeat(32),
        state: WriteState::Sending,
        note: String::new(),
        sent_at: NOW + Millis(i64::from(edition)),
        settled_at: None,
    }
}

fn begun(storage: &dyn Storage, user: UserId, id: u128) -> Draft {
    let draft = build::kept_draft(storage, user, id);
    put(storage, &about(&draft)).unwrap();
    draft
}

fn put(storage: &dyn Storage, issue: &DraftIssue) -> Result<(), StorageError> {
    storage.write(|tx| tx.insert_draft_issue(issue))
}

fn find(storage: &dyn Storage, user: UserId, draft: DraftId) -> Option<DraftIssue> {
    storage.read(|tx| tx.draft_issue(user, draft)).map_err(|error: StorageError| error).unwrap()
}

fn insert(storage: &dyn Storage, update: &IssueUpdate) -> Result<Inserted<u32>, StorageError> {
    storage.write(|tx| tx.insert_issue_update(update))
}

fn list(storage: &dyn Storage, draft: &Draft) -> Vec<IssueUpdate> {
    storage.read(|tx| tx.issue_updates(draft.user, draft.id)).map_err(|error: StorageError| error).unwrap()
}

fn a_draft_is_about_one_issue_for_good(storage: &dyn Storage) {
    let user = signed_up(storage, 1).id;
    let plain = build::kept_draft(storage, user, 10);
    assert_eq!(find(storage, user, plain.id), None);
    let draft = begun(storage, user, 11);
    assert_eq!(find(storage, user, draft.id), Some(about(&draft)));
    assert!(put(storage, &DraftIssue { key: "PAY-1".to_owned(), ..about(&draft) }).is_err());
    assert_eq!(find(storage, user, draft.id), Some(about(&draft)));
    assert!(insert(storage, &change(&plain, 1)).is_err(), "of a draft about no issue");
}

fn changes_come_back_newest_first(storage: &dyn Storage) {
    let user = signed_up(storage, 1).id;
    let (draft, other) = (begun(storage, user, 10), begun(storage, user, 11));
    let back = IssueUpdate { puts_back: Some(1), ..change(&draft, 2) };
    assert_eq!(insert(storage, &change(&draft, 1)), Ok(Inserted::New));
    assert_eq!(insert(storage, &back), Ok(Inserted::New));
    assert_eq!(insert(storage, &change(&draft, 2)), Ok(Inserted::Exists(2)));
    assert_eq!(list(storage, &draft), [back.clone(), change(&draft, 1)]);
    let elsewhere = IssueUpdate { key: "PAY-7".to_owned(), ..change(&other, 1) };
    let latest = IssueUpdate { sent_at: NOW + Millis(90), ..change(&other, 2) };
    assert_eq!(insert(storage, &elsewhere), Ok(Inserted::New));
    assert_eq!(insert(storage, &latest), Ok(Inserted::New));
    let of_issue = storage.read(|tx| tx.updates_of_issue(user, "jira", "PAY-42"));
    assert_eq!(of_issue, Ok::<_, StorageError>(vec![latest, back, change(&draft, 1)]));
}

fn what_is_open_is_found_by_the_id_that_an_issue_keeps(storage: &dyn Storage) {
    let user = signed_up(storage, 1).id;
    let (draft, other) = (begun(storage, user, 10), begun(storage, user, 11));
    let stranger = begun(storage, signed_up(storage, 2).id, 12);
    let moved = IssueUpdate { key: "OPS-9".to_owned(), state: WriteState::Unknown, ..change(&draft, 2) };
    let written = IssueUpdate { state: WriteState::Written, ..change(&draft, 1) };
    let elsewhere = IssueUpdate { issue_id: "10043".to_owned(), ..change(&other, 2) };
    let site = IssueUpdate { site: "another".to_owned(), ..change(&other, 3) };
    for update in [&moved, &written, &change(&other, 1), &elsewhere, &site, &change(&stranger, 1)] {
        assert_eq!(insert(storage, update), Ok(Inserted::New));
    }
    let open = storage.read(|tx| tx.open_updates_of_issue(user, "jira", "10042"));
    assert_eq!(open, Ok::<_, StorageError>(vec![moved, change(&other, 1)]));
}

fn what_was_approved_stays_and_a_state_is_left_once(storage: &dyn Storage) {
    let draft = begun(storage, signed_up(storage, 1).id, 10);
    assert_eq!(insert(storage, &change(&draft, 1)), Ok(Inserted::New));
    let settled = IssueUpdate {
        state: WriteState::Written,
        note: "found".to_owned(),
        settled_at: Some(NOW + Millis(5)),
        ..change(&draft, 1)
    };
    let other = IssueUpdate { payload: "{}".to_owned(), before_summary: "x".to_owned(), ..settled.clone() };
    let settle = |update: &IssueUpdate, from| {
        storage.write(|tx| tx.settle_issue_update(update, from)).map_err(|error: StorageError| error).unwrap()
    };
    assert_eq!(settle(&other, WriteState::Unknown), Saved::Conflict);
    assert_eq!(settle(&other, WriteState::Sending), Saved::Stored);
    assert_eq!(list(storage, &draft), [settled]);
    assert_eq!(settle(&other, WriteState::Sending), Saved::Conflict);
}

fn what_is_of_others_is_out_of_reach(storage: &dyn Storage) {
    let draft = begun(storage, signed_up(storage, 1).id, 10);
    let other = signed_up(storage, 2).id;
    let plain = build::kept_draft(storage, draft.user, 11);
    assert_eq!(find(storage, other, draft.id), None);
    assert!(put(storage, &DraftIssue { user: other, ..about(&plain) }).is_err(), "about another's draft");
    assert_eq!(insert(storage, &change(&draft, 1)), Ok(Inserted::New));
    assert!(insert(storage, &IssueUpdate { user: other, ..change(&draft, 2) }).is_err());
    let theirs =
        storage.read(|tx| Ok((tx.issue_updates(other, draft.id)?, tx.updates_of_issue(other, "jira", "PAY-42")?)));
    assert_eq!(theirs, Ok::<_, StorageError>((Vec::new(), Vec::new())));
    let claimed = IssueUpdate { user: other, state: WriteState::Written, ..change(&draft, 1) };
    let settled = storage.write(|tx| tx.settle_issue_update(&claimed, WriteState::Sending));
    assert_eq!(settled, Ok::<_, StorageError>(Saved::Conflict));
    assert_eq!(list(storage, &draft), [change(&draft, 1)]);
}
