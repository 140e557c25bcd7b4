//! People and sign-ups.

use super::{Promise, promises};
use crate::build::{self, NOW, signed_up};
use storywright_domain::integration::IntegrationKind;
use storywright_domain::person::{Person, Role};
use storywright_domain::ports::{Inserted, Storage, StorageError, StorageExt};
use storywright_domain::{Millis, RegistrationId, UserId};

pub const ALL: &[Promise<dyn Storage>] = promises![
    a_person_comes_back_as_they_were,
    a_person_is_found_by_employee_id_or_email_in_any_case,
    an_empty_email_belongs_to_nobody,
    an_employee_id_goes_before_an_email,
    a_person_is_found_by_jira_site_and_key,
    employee_id_email_and_jira_account_are_taken_once,
    a_person_comes_with_their_own_jira_connection,
    a_new_password_changes_hash_and_stamp_of_that_person_alone,
    preferences_are_replaced,
    a_sign_up_comes_back_until_it_expires,
    a_sign_up_is_removed_once,
    a_new_sign_up_removes_expired_ones,
];

fn insert(storage: &dyn Storage, person: &Person) -> Inserted<UserId> {
    let jira = build::integration(person, IntegrationKind::Jira);
    storage.write(|tx| tx.insert_person(person, "hash", &jira)).unwrap()
}

fn a_person_comes_back_as_they_were(storage: &dyn Storage) {
    let person = Person {
        avatar: Some("data:image/png;base64,AAAA".to_owned()),
        role: Role::Administrator,
        active: false,
        display_name: "Zoë “Ω” O'Hara\n".to_owned(),
        preferences: r#"{"theme":"dark"}"#.to_owned(),
        ..build::person(u128::MAX)
    };
    assert_eq!(insert(storage, &person), Inserted::New);
    assert_eq!(storage.read(|tx| tx.person(person.id)), Ok(Some(person)));
    assert_eq!(storage.read(|tx| tx.person(UserId(2))), Ok(None));
}

fn a_person_is_found_by_employee_id_or_email_in_any_case(storage: &dyn Storage) {
    let person =
        Person { employee_id: "Ünal.Kaya".to_owned(), email: "Kaya@Corp.Example".to_owned(), ..build::person(1) };
    assert_eq!(insert(storage, &person), Inserted::New);
    for login in ["Ünal.Kaya", "üNAL.kAYA", " kaya@corp.example ", "KAYA@CORP.EXAMPLE"] {
        let found = storage.read(|tx| tx.person_by_login(login)).unwrap();
        assert_eq!(found, Some((person.clone(), "hash".to_owned())), "{login}");
    }
    for login in ["", "kaya", "%", "kaya@corp_example"] {
        assert_eq!(storage.read(|tx| tx.person_by_login(login)), Ok(None), "{login}");
    }
}

fn an_empty_email_belongs_to_nobody(storage: &dyn Storage) {
    for number in [1, 2] {
        let person = Person { email: String::new(), ..build::person(number) };
        assert_eq!(insert(storage, &person), Inserted::New);
    }
    assert_eq!(storage.read(|tx| tx.person_by_login("")), Ok(None));
}

fn an_employee_id_goes_before_an_email(storage: &dyn Storage) {
    let by_email = Person { email: "shared".to_owned(), ..build::person(1) };
    let by_id = Person { employee_id: "SHARED".to_owned(), ..build::person(2) };
    for person in [&by_email, &by_id] {
        assert_eq!(insert(storage, person), Inserted::New);
    }
    let found = storage.read(|tx| tx.person_by_login("shared")).unwrap();
    assert_eq!(found.map(|(person, _)| person.id), Some(by_id.id));
}

fn a_person_is_found_by_jira_site_and_key(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    assert_eq!(storage.read(|tx| tx.person_by_jira("jira", "JIRAUSER1")), Ok(Some(person)));
    assert_eq!(storage.read(|tx| tx.person_by_jira("other", "JIRAUSER1")), Ok(None));
    assert_eq!(storage.read(|tx| tx.person_by_jira("jira", "JIRAUSER2")), Ok(None));
}

fn employee_id_email_and_jira_account_are_taken_once(storage: &dyn Storage) {
    let first = signed_up(storage, 1);
    let others = [
        Person { employee_id: "EMP1".to_owned(), ..build::person(2) },
        Person { email: "Emp1@corp.example".to_owned(), ..build::person(3) },
        Person { jira_key: first.jira_key.clone(), ..build::person(4) },
    ];
    for other in others {
        assert_eq!(insert(storage, &other), Inserted::Exists(first.id), "{other:?}");
        assert_eq!(storage.read(|tx| tx.person(other.id)), Ok(None));
    }
    let elsewhere = Person { jira_key: first.jira_key, jira_site: "other".to_owned(), ..build::person(5) };
    assert_eq!(insert(storage, &elsewhere), Inserted::New);
}

fn a_person_comes_with_their_own_jira_connection(storage: &dyn Storage) {
    let person = build::person(1);
    for wrong in [
        build::integration(&person, IntegrationKind::Llm),
        build::integration(&build::person(2), IntegrationKind::Jira),
    ] {
        let outcome = storage.write(|tx| tx.insert_person(&person, "hash", &wrong));
        assert!(matches!(outcome, Err(StorageError::Corrupt { .. })), "{outcome:?}");
    }
    signed_up(storage, 1);
    let jira = storage.read(|tx| tx.integration(person.id, IntegrationKind::Jira)).unwrap();
    assert_eq!(jira.map(|jira| jira.sealed_credential), Some("sealed-jira-emp1".to_owned()));
}

fn a_new_password_changes_hash_and_stamp_of_that_person_alone(storage: &dyn Storage) {
    let (one, other) = (signed_up(storage, 1), signed_up(storage, 2));
    storage.write(|tx| tx.set_password(one.id, "new hash", "new stamp", NOW)).unwrap();
    let found = storage.read(|tx| tx.person_by_login("emp1")).unwrap();
    let changed = Person { security_stamp: "new stamp".to_owned(), ..one };
    assert_eq!(found, Some((changed, "new hash".to_owned())));
    let found = storage.read(|tx| tx.person_by_login("emp2")).unwrap();
    assert_eq!(found, Some((other, "hash2".to_owned())));
}

fn preferences_are_replaced(storage: &dyn Storage) {
    let (one, other) = (signed_up(storage, 1), signed_up(storage, 2));
    storage.write(|tx| tx.set_preferences(one.id, r#"{"nav":240}"#)).unwrap();
    let preferences = |user| storage.read(|tx| tx.person(user)).unwrap().map(|person| person.preferences);
    assert_eq!(preferences(one.id), Some(r#"{"nav":240}"#.to_owned()));
    assert_eq!(preferences(other.id), Some("{}".to_owned()));
}

fn a_sign_up_comes_back_until_it_expires(storage: &dyn Storage) {
    let mut kept = build::registration(1);
    kept.user.avatar_url = Some("https://jira.corp.example/avatar".to_owned());
    kept.avatar = Some("data:image/png;base64,AAAA".to_owned());
    kept.resets = Some("stamp".to_owned());
    storage.write(|tx| tx.insert_registration(&kept, NOW)).unwrap();
    let found = storage.read(|tx| tx.registration(kept.id, kept.expires_at)).unwrap().expect("it has not expired");
    assert_eq!((found.id, found.site, found.user), (kept.id, kept.site, kept.user));
    assert_eq!((found.avatar, found.sealed_pat, found.pat_hint), (kept.avatar, kept.sealed_pat, kept.pat_hint));
    assert_eq!((found.resets, found.expires_at), (kept.resets, kept.expires_at));
    assert!(storage.read(|tx| tx.registration(kept.id, kept.expires_at + Millis(1))).unwrap().is_none());
    assert!(storage.read(|tx| tx.registration(RegistrationId(2), NOW)).unwrap().is_none());
}

fn a_sign_up_is_removed_once(storage: &dyn Storage) {
    storage.write(|tx| tx.insert_registration(&build::registration(1), NOW)).unwrap();
    assert_eq!(storage.write(|tx| tx.delete_registration(RegistrationId(1))), Ok(true));
    assert_eq!(storage.write(|tx| tx.delete_registration(RegistrationId(1))), Ok(false));
    assert!(storage.read(|tx| tx.registration(RegistrationId(1), NOW)).unwrap().is_none());
}

fn a_new_sign_up_removes_expired_ones(storage: &dyn Storage) {
    storage.write(|tx| tx.insert_registration(&build::registration(1), NOW)).unwrap();
    let later = NOW + Millis::hours(1);
    storage.write(|tx| tx.insert_registration(&build::registration(2), later)).unwrap();
    assert_eq!(storage.write(|tx| tx.delete_registration(RegistrationId(1))), Ok(false));
    assert_eq!(storage.write(|tx| tx.delete_registration(RegistrationId(2))), Ok(true));
}
