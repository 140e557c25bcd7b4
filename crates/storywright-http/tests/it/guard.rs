//! Rows 4, 5, 7, 8 and 9 of the table of hostile addresses: what is dialed.

use crate::stub::{Step, Stub};
use crate::support::{RULES, World, call, options, origin};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use storywright_http::{Egress, HttpError, Lookup, Method, OriginRules, Purpose};

/// A name server that says one thing after another.
struct Flipping {
    answers: Mutex<Vec<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl Lookup for Flipping {
    fn lookup(&self, _: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        if answers.is_empty() {
            return Err(io::Error::other("no name server"));
        }
        Ok(answers.remove(0).into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
    }
}

fn resolving(stub: &Stub, rules: OriginRules, answers: &[&[&str]]) -> (Egress, String, Arc<Flipping>) {
    let base = format!("http://jira.corp:{}", stub.address.port());
    let answers = answers.iter().map(|ips| ips.iter().map(|ip| ip.parse().unwrap()).collect()).collect();
    let lookup = Arc::new(Flipping { answers: Mutex::new(answers), asked: AtomicUsize::new(0) });
    let mut options = options(&Arc::new(World::default()));
    options.lookup = Some(lookup.clone());
    (Egress::new(vec![origin(&base, rules)], options), base, lookup)
}

const OUTSIDE: OriginRules = OriginRules { allow_http: true, allow_loopback: false, allow_unverified_tls: false };

#[test]
fn a_listed_name_that_points_to_a_forbidden_address_is_not_dialed() {
    for address in
        ["127.0.0.1", "::1", "169.254.169.254", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "0.0.0.0", "fe80::1"]
    {
        let stub = Stub::start([Step::json(200, "{}")]);
        let (egress, base, _) = resolving(&stub, OUTSIDE, &[&[address]]);
        let error = call(&egress, Method::Get, &base, "/x").send().unwrap_err();
        assert!(matches!(error, HttpError::NotAllowed { .. }), "{address}: {error:?}");
        assert!(!error.to_string().contains(address), "the address of another host is not told: {error}");
        assert!(stub.seen().is_empty(), "{address} was called");
    }
}

#[test]
fn one_bad_address_among_good_ones_refuses_all() {
    let stub = Stub::start([Step::json(200, "{}")]);
    let (egress, base, _) = resolving(&stub, RULES, &[&["127.0.0.1", "169.254.169.254"]]);
    assert!(matches!(call(&egress, Method::Get, &base, "/x").send(), Err(HttpError::NotAllowed { .. })));
    assert!(stub.seen().is_empty());
}

#[test]
fn the_address_that_was_checked_is_the_one_that_is_dialed() {
    let stub = Stub::start([Step::json(200, "{}")]);
    // A second lookup of the same connection would get the metadata address.
    let (egress, base, lookup) = resolving(&stub, RULES, &[&["127.0.0.1"], &["169.254.169.254"]]);
    assert_eq!(call(&egress, Method::Get, &base, "/x").send().unwrap().status, 200);
    assert_eq!(lookup.asked.load(Ordering::SeqCst), 1, "one lookup serves check and connection");
    assert_eq!(stub.seen()[0].header("host").unwrap(), base.trim_start_matches("http://"));
    assert!(
        matches!(call(&egress, Method::Post, &base, "/x").send_once(), Err(error) if error.to_string().contains("not sent"))
    );
}

#[test]
fn a_lookup_that_fails_closes_the_way() {
    let stub = Stub::start([Step::json(200, "{}")]);
    let (egress, base, _) = resolving(&stub, RULES, &[]);
    assert!(call(&egress, Method::Get, &base, "/x").send().is_err());
    let (egress, base, _) = resolving(&stub, RULES, &[&[]]);
    assert!(matches!(call(&egress, Method::Get, &base, "/x").tries(1).send(), Err(HttpError::Unreachable { .. })));
    assert!(stub.seen().is_empty());
}

#[test]
fn a_redirect_is_an_answer_and_takes_no_credential_along() {
    let elsewhere = Stub::start([Step::json(200, "{}")]);
    let location = format!("{}/latest/meta-data", elsewhere.url());
    let stub = Stub::start([Step::answer(302, &[("Location", &location)], "")]);
    let world = Arc::default();
    let egress = Egress::new(vec![origin(&stub.url(), RULES), origin(&elsewhere.url(), RULES)], options(&world));
    assert_eq!(call(&egress, Method::Get, &stub.url(), "/x").send().unwrap().status, 302);
    assert!(elsewhere.seen().is_empty());
}

#[test]
fn what_is_not_listed_is_not_called() {
    let stub = Stub::start([Step::json(200, "{}")]);
    let world = Arc::default();
    let egress = Egress::new(vec![origin(&format!("{}/jira", stub.url()), RULES)], options(&world));
    for base in [stub.url(), format!("{}/plugins/servlet", stub.url()), "http://127.0.0.1:1/jira".to_owned()] {
        let result = call(&egress, Method::Get, &base, "/x").send();
        assert!(matches!(result, Err(HttpError::NotAllowed { .. })), "{base}: {result:?}");
    }
    egress.replace(Purpose::Jira, Vec::new());
    let result = call(&egress, Method::Get, &format!("{}/jira", stub.url()), "/x").send();
    assert!(matches!(result, Err(HttpError::NotAllowed { .. })), "taken off the list");
    assert!(stub.seen().is_empty());
}

#[test]
fn a_header_cannot_smuggle_another_or_name_another_host() {
    let stub = Stub::start([Step::json(200, "{}")]);
    let world = Arc::default();
    let egress = Egress::new(vec![origin(&stub.url(), RULES)], options(&world));
    for (name, value) in [("x", "a\r\nEvil: b"), ("Host", "evil.com"), ("a b", "c"), ("Transfer-Encoding", "chunked")] {
        let result = call(&egress, Method::Get, &stub.url(), "/x").header(name, value).send();
        assert!(matches!(result, Err(HttpError::NotAllowed { .. })), "{name}: {result:?}");
    }
    assert!(stub.seen().is_empty());
}

#[test]
fn every_call_says_who_calls_and_nothing_a_browser_would() {
    let stub = Stub::start([Step::json(200, "{}")]);
    let world = Arc::default();
    let egress = Egress::new(vec![origin(&stub.url(), RULES)], options(&world));
    call(&egress, Method::Get, &stub.url(), "/x?a=1").send().unwrap();
    let seen = &stub.seen()[0];
    assert_eq!(seen.line, "GET /x?a=1");
    assert_eq!(seen.header("user-agent").unwrap(), "Storywright/1.2.3");
    assert_eq!(seen.header("x-request-id").unwrap(), "request-0001");
    for name in ["cookie", "origin", "referer", "content-length"] {
        assert_eq!(seen.header(name), None, "{name}");
    }
    stub.push(Step::json(200, "{}"));
    let own = call(&egress, Method::Get, &stub.url(), "/x").header("X-Request-Id", "given-0001");
    own.header("User-Agent", "Gateway/1").send().unwrap();
    let seen = &stub.seen()[1];
    assert_eq!(seen.head.to_ascii_lowercase().matches("x-request-id").count(), 1, "{}", seen.head);
    assert_eq!(seen.header("x-request-id").unwrap(), "given-0001");
    assert_eq!(seen.header("user-agent").unwrap(), "Gateway/1");
}

#[test]
fn proxies_of_the_environment_are_ignored() {
    // The variables must be set before the process starts, so the test starts itself again with them.
    const MARK: &str = "STORYWRIGHT_HTTP_TEST_TARGET";
    if let Some(base) = std::env::var_os(MARK) {
        let base = base.into_string().unwrap();
        let world = Arc::default();
        let egress = Egress::new(vec![origin(&base, RULES)], options(&world));
        assert_eq!(call(&egress, Method::Get, &base, "/direct").send().unwrap().status, 200);
        return;
    }
    let target = Stub::start([Step::json(200, "{}")]);
    let proxy = Stub::start([Step::json(200, "{}")]);
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "guard::proxies_of_the_environment_are_ignored"]).env(MARK, target.url());
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        child.env(name, proxy.url());
    }
    assert!(child.output().unwrap().status.success());
    assert_eq!(target.seen().len(), 1);
    assert!(proxy.seen().is_empty());
}
