//! Browser sessions: sliding idle time, absolute end, ended at once by a changed security stamp.

use crate::Ports;
use storywright_domain::person::{Actor, Person, Session};
use storywright_domain::ports::{Saved, StorageError, StorageExt};
use storywright_domain::{Millis, SessionId, UserId};

/// Use of a session is written down at most this often.
const TOUCH_EVERY: Millis = Millis::minutes(1);

/// Who sits at the other end, for the list of sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// Network address.
    pub address: String,
    /// Browser, as it names itself.
    pub user_agent: String,
}

/// A session that holds, with the person it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSession {
    /// The session.
    pub session: Session,
    /// Whose it is, if somebody signed in.
    pub person: Option<Person>,
}

/// The session of a token, if it holds. With `used` the idle time begins anew (event streams and polling pass `false`).
///
/// # Errors
/// [`StorageError`].
pub fn load_session(ports: &Ports, token: &str, used: bool) -> Result<Option<LiveSession>, StorageError> {
    let now = ports.clock.now();
    let hash = ports.sha256.hex(token.as_bytes());
    let found = ports.storage.read(|tx| {
        let Some(session) = tx.session(&hash, now)? else { return Ok(None) };
        let person = match session.user {
            Some(user) => tx.person(user)?,
            None => None,
        };
        Ok::<_, StorageError>(Some(LiveSession { session, person }))
    })?;
    let Some(mut live) = found else { return Ok(None) };
    if live.session.user.is_some() {
        let holds = live
            .person
            .as_ref()
            .is_some_and(|person| person.active && person.security_stamp == live.session.security_stamp);
        if !holds {
            ports.storage.write(|tx| tx.delete_session(&hash))?;
            return Ok(None);
        }
    }
    if used && now.since(live.session.last_seen_at) >= TOUCH_EVERY {
        // Read again as the only writer: what another request has saved meanwhile must not be undone, nor its end.
        let touched = ports.storage.write(|tx| {
            let Some(session) = tx.session(&hash, now)? else { return Ok(None) };
            let idle_expires_at = now + ports.settings.session_idle;
            let touched = Session { last_seen_at: now, idle_expires_at, ..session };
            let saved = tx.update_session(&touched)?;
            Ok::<_, StorageError>((saved == Saved::Stored).then_some(touched))
        })?;
        let Some(touched) = touched else { return Ok(None) };
        live.session = touched;
    }
    Ok(Some(live))
}

/// Opens a session under a new token and gives that token: the only time it is seen in the clear.
///
/// # Errors
/// [`StorageError`].
pub fn create_session(
    ports: &Ports,
    person: Option<&Person>,
    state: &str,
    visitor: &Visitor,
) -> Result<(String, Session), StorageError> {
    let now = ports.clock.now();
    let token = ports.random_token();
    let session = Session {
        id: SessionId(ports.ids.id()),
        token_hash: ports.sha256.hex(token.as_bytes()),
        user: person.map(|person| person.id),
        security_stamp: person.map(|person| person.security_stamp.clone()).unwrap_or_default(),
        state: state.to_owned(),
        user_agent: visitor.user_agent.chars().filter(|c| !c.is_control()).take(200).collect(),
        address: visitor.address.clone(),
        created_at: now,
        last_seen_at: now,
        idle_expires_at: now + ports.settings.session_idle,
        expires_at: now + ports.settings.session_absolute,
    };
    ports.storage.write(|tx| tx.insert_session(&session))?;
    Ok((token, session))
}

/// Replaces the state of a session. `Conflict` when it has ended meanwhile.
///
/// # Errors
/// [`StorageError`].
pub fn save_session(ports: &Ports, token: &str, state: &str) -> Result<Saved, StorageError> {
    let now = ports.clock.now();
    let hash = ports.sha256.hex(token.as_bytes());
    ports.storage.write(|tx| match tx.session(&hash, now)? {
        Some(session) => tx.update_session(&Session { state: state.to_owned(), ..session }),
        None => Ok(Saved::Conflict),
    })
}

/// Ends the session of a token.
///
/// # Errors
/// [`StorageError`].
pub fn end_session(ports: &Ports, token: &str) -> Result<(), StorageError> {
    let hash = ports.sha256.hex(token.as_bytes());
    ports.storage.write(|tx| tx.delete_session(&hash))
}

/// Ends one of the person's sessions from the profile page; `false` when it was gone.
///
/// # Errors
/// [`StorageError`].
pub fn end_session_of(ports: &Ports, actor: &Actor, session: SessionId) -> Result<bool, StorageError> {
    let entry = ports.audit_entry(
        Some(actor.user()),
        actor.request_id(),
        "session_ended",
        format!("session:{session}"),
        String::new(),
    );
    ports.storage.write(|tx| {
        let ended = tx.end_session(actor.user(), session)?;
        if ended {
            tx.audit(&entry)?;
        }
        Ok(ended)
    })
}

/// Ends all of the person's sessions except the one in use; says how many.
///
/// # Errors
/// [`StorageError`].
pub fn end_other_sessions(ports: &Ports, actor: &Actor, keep: Option<SessionId>) -> Result<usize, StorageError> {
    let user: UserId = actor.user();
    let entry = ports.audit_entry(Some(user), actor.request_id(), "other_sessions_ended", String::new(), String::new());
    ports.storage.write(|tx| {
        let count = tx.end_other_sessions(user, keep)?;
        tx.audit(&entry)?;
        Ok(count)
    })
}
