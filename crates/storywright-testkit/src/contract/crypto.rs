//! Secrets at rest, passwords, signed tokens, digests.

use super::{Promise, promises, run};
use crate::build::NOW;
use storywright_domain::person::TokenClaims;
use storywright_domain::ports::{PasswordHasher, Place, Sealer, Sha256, TokenSigner};
use storywright_domain::{Millis, Secret, Timestamp, TokenId, UserId};

/// Checks that a sealer keeps the promises of [`Sealer`].
///
/// # Panics
/// When a promise is broken.
pub fn sealer_contract<S: Sealer + 'static>(make: impl Fn() -> S) {
    run("sealer", SEALER, |check| check(&make()));
}

/// Checks that a password hasher keeps the promises of [`PasswordHasher`].
///
/// # Panics
/// When a promise is broken.
pub fn hasher_contract<H: PasswordHasher + 'static>(make: impl Fn() -> H) {
    run("hasher", HASHER, |check| check(&make()));
}

/// Checks that a token signer keeps the promises of [`TokenSigner`].
///
/// # Panics
/// When a promise is broken.
pub fn signer_contract<S: TokenSigner + 'static>(make: impl Fn() -> S) {
    run("token signer", SIGNER, |check| check(&make()));
}

/// Checks that a digest keeps the promise of [`Sha256`].
///
/// # Panics
/// When it is broken.
pub fn sha256_contract<D: Sha256>(make: impl Fn() -> D) {
    let digest = make();
    assert_eq!(digest.hex(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(digest.hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    let million = vec![b'a'; 1_000_000];
    assert_eq!(digest.hex(&million), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

const SEALER: &[Promise<dyn Sealer>] = promises![
    what_was_sealed_opens_at_its_place,
    the_sealed_form_is_printable_and_hides_the_secret,
    sealing_twice_gives_different_texts,
    a_secret_opens_at_no_other_place,
    a_changed_text_does_not_open,
];

fn place() -> Place {
    Place { table: "llm_configs", column: "encrypted_credential", owner: "a".repeat(32), row: "b".repeat(32) }
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn what_was_sealed_opens_at_its_place(sealer: &dyn Sealer) {
    let long = "x".repeat(8_192);
    for text in ["", "t", "glpat-0123456789", "cookie=a|b; c:d", "é🙂\u{0}\n", &long] {
        let sealed = sealer.seal(&place(), &secret(text)).unwrap();
        assert_eq!(sealer.open(&place(), &sealed).unwrap().reveal(), text);
    }
}

fn the_sealed_form_is_printable_and_hides_the_secret(sealer: &dyn Sealer) {
    let sealed = sealer.seal(&place(), &secret("canary-1234567890")).unwrap();
    assert!(sealed.bytes().all(|byte| byte.is_ascii_graphic()), "{sealed}");
    assert!(!sealed.contains("canary"));
}

fn sealing_twice_gives_different_texts(sealer: &dyn Sealer) {
    let seal = || sealer.seal(&place(), &secret("the same")).unwrap();
    assert_ne!(seal(), seal());
}

fn a_secret_opens_at_no_other_place(sealer: &dyn Sealer) {
    let sealed = sealer.seal(&place(), &secret("mine")).unwrap();
    // The last one would be the same text as the right place if parts were joined carelessly.
    let others = [
        Place { table: "confluence_configs", ..place() },
        Place { column: "credential_hint", ..place() },
        Place { owner: "c".repeat(32), ..place() },
        Place { row: "c".repeat(32), ..place() },
        Place { owner: String::new(), ..place() },
        Place { owner: format!("{}|{}", "a".repeat(32), "b".repeat(32)), row: String::new(), ..place() },
    ];
    for other in others {
        assert!(sealer.open(&other, &sealed).is_err(), "{other:?}");
    }
}

fn a_changed_text_does_not_open(sealer: &dyn Sealer) {
    let sealed = sealer.seal(&place(), &secret("unchanged")).unwrap();
    for index in 0..sealed.len() {
        let mut bytes = sealed.clone().into_bytes();
        bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(sealer.open(&place(), &changed).is_err(), "{changed}");
        assert!(sealer.open(&place(), &sealed[..index]).is_err(), "cut at {index}");
    }
    for other in ["", ":", "::", "v1:", "v1::", "v2:a:b", &format!("{sealed}A"), &format!(" {sealed}")] {
        assert!(sealer.open(&place(), other).is_err(), "{other}");
    }
}

const HASHER: &[Promise<dyn PasswordHasher>] = promises![
    the_right_password_fits_and_no_other,
    hashes_are_salted_and_hide_the_password,
    the_whole_password_counts,
    the_same_letters_typed_differently_fit,
    without_a_hash_nothing_fits,
    a_damaged_hash_is_an_error,
];

fn the_right_password_fits_and_no_other(hasher: &dyn PasswordHasher) {
    let hash = hasher.hash(&secret("correct horse battery")).unwrap();
    assert_eq!(hasher.verify(&secret("correct horse battery"), Some(&hash)), Ok(true));
    for other in ["correct horse batter", "correct horse battery ", "Correct horse battery", ""] {
        assert_eq!(hasher.verify(&secret(other), Some(&hash)), Ok(false), "{other}");
    }
}

fn hashes_are_salted_and_hide_the_password(hasher: &dyn PasswordHasher) {
    let hash = || hasher.hash(&secret("correct horse battery")).unwrap();
    let (one, other) = (hash(), hash());
    assert_ne!(one, other);
    assert!(!one.contains("horse"));
    assert!(one.bytes().all(|byte| byte.is_ascii_graphic()), "{one}");
}

fn the_whole_password_counts(hasher: &dyn PasswordHasher) {
    let stem = "p".repeat(72);
    for (password, other) in [
        (format!("{stem}1"), format!("{stem}2")),
        (stem.clone(), format!("{stem}x")),
        ("🙂".repeat(64), "🙂".repeat(63)),
        ("with\u{0}zero".to_owned(), "with".to_owned()),
        (format!("{}a", "y".repeat(255)), format!("{}b", "y".repeat(255))),
    ] {
        let hash = hasher.hash(&secret(&password)).unwrap();
        assert_eq!(hasher.verify(&secret(&password), Some(&hash)), Ok(true));
        assert_eq!(hasher.verify(&secret(&other), Some(&hash)), Ok(false));
    }
}

fn the_same_letters_typed_differently_fit(hasher: &dyn PasswordHasher) {
    // One keyboard sends é as one character, another as e and an accent.
    let hash = hasher.hash(&secret("caf\u{e9} au lait 12345")).unwrap();
    assert_eq!(hasher.verify(&secret("cafe\u{301} au lait 12345"), Some(&hash)), Ok(true));
}

fn without_a_hash_nothing_fits(hasher: &dyn PasswordHasher) {
    for password in ["", "correct horse battery"] {
        assert_eq!(hasher.verify(&secret(password), None), Ok(false));
    }
}

fn a_damaged_hash_is_an_error(hasher: &dyn PasswordHasher) {
    let hash = hasher.hash(&secret("correct horse battery")).unwrap();
    let cut = &hash[..hash.len() - 5];
    for damaged in ["", "plain", "v9$x", cut] {
        let outcome = hasher.verify(&secret("correct horse battery"), Some(damaged));
        assert_eq!(outcome, Err(storywright_domain::ports::HashError::Corrupt), "{damaged}");
    }
}

const SIGNER: &[Promise<dyn TokenSigner>] =
    promises![a_token_says_what_was_signed, a_token_ends, a_changed_token_is_refused, other_texts_are_refused,];

fn claims() -> TokenClaims {
    TokenClaims {
        token: TokenId(0x0123_4567_89ab_cdef),
        user: UserId(u128::MAX),
        security_stamp: "stamp-“1”".to_owned(),
        issued_at: NOW,
        expires_at: NOW + Millis::minutes(15),
    }
}

fn a_token_says_what_was_signed(signer: &dyn TokenSigner) {
    let token = signer.sign(&claims()).unwrap();
    assert_eq!(signer.verify(token.reveal(), NOW), Ok(claims()));
    assert!(token.reveal().bytes().all(|byte| byte.is_ascii_graphic()));
}

fn a_token_ends(signer: &dyn TokenSigner) {
    let token = signer.sign(&claims()).unwrap();
    let end = claims().expires_at;
    assert!(signer.verify(token.reveal(), end + Millis(-1)).is_ok());
    for late in [end, end + Millis(1), Timestamp(i64::MAX)] {
        assert!(signer.verify(token.reveal(), late).is_err(), "{late:?}");
    }
}

fn a_changed_token_is_refused(signer: &dyn TokenSigner) {
    let token = signer.sign(&claims()).unwrap();
    let token = token.reveal();
    for index in 0..token.len() {
        let mut bytes = token.to_owned().into_bytes();
        bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        // The last character of a base64 text may carry bits that mean nothing; the claims are then the same.
        let same = signer.verify(&changed, NOW).is_ok_and(|found| found == claims());
        let part_ends = index + 1 == token.len() || token.as_bytes()[index + 1] == b'.';
        assert!(!same || part_ends, "{changed}");
        assert!(signer.verify(&token[..index], NOW).is_err());
    }
}

fn other_texts_are_refused(signer: &dyn TokenSigner) {
    let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhIn0.";
    for text in ["", ".", "..", "a.b.c", "Bearer x", unsigned, &"x".repeat(100_000), "é.é.é"] {
        assert!(signer.verify(text, NOW).is_err(), "{text}");
    }
}
