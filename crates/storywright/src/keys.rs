//! The keyring: made, rotated, listed, and held against the database before anything is served. A wrong one would take every password for
//! wrong and every stored credential for damaged, and would seal new ones that the right one cannot open.

use crate::lock::DatabaseLock;
use crate::settings::Settings;
use crate::wiring::StartError;
use clap::Subcommand;
use std::path::PathBuf;
use storywright_application::access::place;
use storywright_domain::integration::IntegrationKind;
use storywright_domain::ports::{Clock as _, Place, SealError, Sealer as _};
use storywright_domain::{Secret, Timestamp};
use storywright_storage::{KeyProofs, SqliteOptions, SqliteStorage};
use storywright_vault::{Keyring, KeyringSealer, SystemClock};

/// What is sealed as proof: what it says does not matter, that it opens does.
const WORDS: &str = "this keyring belongs to this database";

#[derive(Subcommand)]
pub enum KeysAction {
    /// Make a keyring with one key.
    Init,
    /// Add a key and seal with it from now on; what was sealed before still opens.
    Rotate,
    /// List key ids; the first one seals.
    List,
    /// Take this keyring for a database whose own is lost for good.
    Accept,
}

/// The keyring is not the one that the database was used with.
#[derive(Debug, thiserror::Error)]
#[error(
    "the keyring {keyring} does not belong to the database {database} ({detail}): restore the keyring that was backed up with it; if that \
     one is lost for good, `storywright keys accept` goes on with this one, and everybody sets a new password with a Jira token and \
     connects Confluence and the LLM again"
)]
pub struct WrongKeyring {
    keyring: PathBuf,
    database: PathBuf,
    detail: String,
}

/// What `storywright keys` does.
pub fn run(action: &KeysAction, settings: &Settings) -> Result<(), StartError> {
    let path = &settings.keyring;
    match action {
        KeysAction::Init => {
            Keyring::create(path, "k1")?;
            println!(
                "Made {}. Back it up apart from the database: without it, people must enter every token again.",
                path.display()
            );
        }
        KeysAction::Rotate => {
            let id = format!("k{}", Keyring::load(path)?.ids().count() + 1);
            Keyring::rotate(path, &id)?;
            println!("{id} seals from now on; restart the server. People sign in anew.");
        }
        KeysAction::List => println!("{}", Keyring::load(path)?.ids().collect::<Vec<_>>().join("\n")),
        KeysAction::Accept => accept(settings)?,
    }
    Ok(())
}

fn accept(settings: &Settings) -> Result<(), StartError> {
    let keyring = Keyring::load(&settings.keyring)?;
    let _lock = DatabaseLock::take(&settings.database)?;
    let storage = SqliteStorage::open(&settings.database, SqliteOptions::default())?;
    let (id, sealed) = proof(&keyring)?;
    storage.replace_key_proofs(&id, &sealed, now())?;
    println!(
        "{} is the keyring of {} from now on. What another one sealed stays closed: people set a new password with a Jira token.",
        settings.keyring.display(),
        settings.database.display()
    );
    Ok(())
}

/// Refuses a keyring that is not the database's; the proof of its primary key is kept when there is none yet.
///
/// # Errors
/// [`WrongKeyring`].
pub fn prove(settings: &Settings, keyring: &Keyring, storage: &SqliteStorage) -> Result<(), StartError> {
    let known = storage.key_proofs()?;
    check(settings, keyring, &known)?;
    if known.sealed.iter().all(|(id, _)| id != keyring.primary_id()) {
        let (id, sealed) = proof(keyring)?;
        storage.add_key_proof(&id, &sealed, now())?;
    }
    Ok(())
}

/// Whether the keyring opens what was sealed in the database.
///
/// # Errors
/// [`WrongKeyring`].
pub fn check(settings: &Settings, keyring: &Keyring, known: &KeyProofs) -> Result<(), WrongKeyring> {
    let sealer = KeyringSealer::new(keyring);
    let wrong = |error: &SealError| WrongKeyring {
        keyring: settings.keyring.clone(),
        database: settings.database.clone(),
        detail: error.detail.clone(),
    };
    for (id, sealed) in &known.sealed {
        sealer.open(&proof_place(id), sealed).map_err(|error| wrong(&error))?;
    }
    if known.sealed.is_empty() {
        // From before there were proofs. One that opens is enough: a single row may be damaged by itself.
        let opened =
            known.credentials.iter().map(|(user, sealed)| sealer.open(&place(*user, IntegrationKind::Jira), sealed));
        let failures = opened.map(|opened| opened.err()).collect::<Option<Vec<_>>>();
        if let Some(error) = failures.as_ref().and_then(|failures| failures.first()) {
            return Err(wrong(error));
        }
    }
    Ok(())
}

fn proof(keyring: &Keyring) -> Result<(String, String), SealError> {
    let id = keyring.primary_id().to_owned();
    let sealed = KeyringSealer::new(keyring).seal(&proof_place(&id), &Secret::new(WORDS.to_owned()))?;
    Ok((id, sealed))
}

fn proof_place(key_id: &str) -> Place {
    Place { table: "key_proofs", column: "sealed", owner: key_id.to_owned(), row: key_id.to_owned() }
}

fn now() -> Timestamp {
    SystemClock::default().now()
}

#[cfg(test)]
mod tests;
