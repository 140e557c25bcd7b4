//! What becomes of a single change of something that exists elsewhere: a page, an issue. Such a change is sent once; a lost answer is
//! looked up.

use serde::Serialize;

/// What has become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteState {
    /// The intent is kept; the call may be under way.
    Sending,
    /// It is there.
    Written,
    /// The site refused it, and nothing was written.
    Refused,
    /// Whether it was written is not known: it is looked up, never sent again by itself.
    Unknown,
    /// It was looked up and is not there.
    Absent,
}

impl WriteState {
    /// All states.
    pub const ALL: [Self; 5] = [Self::Sending, Self::Written, Self::Refused, Self::Unknown, Self::Absent];

    /// The word in the database and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Written => "written",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Absent => "absent",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == raw)
    }

    /// Whether it must be settled before anything else is written.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Sending | Self::Unknown)
    }
}
