//! Keys and what they protect: passwords, secrets at rest, API tokens; also the system's clock and random numbers.
//!
//! One keyring file holds 256-bit keys with ids; from each, HKDF-SHA-256 derives a key for every purpose, so that no key ever does
//! two things.

mod keyring;
mod password;
mod sealer;
mod system;
mod token;

pub use keyring::{Keyring, KeyringError};
pub use password::BcryptHasher;
pub use sealer::KeyringSealer;
pub use system::{RingSha256, SystemClock, SystemIds};
pub use token::JwtSigner;
