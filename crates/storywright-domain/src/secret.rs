//! A value that must not be seen: no `Debug`, no `Display`, no serialisation, one way out.

/// A token, cookie, password or key. It can be read only by naming [`Secret::reveal`], so that every place where a secret
/// leaves is found by searching for that word. The memory is overwritten when the value is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret as it is.
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// Takes a credential that a person pasted: surrounding white space and line breaks inside are not part of it.
    ///
    /// # Errors
    /// [`BadCredential`] when nothing is left, when it is longer than 8,192 bytes, or when it holds control or
    /// non-ASCII characters that could not travel in an HTTP header.
    pub fn pasted(raw: &str) -> Result<Self, BadCredential> {
        let cleaned: String =
            raw.trim().chars().filter(|c| !matches!(c, '\r' | '\n' | '\u{200b}' | '\u{feff}')).collect();
        let cleaned = cleaned.trim();
        if cleaned.is_empty() {
            return Err(BadCredential::Empty);
        }
        if cleaned.len() > 8_192 {
            return Err(BadCredential::TooLong);
        }
        if cleaned.chars().any(|c| !c.is_ascii() || c.is_ascii_control()) {
            return Err(BadCredential::Unprintable);
        }
        Ok(Self(cleaned.to_owned()))
    }

    /// The one way out.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The last four characters for recognition, or fewer stars than characters when it is short.
    #[must_use]
    pub fn hint(&self) -> String {
        let count = self.0.chars().count();
        if count < 12 { "····".to_owned() } else { self.0.chars().skip(count - 4).collect() }
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.0).into_bytes();
        bytes.fill(0);
        // Keeps the optimiser from removing the overwrite of memory that is freed next.
        std::hint::black_box(&bytes);
    }
}

/// Why a pasted credential cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCredential {
    /// Nothing but white space.
    #[error("the token is empty: paste the whole token")]
    Empty,
    /// Longer than any real token or cookie.
    #[error("the token is longer than 8,192 characters: paste the token alone")]
    TooLong,
    /// Characters that cannot be part of an HTTP header.
    #[error("the token holds characters that cannot be sent: copy it again from where it was made")]
    Unprintable,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stray_white_space_and_line_breaks_are_no_part_of_a_token() {
        assert_eq!(Secret::pasted("  abc\r\ndef \n").ok().map(|s| s.reveal().to_owned()), Some("abcdef".to_owned()));
    }

    #[test]
    fn unusable_credentials_say_why() {
        assert_eq!(Secret::pasted(" \n ").err(), Some(BadCredential::Empty));
        assert_eq!(Secret::pasted(&"x".repeat(8_193)).err(), Some(BadCredential::TooLong));
        assert_eq!(Secret::pasted("ab\u{7}cd").err(), Some(BadCredential::Unprintable));
    }

    #[test]
    fn a_short_secret_gives_no_hint() {
        assert_eq!(Secret::new("12345678901".to_owned()).hint(), "····");
        assert_eq!(Secret::new("123456789012".to_owned()).hint(), "9012");
    }
}
