//! Rows 1 to 3 and 6 of the table of hostile addresses: what the list refuses before any packet leaves.

use super::*;

const STRICT: OriginRules = OriginRules { allow_http: true, allow_loopback: false, allow_unverified_tls: false };

fn listed(base: &str) -> Vec<AllowedOrigin> {
    vec![AllowedOrigin::parse("jira", Purpose::Jira, base, STRICT).expect("a good entry")]
}

#[track_caller]
fn refused(list: &[AllowedOrigin], base: &str, path: &str) {
    let result = find(list, Purpose::Jira, base, path);
    assert!(matches!(result, Err(HttpError::NotAllowed { .. })), "{base}{path} gave {result:?}");
}

#[test]
fn metadata_and_loopback_addresses_cannot_be_listed_in_any_spelling() {
    for base in [
        "http://169.254.169.254/",
        "http://[::ffff:169.254.169.254]/",
        "http://[fe80::1]/",
        "http://[fd00:ec2::254]/",
        "http://100.100.100.200/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://0/",
        "http://[::]/",
        "http://[::1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
    ] {
        assert!(AllowedOrigin::parse("x", Purpose::Jira, base, STRICT).is_err(), "{base}");
    }
    assert!(AllowedOrigin::parse("x", Purpose::Jira, "http://10.1.2.3:8080/jira", STRICT).is_ok(), "private is fine");
}

#[test]
fn only_plain_addresses_can_be_listed() {
    for base in [
        "ftp://jira.corp/",
        "https://user:secret@jira.corp/",
        "https://jira.corp/?a=b",
        "https://jira.corp/#x",
        "https://jira.corp\\@evil.com/",
        "https://jira corp/",
        "jira.corp",
        "",
    ] {
        let error = AllowedOrigin::parse("x", Purpose::Jira, base, STRICT).expect_err(base);
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let strict = AllowedOrigin::parse("x", Purpose::Jira, "http://jira.corp/", OriginRules::default());
    assert!(strict.is_err(), "plain http needs leave");
}

#[test]
fn the_host_must_match_exactly() {
    let list = listed("https://jira.corp/jira");
    for base in [
        "https://jira.corp\\@evil.com/jira",
        "https://jira.corp@evil.com/jira",
        "https://jira.corp.evil.com/jira",
        "https://evil.com/jira",
        "https://user@jira.corp/jira",
        "http://jira.corp/jira",
        "https://jira.corp:6379/jira",
        "https://169.254.169.254/jira",
        "https://2130706433/jira",
    ] {
        refused(&list, base, "/rest/api/2/myself");
    }
}

#[test]
fn the_path_must_stay_below_the_prefix() {
    let list = listed("https://jira.corp/jira");
    for path in ["/../plugins/servlet/oauth", "/%2e%2e/admin", "/./../x", "\\..\\x", "x", "@evil.com/", "//../../x"] {
        refused(&list, "https://jira.corp/jira", path);
    }
    refused(&list, "https://jira.corp/jirafake", "/rest");
    refused(&list, "https://jira.corp", "/plugins/servlet/x");
    assert!(find(&list, Purpose::Confluence, "https://jira.corp/jira", "/rest").is_err(), "for another purpose");

    let (_, url) =
        find(&list, Purpose::Jira, "https://JIRA.corp:443/jira/", "/rest/api/2/search?jql=a%20b").expect("ok");
    assert_eq!(url.as_str(), "https://jira.corp/jira/rest/api/2/search?jql=a%20b");
}
