//! Looking for secrets in the forms in which they could leave: as they are, encoded, turned around, in halves.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// A secret, and whether half of it is one as well: one part of a token may be its public name.
pub struct Canary {
    pub text: String,
    pub halves: bool,
}

impl Canary {
    /// A secret through and through.
    pub fn whole(text: &str) -> Self {
        Self { text: text.to_owned(), halves: true }
    }

    /// A secret that has a name in it.
    pub fn named(text: &str) -> Self {
        Self { text: text.to_owned(), halves: false }
    }
}

/// What of these secrets is in these places: `form in place` for each. Never the secret itself.
#[must_use]
pub fn found(secrets: &[Canary], places: &[(&str, String)]) -> Vec<String> {
    let mut all = Vec::new();
    for (index, secret) in secrets.iter().enumerate() {
        for (form, text) in forms(secret) {
            let hit = places.iter().filter(|(_, place)| place.contains(&text));
            all.extend(hit.map(|(place, _)| format!("secret {index}, {form}, in {place}")));
        }
    }
    all
}

/// Every form of a secret, and of its halves.
fn forms(secret: &Canary) -> Vec<(String, String)> {
    let mut all = whole(&secret.text);
    let chars: Vec<char> = secret.text.chars().collect();
    if secret.halves {
        let (first, second) = chars.split_at(chars.len() / 2);
        for (name, half) in [("first half", first), ("second half", second)] {
            let half: String = half.iter().collect();
            all.extend(whole(&half).into_iter().map(|(form, text)| (format!("{name} {form}"), text)));
        }
    }
    all
}

fn whole(secret: &str) -> Vec<(String, String)> {
    let percent = |upper: bool| -> String {
        let coded = |byte: u8| if upper { format!("%{byte:02X}") } else { format!("%{byte:02x}") };
        secret.bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { coded(b) }).collect()
    };
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut all = vec![
        ("plain".to_owned(), secret.to_owned()),
        ("percent-encoded".to_owned(), percent(true)),
        ("percent-encoded".to_owned(), percent(false)),
        ("with plus for spaces".to_owned(), secret.replace(' ', "+")),
        ("hexadecimal".to_owned(), hex.to_uppercase()),
        ("hexadecimal".to_owned(), hex),
        ("turned around".to_owned(), secret.chars().rev().collect()),
    ];
    // Three bytes become four characters: within a longer text it looks different at each of three places.
    for offset in 0..3 {
        let shifted: Vec<u8> = std::iter::repeat_n(0, offset).chain(secret.bytes()).collect();
        let inner = (offset * 8).div_ceil(6)..shifted.len() * 8 / 6;
        all.push(("base64".to_owned(), STANDARD_NO_PAD.encode(&shifted)[inner.clone()].to_owned()));
        all.push(("base64".to_owned(), URL_SAFE_NO_PAD.encode(&shifted)[inner].to_owned()));
    }
    all.sort_by(|one, other| one.1.cmp(&other.1));
    all.dedup_by(|one, other| one.1 == other.1);
    all
}

#[test]
fn each_form_of_a_secret_is_found_and_nothing_else() {
    let secret = "pat-canary/9Lk3TzRb8+WfUdHs4PyEa2";
    let canary = [Canary::whole(secret)];
    let (first, second) = secret.split_at(secret.len() / 2);
    let hidden = [
        format!("x{secret}x"),
        STANDARD_NO_PAD.encode(format!("user:{secret}")),
        STANDARD_NO_PAD.encode(format!("user1:{secret}!")),
        URL_SAFE_NO_PAD.encode(format!("{{\"a\":\"{secret}\"}}")),
        "?d=pat%2Dcanary%2F9Lk3TzRb8%2BWfUdHs4PyEa2".to_owned(),
        secret.bytes().map(|byte| format!("{byte:02X}")).collect(),
        secret.chars().rev().collect(),
        format!("{first} and then {second}"),
        format!("only {second}"),
        STANDARD_NO_PAD.encode(format!("half {first}")),
    ];
    for text in hidden {
        assert!(!found(&canary, &[("a place", text.clone())]).is_empty(), "{text}");
    }
    let plain = "pat-canary is the name of a test; 9Lk3 is in it".to_owned();
    assert_eq!(found(&canary, &[("a place", plain)]), Vec::<String>::new());
}
