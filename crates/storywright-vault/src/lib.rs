//! Keys and what is done with them: secrets at rest, password hashes, signed API tokens, digests; and the system's clock
//! and randomness.
//!
//! All keys are derived from one [`Keyring`] file, each for one purpose. The file is not in the database and must be backed
//! up apart from it: who loses it has to ask everybody for their tokens and passwords again.

mod hasher;
mod keyring;
mod random;
mod sealer;
mod system;
mod tokens;

pub use hasher::{BcryptHasher, HasherOptions};
pub use keyring::{Keyring, KeyringError};
pub use sealer::KeyringSealer;
pub use system::{RingSha256, SystemClock, SystemIds};
pub use tokens::JwtSigner;

use subtle::ConstantTimeEq;

/// Compares two secrets without telling by its duration where they differ. Their lengths are not hidden.
#[must_use]
pub fn same_secret(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::same_secret;

    #[test]
    fn secrets_are_the_same_or_not() {
        assert!(same_secret("", "") && same_secret("abc", "abc"));
        assert!(!same_secret("abc", "abd") && !same_secret("abc", "ab") && !same_secret("", "a"));
    }
}
