//! API tokens.

use crate::world::{PASSWORD, World, request_id, secret};
use storywright_application::people::{
    IssueTokenError, IssuedToken, ProofError, SignInError, authenticate_token, change_password, issue_token,
    issue_token_for, list_tokens, revoke_token,
};
use storywright_domain::Millis;
use storywright_testkit::build::NOW;

fn issue(world: &World) -> IssuedToken {
    issue_token(&world.ports, "emp1", &secret(PASSWORD), &request_id()).unwrap_or_else(|error| panic!("{error}"))
}

fn holds(world: &World, token: &IssuedToken) -> bool {
    authenticate_token(&world.ports, token.token.reveal(), &request_id()).unwrap().is_some()
}

#[test]
fn a_token_is_issued_for_name_and_password() {
    let world = World::new();
    let token = issue(&world);
    assert_eq!(token.expires_at, NOW + world.ports.settings.api_token_ttl);
    let (actor, id) = authenticate_token(&world.ports, token.token.reveal(), &request_id()).unwrap().unwrap();
    assert_eq!(actor, world.actor);
    assert_eq!(list_tokens(&world.ports, &world.actor).unwrap()[0].id, id);
    let refused = issue_token(&world.ports, "emp1", &secret("a wrong password"), &request_id()).err();
    assert_eq!(refused, Some(SignInError::Refused));
    assert_eq!(list_tokens(&world.ports, &world.actor).unwrap().len(), 1);
}

#[test]
fn other_texts_are_no_tokens() {
    let world = World::new();
    let mut forged = issue(&world).token.reveal().to_owned();
    forged.push('0');
    for text in ["", "x", "a.b.c.d.e.f", forged.as_str()] {
        assert_eq!(authenticate_token(&world.ports, text, &request_id()), Ok(None), "{text}");
    }
}

#[test]
fn a_token_expires() {
    let world = World::new();
    let token = issue(&world);
    world.clock.set(token.expires_at + Millis(-1));
    assert!(holds(&world, &token));
    world.clock.set(token.expires_at);
    assert!(!holds(&world, &token));
}

#[test]
fn a_revoked_token_ends_at_once() {
    let world = World::new();
    let token = issue(&world);
    let (_, id) = authenticate_token(&world.ports, token.token.reveal(), &request_id()).unwrap().unwrap();
    assert_eq!(revoke_token(&world.ports, &world.colleague(), id), Ok(false), "not another person's");
    assert!(holds(&world, &token));
    assert_eq!(revoke_token(&world.ports, &world.actor, id), Ok(true));
    assert!(!holds(&world, &token));
    assert_eq!(revoke_token(&world.ports, &world.actor, id), Ok(false));
    assert!(world.actions().contains(&"token_revoked".to_owned()));
}

#[test]
fn a_changed_password_ends_tokens() {
    let world = World::new();
    let token = issue(&world);
    change_password(&world.ports, &world.actor, &secret(PASSWORD), &secret("seven quiet harbours wait")).unwrap();
    assert!(!holds(&world, &token));
}

#[test]
fn use_is_noted_once_a_minute() {
    let world = World::new();
    let token = issue(&world);
    let last = |world: &World| list_tokens(&world.ports, &world.actor).unwrap()[0].last_used_at;
    assert!(holds(&world, &token));
    world.clock.advance(Millis::seconds(59));
    assert!(holds(&world, &token));
    assert_eq!(last(&world), Some(NOW));
    world.clock.advance(Millis::seconds(1));
    assert!(holds(&world, &token));
    assert_eq!(last(&world), Some(NOW + Millis::seconds(60)));
}

#[test]
fn a_signed_in_person_names_a_token_and_says_how_long_it_lives() {
    let world = World::new();
    let name = format!("  {}  ", "n".repeat(100));
    let wrong = issue_token_for(&world.ports, &world.actor, &secret("not the password"), &name, Millis::hours(1));
    assert_eq!(wrong.err(), Some(IssueTokenError::Proof(ProofError::WrongPassword)));
    assert!(list_tokens(&world.ports, &world.actor).unwrap().is_empty());
    let token = issue_token_for(&world.ports, &world.actor, &secret(PASSWORD), &name, Millis::hours(1))
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(token.expires_at, NOW + Millis::hours(1));
    assert!(holds(&world, &token));
    assert_eq!(list_tokens(&world.ports, &world.actor).unwrap()[0].name, "n".repeat(80));
    world.clock.set(token.expires_at);
    assert!(!holds(&world, &token));
}
