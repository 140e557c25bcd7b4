//! Signing up.

use crate::world::{PASSWORD, World, request_id, secret};
use std::sync::atomic::{AtomicUsize, Ordering};
use storywright_application::people::{
    BadPassword, ConfirmError, RegisterError, confirm_registration, pending_registration, register, sign_in,
};
use storywright_domain::RegistrationId;
use storywright_domain::integration::{Health, IntegrationKind};
use storywright_domain::person::{JiraUser, Registration, Role};
use storywright_domain::ports::{HashError, StorageExt as _};
use storywright_domain::remote::RemoteError;
use storywright_domain::secret::BadCredential;
use storywright_testkit::build::{NOW, jira_user};

const NEW_PAT: &str = "jira-token-of-emp9";

fn newcomer(world: &World) -> Registration {
    world.jira.fake.add_person(NEW_PAT, jira_user(9));
    register(&world.ports, "jira", NEW_PAT, &request_id()).unwrap_or_else(|error| panic!("{error}"))
}

fn refusal(world: &World, site: &str, pat: &str) -> RegisterError {
    register(&world.ports, site, pat, &request_id()).err().expect("it is refused")
}

fn confirm(world: &World, id: RegistrationId, password: &str) -> Result<String, ConfirmError> {
    confirm_registration(&world.ports, id, &secret(password), &request_id()).map(|person| person.employee_id)
}

#[test]
fn a_person_signs_up_with_a_token_and_a_password() {
    let world = World::new();
    let registration = newcomer(&world);
    assert_eq!(registration.user, jira_user(9));
    assert_eq!(registration.expires_at, NOW + world.ports.settings.registration_ttl);
    assert!(!registration.sealed_pat.contains(NEW_PAT));
    assert_eq!(registration.pat_hint, "emp9");
    assert!(pending_registration(&world.ports, registration.id).unwrap().is_some());
    let person = confirm_registration(&world.ports, registration.id, &secret(PASSWORD), &request_id()).unwrap();
    assert_eq!((person.employee_id.as_str(), person.jira_site.as_str(), person.role), ("emp9", "jira", Role::Member));
    assert!(sign_in(&world.ports, "emp9", &secret(PASSWORD), &request_id()).is_ok());
    let jira = world.store.read(|tx| tx.integration(person.id, IntegrationKind::Jira)).unwrap().unwrap();
    assert_eq!(jira.health, Health::Ok { employee_id: "emp9".to_owned(), at: NOW });
    let access = storywright_application::access::open_site(&world.ports, &jira, &request_id());
    assert!(access.is_ok_and(|access| access.credential.reveal() == NEW_PAT), "the token moved to its new place");
}

#[test]
fn white_space_around_a_pasted_token_does_not_matter() {
    let world = World::new();
    world.jira.fake.add_person(NEW_PAT, jira_user(9));
    assert!(register(&world.ports, "jira", &format!("  {NEW_PAT}\r\n"), &request_id()).is_ok());
    assert_eq!(refusal(&world, "jira", " \n"), RegisterError::BadToken(BadCredential::Empty));
}

#[test]
fn inactive_and_deleted_people_do_not_pass() {
    let world = World::new();
    for (user, expected) in [
        (JiraUser { active: false, ..jira_user(9) }, RegisterError::Inactive("emp9".to_owned())),
        (JiraUser { deleted: true, ..jira_user(9) }, RegisterError::Deleted("emp9".to_owned())),
        (JiraUser { deleted: true, active: false, ..jira_user(9) }, RegisterError::Deleted("emp9".to_owned())),
    ] {
        world.jira.fake.add_person(NEW_PAT, user);
        assert_eq!(refusal(&world, "jira", NEW_PAT), expected);
    }
}

#[test]
fn a_token_travels_to_listed_jira_sites_only() {
    let world = World::new();
    for site in ["evil", "", "confluence", "https://jira.corp.example"] {
        assert_eq!(refusal(&world, site, NEW_PAT), RegisterError::SiteNotListed(site.to_owned()));
    }
    assert_eq!(world.jira.fake.calls(), Vec::<&str>::new());
}

#[test]
fn what_jira_says_comes_out() {
    let world = World::new();
    let refused = refusal(&world, "jira", "unknown-token-123");
    assert!(matches!(refused, RegisterError::Remote(RemoteError::Unauthorized { .. })), "{refused:?}");
    let page = RemoteError::LoginPage { detail: "200 text/html".to_owned() };
    world.jira.fake.fail(Some(page.clone()));
    assert_eq!(refusal(&world, "jira", NEW_PAT), RegisterError::Remote(page));
}

#[test]
fn a_sign_up_is_confirmed_once() {
    let world = World::new();
    let id = newcomer(&world).id;
    assert_eq!(confirm(&world, id, PASSWORD), Ok("emp9".to_owned()));
    assert_eq!(confirm(&world, id, PASSWORD), Err(ConfirmError::NotFound));
    assert_eq!(confirm(&world, RegistrationId(5), PASSWORD), Err(ConfirmError::NotFound));
}

#[test]
fn two_confirmations_at_once_make_one_account() {
    let world = World::new();
    let id = newcomer(&world).id;
    let made = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| match confirm(&world, id, PASSWORD) {
                Ok(_) => drop(made.fetch_add(1, Ordering::SeqCst)),
                Err(error) => assert_eq!(error, ConfirmError::NotFound),
            });
        }
    });
    assert_eq!(made.into_inner(), 1);
}

#[test]
fn one_person_has_one_account() {
    let world = World::new();
    let (first, second) = (newcomer(&world), newcomer(&world));
    assert_ne!(first.id, second.id);
    assert_eq!(confirm(&world, first.id, PASSWORD), Ok("emp9".to_owned()));
    assert_eq!(confirm(&world, second.id, PASSWORD), Err(ConfirmError::AlreadyRegistered("emp9".to_owned())));
    assert_eq!(refusal(&world, "jira", NEW_PAT), RegisterError::AlreadyRegistered("emp9".to_owned()));
}

#[test]
fn a_sign_up_expires() {
    let world = World::new();
    let registration = newcomer(&world);
    world.clock.set(registration.expires_at);
    assert!(pending_registration(&world.ports, registration.id).unwrap().is_some());
    world.clock.set(registration.expires_at + storywright_domain::Millis(1));
    assert!(pending_registration(&world.ports, registration.id).unwrap().is_none());
    assert_eq!(confirm(&world, registration.id, PASSWORD), Err(ConfirmError::NotFound));
}

#[test]
fn a_refused_password_leaves_the_sign_up_as_it_was() {
    let world = World::new();
    let id = newcomer(&world).id;
    for (password, expected) in [
        ("too short", BadPassword::TooShort(9)),
        ("passwordpassword1", BadPassword::Common),
        ("emp9 likes green tea", BadPassword::Personal),
        ("about person 9 it is", BadPassword::Personal),
    ] {
        assert_eq!(confirm(&world, id, password), Err(ConfirmError::BadPassword(expected)), "{password}");
    }
    world.hasher.fake.set_busy(true);
    assert_eq!(confirm(&world, id, PASSWORD), Err(ConfirmError::Busy(HashError::Busy)));
    world.hasher.fake.set_busy(false);
    assert_eq!(confirm(&world, id, PASSWORD), Ok("emp9".to_owned()));
}

#[test]
fn administrators_are_those_of_the_settings() {
    let world = World::new();
    world.jira.fake.add_person(NEW_PAT, JiraUser { name: "boss".to_owned(), ..jira_user(9) });
    let id = register(&world.ports, "jira", NEW_PAT, &request_id()).unwrap_or_else(|error| panic!("{error}")).id;
    let person = confirm_registration(&world.ports, id, &secret(PASSWORD), &request_id()).unwrap();
    assert_eq!(person.role, Role::Administrator);
}
