//! People, sign-ups, sessions, tokens, audit log.

use super::{KeptPerson, MemoryTx, State, page, refused};
use storywright_domain::integration::{Integration, IntegrationKind};
use storywright_domain::person::{ApiToken, AuditEntry, Person, Registration, Session};
use storywright_domain::ports::{
    AuditRepo, Inserted, PersonRepo, RegistrationRepo, Saved, SessionRepo, Slice, StorageError, TokenRepo,
};
use storywright_domain::{RegistrationId, SessionId, Timestamp, TokenId, UserId};

fn key(raw: &str) -> String {
    raw.trim().to_lowercase()
}

impl PersonRepo for MemoryTx<'_> {
    fn person(&mut self, user: UserId) -> Result<Option<Person>, StorageError> {
        Ok(self.state.people.get(&user).map(|kept| kept.person.clone()))
    }

    fn person_by_login(&mut self, login: &str) -> Result<Option<(Person, String)>, StorageError> {
        let login = key(login);
        let by = |name: fn(&Person) -> &str| {
            let mut people = self.state.people.values();
            people.find(|kept| !login.is_empty() && key(name(&kept.person)) == login)
        };
        let found = by(|person| &person.employee_id).or_else(|| by(|person| &person.email));
        Ok(found.map(|kept| (kept.person.clone(), kept.password_hash.clone())))
    }

    fn person_by_jira(&mut self, site: &str, jira_key: &str) -> Result<Option<Person>, StorageError> {
        let mut people = self.state.people.values().map(|kept| &kept.person);
        Ok(people.find(|person| person.jira_site == site && person.jira_key == jira_key).cloned())
    }

    fn insert_person(
        &mut self,
        person: &Person,
        password_hash: &str,
        jira: &Integration,
    ) -> Result<Inserted<UserId>, StorageError> {
        if jira.kind != IntegrationKind::Jira || jira.user != person.id {
            return refused("person", "the connection is not this person's Jira");
        }
        let taken = self.state.people.values().map(|kept| &kept.person).find(|other| {
            key(&other.employee_id) == key(&person.employee_id)
                || (!key(&person.email).is_empty() && key(&other.email) == key(&person.email))
                || (&other.jira_site, &other.jira_key) == (&person.jira_site, &person.jira_key)
        });
        if let Some(other) = taken {
            return Ok(Inserted::Exists(other.id));
        }
        let kept = KeptPerson {
            person: person.clone(),
            password_hash: password_hash.to_owned(),
            jira: Some(Integration { target: person.jira_site.clone(), ..jira.clone() }),
        };
        self.change()?.people.insert(person.id, kept);
        Ok(Inserted::New)
    }

    fn set_password(
        &mut self,
        user: UserId,
        password_hash: &str,
        security_stamp: &str,
        _at: Timestamp,
    ) -> Result<(), StorageError> {
        if let Some(kept) = self.change()?.people.get_mut(&user) {
            kept.password_hash = password_hash.to_owned();
            kept.person.security_stamp = security_stamp.to_owned();
        }
        Ok(())
    }

    fn set_preferences(&mut self, user: UserId, preferences: &str) -> Result<(), StorageError> {
        if let Some(kept) = self.change()?.people.get_mut(&user) {
            kept.person.preferences = preferences.to_owned();
        }
        Ok(())
    }
}

impl RegistrationRepo for MemoryTx<'_> {
    fn insert_registration(&mut self, registration: &Registration, now: Timestamp) -> Result<(), StorageError> {
        let registrations = &mut self.change()?.registrations;
        registrations.retain(|_, kept| kept.expires_at >= now);
        registrations.insert(registration.id, registration.clone());
        Ok(())
    }

    fn registration(&mut self, id: RegistrationId, now: Timestamp) -> Result<Option<Registration>, StorageError> {
        Ok(self.state.registrations.get(&id).filter(|kept| kept.expires_at >= now).cloned())
    }

    fn delete_registration(&mut self, id: RegistrationId) -> Result<bool, StorageError> {
        Ok(self.change()?.registrations.remove(&id).is_some())
    }
}

fn ends_at(session: &Session) -> Timestamp {
    session.idle_expires_at.min(session.expires_at)
}

fn may_be_kept(state: &State, session: &Session) -> Result<(), StorageError> {
    session.user.map_or(Ok(()), |user| state.must_know("session", user))
}

impl SessionRepo for MemoryTx<'_> {
    fn session(&mut self, token_hash: &str, now: Timestamp) -> Result<Option<Session>, StorageError> {
        Ok(self.state.sessions.get(token_hash).filter(|kept| ends_at(kept) >= now).cloned())
    }

    fn insert_session(&mut self, session: &Session) -> Result<(), StorageError> {
        may_be_kept(self.state, session)?;
        let sessions = &mut self.change()?.sessions;
        sessions.retain(|_, kept| ends_at(kept) >= session.created_at);
        if sessions.values().any(|kept| kept.id == session.id || kept.token_hash == session.token_hash) {
            return refused("session", "it is there already");
        }
        sessions.insert(session.token_hash.clone(), session.clone());
        Ok(())
    }

    fn update_session(&mut self, session: &Session) -> Result<Saved, StorageError> {
        may_be_kept(self.state, session)?;
        let Some(kept) = self.change()?.sessions.get_mut(&session.token_hash) else { return Ok(Saved::Conflict) };
        *kept = Session { id: kept.id, user_agent: kept.user_agent.clone(), ..session.clone() };
        Ok(Saved::Stored)
    }

    fn delete_session(&mut self, token_hash: &str) -> Result<(), StorageError> {
        self.change()?.sessions.remove(token_hash);
        Ok(())
    }

    fn sessions(&mut self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StorageError> {
        let mine = self.state.sessions.values().filter(|kept| kept.user == Some(user) && ends_at(kept) >= now);
        let mut mine: Vec<Session> = mine.cloned().collect();
        mine.sort_by_key(|session| std::cmp::Reverse((session.last_seen_at, session.id)));
        Ok(mine)
    }

    fn end_session(&mut self, user: UserId, session: SessionId) -> Result<bool, StorageError> {
        let sessions = &mut self.change()?.sessions;
        let before = sessions.len();
        sessions.retain(|_, kept| !(kept.id == session && kept.user == Some(user)));
        Ok(sessions.len() < before)
    }

    fn end_other_sessions(&mut self, user: UserId, keep: Option<SessionId>) -> Result<usize, StorageError> {
        let sessions = &mut self.change()?.sessions;
        let before = sessions.len();
        sessions.retain(|_, kept| kept.user != Some(user) || Some(kept.id) == keep);
        Ok(before - sessions.len())
    }
}

impl TokenRepo for MemoryTx<'_> {
    fn insert_token(&mut self, token: &ApiToken) -> Result<(), StorageError> {
        self.state.must_know("API token", token.user)?;
        if self.state.tokens.contains_key(&token.id) {
            return refused("API token", "it is there already");
        }
        self.change()?.tokens.insert(token.id, token.clone());
        Ok(())
    }

    fn token(&mut self, user: UserId, token: TokenId) -> Result<Option<ApiToken>, StorageError> {
        Ok(self.state.tokens.get(&token).filter(|kept| kept.user == user).cloned())
    }

    fn tokens(&mut self, user: UserId, now: Timestamp) -> Result<Vec<ApiToken>, StorageError> {
        let mine = self.state.tokens.values().filter(|kept| kept.user == user && kept.expires_at >= now);
        let mut mine: Vec<ApiToken> = mine.cloned().collect();
        mine.sort_by_key(|token| std::cmp::Reverse((token.created_at, token.id)));
        Ok(mine)
    }

    fn touch_token(&mut self, user: UserId, token: TokenId, at: Timestamp) -> Result<(), StorageError> {
        if let Some(kept) = self.change()?.tokens.get_mut(&token).filter(|kept| kept.user == user) {
            kept.last_used_at = Some(at);
        }
        Ok(())
    }

    fn revoke_token(&mut self, user: UserId, token: TokenId, at: Timestamp) -> Result<bool, StorageError> {
        let kept = self.change()?.tokens.get_mut(&token);
        let Some(kept) = kept.filter(|kept| kept.user == user && kept.revoked_at.is_none()) else { return Ok(false) };
        kept.revoked_at = Some(at);
        Ok(true)
    }
}

impl AuditRepo for MemoryTx<'_> {
    fn audit(&mut self, entry: &AuditEntry) -> Result<(), StorageError> {
        if let Some(user) = entry.user {
            self.state.must_know("audit entry", user)?;
        }
        self.change()?.audit.push(entry.clone());
        Ok(())
    }

    fn audit_entries(
        &mut self,
        user: UserId,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Slice<AuditEntry>, StorageError> {
        let numbered = self.state.audit.iter().cloned().enumerate().filter(|(_, entry)| entry.user == Some(user));
        let slice = page(numbered.collect(), cursor, limit, |(number, entry)| (entry.at.0, format!("{number:012}")));
        Ok(Slice { items: slice.items.into_iter().map(|(_, entry)| entry).collect(), next: slice.next })
    }
}
