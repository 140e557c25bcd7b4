//! People.

use super::SqliteTx;
use crate::error::{corrupt, failed};
use crate::repos::integrations::JiraColumns;
use crate::schema::users;
use crate::text::{parsed, word};
use diesel::prelude::*;
use storywright_domain::integration::{Integration, IntegrationKind};
use storywright_domain::person::{Person, Role};
use storywright_domain::ports::{Inserted, PersonRepo, StorageError};
use storywright_domain::{Timestamp, UserId};

const ENTITY: &str = "person";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = users)]
struct Row {
    id: String,
    employee_id: String,
    jira_key: String,
    jira_site: String,
    display_name: String,
    email: String,
    role: String,
    active: bool,
    security_stamp: String,
    preferences: String,
    created_at: i64,
    avatar: Option<String>,
}

impl TryFrom<Row> for Person {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self, StorageError> {
        Ok(Self {
            id: parsed(ENTITY, "id", UserId::parse(&row.id))?,
            role: word(ENTITY, "role", &row.role, role(&row.role))?,
            employee_id: row.employee_id,
            jira_key: row.jira_key,
            jira_site: row.jira_site,
            display_name: row.display_name,
            email: row.email,
            avatar: row.avatar,
            active: row.active,
            security_stamp: row.security_stamp,
            preferences: row.preferences,
            created_at: Timestamp(row.created_at),
        })
    }
}

impl From<&Person> for Row {
    fn from(person: &Person) -> Self {
        Self {
            id: person.id.to_string(),
            employee_id: person.employee_id.clone(),
            jira_key: person.jira_key.clone(),
            jira_site: person.jira_site.clone(),
            display_name: person.display_name.clone(),
            email: person.email.clone(),
            role: role_word(person.role).to_owned(),
            active: person.active,
            security_stamp: person.security_stamp.clone(),
            preferences: person.preferences.clone(),
            created_at: person.created_at.0,
            avatar: person.avatar.clone(),
        }
    }
}

fn role(raw: &str) -> Option<Role> {
    [Role::Member, Role::Administrator].into_iter().find(|role| role_word(*role) == raw)
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::Member => "member",
        Role::Administrator => "administrator",
    }
}

fn key(raw: &str) -> String {
    raw.trim().to_lowercase()
}

impl PersonRepo for SqliteTx<'_> {
    fn person(&mut self, user: UserId) -> Result<Option<Person>, StorageError> {
        users::table
            .find(user.to_string())
            .select(Row::as_select())
            .first(self.conn)
            .optional()
            .map_err(failed(ENTITY))?
            .map(Person::try_from)
            .transpose()
    }

    fn person_by_login(&mut self, login: &str) -> Result<Option<(Person, String)>, StorageError> {
        let login = key(login);
        let rows: Vec<(Row, String, String)> = users::table
            .filter(users::employee_key.eq(&login).or(users::email_key.eq(&login)))
            .select((Row::as_select(), users::password_hash, users::employee_key))
            .load(self.conn)
            .map_err(failed(ENTITY))?;
        // The employee ID of one may be written like the e-mail of another: the ID goes first.
        let found = rows.into_iter().max_by_key(|(_, _, employee_key)| *employee_key == login);
        found.map(|(row, hash, _)| Ok((Person::try_from(row)?, hash))).transpose()
    }

    fn person_by_jira(&mut self, site: &str, jira_key: &str) -> Result<Option<Person>, StorageError> {
        users::table
            .filter(users::jira_site.eq(site).and(users::jira_key.eq(jira_key)))
            .select(Row::as_select())
            .first(self.conn)
            .optional()
            .map_err(failed(ENTITY))?
            .map(Person::try_from)
            .transpose()
    }

    fn insert_person(
        &mut self,
        person: &Person,
        password_hash: &str,
        jira: &Integration,
    ) -> Result<Inserted<UserId>, StorageError> {
        if jira.kind != IntegrationKind::Jira || jira.user != person.id {
            return Err(corrupt(ENTITY, "the connection is not this person's Jira"));
        }
        let employee_key = key(&person.employee_id);
        let email_key = Some(key(&person.email)).filter(|email| !email.is_empty());
        let taken: Option<String> = users::table
            .filter(
                users::employee_key
                    .eq(&employee_key)
                    .or(users::email_key.eq(&email_key))
                    .or(users::jira_site.eq(&person.jira_site).and(users::jira_key.eq(&person.jira_key))),
            )
            .select(users::id)
            .first(self.conn)
            .optional()
            .map_err(failed(ENTITY))?;
        if let Some(id) = taken {
            return Ok(Inserted::Exists(parsed(ENTITY, "id", UserId::parse(&id))?));
        }
        diesel::insert_into(users::table)
            .values((
                Row::from(person),
                users::employee_key.eq(employee_key),
                users::email_key.eq(email_key),
                users::password_hash.eq(password_hash),
                JiraColumns::try_from(jira)?,
            ))
            .execute(self.conn)
            .map_err(failed(ENTITY))?;
        Ok(Inserted::New)
    }

    fn set_password(
        &mut self,
        user: UserId,
        password_hash: &str,
        security_stamp: &str,
        _at: Timestamp,
    ) -> Result<(), StorageError> {
        diesel::update(users::table.find(user.to_string()))
            .set((users::password_hash.eq(password_hash), users::security_stamp.eq(security_stamp)))
            .execute(self.conn)
            .map(drop)
            .map_err(failed(ENTITY))
    }

    fn set_preferences(&mut self, user: UserId, preferences: &str) -> Result<(), StorageError> {
        diesel::update(users::table.find(user.to_string()))
            .set(users::preferences.eq(preferences))
            .execute(self.conn)
            .map(drop)
            .map_err(failed(ENTITY))
    }
}
