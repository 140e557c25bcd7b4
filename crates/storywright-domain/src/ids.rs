//! Identifiers: 128 bits, written as 32 lower-case hexadecimal digits everywhere (URLs, JSON, database).

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// The text was not 32 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id: use the 32 hexadecimal digits shown in the address")]
pub struct BadId;

fn parse_hex(raw: &str) -> Result<u128, BadId> {
    let shape_ok = raw.len() == 32 && raw.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if shape_ok { u128::from_str_radix(raw, 16).map_err(|_| BadId) } else { Err(BadId) }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u128);

        impl $name {
            /// Reads the 32-digit form.
            ///
            /// # Errors
            /// [`BadId`] for any other text.
            pub fn parse(raw: &str) -> Result<Self, BadId> {
                parse_hex(raw).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:032x}", self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let raw = String::deserialize(deserializer)?;
                Self::parse(&raw).map_err(de::Error::custom)
            }
        }
    };
}

id!(
    /// A person who signed up.
    UserId
);
id!(
    /// A sign-up that waits for its password.
    RegistrationId
);
id!(
    /// A browser session (not its token: the token is secret, this is not).
    SessionId
);
id!(
    /// An API token, the `jti` of its JWT.
    TokenId
);
id!(
    /// A draft.
    DraftId
);
id!(
    /// A background job.
    JobId
);
id!(
    /// A publish run.
    RunId
);
id!(
    /// One issue of a publish run.
    ItemId
);
id!(
    /// A prompt.
    PromptId
);
id!(
    /// A trial of prompts.
    TrialId
);

/// The `X-Request-ID` that a request came with or was given: `[A-Za-z0-9-]{8,64}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct RequestId(String);

impl RequestId {
    /// Accepts a request id of the allowed shape; anything else is `None`, so that a header cannot forge log lines.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        let shape_ok =
            (8..=64).contains(&raw.len()) && raw.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        shape_ok.then(|| Self(raw.to_owned()))
    }

    /// A request id from a fresh random number.
    #[must_use]
    pub fn from_number(number: u128) -> Self {
        Self(format!("{number:032x}"))
    }

    /// The text of the header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text_form() {
        let id = DraftId(0x1234_5678_9abc_def0);
        assert_eq!(DraftId::parse(&id.to_string()), Ok(id));
    }

    #[test]
    fn other_texts_are_refused() {
        for raw in [
            "",
            "12",
            "+1234567812345678123456781234567",
            "ABCDEF00ABCDEF00ABCDEF00ABCDEF00",
            "g2345678123456781234567812345678",
        ] {
            assert_eq!(DraftId::parse(raw), Err(BadId), "{raw}");
        }
    }

    #[test]
    fn a_request_id_cannot_break_a_log_line() {
        assert!(RequestId::parse("abc-12345").is_some());
        for raw in ["short", "has space in it", "line\nbreak-in-it", &"x".repeat(65)] {
            assert!(RequestId::parse(raw).is_none(), "{raw}");
        }
    }
}
