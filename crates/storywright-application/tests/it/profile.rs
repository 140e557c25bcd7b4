//! The person's own page.

use crate::world::{PASSWORD, World, request_id, secret};
use storywright_application::people::{
    BadPassword, ChangePasswordError, ProofError, SignInError, audit_trail, change_password, profile, save_preferences,
    sign_in,
};
use storywright_domain::person::{Actor, Person};
use storywright_domain::ports::HashError;
use storywright_testkit::build;

const NEW: &str = "seven quiet harbours wait";

fn change(world: &World, current: &str, new: &str) -> Result<Person, ChangePasswordError> {
    change_password(&world.ports, &world.actor, &secret(current), &secret(new))
}

#[test]
fn a_new_password_replaces_the_old_one() {
    let world = World::new();
    let person = change(&world, PASSWORD, NEW).unwrap();
    assert_ne!(person.security_stamp, world.person.security_stamp);
    assert_eq!(profile(&world.ports, &world.actor), Ok(Some(person)));
    let enter = |password| sign_in(&world.ports, "emp1", &secret(password), &request_id());
    assert_eq!(enter(PASSWORD), Err(SignInError::Refused));
    assert!(enter(NEW).is_ok());
    assert_eq!(world.actions()[0], "password_changed");
}

#[test]
fn the_current_password_is_asked_and_the_new_one_is_checked() {
    let world = World::new();
    assert_eq!(change(&world, NEW, NEW), Err(ChangePasswordError::Proof(ProofError::WrongPassword)));
    for (new, expected) in [
        ("short", BadPassword::TooShort(5)),
        ("emp1@corp.example it is", BadPassword::Personal),
        ("qwerty-admin-welcome-1", BadPassword::Common),
    ] {
        assert_eq!(change(&world, PASSWORD, new), Err(ChangePasswordError::BadPassword(expected)));
    }
    world.hasher.fake.set_busy(true);
    assert_eq!(change(&world, PASSWORD, NEW), Err(ChangePasswordError::Proof(ProofError::Busy(HashError::Busy))));
    world.hasher.fake.set_busy(false);
    assert!(sign_in(&world.ports, "emp1", &secret(PASSWORD), &request_id()).is_ok(), "nothing has changed");
}

#[test]
fn only_the_own_password_can_be_changed() {
    let world = World::new();
    // Somebody whose employee ID is the mail address of another person, and whose account is gone.
    let gone = Person { employee_id: world.person.email.clone(), ..build::person(3) };
    let actor = Actor::of(&gone, request_id());
    let outcome = change_password(&world.ports, &actor, &secret(PASSWORD), &secret(NEW));
    assert_eq!(outcome, Err(ChangePasswordError::Proof(ProofError::Gone)));
}

#[test]
fn long_preferences_are_dropped() {
    let world = World::new();
    let kept = |world: &World| profile(&world.ports, &world.actor).unwrap().unwrap().preferences;
    save_preferences(&world.ports, &world.actor, r#"{"theme":"dark"}"#).unwrap();
    save_preferences(&world.ports, &world.actor, &"x".repeat(4_097)).unwrap();
    assert_eq!(kept(&world), r#"{"theme":"dark"}"#);
    save_preferences(&world.ports, &world.actor, &"x".repeat(4_096)).unwrap();
    assert_eq!(kept(&world).len(), 4_096);
}

#[test]
fn the_audit_trail_is_the_persons_own_and_newest_first() {
    let world = World::new();
    for password in [PASSWORD, "a wrong password"] {
        // Both are to be noted.
        let _ = sign_in(&world.ports, "emp1", &secret(password), &request_id());
    }
    let trail = audit_trail(&world.ports, &world.actor, None).unwrap().items;
    let actions: Vec<&str> = trail.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["sign_in_failed", "sign_in"]);
    assert_eq!(trail[0].request_id, request_id().as_str());
    assert_eq!(audit_trail(&world.ports, &world.colleague(), None).unwrap().items, []);
}
