//! The connections of a person: Jira, Confluence, the company LLM; what they hold and how their last test went.

use crate::remote::TlsTrust;
use crate::{Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// Which connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntegrationKind {
    /// Where issues are created.
    Jira,
    /// Where requirements are read.
    Confluence,
    /// What writes drafts.
    Llm,
}

impl IntegrationKind {
    /// All kinds in the order in which people set them up.
    pub const ALL: [Self; 3] = [Self::Jira, Self::Llm, Self::Confluence];

    /// The word used in addresses, in the API and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jira => "jira",
            Self::Confluence => "confluence",
            Self::Llm => "llm",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == raw)
    }
}

/// How the last test of a connection went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Health {
    /// Never tested since it was saved.
    Untested,
    /// It answered, and the credential belongs to this person.
    Ok {
        /// Employee ID that the other side gave.
        employee_id: String,
        /// When.
        at: Timestamp,
    },
    /// It did not.
    Broken {
        /// Stable code, as [`crate::remote::RemoteError::code`] or `employee_id_mismatch`.
        code: String,
        /// What happened, for people.
        detail: String,
        /// Employee ID that the other side gave, if it came to that.
        employee_id: Option<String>,
        /// When.
        at: Timestamp,
    },
}

impl Health {
    /// Whether features that need this connection may be used.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        matches!(self, Self::Ok { .. })
    }
}

/// A saved connection.
#[derive(Clone)]
pub struct Integration {
    /// Whose it is.
    pub user: UserId,
    /// Which one.
    pub kind: IntegrationKind,
    /// Site id of the administrator's list, or the name of the LLM service.
    pub target: String,
    /// The sealed token or cookie.
    pub sealed_credential: String,
    /// Its last four characters.
    pub credential_hint: String,
    /// How the certificate is checked.
    pub tls: TlsTrust,
    /// How the last test went.
    pub health: Health,
    /// When it was saved last.
    pub updated_at: Timestamp,
}
