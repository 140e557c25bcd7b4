//! Saving and testing connections.

use crate::hooks::Moment;
use crate::world::{CONFLUENCE_PAT, COOKIE, PAT, World, secret};
use storywright_application::access::{self, AccessError};
use storywright_application::integrations::{
    NewIntegration, SaveIntegrationError, TestReport, list_integrations, mark_broken, save_integration,
    test_integration,
};
use storywright_domain::integration::{Health, Integration, IntegrationKind};
use storywright_domain::person::JiraUser;
use storywright_domain::ports::{StorageExt as _, TxMode};
use storywright_domain::remote::{RemoteError, TlsTrust};
use storywright_domain::secret::BadCredential;
use storywright_testkit::FakeChat;
use storywright_testkit::build::{NOW, jira_user};

fn new(kind: IntegrationKind, target: &str, credential: Option<&str>) -> NewIntegration {
    NewIntegration {
        kind,
        target: target.to_owned(),
        credential: credential.map(str::to_owned),
        verify_tls: true,
        ca_pem: None,
    }
}

fn save(world: &World, new: &NewIntegration) -> Result<Integration, SaveIntegrationError> {
    save_integration(&world.ports, &world.actor, new)
}

#[track_caller]
fn refused(world: &World, new: &NewIntegration) -> SaveIntegrationError {
    save(world, new).err().expect("it is refused")
}

fn test(world: &World, kind: IntegrationKind) -> TestReport {
    test_integration(&world.ports, &world.actor, kind).unwrap()
}

fn reveal(world: &World, integration: &Integration) -> String {
    let place = access::place(integration.user, integration.kind);
    world
        .ports
        .sealer
        .open(&place, &integration.sealed_credential)
        .map(|secret| secret.reveal().to_owned())
        .expect("it opens at its place")
}

const CA: &str = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";

#[test]
fn a_saved_connection_is_sealed_and_untested() {
    let world = World::new();
    let saved = save(&world, &new(IntegrationKind::Confluence, "wiki", Some(" new-token-1234567 \n")))
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(saved.health, Health::Untested);
    assert!(!saved.sealed_credential.contains("new-token"));
    assert_eq!((saved.credential_hint.as_str(), reveal(&world, &saved).as_str()), ("4567", "new-token-1234567"));
    assert_eq!(world.audited().last().map(|entry| entry.detail.as_str()), Some("wiki"));
    let listed = list_integrations(&world.ports, &world.actor).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(listed.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), IntegrationKind::ALL);
    assert!(listed.iter().all(|(_, found)| found.is_some()));
}

#[test]
fn only_listed_places_are_taken() {
    let world = World::new();
    for (kind, target) in [
        (IntegrationKind::Jira, "evil"),
        (IntegrationKind::Jira, "confluence"),
        (IntegrationKind::Confluence, "jira"),
        (IntegrationKind::Llm, "another"),
        (IntegrationKind::Llm, "jira"),
    ] {
        let error = refused(&world, &new(kind, target, Some("token-1234567890")));
        assert_eq!(error, SaveIntegrationError::NotListed(target.to_owned()));
    }
}

#[test]
fn a_stored_credential_never_follows_to_another_site() {
    let world = World::new();
    let moved = refused(&world, &new(IntegrationKind::Confluence, "wiki", None));
    assert_eq!(moved, SaveIntegrationError::CredentialOfOtherSite);
    let blank = refused(&world, &new(IntegrationKind::Jira, "lab", Some("  ")));
    assert_eq!(blank, SaveIntegrationError::CredentialOfOtherSite);
    let kept = save(&world, &new(IntegrationKind::Confluence, "confluence", None)).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(reveal(&world, &kept), CONFLUENCE_PAT);
    world.store.write(|tx| tx.delete_integration(world.person.id, IntegrationKind::Confluence)).unwrap();
    let missing = refused(&world, &new(IntegrationKind::Confluence, "confluence", None));
    assert_eq!(missing, SaveIntegrationError::CredentialMissing);
    let bad = refused(&world, &new(IntegrationKind::Confluence, "confluence", Some("tökén-1234567890")));
    assert_eq!(bad, SaveIntegrationError::BadCredential(BadCredential::Unprintable));
}

#[test]
fn certificates_are_verified_unless_the_administrator_allows_otherwise() {
    let world = World::new();
    let unverified =
        |kind, target: &str| NewIntegration { verify_tls: false, ..new(kind, target, Some("token-1234567890")) };
    for (kind, target) in [
        (IntegrationKind::Jira, "jira"),
        (IntegrationKind::Confluence, "wiki"),
        (IntegrationKind::Llm, FakeChat::SERVICE),
    ] {
        assert_eq!(refused(&world, &unverified(kind, target)), SaveIntegrationError::TlsMustBeVerified);
    }
    let allowed = save(&world, &unverified(IntegrationKind::Jira, "lab")).unwrap_or_else(|error| panic!("{error}"));
    assert!(!allowed.tls.verify);
}

#[test]
fn a_company_certificate_stays_with_its_site_until_it_is_replaced_or_removed() {
    let world = World::new();
    let save = |new: &NewIntegration| save(&world, new).unwrap_or_else(|error| panic!("{error}")).tls.ca_pem;
    let kind = IntegrationKind::Confluence;
    let with = |ca: &str| NewIntegration { ca_pem: Some(ca.to_owned()), ..new(kind, "confluence", None) };
    assert_eq!(save(&with(CA)).as_deref(), Some(CA));
    assert_eq!(save(&new(kind, "confluence", None)).as_deref(), Some(CA), "kept");
    assert_eq!(save(&new(kind, "confluence", Some("token-1234567890"))).as_deref(), Some(CA), "kept");
    assert_eq!(save(&with("other")).as_deref(), Some("other"));
    assert_eq!(save(&with("")), None, "removed");
    assert_eq!(save(&with(CA)).as_deref(), Some(CA));
    assert_eq!(save(&new(kind, "wiki", Some("token-1234567890"))), None, "it belongs to the other site");
}

#[test]
fn two_saves_at_once_keep_the_newest_credential() {
    let world = World::new();
    let (ports, actor, store) = (world.other_process(), world.actor.clone(), world.store.clone());
    // A form without a token, sent from another tab, is served in the middle of which the new token is saved.
    for mode in [TxMode::Read, TxMode::Write] {
        let (ports, actor, store) = (ports.clone(), actor.clone(), store.clone());
        world.storage.after_next(mode, move || {
            let ports = storywright_application::Ports { storage: std::sync::Arc::new(store), ..ports };
            let fresh = new(IntegrationKind::Confluence, "confluence", Some("fresh-token-123456"));
            assert!(save_integration(&ports, &actor, &fresh).is_ok());
        });
        assert!(save(&world, &new(IntegrationKind::Confluence, "confluence", None)).is_ok());
        if world.storage.disarm() {
            // Reading and writing are one transaction: nobody can be in between.
            continue;
        }
        assert_eq!(reveal(&world, &world.integration(IntegrationKind::Confluence)), "fresh-token-123456");
    }
}

#[test]
fn a_test_asks_whose_the_credential_is() {
    let world = World::new();
    for kind in IntegrationKind::ALL {
        world.save(&Integration { health: Health::Untested, ..world.integration(kind) });
        assert_eq!(access::tested(&world.ports, world.person.id, kind).err(), Some(AccessError::NotTested(kind)));
        let report = test(&world, kind);
        assert!(report.ok && report.code.is_none(), "{report:?}");
        assert_eq!(report.employee_id.as_deref(), Some("emp1"));
        let health = world.integration(kind).health;
        assert_eq!(health, Health::Ok { employee_id: "emp1".to_owned(), at: NOW });
        assert!(access::tested(&world.ports, world.person.id, kind).is_ok());
    }
}

#[test]
fn a_credential_of_somebody_else_is_refused_with_both_names() {
    let world = World::new();
    world.jira.fake.add_person(PAT, jira_user(7));
    world.confluence.add_person(CONFLUENCE_PAT, "emp7");
    world.chat.add_person(COOKIE, "emp7");
    for kind in IntegrationKind::ALL {
        let report = test(&world, kind);
        assert_eq!((report.ok, report.code.as_deref()), (false, Some("employee_id_mismatch")));
        assert_eq!(report.employee_id.as_deref(), Some("emp7"));
        assert_eq!(report.expected_employee_id, "emp1");
        assert!(report.detail.contains("emp7") && report.detail.contains("emp1"), "{}", report.detail);
        assert!(!world.integration(kind).health.is_ok(), "the feature stays off");
    }
    world.chat.add_person(COOKIE, "EMP1");
    assert!(test(&world, IntegrationKind::Llm).ok, "case is no difference");
}

#[test]
fn what_the_other_side_says_is_kept_with_its_code() {
    let world = World::new();
    world.jira.fake.fail(Some(RemoteError::LoginPage { detail: "200 text/html".to_owned() }));
    world.confluence.fail(Some(RemoteError::Unavailable { detail: "timeout".to_owned() }));
    world.chat.forget_person(COOKIE);
    let expected = ["login_page", "llm_credential_refused", "unavailable"];
    for (kind, expected) in IntegrationKind::ALL.into_iter().zip(expected) {
        let report = test(&world, kind);
        assert_eq!((report.ok, report.code.as_deref()), (false, Some(expected)));
        let Health::Broken { code, employee_id, .. } = world.integration(kind).health else { panic!("{report:?}") };
        assert_eq!((code.as_str(), employee_id), (expected, None));
    }
}

#[test]
fn an_account_that_was_closed_in_jira_does_not_pass() {
    let world = World::new();
    for user in [JiraUser { active: false, ..jira_user(1) }, JiraUser { deleted: true, ..jira_user(1) }] {
        world.jira.fake.add_person(PAT, user);
        assert_eq!(test(&world, IntegrationKind::Jira).code.as_deref(), Some("account_inactive"));
    }
}

#[test]
fn a_test_that_cannot_be_made_says_why() {
    let world = World::new();
    let kind = IntegrationKind::Confluence;
    let outcome = || test_integration(&world.ports, &world.actor, kind);
    let connected = world.integration(kind);
    world.save(&Integration { target: "closed".to_owned(), ..connected.clone() });
    assert_eq!(outcome(), Err(AccessError::Unlisted(kind)));
    let stolen = world.connected(&world.person, IntegrationKind::Llm, COOKIE).sealed_credential;
    world.save(&Integration { sealed_credential: stolen, ..connected });
    assert_eq!(outcome(), Err(AccessError::Unreadable(kind)), "sealed for another place");
    world.store.write(|tx| tx.delete_integration(world.person.id, kind)).unwrap();
    assert_eq!(outcome(), Err(AccessError::NotConnected(kind)));
}

#[test]
fn what_was_saved_during_a_test_stays_and_counts_as_untested() {
    let world = World::new();
    let kind = IntegrationKind::Jira;
    let before = world.integration(kind);
    let changed = [
        Integration { tls: TlsTrust { verify: true, ca_pem: Some(CA.to_owned()) }, ..before.clone() },
        Integration { target: "lab".to_owned(), ..before.clone() },
        world.connected(&world.person, kind, "another-token-12345"),
    ];
    for changed in changed {
        world.save(&before);
        let meanwhile = Integration { health: Health::Untested, ..changed };
        let (store, kept) = (world.store.clone(), meanwhile.clone());
        world.jira.once("current_user", Moment::After, move || store.write(|tx| tx.save_integration(&kept)).unwrap());
        assert!(test(&world, kind).ok);
        let now = world.integration(kind);
        assert_eq!((now.health, now.target, now.tls), (Health::Untested, meanwhile.target, meanwhile.tls));
        assert_eq!(now.sealed_credential, meanwhile.sealed_credential);
    }
}

#[test]
fn a_connection_that_broke_in_use_says_so() {
    let world = World::new();
    let mark = |refused: &str| {
        let (kind, code) = (IntegrationKind::Llm, "llm_credential_refused");
        mark_broken(&world.ports, world.person.id, kind, &secret(refused), code, "401").unwrap();
    };
    mark("an-older-cookie-1234");
    assert!(world.integration(IntegrationKind::Llm).health.is_ok(), "another one was refused");
    mark(COOKIE);
    let health = world.integration(IntegrationKind::Llm).health;
    assert!(matches!(health, Health::Broken { ref code, .. } if code == "llm_credential_refused"), "{health:?}");
}
