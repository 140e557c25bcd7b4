//! Prompts: whose they are, who sees them, and their versions.

use super::{Promise, promises};
use crate::build::{self, NOW, signed_up};
use storywright_domain::ports::{Saved, Storage, StorageError, StorageExt};
use storywright_domain::prompt::{Prompt, PromptBody, PromptScope, PromptVariable};
use storywright_domain::{Millis, PromptId, UserId};

pub const ALL: &[Promise<dyn Storage>] = promises![
    prompts_are_seen_by_those_who_may,
    lists_go_on_where_they_stopped,
    every_saving_is_a_version,
    a_prompt_of_another_is_not_changed,
    sharing_and_removing_are_for_the_owner,
    a_prompt_of_a_stranger_is_refused,
];

fn prompt(number: u128, owner: Option<UserId>) -> Prompt {
    let who =
        PromptVariable { name: "who".to_owned(), description: "Readers".to_owned(), default: "testers".to_owned() };
    Prompt {
        id: PromptId(number),
        owner,
        shared: false,
        name: format!("Prompt {number}"),
        description: "Plain words".to_owned(),
        version: 1,
        body: PromptBody::parse("Write for {{who}}.", &[who]).unwrap(),
        created_at: NOW,
        updated_at: NOW + Millis::minutes(i64::try_from(number).unwrap()),
    }
}

#[track_caller]
fn keep(storage: &dyn Storage, prompt: &Prompt) {
    storage.write(|tx| tx.insert_prompt(prompt, "first")).unwrap();
}

fn listed(storage: &dyn Storage, user: UserId, scope: PromptScope) -> Vec<PromptId> {
    let found = storage.read(|tx| tx.prompts(user, scope, None, 10)).unwrap();
    found.items.iter().map(|prompt| prompt.id).collect()
}

fn prompts_are_seen_by_those_who_may(storage: &dyn Storage) {
    let (mine, other) = (signed_up(storage, 1).id, signed_up(storage, 2).id);
    let (own, shared, hidden, system) = (
        prompt(1, Some(mine)),
        Prompt { shared: true, ..prompt(2, Some(other)) },
        prompt(3, Some(other)),
        prompt(4, None),
    );
    for one in [&own, &shared, &hidden, &system] {
        keep(storage, one);
    }
    for (id, expected) in [(1, Some(&own)), (2, Some(&shared)), (3, None), (4, Some(&system)), (5, None)] {
        assert_eq!(storage.read(|tx| tx.prompt(mine, PromptId(id))), Ok(expected.cloned()), "{id}");
    }
    assert_eq!(listed(storage, mine, PromptScope::Mine), [own.id]);
    assert_eq!(listed(storage, mine, PromptScope::Team), [shared.id]);
    assert_eq!(listed(storage, mine, PromptScope::System), [system.id]);
    assert_eq!(listed(storage, other, PromptScope::Mine), [hidden.id, shared.id]);
    assert_eq!(listed(storage, other, PromptScope::Team), []);
    assert_eq!(storage.read(|tx| tx.prompt_version(mine, hidden.id, 1)), Ok(None));
    assert!(storage.read(|tx| tx.prompt_versions(mine, hidden.id, None, 10)).unwrap().items.is_empty());
}

fn lists_go_on_where_they_stopped(storage: &dyn Storage) {
    let mine = signed_up(storage, 1).id;
    for number in 1..=5 {
        keep(storage, &Prompt { updated_at: NOW, ..prompt(number, Some(mine)) });
    }
    let mut seen = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let part = storage.read(|tx| tx.prompts(mine, PromptScope::Mine, cursor.as_deref(), 2)).unwrap();
        seen.extend(part.items.iter().map(|prompt| prompt.id.0));
        match part.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);
}

fn every_saving_is_a_version(storage: &dyn Storage) {
    let mine = signed_up(storage, 1).id;
    let first = prompt(1, Some(mine));
    keep(storage, &first);
    let second = Prompt {
        version: 2,
        name: "Better".to_owned(),
        body: PromptBody::parse("Be brief.", &[]).unwrap(),
        updated_at: first.updated_at + Millis::minutes(1),
        ..first.clone()
    };
    assert_eq!(storage.write(|tx| tx.update_prompt(&second, 1, "shorter")), Ok(Saved::Stored));
    assert_eq!(storage.write(|tx| tx.update_prompt(&second, 1, "again")), Ok(Saved::Conflict));
    assert_eq!(storage.read(|tx| tx.prompt(mine, first.id)), Ok(Some(second.clone())));
    let versions = storage.read(|tx| tx.prompt_versions(mine, first.id, None, 10)).unwrap().items;
    let told: Vec<(u32, &str, &str)> =
        versions.iter().map(|version| (version.number, version.name.as_str(), version.note.as_str())).collect();
    assert_eq!(told, [(2, "Better", "shorter"), (1, "Prompt 1", "first")]);
    let kept = storage.read(|tx| tx.prompt_version(mine, first.id, 1)).unwrap().unwrap();
    assert_eq!((kept.body, kept.created_at), (first.body, first.updated_at));
}

fn a_prompt_of_another_is_not_changed(storage: &dyn Storage) {
    let (mine, other) = (signed_up(storage, 1).id, signed_up(storage, 2).id);
    keep(storage, &Prompt { shared: true, ..prompt(1, Some(other)) });
    keep(storage, &prompt(2, None));
    for number in [1, 2] {
        let stolen = Prompt { version: 2, ..prompt(number, Some(mine)) };
        assert_eq!(storage.write(|tx| tx.update_prompt(&stolen, 1, "")), Ok(Saved::Conflict), "{number}");
    }
}

fn sharing_and_removing_are_for_the_owner(storage: &dyn Storage) {
    let (mine, other) = (signed_up(storage, 1).id, signed_up(storage, 2).id);
    let (own, system) = (prompt(1, Some(mine)), prompt(2, None));
    keep(storage, &own);
    keep(storage, &system);
    assert_eq!(storage.write(|tx| tx.share_prompt(other, own.id, true, NOW)), Ok(false));
    assert_eq!(storage.write(|tx| tx.share_prompt(mine, own.id, true, NOW)), Ok(true));
    assert_eq!(listed(storage, other, PromptScope::Team), [own.id]);
    assert_eq!(storage.write(|tx| tx.delete_prompt(Some(other), own.id)), Ok(false));
    assert_eq!(storage.write(|tx| tx.delete_prompt(Some(mine), system.id)), Ok(false));
    assert_eq!(storage.write(|tx| tx.delete_prompt(None, own.id)), Ok(false));
    assert_eq!(storage.write(|tx| tx.delete_prompt(Some(mine), own.id)), Ok(true));
    assert_eq!(storage.write(|tx| tx.delete_prompt(None, system.id)), Ok(true));
    assert_eq!(storage.read(|tx| tx.prompt(mine, own.id)), Ok(None));
    keep(storage, &own);
}

fn a_prompt_of_a_stranger_is_refused(storage: &dyn Storage) {
    let stranger = build::person(9).id;
    let outcome = storage.write(|tx| tx.insert_prompt(&prompt(1, Some(stranger)), ""));
    assert!(matches!(outcome, Err(StorageError::Corrupt { .. })), "{outcome:?}");
}
