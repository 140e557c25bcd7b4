//! A forgotten password.

use crate::world::{PASSWORD, World, request_id, secret};
use std::sync::atomic::{AtomicUsize, Ordering};
use storywright_application::people::{
    ConfirmError, RegisterError, Visitor, authenticate_token, confirm_or_reset, confirm_registration, create_session,
    issue_token, load_session, register, sign_in,
};
use storywright_domain::RegistrationId;
use storywright_domain::integration::{Health, IntegrationKind};
use storywright_domain::job::JobStatus;
use storywright_domain::person::{JiraUser, Person};
use storywright_domain::ports::StorageExt as _;
use storywright_testkit::build::{integration, jira_user, kept_draft, kept_job};

const FIRST_PAT: &str = "jira-token-of-emp9";
const LATER_PAT: &str = "later-token-of-emp9";
const ANOTHER: &str = "winter marble orchard fifteen";

fn signed_up(world: &World) -> Person {
    world.jira.fake.add_person(FIRST_PAT, jira_user(9));
    world.jira.fake.add_person(LATER_PAT, jira_user(9));
    let registration =
        register(&world.ports, "jira", FIRST_PAT, &request_id()).unwrap_or_else(|error| panic!("{error}"));
    confirm_registration(&world.ports, registration.id, &secret(PASSWORD), &request_id()).unwrap()
}

fn begun(world: &World) -> RegistrationId {
    register(&world.ports, "jira", LATER_PAT, &request_id()).unwrap_or_else(|error| panic!("{error}")).id
}

fn reset(world: &World, id: RegistrationId, password: &str) -> Result<Person, ConfirmError> {
    confirm_or_reset(&world.ports, id, &secret(password), &request_id())
}

fn opens(world: &World, password: &str) -> bool {
    sign_in(&world.ports, "emp9", &secret(password), &request_id()).is_ok()
}

#[test]
fn a_new_jira_token_sets_the_password_and_wipes_what_others_could_hold() {
    let world = World::new();
    let person = signed_up(&world);
    let visitor = Visitor { address: "192.0.2.1".to_owned(), user_agent: "a browser".to_owned() };
    let (session, _) = create_session(&world.ports, Some(&person), "{}", &visitor).unwrap();
    let bearer = issue_token(&world.ports, "emp9", &secret(PASSWORD), &request_id()).ok().unwrap().token;
    for kind in [IntegrationKind::Confluence, IntegrationKind::Llm] {
        world.store.write(|tx| tx.save_integration(&integration(&person, kind))).unwrap();
    }
    let draft = kept_draft(&world.store, person.id, 77);
    let job = kept_job(&world.store, person.id, 78);

    let same = reset(&world, begun(&world), ANOTHER).unwrap();
    assert_eq!((same.id, &same.employee_id, same.created_at), (person.id, &person.employee_id, person.created_at));
    assert_ne!(same.security_stamp, person.security_stamp);
    assert!(opens(&world, ANOTHER) && !opens(&world, PASSWORD));
    assert!(load_session(&world.ports, &session, true).unwrap().is_none());
    assert!(authenticate_token(&world.ports, bearer.reveal(), &request_id()).unwrap().is_none());
    let now = world.ports.clock.now();
    let tokens = world.store.read(|tx| tx.tokens(person.id, now)).unwrap();
    assert!(!tokens.is_empty() && tokens.iter().all(|token| token.revoked_at.is_some()));
    for kind in [IntegrationKind::Confluence, IntegrationKind::Llm] {
        assert!(world.store.read(|tx| tx.integration(person.id, kind)).unwrap().is_none());
    }
    let jira = world.store.read(|tx| tx.integration(person.id, IntegrationKind::Jira)).unwrap().unwrap();
    assert_eq!(jira.health, Health::Ok { employee_id: "emp9".to_owned(), at: now });
    let access = storywright_application::access::open_site(&world.ports, &jira, &request_id());
    assert!(access.is_ok_and(|access| access.credential.reveal() == LATER_PAT));
    assert!(world.store.read(|tx| tx.draft(person.id, draft.id)).unwrap().is_some(), "what was written stays");
    let job = world.store.read(|tx| tx.job(person.id, job.id)).unwrap().unwrap();
    assert_eq!(job.status, JobStatus::Cancelled, "nothing that others began goes on with the new token");
    let told = world.store.read(|tx| tx.audit_entries(person.id, None, 50)).unwrap().items;
    for action in ["password_reset_started", "password_reset"] {
        assert!(told.iter().any(|entry| entry.action == action), "{action}");
    }
}

#[test]
fn the_stored_token_and_a_token_of_somebody_else_set_no_password() {
    let world = World::new();
    signed_up(&world);
    let refused = register(&world.ports, "jira", FIRST_PAT, &request_id()).err();
    assert_eq!(refused, Some(RegisterError::AlreadyRegistered("emp9".to_owned())));
    // Somebody else who has the name of the account in another Jira, or in the same one by now, is not that person.
    for (site, pat) in [("lab", LATER_PAT), ("jira", "token-of-a-namesake")] {
        world.jira.fake.add_person(pat, JiraUser { key: "JIRAUSER10".to_owned(), ..jira_user(9) });
        let registration = register(&world.ports, site, pat, &request_id()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(registration.resets, None);
        assert_eq!(reset(&world, registration.id, ANOTHER), Err(ConfirmError::AlreadyRegistered("emp9".to_owned())));
    }
    assert!(opens(&world, PASSWORD));
}

#[test]
fn it_needs_the_word_of_the_person_and_holds_once() {
    let world = World::new();
    signed_up(&world);
    let (first, second) = (begun(&world), begun(&world));
    let unsaid = confirm_registration(&world.ports, first, &secret(ANOTHER), &request_id());
    assert_eq!(unsaid, Err(ConfirmError::AlreadyRegistered("emp9".to_owned())));
    assert!(matches!(reset(&world, first, "too short"), Err(ConfirmError::BadPassword(_))));
    assert!(opens(&world, PASSWORD));
    assert!(reset(&world, first, ANOTHER).is_ok());
    // The second was begun before the password was set: whoever holds it shall not undo that.
    for id in [first, second] {
        assert_eq!(reset(&world, id, "copper lantern meadow train"), Err(ConfirmError::NotFound));
    }
    assert!(opens(&world, ANOTHER));
}

#[test]
fn of_two_at_once_one_sets_the_password() {
    let world = World::new();
    signed_up(&world);
    let ids = [begun(&world), begun(&world)];
    let done = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for id in ids.iter().cycle().take(8) {
            scope.spawn(|| match reset(&world, *id, ANOTHER) {
                Ok(_) => drop(done.fetch_add(1, Ordering::SeqCst)),
                Err(error) => assert_eq!(error, ConfirmError::NotFound),
            });
        }
    });
    assert_eq!(done.into_inner(), 1);
}
