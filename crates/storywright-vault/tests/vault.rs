//! Contracts, and what goes beyond them: keyring files, rotation, damaged texts, the bound on hashing.
#![expect(clippy::unwrap_used, reason = "test support")]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use storywright_domain::person::TokenClaims;
use storywright_domain::ports::{HashError, PasswordHasher, Place, Sealer, TokenSigner};
use storywright_domain::{Millis, Secret, Timestamp, TokenId, UserId};
use storywright_testkit::{hasher_contract, sealer_contract, sha256_contract, signer_contract};
use storywright_vault::{BcryptHasher, HasherOptions, JwtSigner, Keyring, KeyringError, KeyringSealer, RingSha256};

const NOW: Timestamp = Timestamp(1_767_225_600_123);

fn keyring() -> Keyring {
    let key = STANDARD.encode([7_u8; 32]);
    Keyring::from_json(&format!(r#"{{"primary":"k1","keys":[{{"id":"k1","key":"{key}"}}]}}"#)).unwrap()
}

fn two_keys(primary: &str) -> Keyring {
    let (old, new) = (STANDARD.encode([7_u8; 32]), STANDARD.encode([8_u8; 32]));
    let keys = format!(r#"[{{"id":"k1","key":"{old}"}},{{"id":"k2","key":"{new}"}}]"#);
    Keyring::from_json(&format!(r#"{{"primary":"{primary}","keys":{keys}}}"#)).unwrap()
}

fn quick() -> HasherOptions {
    HasherOptions { cost: 4, ..HasherOptions::default() }
}

fn place() -> Place {
    Place { table: "llm_configs", column: "encrypted_credential", owner: "a".repeat(32), row: "a".repeat(32) }
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn claims() -> TokenClaims {
    TokenClaims {
        token: TokenId(1),
        user: UserId(2),
        security_stamp: "stamp".to_owned(),
        issued_at: NOW,
        expires_at: NOW + Millis::minutes(15),
    }
}

#[test]
fn the_vault_keeps_the_promises_of_the_ports() {
    sealer_contract(|| KeyringSealer::new(&keyring()));
    hasher_contract(|| BcryptHasher::new(&keyring(), quick()));
    signer_contract(|| JwtSigner::new(&keyring(), "storywright-api"));
    sha256_contract(|| RingSha256);
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn in_folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring.json");
    (folder, path)
}

#[test]
fn a_new_keyring_is_private_and_is_never_replaced() {
    let (_folder, path) = in_folder();
    let made = Keyring::create(&path, "k1").unwrap();
    assert_eq!(mode(&path), 0o600);
    let before = fs::read_to_string(&path).unwrap();
    assert!(matches!(Keyring::create(&path, "k2"), Err(KeyringError::Exists(_))));
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
    assert_eq!(*Keyring::load(&path).unwrap().derive("x"), *made.derive("x"));
}

#[test]
fn two_new_keyrings_differ() {
    let ((_one, first), (_other, second)) = (in_folder(), in_folder());
    let (first, second) = (Keyring::create(&first, "k1").unwrap(), Keyring::create(&second, "k1").unwrap());
    assert_ne!(*first.derive("x"), *second.derive("x"));
}

#[test]
fn a_keyring_that_others_can_read_is_refused() {
    let (_folder, path) = in_folder();
    Keyring::create(&path, "k1").unwrap();
    for mode in [0o640, 0o604, 0o660, 0o644] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = Keyring::load(&path).err().unwrap();
        let text = error.to_string();
        assert!(matches!(error, KeyringError::TooOpen { .. }) && text.contains("chmod 600"), "{text}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    assert!(Keyring::load(&path).is_ok());
}

#[test]
fn a_missing_keyring_says_where_it_was_looked_for() {
    let (_folder, path) = in_folder();
    let error = Keyring::load(&path).err().unwrap();
    assert!(matches!(&error, KeyringError::Missing(missing) if *missing == path), "{error}");
}

#[test]
fn an_invalid_keyring_says_what_is_wrong_and_shows_no_key() {
    let key = STANDARD.encode([7_u8; 32]);
    let short = STANDARD.encode([7_u8; 31]);
    let entry = |id: &str, key: &str| format!(r#"{{"id":"{id}","key":"{key}"}}"#);
    let ring = |primary: &str, keys: &[String]| format!(r#"{{"primary":"{primary}","keys":[{}]}}"#, keys.join(","));
    for (text, expected) in [
        (String::new(), "line 1"),
        (format!(r#"{{"primary":"k1","keys":["{key}"]}}"#), "line 1"),
        (ring("k1", &[]), "no key with the primary id `k1`"),
        (ring("k2", &[entry("k1", &key)]), "no key with the primary id `k2`"),
        (ring("k1", &[entry("k1", &key), entry("k1", &key)]), "`k1` is there twice"),
        (ring("k1", &[entry("k1", &short)]), "31 bytes"),
        (ring("k1", &[entry("k1", "%%%")]), "not base64"),
        (ring("K|1", &[entry("K|1", &key)]), "small letters"),
    ] {
        let error = Keyring::from_json(&text).err().unwrap().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains(&key) && !error.contains(&short), "{error}");
    }
}

#[test]
fn each_purpose_has_its_own_key() {
    let keyring = two_keys("k1");
    assert_ne!(*keyring.derive("one"), *keyring.derive("other"));
    assert_eq!(*keyring.derive("one"), *two_keys("k1").derive("one"));
    assert_ne!(*keyring.derive("one"), *two_keys("k2").derive("one"));
    assert_ne!(*keyring.derive("one"), [7; 32]);
}

#[test]
fn derivation_never_changes() {
    // RFC 5869 with SHA-256; computed independently with Python's hmac. A change would lose every stored secret.
    let expected = "5636e1333d57b994e3e68f6b7a775615438f4c8a0e5eb62e6939427288780e49";
    assert_eq!(keyring().derive("one").iter().map(|byte| format!("{byte:02x}")).collect::<String>(), expected);
}

#[test]
fn rotation_keeps_old_keys_and_seals_with_the_new_one() {
    let (_folder, path) = in_folder();
    let old = KeyringSealer::new(&Keyring::create(&path, "k1").unwrap());
    let sealed = old.seal(&place(), &secret("before")).unwrap();
    let rotated = Keyring::rotate(&path, "k2").unwrap();
    assert_eq!((rotated.primary_id(), mode(&path)), ("k2", 0o600));
    let loaded = Keyring::load(&path).unwrap();
    assert_eq!(loaded.ids().collect::<Vec<_>>(), ["k2", "k1"]);
    let new = KeyringSealer::new(&loaded);
    assert_eq!(new.open(&place(), &sealed).unwrap().reveal(), "before");
    let again = new.seal(&place(), &secret("after")).unwrap();
    assert!(again.starts_with("v1:k2:"), "{again}");
    assert!(new.is_outdated(&sealed) && !new.is_outdated(&again));
    let error = old.open(&place(), &again).err().unwrap().to_string();
    assert!(error.contains("`k2` is not in the keyring"), "{error}");
    assert!(Keyring::rotate(&path, "k2").is_err(), "an id is used once");
    assert_eq!(Keyring::load(&path).unwrap().ids().count(), 2);
}

#[test]
fn rotation_reaches_passwords_and_tokens() {
    let (old, new) = (two_keys("k1"), two_keys("k2"));
    let password = secret("correct horse battery");
    let hash = BcryptHasher::new(&old, quick()).hash(&password).unwrap();
    assert!(hash.starts_with("v1$k1$$2b$04$"), "{hash}");
    assert_eq!(BcryptHasher::new(&new, quick()).verify(&password, Some(&hash)), Ok(true));
    let token = JwtSigner::new(&old, "api").sign(&claims()).unwrap();
    assert_eq!(JwtSigner::new(&new, "api").verify(token.reveal(), NOW), Ok(claims()));
}

#[test]
fn another_keyring_opens_nothing() {
    let key = STANDARD.encode([9_u8; 32]);
    let other = Keyring::from_json(&format!(r#"{{"primary":"k1","keys":[{{"id":"k1","key":"{key}"}}]}}"#)).unwrap();
    let sealed = KeyringSealer::new(&keyring()).seal(&place(), &secret("s")).unwrap();
    assert!(KeyringSealer::new(&other).open(&place(), &sealed).is_err());
    let hash = BcryptHasher::new(&keyring(), quick()).hash(&secret("password")).unwrap();
    assert_eq!(BcryptHasher::new(&other, quick()).verify(&secret("password"), Some(&hash)), Ok(false));
    let token = JwtSigner::new(&keyring(), "api").sign(&claims()).unwrap();
    assert!(JwtSigner::new(&other, "api").verify(token.reveal(), NOW).is_err());
}

#[test]
fn a_place_that_could_be_written_in_two_ways_is_refused() {
    let sealer = KeyringSealer::new(&keyring());
    let place = Place { owner: "a|b".to_owned(), ..place() };
    assert!(sealer.seal(&place, &secret("s")).is_err());
    assert!(sealer.open(&place, "v1:k1:AAAA").is_err());
}

proptest! {
    #[test]
    fn no_text_opens_that_was_not_sealed(text in ".{0,200}") {
        prop_assert!(KeyringSealer::new(&keyring()).open(&place(), &text).is_err());
    }

    #[test]
    fn no_bytes_open_that_were_not_sealed(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let text = format!("v1:k1:{}", base64::engine::general_purpose::STANDARD_NO_PAD.encode(bytes));
        prop_assert!(KeyringSealer::new(&keyring()).open(&place(), &text).is_err());
    }

    #[test]
    fn a_damaged_text_never_opens(plain in ".{0,60}", at in any::<prop::sample::Index>(), flip in 1_u8..=255) {
        let sealer = KeyringSealer::new(&keyring());
        let sealed = sealer.seal(&place(), &Secret::new(plain.clone())).unwrap();
        let opened = sealer.open(&place(), &sealed).unwrap();
        prop_assert_eq!(opened.reveal(), plain.as_str());
        let mut bytes = base64::engine::general_purpose::STANDARD_NO_PAD.decode(&sealed["v1:k1:".len()..]).unwrap();
        let index = at.index(bytes.len());
        bytes[index] ^= flip;
        let damaged = format!("v1:k1:{}", base64::engine::general_purpose::STANDARD_NO_PAD.encode(&bytes));
        let error = sealer.open(&place(), &damaged).err().map(|error| error.to_string());
        prop_assert!(error.is_some_and(|error| error.contains("k1")));
    }

    #[test]
    fn no_text_is_a_token_that_was_not_signed(text in "[A-Za-z0-9._-]{0,200}") {
        prop_assert!(JwtSigner::new(&keyring(), "api").verify(&text, NOW).is_err());
    }
}

/// A token with this header and the claims of a good one, signed with the right key.
fn forged(header: &str) -> String {
    let good = JwtSigner::new(&keyring(), "api").sign(&claims()).unwrap();
    let payload = good.reveal().split('.').nth(1).unwrap().to_owned();
    let message = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(header));
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &*keyring().derive("API tokens"));
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(ring::hmac::sign(&key, message.as_bytes())))
}

#[test]
fn only_one_algorithm_type_and_key_is_accepted() {
    let signer = JwtSigner::new(&keyring(), "api");
    let good = r#"{"typ":"at+jwt","alg":"HS256","kid":"k1"}"#;
    assert_eq!(signer.verify(&forged(good), NOW), Ok(claims()), "the forgery is faithful");
    for header in [
        r#"{"typ":"at+jwt","alg":"none","kid":"k1"}"#,
        r#"{"typ":"at+jwt","alg":"HS384","kid":"k1"}"#,
        r#"{"typ":"at+jwt","alg":"RS256","kid":"k1"}"#,
        r#"{"typ":"JWT","alg":"HS256","kid":"k1"}"#,
        r#"{"alg":"HS256","kid":"k1"}"#,
        r#"{"typ":"at+jwt","alg":"HS256"}"#,
        r#"{"typ":"at+jwt","alg":"HS256","kid":"k2"}"#,
        r#"{"typ":"at+jwt","alg":"HS256","kid":"k1","jku":"https://evil.example/keys"}"#,
        r#"{"typ":"at+jwt","alg":"HS256","kid":"k1","x5u":"https://evil.example/keys"}"#,
        r#"{"typ":"at+jwt","alg":"HS256","kid":"k1","crit":["exp"]}"#,
    ] {
        assert!(signer.verify(&forged(header), NOW).is_err(), "{header}");
    }
}

#[test]
fn a_token_for_another_audience_is_refused() {
    let token = JwtSigner::new(&keyring(), "other").sign(&claims()).unwrap();
    assert!(JwtSigner::new(&keyring(), "api").verify(token.reveal(), NOW).is_err());
}

#[test]
fn who_waits_too_long_for_a_hash_is_told_so() {
    let options = HasherOptions { cost: 10, at_once: 1, patience: Millis(0) };
    let hasher = BcryptHasher::new(&keyring(), options);
    // Two hash without a pause; each hash takes tens of milliseconds, so that one soon finds the other at it.
    let told = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..200 {
                    if hasher.verify(&secret("password"), None) == Err(HashError::Busy) {
                        told.store(true, Ordering::SeqCst);
                    }
                    if told.load(Ordering::SeqCst) {
                        return;
                    }
                }
            });
        }
    });
    assert!(told.into_inner());
    assert_eq!(hasher.verify(&secret("password"), None), Ok(false), "turns are given back");
}

#[test]
fn who_waits_patiently_gets_a_turn() {
    let options = HasherOptions { cost: 4, at_once: 2, patience: Millis::minutes(1) };
    let hasher = BcryptHasher::new(&keyring(), options);
    let hash = hasher.hash(&secret("password")).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| assert_eq!(hasher.verify(&secret("password"), Some(&hash)), Ok(true)));
        }
    });
}
