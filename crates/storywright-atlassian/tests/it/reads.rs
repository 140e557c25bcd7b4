//! Reading from Jira: what is understood, and what stands in the way.

use crate::stub::{Step, Stub};
use crate::support::{TOKEN, jira};
use storywright_domain::jira::{FieldKind, Marker, ProjectKey};
use storywright_domain::ports::Jira;
use storywright_domain::remote::RemoteError;

const MYSELF: &str = r#"{"self":"x","key":"JIRAUSER10100","name":"E10234","emailAddress":"a@corp.example",
    "avatarUrls":{"16x16":"a","48x48":"https://jira.corp/secure/useravatar?avatarId=1"},"displayName":"Alice",
    "active":true,"deleted":false,"timeZone":"UTC","groups":{"size":1,"items":[]}}"#;

fn myself(step: Step) -> Result<storywright_domain::person::JiraUser, RemoteError> {
    let stub = Stub::start([step]);
    let (jira, access) = jira(&stub.url(), TOKEN);
    jira.current_user(&access)
}

#[track_caller]
fn code(step: Step, expected: &str) -> RemoteError {
    let error = myself(step).expect_err(expected);
    assert_eq!(error.code(), expected, "{error:?}");
    assert!(!error.to_string().contains("canary"), "{error}");
    error
}

#[test]
fn a_person_is_read_and_the_inactive_are_returned() {
    let user = myself(Step::json(200, MYSELF)).unwrap();
    assert_eq!(
        (user.key.as_str(), user.name.as_str(), user.display_name.as_str()),
        ("JIRAUSER10100", "E10234", "Alice")
    );
    assert_eq!((user.email.as_str(), user.active, user.deleted), ("a@corp.example", true, false));
    assert_eq!(user.avatar_url.as_deref(), Some("https://jira.corp/secure/useravatar?avatarId=1"));
    let gone = MYSELF.replace(r#""active":true,"deleted":false"#, r#""active":false,"deleted":true"#);
    let user = myself(Step::json(200, gone)).unwrap();
    assert!(!user.active && user.deleted);
}

#[test]
fn an_answer_to_nobody_is_no_answer() {
    let json = ("Content-Type", "application/json");
    code(Step::json(401, "{}"), "credential_refused");
    code(Step::answer(200, &[json, ("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")], MYSELF), "credential_refused");
    code(
        Step::answer(200, &[json, ("X-Seraph-LoginReason", "OUT, AUTHENTICATION_DENIED")], MYSELF),
        "credential_refused",
    );
    code(Step::answer(200, &[json, ("X-AUSERNAME", "anonymous")], MYSELF), "credential_refused");
    code(Step::answer(404, &[json, ("X-AUSERNAME", "anonymous")], "{}"), "credential_refused");
    let fine = [json, ("X-Seraph-LoginReason", "OK"), ("X-AUSERNAME", "E10234")];
    assert!(myself(Step::answer(200, &fine, MYSELF)).is_ok());
}

#[test]
fn sign_in_pages_and_captchas_are_recognized() {
    let html = ("Content-Type", "text/html;charset=UTF-8");
    code(Step::answer(200, &[html], "<html>Sign in</html>"), "login_page");
    code(Step::answer(200, &[], "  <!DOCTYPE html><html>"), "login_page");
    code(Step::answer(403, &[html], "<html>Forbidden by proxy</html>"), "login_page");
    code(Step::answer(302, &[("Location", "https://sso.corp/saml/start")], ""), "login_page");
    let captcha = ("X-Authentication-Denied-Reason", "CAPTCHA_CHALLENGE; login-url=https://jira.corp/login.jsp");
    let error = code(Step::answer(403, &[captcha], ""), "captcha_required");
    assert_eq!(error, RemoteError::Captcha { login_url: Some("https://jira.corp/login.jsp".to_owned()) });
}

#[test]
fn other_troubles_have_their_names() {
    let refusal = r#"{"errorMessages":["You may not"],"errors":{}}"#;
    let error = code(Step::json(403, refusal), "forbidden_there");
    assert!(error.to_string().contains("You may not"), "{error}");
    code(Step::json(404, refusal), "not_found_there");
    code(Step::answer(404, &[("Content-Type", "text/html")], "<html>no such page</html>"), "malformed_answer");
    code(Step::json(400, refusal), "rejected_there");
    code(Step::answer(400, &[], "what?"), "malformed_answer");
    code(Step::json(500, "{}"), "unavailable");
    code(Step::json(200, "{\"name\":"), "malformed_answer");
    code(Step::json(200, "[]"), "malformed_answer");
    code(Step::json(200, "{}"), "malformed_answer");
    let error = code(Step::answer(302, &[("Location", "http://169.254.169.254/x?secret=1")], ""), "malformed_answer");
    assert!(error.to_string().contains("unexpected redirect to 169.254.169.254"), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
    let limited = Step::answer(429, &[("Retry-After", "500")], "{}");
    assert_eq!(code(limited, "rate_limited_there"), RemoteError::RateLimited { retry_after_ms: 120_000 });
}

#[test]
fn a_site_that_is_not_listed_is_not_called() {
    let stub = Stub::start([Step::json(200, MYSELF)]);
    let (jira, mut access) = jira(&stub.url(), TOKEN);
    access.site.base_url = "http://127.0.0.1:1".to_owned();
    assert_eq!(jira.current_user(&access).unwrap_err().code(), "site_not_allowed");
    assert!(stub.seen().is_empty());
}

fn page(values: &str, rest: &str) -> Step {
    Step::json(200, format!("{{{rest}\"values\":[{values}]}}"))
}

fn types(steps: impl IntoIterator<Item = Step>) -> (Vec<String>, usize) {
    let stub = Stub::start(steps);
    let (jira, access) = jira(&stub.url(), TOKEN);
    let found = jira.issue_types(&access, &ProjectKey::parse("PAY").unwrap()).unwrap();
    (found.into_iter().map(|kind| kind.id).collect(), stub.seen().len())
}

#[test]
fn pages_end_in_every_way_that_sites_end_them() {
    let (a, b) = (r#"{"id":"1","name":"A"}"#, r#"{"id":"2","name":"B","subtask":true}"#);
    let both = vec!["1".to_owned(), "2".to_owned()];
    assert_eq!(types([page(a, "\"isLast\":false,"), page(b, "\"isLast\":true,")]), (both.clone(), 2));
    assert_eq!(types([page(a, "\"total\":2,"), page(b, "\"total\":2,")]), (both.clone(), 2));
    assert_eq!(types([page(a, "\"maxResults\":1,"), page(b, "\"maxResults\":1,"), page("", "")]), (both.clone(), 3));
    assert_eq!(types([page(&format!("{a},{b}"), "")]), (both.clone(), 1));
    assert_eq!(types([page(&format!("{a},{b}"), "").renamed("values", "issueTypes")]), (both, 1));
    assert_eq!(types([page("", "\"total\":0,")]), (Vec::new(), 1), "may create nothing");
    // A site whose pages never end and always hold the same.
    let (found, asked) = types((0..60).map(|_| page(a, "\"isLast\":false,")));
    assert_eq!((found.len(), asked), (1, 50));
}

#[test]
fn create_fields_are_known_by_their_schema() {
    let row = |id: &str, schema: &str| {
        format!(r#"{{"fieldId":"{id}","name":"N {id}","required":true,"schema":{{{schema}}}}}"#)
    };
    let jira_field = |kind: &str| format!(r#""type":"any","custom":"com.pyxis.greenhopper.jira:{kind}""#);
    let cases = [
        ("summary", r#""type":"string","system":"summary""#.to_owned(), FieldKind::Text),
        ("description", r#""type":"string","system":"description""#.to_owned(), FieldKind::TextArea),
        ("customfield_1", r#""type":"string","custom":"com.atlassian.x:textarea""#.to_owned(), FieldKind::TextArea),
        ("customfield_2", r#""type":"number""#.to_owned(), FieldKind::Number),
        ("customfield_3", r#""type":"date""#.to_owned(), FieldKind::Date),
        ("customfield_4", r#""type":"datetime""#.to_owned(), FieldKind::DateTime),
        ("customfield_5", r#""type":"option""#.to_owned(), FieldKind::Option),
        ("customfield_6", r#""type":"option-with-child""#.to_owned(), FieldKind::Cascading),
        ("customfield_7", r#""type":"array","items":"option""#.to_owned(), FieldKind::Options),
        ("customfield_8", r#""type":"user""#.to_owned(), FieldKind::User),
        ("labels", r#""type":"array","items":"string","system":"labels""#.to_owned(), FieldKind::Labels),
        ("customfield_9", r#""type":"array","items":"string","custom":"x:labels""#.to_owned(), FieldKind::Labels),
        ("components", r#""type":"array","items":"component","system":"components""#.to_owned(), FieldKind::Components),
        ("fixVersions", r#""type":"array","items":"version","system":"fixVersions""#.to_owned(), FieldKind::Versions),
        ("priority", r#""type":"priority","system":"priority""#.to_owned(), FieldKind::Priority),
        ("customfield_10", jira_field("gh-epic-link"), FieldKind::EpicLink),
        ("customfield_11", jira_field("gh-epic-label"), FieldKind::EpicName),
        ("customfield_12", jira_field("gh-sprint"), FieldKind::Other("sprint".to_owned())),
        ("parent", r#""type":"issuelink","system":"parent""#.to_owned(), FieldKind::Parent),
        ("customfield_13", r#""type":"array","items":"user""#.to_owned(), FieldKind::Other("array of user".to_owned())),
        ("customfield_14", String::new(), FieldKind::Other(String::new())),
    ];
    let rows: Vec<String> = cases.iter().map(|(id, schema, _)| row(id, schema)).collect();
    for name in ["values", "fields", "results"] {
        let stub = Stub::start([page(&rows.join(","), "\"isLast\":true,").renamed("values", name)]);
        let (jira, access) = jira(&stub.url(), TOKEN);
        let found = jira.create_fields(&access, &ProjectKey::parse("PAY").unwrap(), "10001").unwrap();
        assert_eq!(found.len(), cases.len());
        for (field, (id, _, kind)) in found.iter().zip(&cases) {
            assert_eq!((field.id.as_str(), &field.kind, field.required), (*id, kind, true));
        }
        assert!(stub.seen()[0].line.starts_with("GET /rest/api/2/issue/createmeta/PAY/issuetypes/10001?startAt=0"));
    }
}

#[test]
fn what_lists_its_values_is_a_choice() {
    let row = |id: &str, schema: &str| {
        format!(
            r#"{{"fieldId":"{id}","name":"N","schema":{{{schema}}},"allowedValues":[{{"id":"7","name":"Seven"}}]}}"#
        )
    };
    let cases = [
        ("customfield_1", r#""type":"version""#, FieldKind::Option),
        ("security", r#""type":"securitylevel","system":"security""#, FieldKind::Option),
        ("customfield_2", r#""type":"array","items":"resolution""#, FieldKind::Options),
        ("project", r#""type":"project""#, FieldKind::Other("project".to_owned())),
        ("issuetype", r#""type":"issuetype""#, FieldKind::Other("issuetype".to_owned())),
    ];
    let rows: Vec<String> = cases.iter().map(|(id, schema, _)| row(id, schema)).collect();
    let stub = Stub::start([page(&rows.join(","), ""), page("", "")]);
    let (jira, access) = jira(&stub.url(), TOKEN);
    let found = jira.create_fields(&access, &ProjectKey::parse("PAY").unwrap(), "9").unwrap();
    for (field, (id, _, kind)) in found.iter().zip(&cases) {
        assert_eq!((field.id.as_str(), &field.kind), (*id, kind));
    }
}

#[test]
fn a_parent_field_that_is_left_out_is_added_for_subtasks() {
    let summary = r#"{"fieldId":"summary","name":"S","required":true,"schema":{"type":"string"}}"#;
    let fields = |steps: Vec<Step>| {
        let stub = Stub::start(steps);
        let (jira, access) = jira(&stub.url(), TOKEN);
        let found = jira.create_fields(&access, &ProjectKey::parse("PAY").unwrap(), "5").unwrap();
        (found.iter().any(|field| field.kind == FieldKind::Parent && field.required), stub.seen().len())
    };
    // The screen itself may say what kind of type it is for; else the types are asked.
    let kind = |subtask: bool| {
        format!(
            r#"{{"fieldId":"issuetype","name":"T","schema":{{"type":"issuetype"}},"allowedValues":[{{"id":"5","name":"X","subtask":{subtask}}}]}}"#
        )
    };
    assert_eq!(fields(vec![page(&format!("{summary},{}", kind(true)), "")]), (true, 1));
    assert_eq!(fields(vec![page(&format!("{summary},{}", kind(false)), "")]), (false, 1));
    let listed = |subtask: bool| page(&format!(r#"{{"id":"5","name":"X","subtask":{subtask}}}"#), "");
    assert_eq!(fields(vec![page(summary, ""), listed(true)]), (true, 2));
    assert_eq!(fields(vec![page(summary, ""), listed(false)]), (false, 2));
}

#[test]
fn allowed_values_have_ids_names_and_children_and_no_disabled_ones() {
    let values = r#"{"id":"1","value":"A","children":[{"id":11,"value":"A1"},{"id":"12","value":"A2","disabled":true}]},{"id":"2","name":"B"},{"value":"no id"}"#;
    let row = format!(
        r#"{{"fieldId":"c","name":"C","schema":{{"type":"option-with-child"}},"hasDefaultValue":true,"allowedValues":[{values}]}}"#
    );
    let stub = Stub::start([page(&row, ""), page("", "")]);
    let (jira, access) = jira(&stub.url(), TOKEN);
    let found = jira.create_fields(&access, &ProjectKey::parse("PAY").unwrap(), "5").unwrap();
    let allowed = &found[0].allowed;
    assert!(found[0].has_default);
    assert_eq!((allowed.len(), allowed[0].name.as_str(), allowed[1].name.as_str()), (2, "A", "B"));
    assert_eq!((allowed[0].children.len(), allowed[0].children[0].id.as_str()), (1, "11"));
}

#[test]
fn a_search_by_label_cannot_be_led_astray() {
    let info = Step::json(200, r#"{"version":"10.3.8","deploymentType":"Server"}"#);
    let empty = || Step::json(200, r#"{"startAt":0,"maxResults":200,"total":0,"issues":[]}"#);
    let stub = Stub::start([info, empty(), empty()]);
    let (jira, access) = jira(&stub.url(), TOKEN);
    for label in ["x\" OR project = \"SECRET", "y"] {
        assert!(jira.marked(&access, "PAY", &Marker::RunLabel(label.to_owned())).unwrap().is_empty());
    }
    let lines: Vec<String> = stub.seen().into_iter().map(|seen| seen.line).collect();
    assert!(
        lines[0].ends_with("/rest/api/2/serverInfo") && lines.len() == 3,
        "what runs there is asked once: {lines:?}"
    );
    let line = &lines[1];
    assert!(line.contains("labels%20%3D%20%22x%5C%22%20OR%20project%20%3D%20%5C%22SECRET%22%20ORDER"), "{line}");
}

#[test]
fn pictures_elsewhere_or_of_another_kind_are_not_taken() {
    let png = [&[0x89, b'P', b'N', b'G', 0, 0][..], &[0; 100]].concat();
    let image = ("Content-Type", "image/png");
    let stub = Stub::start([
        Step::answer(200, &[image], &png),
        Step::answer(200, &[("Content-Type", "text/html")], "<html>"),
        Step::answer(200, &[image], "<svg onload=alert(1)>"),
        Step::answer(200, &[image], [&png[..], &[0; 70_000]].concat()),
        Step::answer(302, &[("Location", "https://sso.corp/login")], ""),
        Step::answer(404, &[], ""),
    ]);
    let (jira, access) = jira(&stub.url(), TOKEN);
    let here = format!("{}/secure/useravatar?avatarId=1", stub.url());
    let picture = jira.avatar(&access, &here).unwrap().expect("a picture");
    assert!(picture.starts_with("data:image/png;base64,iVBORw"), "{picture}");
    for _ in 0..5 {
        assert_eq!(jira.avatar(&access, &here).unwrap(), None);
    }
    assert_eq!(stub.seen().len(), 6);
    let elsewhere = Stub::start([Step::answer(200, &[image], &png)]);
    assert_eq!(jira.avatar(&access, &format!("{}/secure/useravatar", elsewhere.url())).unwrap(), None);
    assert!(elsewhere.seen().is_empty(), "no token travels to another host");
}

trait Renamed {
    fn renamed(self, from: &str, to: &str) -> Self;
}

impl Renamed for Step {
    fn renamed(self, from: &str, to: &str) -> Self {
        let text = String::from_utf8(self.bytes).unwrap();
        let body = text.split_once("\r\n\r\n").unwrap().1.replace(&format!("\"{from}\":"), &format!("\"{to}\":"));
        Self::json(200, body)
    }
}
