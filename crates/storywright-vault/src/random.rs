//! Randomness of the operating system.

use ring::rand::{SecureRandom, SystemRandom};

/// Bytes that nobody can guess.
///
/// # Panics
/// When the operating system has no randomness to give: there is nothing safe to go on with.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let filled = SystemRandom::new().fill(&mut bytes);
    assert!(filled.is_ok(), "the operating system gives no randomness");
    bytes
}
