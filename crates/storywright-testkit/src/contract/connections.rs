//! Connections.

use super::{Promise, promises};
use crate::build::{self, NOW, signed_up};
use storywright_domain::integration::{Health, Integration, IntegrationKind};
use storywright_domain::person::Person;
use storywright_domain::ports::{Storage, StorageError, StorageExt};
use storywright_domain::remote::TlsTrust;
use storywright_domain::{Millis, Timestamp, UserId};

pub const ALL: &[Promise<dyn Storage>] = promises![
    a_connection_comes_back_as_it_was,
    saving_again_replaces,
    every_health_comes_back,
    a_removed_connection_is_gone_and_can_be_made_again,
    connections_of_others_are_out_of_reach,
    a_connection_of_a_stranger_is_refused,
];

/// Comparable: `Integration` is not, because it holds a sealed secret.
type Parts = (UserId, IntegrationKind, [String; 3], TlsTrust, Health, Timestamp);

fn parts(it: Integration) -> Parts {
    let texts = [it.target, it.sealed_credential, it.credential_hint];
    (it.user, it.kind, texts, it.tls, it.health, it.updated_at)
}

#[track_caller]
fn assert_kept(storage: &dyn Storage, expected: &Integration) {
    let found = storage.read(|tx| tx.integration(expected.user, expected.kind)).unwrap();
    assert_eq!(found.map(parts), Some(parts(expected.clone())));
}

fn save(storage: &dyn Storage, integration: &Integration) {
    storage.write(|tx| tx.save_integration(integration)).unwrap();
}

fn with_own_ca(person: &Person, kind: IntegrationKind) -> Integration {
    let ca_pem = Some("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n".to_owned());
    Integration { tls: TlsTrust { verify: false, ca_pem }, ..build::integration(person, kind) }
}

fn a_connection_comes_back_as_it_was(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    assert_kept(storage, &build::integration(&person, IntegrationKind::Jira));
    for kind in [IntegrationKind::Confluence, IntegrationKind::Llm] {
        assert!(storage.read(|tx| tx.integration(person.id, kind)).unwrap().is_none());
    }
    for kind in IntegrationKind::ALL {
        save(storage, &with_own_ca(&person, kind));
    }
    for kind in IntegrationKind::ALL {
        assert_kept(storage, &with_own_ca(&person, kind));
    }
}

fn saving_again_replaces(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    for kind in IntegrationKind::ALL {
        save(storage, &build::integration(&person, kind));
        let newer = Integration {
            sealed_credential: "newer".to_owned(),
            credential_hint: "wxyz".to_owned(),
            updated_at: NOW + Millis(7),
            ..with_own_ca(&person, kind)
        };
        save(storage, &newer);
        assert_kept(storage, &newer);
    }
}

fn every_health_comes_back(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let broken = |employee_id: Option<&str>| Health::Broken {
        code: "employee_id_mismatch".to_owned(),
        detail: "“emp1” is not “emp2”".to_owned(),
        employee_id: employee_id.map(str::to_owned),
        at: NOW,
    };
    let ok = Health::Ok { employee_id: "emp1".to_owned(), at: NOW };
    for kind in IntegrationKind::ALL {
        for health in [Health::Untested, ok.clone(), broken(None), broken(Some("emp2"))] {
            let kept = Integration { health, ..build::integration(&person, kind) };
            save(storage, &kept);
            assert_kept(storage, &kept);
        }
    }
}

fn a_removed_connection_is_gone_and_can_be_made_again(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    for kind in IntegrationKind::ALL {
        save(storage, &build::integration(&person, kind));
        storage.write(|tx| tx.delete_integration(person.id, kind)).unwrap();
        assert!(storage.read(|tx| tx.integration(person.id, kind)).unwrap().is_none());
        storage.write(|tx| tx.delete_integration(person.id, kind)).unwrap();
    }
    assert_eq!(storage.read(|tx| tx.person(person.id)), Ok(Some(person.clone())));
    for kind in IntegrationKind::ALL {
        save(storage, &build::integration(&person, kind));
        assert_kept(storage, &build::integration(&person, kind));
    }
}

fn connections_of_others_are_out_of_reach(storage: &dyn Storage) {
    let (person, other) = (signed_up(storage, 1), signed_up(storage, 2));
    for kind in IntegrationKind::ALL {
        save(storage, &build::integration(&person, kind));
        storage.write(|tx| tx.delete_integration(other.id, kind)).unwrap();
        assert!(storage.read(|tx| tx.integration(other.id, kind)).unwrap().is_none());
        assert_kept(storage, &build::integration(&person, kind));
    }
}

fn a_connection_of_a_stranger_is_refused(storage: &dyn Storage) {
    for kind in IntegrationKind::ALL {
        let outcome = storage.write(|tx| tx.save_integration(&build::integration(&build::person(9), kind)));
        assert!(matches!(outcome, Err(StorageError::Corrupt { .. })), "{outcome:?}");
    }
}
