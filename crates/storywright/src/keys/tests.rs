//! Keyrings that belong to a database and others.

use super::*;
use storywright_domain::integration::Integration;
use storywright_domain::ports::StorageExt as _;
use storywright_testkit::build;

struct Installation {
    folder: tempfile::TempDir,
    settings: Settings,
}

fn installation() -> Installation {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(folder.path().join("config.json"), "{}").unwrap();
    let get = |name: &str| match name {
        "STORYWRIGHT_CONFIG" => Some(folder.path().display().to_string()),
        "STORYWRIGHT_KEYRING_FILE" => Some(at("keyring.json")),
        "DATABASE_URL" => Some(at("storywright.db")),
        _ => None,
    };
    let settings = Settings::read(&get).unwrap_or_else(|error| panic!("{error}"));
    Installation { folder, settings }
}

impl Installation {
    fn keyring(&self, name: &str) -> Keyring {
        let path = self.folder.path().join(name);
        if path.exists() { Keyring::load(&path).unwrap() } else { Keyring::create(&path, "k1").unwrap() }
    }

    fn storage(&self) -> SqliteStorage {
        SqliteStorage::open(&self.settings.database, SqliteOptions::default()).unwrap()
    }
}

/// A person whose token was sealed with this keyring.
fn sealed_person(storage: &SqliteStorage, keyring: &Keyring, number: u128) {
    let person = build::person(number);
    let token = Secret::new("a token of Jira".to_owned());
    let sealed_credential = KeyringSealer::new(keyring).seal(&place(person.id, IntegrationKind::Jira), &token).unwrap();
    let jira = Integration { sealed_credential, ..build::integration(&person, IntegrationKind::Jira) };
    storage.write(|tx| tx.insert_person(&person, "hash", &jira).map(drop)).unwrap();
}

#[test]
fn a_keyring_of_another_database_is_refused_and_nothing_is_changed() {
    let here = installation();
    let (right, wrong) = (here.keyring("keyring.json"), here.keyring("other.json"));
    let storage = here.storage();
    prove(&here.settings, &right, &storage).unwrap();
    let before = storage.key_proofs().unwrap();
    assert_eq!(before.sealed.len(), 1, "the first start leaves a proof");
    for _ in 0..2 {
        let refused = prove(&here.settings, &wrong, &storage).unwrap_err().to_string();
        for words in ["keyring.json", "storywright.db", "`k1`", "restore the keyring", "keys accept"] {
            assert!(refused.contains(words), "{words} is not in {refused}");
        }
        assert_eq!(storage.key_proofs().unwrap(), before);
    }
    prove(&here.settings, &right, &storage).unwrap();
}

#[test]
fn every_key_that_sealed_must_be_there() {
    let here = installation();
    let storage = here.storage();
    let path = here.folder.path().join("keyring.json");
    let old = here.keyring("keyring.json");
    prove(&here.settings, &old, &storage).unwrap();
    let rotated = Keyring::rotate(&path, "k2").unwrap();
    prove(&here.settings, &rotated, &storage).unwrap();
    assert_eq!(storage.key_proofs().unwrap().sealed.len(), 2);
    // The backup from before the rotation lacks the key that seals now.
    let refused = prove(&here.settings, &old, &storage).unwrap_err().to_string();
    assert!(refused.contains("key `k2` is not in the keyring"), "{refused}");
}

#[test]
fn a_database_from_before_is_asked_by_its_credentials() {
    let here = installation();
    let (right, wrong) = (here.keyring("keyring.json"), here.keyring("other.json"));
    let storage = here.storage();
    sealed_person(&storage, &right, 1);
    assert!(prove(&here.settings, &wrong, &storage).is_err());
    assert!(storage.key_proofs().unwrap().sealed.is_empty(), "a wrong keyring leaves no proof");
    // One that is damaged by itself keeps nobody out.
    sealed_person(&storage, &wrong, 2);
    prove(&here.settings, &right, &storage).unwrap();
    assert!(prove(&here.settings, &wrong, &storage).is_err());
}

#[test]
fn a_keyring_is_accepted_in_place_of_a_lost_one() {
    let here = installation();
    prove(&here.settings, &here.keyring("other.json"), &here.storage()).unwrap();
    let present = here.keyring("keyring.json");
    assert!(prove(&here.settings, &present, &here.storage()).is_err());
    run(&KeysAction::Accept, &here.settings).unwrap();
    prove(&here.settings, &present, &here.storage()).unwrap();
}
