//! Every kind of fault, seen by a client that speaks HTTP by hand: what is on the wire, and whether the work was done.
#![expect(clippy::unwrap_used, reason = "test support")]

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    sync::mpsc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use storywright_sandbox::{FaultKind, FaultRule, Options, Running, Sandbox, Service};

const CREATE: &str = "/jira/rest/api/2/issue";

fn company() -> Running {
    Sandbox::start(Options::default()).unwrap()
}

/// Sends one request by hand and reads until the server closes the connection.
fn raw(sandbox: &Running, method: &str, path: &str, body: &str) -> Vec<u8> {
    let mut stream = open(sandbox, method, path, body);
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("{error}"),
    }
    answer
}

fn open(sandbox: &Running, method: &str, path: &str, body: &str) -> TcpStream {
    let pat = sandbox.person("alice").unwrap().jira_pat;
    let mut stream = TcpStream::connect(sandbox.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {pat}\r\n\
         User-Agent: raw\r\nX-Request-Id: raw-1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    stream
}

fn story() -> String {
    let fields = json!({"project": {"key": "PAY"}, "issuetype": {"name": "Story"}, "summary": "from a raw socket"});
    json!({"fields": fields}).to_string()
}

/// Status and body of a whole answer.
fn parsed(answer: &[u8]) -> (u16, String, String) {
    let text = String::from_utf8_lossy(answer).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), head.to_ascii_lowercase(), body.to_owned())
}

fn create_with(kind: FaultKind) -> (Running, Vec<u8>, usize) {
    let sandbox = company();
    let before = sandbox.issues().len();
    sandbox.add_fault(FaultRule::new(Service::Jira, kind).on("POST", "/rest/api/2/issue")).unwrap();
    let answer = raw(&sandbox, "POST", CREATE, &story());
    let created = sandbox.issues().len() - before;
    (sandbox, answer, created)
}

#[test]
fn without_a_fault_the_issue_is_there() {
    let sandbox = company();
    let before = sandbox.issues().len();
    let (status, head, body) = parsed(&raw(&sandbox, "POST", CREATE, &story()));
    assert_eq!((status, sandbox.issues().len() - before), (201, 1));
    assert!(head.contains("x-seraph-loginreason: ok") && head.contains("x-ausername: e10234"), "{head}");
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["key"], "PAY-7");
}

#[test]
fn drop_before_closes_and_does_nothing() {
    let (sandbox, answer, created) = create_with(FaultKind::DropBefore);
    assert_eq!((answer.len(), created), (0, 0));
    let logged = sandbox.requests();
    assert_eq!(
        (logged[0].status, logged[0].outcome.as_str(), logged[0].faults[0].as_str()),
        (None, "closed", "drop_before")
    );
    assert!(sandbox.faults().is_empty(), "a rule without times is used up by one request");
}

#[test]
fn drop_after_closes_and_has_done_the_work() {
    let (_sandbox, answer, created) = create_with(FaultKind::DropAfter);
    assert_eq!((answer.len(), created), (0, 1));
}

#[test]
fn status_answers_in_place_of_the_work() {
    let headers = [("X-Reason".to_owned(), "maintenance".to_owned())].into();
    let (_sandbox, answer, created) =
        create_with(FaultKind::Status { code: 503, body: Some(json!({"down": true})), headers });
    let (status, head, body) = parsed(&answer);
    assert_eq!((status, created, body.as_str()), (503, 0, "{\"down\":true}"));
    assert!(head.contains("x-reason: maintenance"), "{head}");
}

#[test]
fn status_after_commit_hides_that_the_work_is_done() {
    let kind = FaultKind::StatusAfterCommit { code: 504, body: None, headers: Default::default() };
    let (_sandbox, answer, created) = create_with(kind);
    let (status, head, _) = parsed(&answer);
    assert_eq!((status, created), (504, 1));
    assert!(head.contains("content-type: text/html"), "{head}");
}

#[test]
fn retry_after_comes_with_the_headers_of_a_rate_limit() {
    let (_sandbox, answer, created) = create_with(FaultKind::RetryAfter { seconds: 7, code: 429 });
    let (status, head, _) = parsed(&answer);
    assert_eq!((status, created), (429, 0));
    assert!(head.contains("retry-after: 7") && head.contains("x-ratelimit-remaining: 0"), "{head}");
}

#[test]
fn html_login_is_a_page_with_200() {
    let (_sandbox, answer, created) = create_with(FaultKind::HtmlLogin);
    let (status, head, body) = parsed(&answer);
    assert_eq!((status, created), (200, 0));
    assert!(head.contains("content-type: text/html") && body.contains("Sign in"), "{head}");
}

#[test]
fn truncate_closes_in_the_middle_of_the_body() {
    let (_sandbox, answer, created) = create_with(FaultKind::Truncate { after_bytes: None });
    let (status, head, body) = parsed(&answer);
    let promised: usize = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
    assert_eq!((status, created, body.len()), (201, 1, promised / 2));
    let (_sandbox, answer, _) = create_with(FaultKind::Truncate { after_bytes: Some(3) });
    assert_eq!(parsed(&answer).2.len(), 3);
}

#[test]
fn stall_goes_silent_and_keeps_the_connection() {
    let sandbox = company();
    sandbox.add_fault(FaultRule::new(Service::Jira, FaultKind::Stall { after_bytes: Some(5) })).unwrap();
    let mut stream = open(&sandbox, "POST", CREATE, &story());
    let mut answer = Vec::new();
    let mut buffer = [0; 1024];
    while !answer.windows(4).any(|w| w == b"\r\n\r\n") || parsed(&answer).2.len() < 5 {
        let read = stream.read(&mut buffer).unwrap();
        assert_ne!(read, 0, "the connection was closed");
        answer.extend_from_slice(&buffer[..read]);
    }
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let silence = stream.read(&mut buffer).unwrap_err();
    assert!(matches!(silence.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{silence}");
}

#[test]
fn malformed_json_keeps_the_status() {
    let (_sandbox, answer, created) = create_with(FaultKind::MalformedJson);
    let (status, head, body) = parsed(&answer);
    assert_eq!((status, created), (201, 1));
    assert!(head.contains("content-type: application/json"), "{head}");
    assert!(serde_json::from_str::<Value>(&body).is_err(), "{body}");
}

#[test]
fn delays_hold_the_work_or_the_answer_back() {
    for kind in [FaultKind::DelayMs { ms: 150 }, FaultKind::DelayAfterMs { ms: 150 }] {
        #[expect(clippy::disallowed_methods, reason = "measures what a client waits")]
        let start = Instant::now();
        let (_sandbox, answer, created) = create_with(kind);
        assert_eq!((parsed(&answer).0, created), (201, 1));
        assert!(start.elapsed() >= Duration::from_millis(150));
    }
}

#[test]
fn work_goes_on_when_the_client_hangs_up() {
    let sandbox = std::sync::Arc::new(company());
    let before = sandbox.issues().len();
    sandbox.add_fault(FaultRule::new(Service::Jira, FaultKind::DelayMs { ms: 200 })).unwrap();
    let stream = open(&sandbox, "POST", CREATE, &story());
    let (done, wait) = mpsc::channel();
    let watcher = sandbox.clone();
    std::thread::spawn(move || {
        while watcher.requests().is_empty() {
            std::thread::yield_now();
        }
        drop(stream);
        while watcher.issues().len() == before {
            std::thread::yield_now();
        }
        done.send(()).unwrap();
    });
    wait.recv_timeout(Duration::from_secs(10)).unwrap();
}

#[test]
fn index_lag_hides_new_issues_from_search_alone() {
    let sandbox = company();
    let search = |sandbox: &Running| {
        let answer = raw(sandbox, "GET", "/jira/rest/api/2/search?jql=project%3DPAY&maxResults=0", "");
        serde_json::from_str::<Value>(&parsed(&answer).2).unwrap()["total"].as_u64().unwrap()
    };
    let before = search(&sandbox);
    sandbox.add_fault(FaultRule::new(Service::Jira, FaultKind::IndexLagMs { ms: 60_000 })).unwrap();
    let (status, _, body) = parsed(&raw(&sandbox, "POST", CREATE, &story()));
    assert_eq!(status, 201);
    assert_eq!(search(&sandbox), before, "the lag lasts until it is over");
    let key = serde_json::from_str::<Value>(&body).unwrap()["key"].as_str().unwrap().to_owned();
    assert_eq!(parsed(&raw(&sandbox, "GET", &format!("{CREATE}/{key}"), "")).0, 200, "reading by key needs no index");
    sandbox.advance_clock(61_000);
    assert_eq!(search(&sandbox), before + 1);
    sandbox.clear_faults();
    sandbox.add_fault(FaultRule::new(Service::Jira, FaultKind::IndexLagMs { ms: -1 })).unwrap();
    assert_eq!(search(&sandbox), before);
}

#[test]
fn anonymous_takes_the_credential_away() {
    let sandbox = company();
    sandbox.add_fault(FaultRule::new(Service::Jira, FaultKind::Anonymous).for_ever()).unwrap();
    let (status, head, body) = parsed(&raw(&sandbox, "GET", "/jira/rest/api/2/project", ""));
    assert_eq!((status, body.as_str()), (200, "[]"));
    assert!(
        head.contains("x-seraph-loginreason: authenticated_failed") && head.contains("x-ausername: anonymous"),
        "{head}"
    );
    assert_eq!(parsed(&raw(&sandbox, "GET", "/jira/rest/api/2/myself", "")).0, 401);
}

#[test]
fn rules_count_skip_and_choose() {
    let sandbox = company();
    let fail =
        || FaultRule::new(Service::Jira, FaultKind::Status { code: 500, body: None, headers: Default::default() });
    let me = |sandbox: &Running| parsed(&raw(sandbox, "GET", "/jira/rest/api/2/myself", "")).0;
    sandbox.add_fault(fail().on("GET", "/rest/api/*/mys*").after(1).times(2)).unwrap();
    assert_eq!([me(&sandbox), me(&sandbox), me(&sandbox), me(&sandbox)], [200, 500, 500, 200]);
    sandbox.add_fault(fail().for_person("bob").for_ever()).unwrap();
    sandbox.add_fault(FaultRule { service: Service::Llm, ..fail().for_ever() }).unwrap();
    sandbox.add_fault(fail().on("POST", "/rest/api/2/myself").for_ever()).unwrap();
    sandbox.add_fault(fail().on("GET", "/rest/*/myself").for_ever()).unwrap();
    assert_eq!(me(&sandbox), 200, "none of these is about this request");
    sandbox.add_fault(fail().on("GET", "^/jira/rest/.*/myself$").for_person("E10234").for_ever()).unwrap();
    assert_eq!([me(&sandbox), me(&sandbox)], [500, 500]);
    sandbox.clear_faults();
    assert_eq!(me(&sandbox), 200);
    assert!(sandbox.add_fault(fail().on("GET", "^(")).is_err());
}

#[test]
fn the_back_door_speaks_json() {
    let sandbox = company();
    let rules = json!([
        {"service": "jira", "path": "/rest/api/2/myself", "kind": "status", "code": 502},
        {"service": "jira", "path": "/rest/api/2/myself", "kind": "delay_ms", "ms": 1, "times": null},
    ]);
    let (status, _, body) = parsed(&raw(&sandbox, "POST", "/__sandbox/faults", &rules.to_string()));
    assert_eq!((status, body.as_str()), (201, "{\"ids\":[1,2]}"));
    assert_eq!(parsed(&raw(&sandbox, "GET", "/jira/rest/api/2/myself", "")).0, 502);
    assert_eq!(sandbox.faults().len(), 1, "the status is used up, the delay stays");
    let typo = json!({"service": "jira", "kind": "drop_after", "pth": "/x"});
    let (status, _, body) = parsed(&raw(&sandbox, "POST", "/__sandbox/faults", &typo.to_string()));
    assert_eq!(status, 400);
    assert!(body.contains("pth"), "{body}");
    assert_eq!(parsed(&raw(&sandbox, "DELETE", "/__sandbox/faults", "")).0, 204);
    assert!(sandbox.faults().is_empty());
    let (_, _, people) = parsed(&raw(&sandbox, "GET", "/__sandbox/people", ""));
    assert_eq!(serde_json::from_str::<Value>(&people).unwrap().as_array().unwrap().len(), sandbox.people().len());
    let (_, _, issues) = parsed(&raw(&sandbox, "GET", "/__sandbox/issues", ""));
    assert_eq!(serde_json::from_str::<Value>(&issues).unwrap()["count"], sandbox.issues().len());
}

#[test]
fn the_log_names_the_person_and_never_the_credential() {
    let sandbox = company();
    raw(&sandbox, "POST", &format!("{CREATE}?updateHistory=false"), &story());
    let (_, _, body) = parsed(&raw(&sandbox, "GET", "/__sandbox/requests", ""));
    for person in sandbox.people() {
        for secret in [person.jira_pat, person.password, person.confluence.credential, person.llm.credential] {
            assert!(!body.contains(&secret), "{body}");
        }
    }
    let logged = &sandbox.requests()[0];
    assert_eq!(logged.sequence, 1);
    assert_eq!(
        (logged.method.as_str(), logged.path.as_str(), logged.query.as_str()),
        ("POST", CREATE, "updateHistory=false")
    );
    assert_eq!((logged.person.as_deref(), logged.credential.as_deref()), (Some("alice"), Some("bearer")));
    assert_eq!((logged.user_agent.as_deref(), logged.request_id.as_deref()), (Some("raw"), Some("raw-1")));
    assert_eq!((logged.status, logged.outcome.as_str()), (Some(201), "answered"));
    let sent = logged.body.as_ref().and_then(|body| body.json()).unwrap();
    assert_eq!(sent["fields"]["summary"], "from a raw socket");
}
