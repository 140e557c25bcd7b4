//! Plain stand-ins for cryptography: they keep the promises that a test can see, and protect nothing.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use storywright_domain::person::TokenClaims;
use storywright_domain::ports::{BadToken, HashError, PasswordHasher, Place, SealError, Sealer, Sha256, TokenSigner};
use storywright_domain::{Secret, Timestamp, TokenId, UserId};

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a string takes everything");
        hex
    })
}

fn unhex(hex: &str) -> Option<String> {
    let lower = hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !lower || !hex.len().is_multiple_of(2) {
        return None;
    }
    let bytes = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok());
    String::from_utf8(bytes.collect::<Option<_>>()?).ok()
}

/// FNV-1a: notices changes, proves nothing.
fn checksum(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Seals by writing the place beside the secret, in hexadecimal digits.
#[derive(Debug, Default)]
pub struct FakeSealer(AtomicU64);

fn sealed(number: &str, place: &Place, secret: &str) -> String {
    let place = format!("{}|{}|{}|{}", place.table, place.column, hex(&place.owner), hex(&place.row));
    let body = format!("fake:{number}:{}:{}", hex(&place), hex(secret));
    format!("{body}:{:016x}", checksum(&body))
}

impl Sealer for FakeSealer {
    fn seal(&self, place: &Place, secret: &Secret) -> Result<String, SealError> {
        Ok(sealed(&self.0.fetch_add(1, Ordering::SeqCst).to_string(), place, secret.reveal()))
    }

    fn open(&self, place: &Place, text: &str) -> Result<Secret, SealError> {
        let parts: Vec<&str> = text.split(':').collect();
        let secret = match parts[..] {
            ["fake", _, _, secret, _] => unhex(secret),
            _ => None,
        };
        secret
            .filter(|secret| sealed(parts[1], place, secret) == text)
            .map(Secret::new)
            .ok_or_else(|| SealError { detail: "not sealed for this place".to_owned() })
    }
}

/// Remembers passwords in hexadecimal digits. At once, and never busy unless told so.
#[derive(Debug, Default)]
pub struct FakeHasher {
    salt: AtomicU64,
    busy: std::sync::atomic::AtomicBool,
}

impl FakeHasher {
    /// Makes every call answer [`HashError::Busy`], or work again.
    pub fn set_busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::SeqCst);
    }

    fn check(&self) -> Result<(), HashError> {
        if self.busy.load(Ordering::SeqCst) { Err(HashError::Busy) } else { Ok(()) }
    }
}

/// As far as tests type it: é and e with an accent are the same.
fn composed(password: &str) -> String {
    password.replace("e\u{301}", "\u{e9}")
}

impl PasswordHasher for FakeHasher {
    fn hash(&self, password: &Secret) -> Result<String, HashError> {
        self.check()?;
        let salt = self.salt.fetch_add(1, Ordering::SeqCst);
        let body = format!("fake${salt}${}", hex(&composed(password.reveal())));
        Ok(format!("{body}${:016x}", checksum(&body)))
    }

    fn verify(&self, password: &Secret, hash: Option<&str>) -> Result<bool, HashError> {
        self.check()?;
        let Some(hash) = hash else { return Ok(false) };
        let (body, sum) = hash.rsplit_once('$').ok_or(HashError::Corrupt)?;
        if sum != format!("{:016x}", checksum(body)) || !body.starts_with("fake$") {
            return Err(HashError::Corrupt);
        }
        Ok(body.rsplit_once('$').and_then(|(_, kept)| unhex(kept)).as_deref() == Some(&composed(password.reveal())))
    }
}

/// Signs with a checksum.
#[derive(Debug, Default)]
pub struct FakeSigner;

impl TokenSigner for FakeSigner {
    fn sign(&self, claims: &TokenClaims) -> Result<Secret, SealError> {
        let (issued, expires) = (claims.issued_at.0, claims.expires_at.0);
        let body = format!("{}.{}.{}.{issued}.{expires}", claims.token, claims.user, hex(&claims.security_stamp));
        Ok(Secret::new(format!("{body}.{:016x}", checksum(&body))))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<TokenClaims, BadToken> {
        let (body, sum) = token.rsplit_once('.').ok_or(BadToken)?;
        let parts: Vec<&str> = body.split('.').collect();
        let [id, user, stamp, issued, expires] = parts[..] else { return Err(BadToken) };
        if sum != format!("{:016x}", checksum(body)) {
            return Err(BadToken);
        }
        let time = |raw: &str| raw.parse().map(Timestamp).map_err(|_| BadToken);
        let claims = TokenClaims {
            token: TokenId::parse(id).map_err(|_| BadToken)?,
            user: UserId::parse(user).map_err(|_| BadToken)?,
            security_stamp: unhex(stamp).ok_or(BadToken)?,
            issued_at: time(issued)?,
            expires_at: time(expires)?,
        };
        if now < claims.expires_at { Ok(claims) } else { Err(BadToken) }
    }
}

/// 64 digits that differ for different bytes, and are not SHA-256.
#[derive(Debug, Default)]
pub struct FakeSha256;

impl Sha256 for FakeSha256 {
    fn hex(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes);
        (0..4).fold(String::new(), |mut digest, part| {
            write!(digest, "{:016x}", checksum(&format!("{part}{text}"))).expect("a string takes everything");
            digest
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fakes_keep_the_promises() {
        crate::sealer_contract(FakeSealer::default);
        crate::hasher_contract(FakeHasher::default);
        crate::signer_contract(FakeSigner::default);
    }

    #[test]
    fn the_digest_has_the_right_shape() {
        let (one, other) = (FakeSha256.hex(b"a"), FakeSha256.hex(b"b"));
        assert_eq!(one.len(), 64);
        assert_ne!(one, other);
    }
}
