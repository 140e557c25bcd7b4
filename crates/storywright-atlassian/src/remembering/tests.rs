//! What is remembered, for how long, for whom.

use super::*;
use std::sync::atomic::{AtomicI64, Ordering};
use storywright_domain::ports::MockJira;
use storywright_domain::remote::{Site, SiteKind, TlsTrust};
use storywright_domain::{RequestId, Secret};

#[derive(Default)]
struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

fn access(user: u128, site: &str) -> Access {
    Access {
        user: UserId(user),
        site: Site {
            id: site.to_owned(),
            name: site.to_owned(),
            kind: SiteKind::Jira,
            base_url: format!("https://{site}.corp"),
            allow_http: false,
            allow_loopback: false,
            allow_unverified_tls: false,
            marker_field: None,
            spaces: Vec::new(),
            restricted_spaces: Vec::new(),
            publish_through: None,
        },
        credential: Secret::new("x".to_owned()),
        tls: TlsTrust::default(),
        request_id: RequestId::from_number(1),
    }
}

fn project() -> Project {
    Project { id: "1".to_owned(), key: "PAY".to_owned(), name: "Payments".to_owned() }
}

fn asked(times: usize) -> MockJira {
    let mut inner = MockJira::new();
    inner.expect_projects().times(times).returning(|_| Ok(vec![project()]));
    inner
}

#[test]
fn an_answer_serves_until_its_time_is_over() {
    let clock = Arc::new(HandClock::default());
    let jira = RememberingJira::new(asked(2), clock.clone(), Millis::minutes(5));
    for at in [0, 1, Millis::minutes(5).0 - 1, Millis::minutes(5).0] {
        clock.0.store(at, Ordering::SeqCst);
        assert_eq!(jira.projects(&access(1, "jira")), Ok(vec![project()]));
    }
}

#[test]
fn people_and_sites_are_kept_apart_and_can_be_forgotten() {
    let jira = RememberingJira::new(asked(4), Arc::new(HandClock::default()), Millis::minutes(5));
    for _ in 0..2 {
        for (user, site) in [(1, "jira"), (2, "jira"), (1, "other")] {
            jira.projects(&access(user, site)).expect("an answer");
        }
    }
    jira.forget(UserId(2));
    jira.projects(&access(2, "jira")).expect("an answer");
    jira.projects(&access(1, "jira")).expect("an answer");
}

#[test]
fn failures_are_never_remembered() {
    let mut inner = MockJira::new();
    inner.expect_projects().times(2).returning(|_| Err(RemoteError::NotFound));
    let jira = RememberingJira::new(inner, Arc::new(HandClock::default()), Millis::minutes(5));
    assert!(jira.projects(&access(1, "jira")).is_err());
    assert!(jira.projects(&access(1, "jira")).is_err());
}

#[test]
fn a_refused_create_call_forgets_the_create_screens() {
    let mut inner = MockJira::new();
    inner.expect_create_fields().times(2).returning(|_, _, _| Ok(Vec::new()));
    inner.expect_create().times(1).returning(|_, _, _| CreateOutcome::Rejected {
        status: 400,
        messages: Vec::new(),
        fields: Vec::new(),
    });
    let jira = RememberingJira::new(inner, Arc::new(HandClock::default()), Millis::minutes(5));
    let (access, key) = (access(1, "jira"), ProjectKey::parse("PAY").expect("a key"));
    for _ in 0..2 {
        jira.create_fields(&access, &key, "10001").expect("an answer");
    }
    jira.create(&access, "{}", None);
    jira.create_fields(&access, &key, "10001").expect("an answer");
}

#[test]
fn kinds_of_links_are_asked_once_and_what_changes_each_time() {
    let mut inner = MockJira::new();
    inner.expect_link_types().times(2).returning(|_| Ok(Vec::new()));
    inner.expect_links().times(2).returning(|_, _| Ok(Vec::new()));
    inner.expect_users().times(2).returning(|_, _, _| Ok(Vec::new()));
    inner.expect_newest_number().times(2).returning(|_, _| Ok(None));
    let jira = RememberingJira::new(inner, Arc::new(HandClock::default()), Millis::minutes(5));
    let access = access(1, "jira");
    for _ in 0..2 {
        jira.link_types(&access).expect("an answer");
        jira.links(&access, "PAY-1").expect("an answer");
        jira.users(&access, "PAY", "a").expect("an answer");
        jira.newest_number(&access, "PAY").expect("an answer");
    }
    jira.forget(UserId(1));
    jira.link_types(&access).expect("an answer");
}
