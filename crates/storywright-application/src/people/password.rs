//! What a new password must be: long, not common, not about the person. No composition rules (NIST SP 800-63B-4).

use storywright_domain::Secret;

/// Fewest characters.
pub const MIN_CHARS: usize = 15;
/// Most characters.
pub const MAX_CHARS: usize = 256;

/// Why a password is refused; each says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    /// Too short.
    #[error("the password has {0} characters: use at least {MIN_CHARS}, such as four or five unrelated words")]
    TooShort(usize),
    /// Too long.
    #[error("the password has {0} characters: use at most {MAX_CHARS}")]
    TooLong(usize),
    /// One of the words that everybody tries, or one character or word over and over.
    #[error("the password is easy to guess: use four or five unrelated words")]
    Common,
    /// Holds the person's own name, employee ID or e-mail address.
    #[error("the password holds your name, employee ID or e-mail: leave them out")]
    Personal,
}

/// Words that open most guessing lists; a password that is little more than some of them is refused.
const COMMON: [&str; 24] = [
    "password",
    "passwort",
    "letmein",
    "qwerty",
    "qwertz",
    "azerty",
    "asdf",
    "iloveyou",
    "welcome",
    "admin",
    "monkey",
    "dragon",
    "football",
    "baseball",
    "sunshine",
    "princess",
    "storywright",
    "atlassian",
    "jira",
    "confluence",
    "abc",
    "1234567890",
    "123456789",
    "changeme",
];

/// Checks a new password.
///
/// # Errors
/// [`BadPassword`].
pub fn check_password(password: &Secret, about: &[&str]) -> Result<(), BadPassword> {
    let text = password.reveal();
    let count = text.chars().count();
    if count < MIN_CHARS {
        return Err(BadPassword::TooShort(count));
    }
    if count > MAX_CHARS {
        return Err(BadPassword::TooLong(count));
    }
    let lower = text.to_lowercase();
    if is_repetition(&lower) || leftover(&lower) < 6 {
        return Err(BadPassword::Common);
    }
    let personal = about.iter().map(|word| word.to_lowercase()).filter(|word| word.chars().count() >= 4);
    for word in personal {
        if lower.contains(&word) {
            return Err(BadPassword::Personal);
        }
    }
    Ok(())
}

/// How many characters are left when common words, digits and separators are taken out.
fn leftover(lower: &str) -> usize {
    let mut rest = lower.to_owned();
    for word in COMMON {
        rest = rest.replace(word, "");
    }
    rest.chars().filter(|c| c.is_alphabetic() || !c.is_ascii()).count()
}

fn is_repetition(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (1..=chars.len() / 3).any(|period| chars.iter().enumerate().all(|(index, c)| *c == chars[index % period]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(password: &str, expected: Result<(), BadPassword>) {
        assert_eq!(
            check_password(&Secret::new(password.to_owned()), &["E10234", "alice.archer@corp.example", "Alice Archer"]),
            expected,
            "{password}"
        );
    }

    #[test]
    fn length_is_counted_in_characters() {
        check("fourteen chars", Err(BadPassword::TooShort(14)));
        check("copper lantern meadow train", Ok(()));
        check(&"🦀🦊🐙🐧🦉".repeat(2), Err(BadPassword::TooShort(10)));
        check(&"x1y2".repeat(65), Err(BadPassword::TooLong(260)));
    }

    #[test]
    fn common_and_repeated_passwords_are_refused() {
        for password in [
            "passwordpassword1",
            "Password123456789",
            "aaaaaaaaaaaaaaaaaaaa",
            "xyzxyzxyzxyzxyzxyz",
            "qwerty-admin-welcome-1",
        ] {
            check(password, Err(BadPassword::Common));
        }
    }

    #[test]
    fn a_password_is_not_about_the_person() {
        check("my id is e10234 indeed", Err(BadPassword::Personal));
        check("alice archer likes tea", Err(BadPassword::Personal));
    }
}
