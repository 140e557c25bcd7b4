//! Browser sessions.

use crate::world::{PASSWORD, World, secret};
use storywright_application::people::{
    Visitor, change_password, create_session, end_other_sessions, end_session, end_session_of, list_sessions,
    load_session, save_session,
};
use storywright_domain::ports::{Saved, StorageExt as _, TxMode};
use storywright_domain::{Millis, SessionId};
use storywright_testkit::build::NOW;

fn visitor() -> Visitor {
    Visitor { address: "192.0.2.7".to_owned(), user_agent: format!("Browser\n{}", "x".repeat(300)) }
}

fn open(world: &World) -> (String, SessionId) {
    let (token, session) = create_session(&world.ports, Some(&world.person), "{}", &visitor()).unwrap();
    (token, session.id)
}

fn holds(world: &World, token: &str, used: bool) -> bool {
    load_session(&world.ports, token, used).unwrap().is_some()
}

#[test]
fn a_session_is_stored_without_its_token() {
    let world = World::new();
    let (token, session) = create_session(&world.ports, Some(&world.person), "{}", &visitor()).unwrap();
    assert_eq!(token.len(), 64);
    assert_ne!(session.token_hash, token);
    assert_eq!(session.user_agent.chars().count(), 200);
    assert!(!session.user_agent.contains('\n'));
    let live = load_session(&world.ports, &token, true).unwrap().unwrap();
    assert_eq!(live.person.as_ref(), Some(&world.person));
    assert!(!holds(&world, "another token", true));
    assert!(!holds(&world, &session.token_hash, true), "the hash is no key");
}

#[test]
fn use_moves_the_idle_end_and_looking_does_not() {
    let world = World::new();
    let idle = world.ports.settings.session_idle;
    let (token, _) = open(&world);
    for _ in 0..3 {
        world.clock.advance(Millis(idle.0 - 1));
        assert!(holds(&world, &token, true));
    }
    world.clock.advance(Millis(idle.0 - 1));
    assert!(holds(&world, &token, false));
    world.clock.advance(Millis(2));
    assert!(!holds(&world, &token, false), "looking did not move the end");
    assert!(!holds(&world, &token, true), "what has ended stays ended");
}

#[test]
fn a_session_ends_though_it_is_used() {
    let world = World::new();
    let (token, _) = open(&world);
    let end = NOW + world.ports.settings.session_absolute;
    while world.ports.clock.now() < end {
        assert!(holds(&world, &token, true));
        world.clock.advance(Millis::minutes(20));
    }
    world.clock.advance(Millis(1));
    assert!(!holds(&world, &token, true));
}

#[test]
fn use_is_written_down_once_a_minute() {
    let world = World::new();
    let (token, _) = open(&world);
    let seen = |world: &World| list_sessions(&world.ports, &world.actor).unwrap()[0].last_seen_at;
    world.clock.advance(Millis::seconds(59));
    assert!(holds(&world, &token, true));
    assert_eq!(seen(&world), NOW);
    world.clock.advance(Millis::seconds(1));
    assert!(holds(&world, &token, true));
    assert_eq!(seen(&world), NOW + Millis::seconds(60));
}

#[test]
fn a_new_security_stamp_ends_sessions() {
    let world = World::new();
    let (token, _) = open(&world);
    world.store.write(|tx| tx.set_password(world.person.id, "hash", "another stamp", NOW)).unwrap();
    assert!(!holds(&world, &token, false));
    assert_eq!(list_sessions(&world.ports, &world.actor).unwrap(), [], "it is gone, not only refused");
}

#[test]
fn a_changed_password_ends_every_session() {
    let world = World::new();
    let (one, _) = open(&world);
    let (other, _) = open(&world);
    change_password(&world.ports, &world.actor, &secret(PASSWORD), &secret("seven quiet harbours wait")).unwrap();
    assert!(!holds(&world, &one, true) && !holds(&world, &other, true));
}

#[test]
fn a_session_ends_by_its_token_from_the_list_or_with_all_others() {
    let world = World::new();
    let ((first, _), (second, second_id), (third, _), (fourth, fourth_id)) =
        (open(&world), open(&world), open(&world), open(&world));
    end_session(&world.ports, &first).unwrap();
    assert!(!holds(&world, &first, true));
    assert_eq!(end_session_of(&world.ports, &world.colleague(), second_id), Ok(false), "not another person's");
    assert!(holds(&world, &second, true));
    assert_eq!(end_session_of(&world.ports, &world.actor, second_id), Ok(true));
    assert_eq!(end_session_of(&world.ports, &world.actor, second_id), Ok(false));
    assert_eq!(end_other_sessions(&world.ports, &world.actor, Some(fourth_id)), Ok(1));
    assert!(!holds(&world, &third, true) && holds(&world, &fourth, true));
}

#[test]
fn state_is_kept_while_the_session_lasts() {
    let world = World::new();
    let (token, _) = open(&world);
    assert_eq!(save_session(&world.ports, &token, r#"{"a":"1"}"#), Ok(Saved::Stored));
    let live = load_session(&world.ports, &token, true).unwrap().unwrap();
    assert_eq!(live.session.state, r#"{"a":"1"}"#);
    end_session(&world.ports, &token).unwrap();
    assert_eq!(save_session(&world.ports, &token, "{}"), Ok(Saved::Conflict));
}

#[test]
fn noting_a_use_loses_no_state_that_was_saved_meanwhile() {
    let world = World::new();
    let (token, _) = open(&world);
    world.clock.advance(Millis::minutes(2));
    let (ports, own) = (world.other_process(), token.clone());
    let (store, storage) = (world.store.clone(), world.storage.clone());
    storage.after_next(TxMode::Read, move || {
        let ports = storywright_application::Ports { storage: std::sync::Arc::new(store), ..ports };
        assert_eq!(save_session(&ports, &own, r#"{"flash":"kept"}"#), Ok(Saved::Stored));
    });
    assert!(holds(&world, &token, true));
    let live = load_session(&world.ports, &token, false).unwrap().unwrap();
    assert_eq!(live.session.state, r#"{"flash":"kept"}"#);
    assert_eq!(live.session.last_seen_at, NOW + Millis::minutes(2));
}

#[test]
fn a_session_that_ends_while_it_is_loaded_has_ended() {
    let world = World::new();
    let (token, _) = open(&world);
    world.clock.advance(Millis::minutes(2));
    let store = world.store.clone();
    let hash = world.ports.sha256.hex(token.as_bytes());
    world.storage.after_next(TxMode::Read, move || store.write(|tx| tx.delete_session(&hash)).unwrap());
    assert!(!holds(&world, &token, true));
}

#[test]
fn a_session_before_sign_in_belongs_to_nobody() {
    let world = World::new();
    let (token, session) = create_session(&world.ports, None, r#"{"csrf":"x"}"#, &visitor()).unwrap();
    assert_eq!(session.user, None);
    let live = load_session(&world.ports, &token, true).unwrap().unwrap();
    assert_eq!((live.person, live.session.state.as_str()), (None, r#"{"csrf":"x"}"#));
}
