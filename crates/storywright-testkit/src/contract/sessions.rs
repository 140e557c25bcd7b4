//! Browser sessions and API tokens.

use super::{Promise, promises};
use crate::build::{self, NOW, session, signed_up, token};
use storywright_domain::person::{ApiToken, Session};
use storywright_domain::ports::{Saved, Storage, StorageError, StorageExt};
use storywright_domain::{Millis, SessionId, TokenId, UserId};

pub const ALL: &[Promise<dyn Storage>] = promises![
    a_session_comes_back_until_it_idles_out_or_ends,
    a_session_of_nobody_is_kept,
    a_session_of_a_stranger_is_refused,
    a_new_session_removes_ended_ones,
    a_session_is_replaced_by_token,
    a_session_that_is_gone_is_not_brought_back,
    a_session_ends_by_token,
    sessions_are_listed_last_used_first,
    a_person_ends_their_own_sessions_only,
    all_other_sessions_end_at_once,
    a_token_comes_back_as_it_was,
    tokens_are_listed_newest_first_without_ended_ones,
    a_use_of_a_token_is_noted,
    a_token_is_revoked_once,
    tokens_of_others_are_out_of_reach,
];

fn keep(storage: &dyn Storage, session: &Session) {
    storage.write(|tx| tx.insert_session(session)).unwrap();
}

fn numbers(storage: &dyn Storage, user: UserId) -> Vec<u128> {
    storage.read(|tx| tx.sessions(user, NOW)).unwrap().iter().map(|session| session.id.0).collect()
}

fn a_session_comes_back_until_it_idles_out_or_ends(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let idle = session(Some(person.id), 1);
    let ends_first = Session { expires_at: NOW + Millis::minutes(5), ..session(Some(person.id), 2) };
    for (kept, end) in [(&idle, idle.idle_expires_at), (&ends_first, ends_first.expires_at)] {
        keep(storage, kept);
        assert_eq!(storage.read(|tx| tx.session(&kept.token_hash, end)), Ok(Some(kept.clone())));
        assert_eq!(storage.read(|tx| tx.session(&kept.token_hash, end + Millis(1))), Ok(None));
    }
    assert_eq!(storage.read(|tx| tx.session("other", NOW)), Ok(None));
}

fn a_session_of_nobody_is_kept(storage: &dyn Storage) {
    let anonymous = session(None, 1);
    keep(storage, &anonymous);
    assert_eq!(storage.read(|tx| tx.session(&anonymous.token_hash, NOW)), Ok(Some(anonymous)));
}

fn a_session_of_a_stranger_is_refused(storage: &dyn Storage) {
    let outcome = storage.write(|tx| tx.insert_session(&session(Some(UserId(9)), 1)));
    assert!(matches!(outcome, Err(StorageError::Corrupt { .. })), "{outcome:?}");
}

fn a_new_session_removes_ended_ones(storage: &dyn Storage) {
    let old = session(None, 1);
    keep(storage, &old);
    let later = NOW + Millis::hours(2);
    let new = Session {
        created_at: later,
        last_seen_at: later,
        idle_expires_at: later + Millis::minutes(30),
        ..session(None, 2)
    };
    keep(storage, &new);
    assert_eq!(storage.read(|tx| tx.session(&old.token_hash, NOW)), Ok(None));
    assert_eq!(storage.read(|tx| tx.session(&new.token_hash, later)), Ok(Some(new)));
}

fn a_session_is_replaced_by_token(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let before = session(None, 1);
    keep(storage, &before);
    let after = Session {
        user: Some(person.id),
        security_stamp: "stamp1".to_owned(),
        state: r#"{"flash":"hello"}"#.to_owned(),
        address: "198.51.100.7".to_owned(),
        last_seen_at: NOW + Millis(5),
        idle_expires_at: NOW + Millis::minutes(35),
        expires_at: NOW + Millis::hours(13),
        ..before.clone()
    };
    // Id and browser stay those of the beginning.
    let given = Session { id: SessionId(77), user_agent: "Another".to_owned(), ..after.clone() };
    assert_eq!(storage.write(|tx| tx.update_session(&given)), Ok(Saved::Stored));
    assert_eq!(storage.read(|tx| tx.session(&before.token_hash, NOW)), Ok(Some(after)));
}

fn a_session_that_is_gone_is_not_brought_back(storage: &dyn Storage) {
    let gone = session(None, 1);
    keep(storage, &gone);
    storage.write(|tx| tx.delete_session(&gone.token_hash)).unwrap();
    assert_eq!(storage.write(|tx| tx.update_session(&gone)), Ok(Saved::Conflict));
    assert_eq!(storage.read(|tx| tx.session(&gone.token_hash, NOW)), Ok(None));
}

fn a_session_ends_by_token(storage: &dyn Storage) {
    let (one, other) = (session(None, 1), session(None, 2));
    keep(storage, &one);
    keep(storage, &other);
    storage.write(|tx| tx.delete_session(&one.token_hash)).unwrap();
    assert_eq!(storage.read(|tx| tx.session(&one.token_hash, NOW)), Ok(None));
    assert_eq!(storage.read(|tx| tx.session(&other.token_hash, NOW)), Ok(Some(other)));
}

fn sessions_are_listed_last_used_first(storage: &dyn Storage) {
    let (person, other) = (signed_up(storage, 1), signed_up(storage, 2));
    for (number, seen) in [(1, 5), (2, 9), (3, 7)] {
        keep(storage, &Session { last_seen_at: NOW + Millis(seen), ..session(Some(person.id), number) });
    }
    keep(storage, &session(Some(other.id), 4));
    keep(storage, &session(None, 5));
    assert_eq!(numbers(storage, person.id), [2, 3, 1]);
    let later = NOW + Millis::hours(1);
    assert_eq!(storage.read(|tx| tx.sessions(person.id, later)), Ok(Vec::new()));
}

fn a_person_ends_their_own_sessions_only(storage: &dyn Storage) {
    let (person, other) = (signed_up(storage, 1), signed_up(storage, 2));
    keep(storage, &session(Some(person.id), 1));
    assert_eq!(storage.write(|tx| tx.end_session(other.id, SessionId(1))), Ok(false));
    assert_eq!(numbers(storage, person.id), [1]);
    assert_eq!(storage.write(|tx| tx.end_session(person.id, SessionId(1))), Ok(true));
    assert_eq!(storage.write(|tx| tx.end_session(person.id, SessionId(1))), Ok(false));
}

fn all_other_sessions_end_at_once(storage: &dyn Storage) {
    let (person, other) = (signed_up(storage, 1), signed_up(storage, 2));
    for number in 1..=3 {
        keep(storage, &session(Some(person.id), number));
    }
    keep(storage, &session(Some(other.id), 4));
    assert_eq!(storage.write(|tx| tx.end_other_sessions(person.id, Some(SessionId(2)))), Ok(2));
    assert_eq!(numbers(storage, person.id), [2]);
    assert_eq!(storage.write(|tx| tx.end_other_sessions(person.id, None)), Ok(1));
    assert_eq!(numbers(storage, other.id), [4]);
}

fn a_token_comes_back_as_it_was(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let kept = ApiToken { last_used_at: Some(NOW), ..token(person.id, 1) };
    storage.write(|tx| tx.insert_token(&kept)).unwrap();
    assert_eq!(storage.read(|tx| tx.token(person.id, kept.id)), Ok(Some(kept)));
    assert_eq!(storage.read(|tx| tx.token(person.id, TokenId(2))), Ok(None));
}

fn tokens_are_listed_newest_first_without_ended_ones(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    for number in 1..=3_u128 {
        let created_at = NOW + Millis(i64::try_from(number).unwrap());
        storage.write(|tx| tx.insert_token(&ApiToken { created_at, ..token(person.id, number) })).unwrap();
    }
    let ended = ApiToken { expires_at: NOW + Millis(-1), ..token(person.id, 4) };
    storage.write(|tx| tx.insert_token(&ended)).unwrap();
    storage.write(|tx| tx.revoke_token(person.id, TokenId(2), NOW)).unwrap();
    let listed = storage.read(|tx| tx.tokens(person.id, NOW)).unwrap();
    assert_eq!(listed.iter().map(|token| token.id.0).collect::<Vec<_>>(), [3, 2, 1]);
    assert_eq!(listed[1].revoked_at, Some(NOW));
}

fn a_use_of_a_token_is_noted(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    storage.write(|tx| tx.insert_token(&token(person.id, 1))).unwrap();
    storage.write(|tx| tx.touch_token(person.id, TokenId(1), NOW + Millis(9))).unwrap();
    let found = storage.read(|tx| tx.token(person.id, TokenId(1))).unwrap();
    assert_eq!(found.and_then(|token| token.last_used_at), Some(NOW + Millis(9)));
}

fn a_token_is_revoked_once(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    storage.write(|tx| tx.insert_token(&token(person.id, 1))).unwrap();
    assert_eq!(storage.write(|tx| tx.revoke_token(person.id, TokenId(1), NOW)), Ok(true));
    assert_eq!(storage.write(|tx| tx.revoke_token(person.id, TokenId(1), NOW + Millis(1))), Ok(false));
    assert_eq!(storage.write(|tx| tx.revoke_token(person.id, TokenId(2), NOW)), Ok(false));
    let found = storage.read(|tx| tx.token(person.id, TokenId(1))).unwrap();
    assert_eq!(found.and_then(|token| token.revoked_at), Some(NOW));
}

fn tokens_of_others_are_out_of_reach(storage: &dyn Storage) {
    let (person, other) = (signed_up(storage, 1), signed_up(storage, 2));
    let kept = build::token(person.id, 1);
    storage.write(|tx| tx.insert_token(&kept)).unwrap();
    assert_eq!(storage.read(|tx| tx.token(other.id, kept.id)), Ok(None));
    assert_eq!(storage.read(|tx| tx.tokens(other.id, NOW)), Ok(Vec::new()));
    storage.write(|tx| tx.touch_token(other.id, kept.id, NOW)).unwrap();
    assert_eq!(storage.write(|tx| tx.revoke_token(other.id, kept.id, NOW)), Ok(false));
    assert_eq!(storage.read(|tx| tx.token(person.id, kept.id)), Ok(Some(kept)));
}
