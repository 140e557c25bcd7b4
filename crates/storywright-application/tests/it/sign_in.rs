//! Signing in.

use crate::world::{PASSWORD, World, request_id, secret};
use storywright_application::people::{SignInError, sign_in};
use storywright_domain::person::Person;
use storywright_domain::ports::HashError;
use storywright_testkit::build;

fn enter(world: &World, login: &str, password: &str) -> Result<String, SignInError> {
    sign_in(&world.ports, login, &secret(password), &request_id()).map(|person| person.employee_id)
}

#[test]
fn employee_id_and_mail_open_the_door_in_any_case() {
    let world = World::new();
    for login in ["emp1", "EMP1", " emp1 ", "emp1@corp.example", "Emp1@Corp.Example"] {
        assert_eq!(enter(&world, login, PASSWORD), Ok("emp1".to_owned()), "{login}");
    }
    assert_eq!(world.actions(), ["sign_in"; 5]);
}

#[test]
fn an_unknown_name_takes_the_same_way_as_a_wrong_password() {
    let world = World::new();
    assert_eq!(enter(&world, "nobody", PASSWORD), Err(SignInError::Refused));
    assert_eq!(enter(&world, "", PASSWORD), Err(SignInError::Refused));
    assert_eq!(enter(&world, "emp1", "another password 12"), Err(SignInError::Refused));
    assert_eq!(*world.hasher.checks.lock().unwrap(), [false, false, true], "a hash is computed in each case");
    assert_eq!(world.actions(), ["sign_in_failed"]);
}

#[test]
fn a_closed_account_is_refused_like_a_wrong_password() {
    let world = World::new();
    let closed = Person { active: false, ..build::person(3) };
    world.join(&closed, "jira-token-of-emp3");
    assert_eq!(enter(&world, "emp3", PASSWORD), Err(SignInError::Refused));
    assert_eq!(*world.hasher.checks.lock().unwrap(), [true]);
}

#[test]
fn too_many_at_once_is_said() {
    let world = World::new();
    world.hasher.fake.set_busy(true);
    for login in ["emp1", "nobody"] {
        assert_eq!(enter(&world, login, PASSWORD), Err(SignInError::Busy(HashError::Busy)));
    }
}
