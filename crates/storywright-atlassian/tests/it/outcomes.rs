//! What a create call came to, line by line of the table of outcomes.

use crate::stub::{Step, Stub, Then};
use crate::support::{TOKEN, jira};
use std::net::TcpListener;
use std::time::Duration;
use storywright_domain::jira::CreateOutcome;
use storywright_domain::ports::Jira;
use storywright_domain::remote::RemoteError;

const PAYLOAD: &str = r#"{"fields":{"summary":"x","parent":{"key":"@parent"}}}"#;

/// One create call against one scripted answer; asserts that exactly one request was made.
fn create(step: Step) -> CreateOutcome {
    let stub = Stub::start([step]);
    let (jira, access) = jira(&stub.url(), TOKEN);
    let outcome = jira.create(&access, PAYLOAD, Some("PAY-7"));
    let seen = stub.seen();
    assert_eq!(seen.len(), 1, "one POST, whatever happens");
    assert_eq!(seen[0].line, "POST /rest/api/2/issue");
    assert_eq!(seen[0].body, r#"{"fields":{"summary":"x","parent":{"key":"PAY-7"}}}"#);
    assert_eq!(seen[0].header("authorization").unwrap(), format!("Bearer {TOKEN}"));
    assert_eq!(seen[0].header("x-atlassian-token").unwrap(), "no-check");
    assert_eq!(seen[0].header("content-type").unwrap(), "application/json");
    assert!(!format!("{outcome:?}").contains("canary"), "{outcome:?}");
    outcome
}

#[track_caller]
fn unknown(step: Step) {
    let outcome = create(step);
    assert!(matches!(outcome, CreateOutcome::Unknown { .. }), "{outcome:?}");
}

#[track_caller]
fn auth_lost(step: Step) {
    let outcome = create(step);
    assert!(matches!(outcome, CreateOutcome::AuthLost { .. }), "{outcome:?}");
}

#[test]
fn created_with_id_and_key() {
    let outcome = create(Step::json(201, r#"{"id":"10010","key":"PAY-8","self":"https://x/10010"}"#));
    assert_eq!(outcome, CreateOutcome::Created { id: "10010".to_owned(), key: "PAY-8".to_owned() });
}

#[test]
fn a_success_that_cannot_be_read_is_unknown() {
    unknown(Step::raw("HTTP/1.1 201 Created\r\nContent-Length: 90\r\n\r\n{\"id\":\"10010\",", Then::Close));
    unknown(Step::json(201, "{\"id\":\"10010\","));
    unknown(Step::json(201, r#"{"id":"10010"}"#));
    unknown(Step::json(201, r#"{"id":"10010","key":"<script>"}"#));
    unknown(Step::json(204, ""));
    unknown(Step::json(201, format!("\"{}\"", "x".repeat(11 * 1024 * 1024))));
}

#[test]
fn a_refused_connection_was_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (jira, access) = jira(&base, TOKEN);
    let outcome = jira.create(&access, PAYLOAD, Some("PAY-7"));
    assert!(matches!(outcome, CreateOutcome::NotSent { retry_after_ms: None, .. }), "{outcome:?}");
}

#[test]
fn a_connection_that_breaks_is_unknown() {
    unknown(Step::raw("", Then::Close));
    unknown(Step::raw("HTTP/1.1 201 Cr", Then::Close));
    unknown(Step::raw("nonsense\r\n\r\n", Then::Close));
}

#[test]
fn an_answer_that_does_not_come_in_time_is_unknown() {
    let head = "HTTP/1.1 201 Created\r\nContent-Length: 90\r\n\r\n{";
    for bytes in ["", head] {
        let stub = Stub::start([Step::raw(bytes, Then::Hang)]);
        let (jira, access) = jira(&stub.url(), TOKEN);
        let outcome = jira.with_create_timeout(Duration::from_millis(600)).create(&access, PAYLOAD, Some("PAY-7"));
        assert!(matches!(outcome, CreateOutcome::Unknown { .. }), "{outcome:?}");
        stub.wait_for_close();
        assert_eq!(stub.seen().len(), 1);
    }
}

#[test]
fn gateways_that_gave_up_and_server_errors_are_unknown() {
    for status in [408, 500, 502, 503, 504] {
        unknown(Step::answer(status, &[("Content-Type", "text/html"), ("Retry-After", "1")], "<html>gone</html>"));
    }
    unknown(Step::json(500, r#"{"errorMessages":["Internal server error"],"errors":{}}"#));
}

#[test]
fn a_refusal_in_jiras_words_names_the_fields() {
    let body = r#"{"errorMessages":["No."],"errors":{"customfield_10040":"Requestor is required."}}"#;
    for wanted in [400, 404, 409, 413, 422] {
        let CreateOutcome::Rejected { status, messages, fields } = create(Step::json(wanted, body)) else {
            panic!("{wanted} was not rejected");
        };
        assert_eq!((status, messages), (wanted, vec!["No.".to_owned()]));
        assert_eq!(
            (fields[0].field.as_str(), fields[0].message.as_str()),
            ("customfield_10040", "Requestor is required.")
        );
    }
}

#[test]
fn a_refusal_in_other_words_is_unknown() {
    unknown(Step::answer(400, &[("Content-Type", "text/html")], "<html>Bad Request</html>"));
    unknown(Step::answer(413, &[("Content-Type", "text/html")], "<html>Too large</html>"));
    unknown(Step::answer(404, &[], "not here"));
}

#[test]
fn a_lost_credential_is_told_apart_from_a_refusal() {
    auth_lost(Step::json(401, r#"{"errorMessages":["no"],"errors":{}}"#));
    auth_lost(Step::answer(401, &[("Content-Type", "text/html")], "<html>401</html>"));
    auth_lost(Step::json(403, r#"{"errorMessages":["no"],"errors":{}}"#));
    auth_lost(Step::answer(403, &[("X-Authentication-Denied-Reason", "CAPTCHA_CHALLENGE; login-url=https://x")], ""));
    auth_lost(Step::answer(200, &[("Content-Type", "text/html;charset=UTF-8")], "<html>Sign in</html>"));
    auth_lost(Step::answer(302, &[("Location", "https://sso.corp/login?to=x")], ""));
    // Jira tells a token that has expired like this: nobody may create issues.
    let anonymous = [("Content-Type", "application/json"), ("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")];
    auth_lost(Step::answer(
        400,
        &anonymous,
        r#"{"errorMessages":["Anonymous users do not have permission"],"errors":{}}"#,
    ));
}

#[test]
fn a_redirect_elsewhere_is_unknown() {
    unknown(Step::answer(302, &[("Location", "http://169.254.169.254/latest")], ""));
    unknown(Step::answer(307, &[("Location", "/jira2/rest/api/2/issue")], ""));
}

#[test]
fn only_jiras_own_rate_limit_was_not_sent() {
    for (wait, expected) in [("0", 1_000), ("7", 7_000), ("99999999999", 120_000), ("soon", 1_000)] {
        let headers = [("Retry-After", wait), ("X-RateLimit-Limit", "5"), ("X-RateLimit-Remaining", "0")];
        let outcome = create(Step::answer(429, &headers, "{}"));
        assert!(
            matches!(outcome, CreateOutcome::NotSent { retry_after_ms: Some(ms), .. } if ms == expected),
            "{wait}: {outcome:?}"
        );
    }
    // Cloud names the limit that was hit.
    let outcome = create(Step::answer(429, &[("Retry-After", "2"), ("RateLimit-Reason", "jira-burst-based")], "{}"));
    assert!(matches!(outcome, CreateOutcome::NotSent { retry_after_ms: Some(2_000), .. }), "{outcome:?}");
    unknown(Step::answer(429, &[("Retry-After", "1")], "slow down"));
}

/// A change could overwrite what somebody wrote after it: it is sent once, though PUT may be repeated elsewhere.
#[test]
fn a_change_of_an_issue_is_one_put_whatever_happens() {
    let payload = r#"{"fields":{"summary":"x","description":"y"}}"#;
    let update = |step: Step| {
        let stub = Stub::start([step]);
        let (jira, access) = jira(&stub.url(), TOKEN);
        let result = jira.update(&access, "10001", payload);
        let seen = stub.seen();
        assert_eq!(seen.len(), 1, "one PUT, whatever happens");
        assert_eq!((seen[0].line.as_str(), seen[0].body.as_str()), ("PUT /rest/api/2/issue/10001", payload));
        result
    };
    assert_eq!(update(Step::answer(204, &[], "")), Ok(()));
    for status in [500, 502, 503, 504] {
        let lost =
            update(Step::answer(status, &[("Content-Type", "text/html"), ("Retry-After", "1")], "<html>gone</html>"));
        assert!(matches!(lost, Err(RemoteError::Unavailable { .. })), "{status}: {lost:?}");
    }
    let cut = update(Step::raw("HTTP/1.1 204 No", Then::Close));
    assert!(matches!(cut, Err(RemoteError::Unavailable { .. })), "{cut:?}");
    let refused = update(Step::json(400, r#"{"errorMessages":[],"errors":{"summary":"Frozen."}}"#));
    assert!(matches!(refused, Err(RemoteError::Rejected { .. })), "{refused:?}");
    assert_eq!(update(Step::json(404, r#"{"errorMessages":["No."],"errors":{}}"#)), Err(RemoteError::NotFound));
}
