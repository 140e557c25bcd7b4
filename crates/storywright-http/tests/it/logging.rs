//! What the log says about a call, and what it never says, at the finest level that a logger may let through.

use crate::stub::{Step, Stub};
use crate::support::{RULES, World, options, origin};
use log::kv::{Error, Key, Value, VisitSource};
use log::{Level, LevelFilter, Log, Metadata, Record};
use std::sync::{Arc, Mutex};
use storywright_domain::remote::TlsTrust;
use storywright_domain::{RequestId, Secret};
use storywright_http::{Egress, LOUD_TARGETS, Method, Purpose};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Keeper;

struct Pairs(String);

impl<'kvs> VisitSource<'kvs> for Pairs {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        self.0.push_str(&format!(" {key}={value}"));
        Ok(())
    }
}

impl Log for Keeper {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let root = metadata.target().split("::").next().unwrap_or_default();
        metadata.level() <= Level::Info || !LOUD_TARGETS.contains(&root)
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let mut pairs = Pairs(format!("{} {}", record.target(), record.args()));
        record.key_values().visit(&mut pairs).unwrap();
        LINES.lock().unwrap().push(pairs.0);
    }

    fn flush(&self) {}
}

#[test]
fn one_line_a_call_and_no_secret_at_any_level() {
    log::set_boxed_logger(Box::new(Keeper)).unwrap();
    log::set_max_level(LevelFilter::Trace);
    let answer = Step::answer(200, &[("X-Answer-Header", "canary-answer-header")], "canary-answer-body");
    let stub = Stub::start([answer]);
    let world = Arc::new(World::default());
    let egress = Egress::new(vec![origin(&stub.url(), RULES)], options(&world));
    let id = RequestId::parse("logging-test-01").unwrap();
    egress
        .request(Purpose::Jira, Method::Post, &stub.url(), "/search?jql=canary-query", &TlsTrust::default(), &id)
        .bearer(&Secret::new("canary-token".to_owned()))
        .secret_header("Cookie", &Secret::new("canary-cookie".to_owned()))
        .json("canary-body")
        .send()
        .unwrap();

    let lines = LINES.lock().unwrap();
    let ours: Vec<_> = lines.iter().filter(|line| line.contains("logging-test-01")).collect();
    let calls: Vec<_> = ours.iter().filter(|line| line.starts_with("storywright::egress")).collect();
    assert_eq!(calls.len(), 1, "{ours:?}");
    for part in ["site=jira", "method=POST", "path=/search?jql", "status=200", "outcome=ok", "duration_ms=0"] {
        assert!(calls[0].contains(part), "{part} is missing in {}", calls[0]);
    }
    let leaks: Vec<_> = lines.iter().filter(|line| line.contains("canary")).collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
}
