use super::*;

fn mapping() -> ToolMapping {
    let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    ToolMapping {
        server: "mcp-jira".to_owned(),
        tool: "jira_create_issue".to_owned(),
        arguments: pairs(&[
            ("project_key", "{{project}}"),
            ("summary", "{{summary}}"),
            ("issue_type", "{{issue_type}}"),
        ]),
        fields_argument: "additional_fields".to_owned(),
        rename: pairs(&[("description", "Description"), ("issuetype", "IssueType")]),
        key_at: "/issue/key".to_owned(),
    }
}

const REST: &str = r#"{"fields":{"project":{"key":"PAY"},"issuetype":{"id":"10001"},"summary":"{{issue_type}} in \"PAY\"","parent":{"key":"@parent"},"description":"h2. A","labels":["x"],"customfield_1":3.5},"properties":[{"key":"k","value":1}]}"#;

fn arguments(payload: &str, parent: Option<&str>) -> (Value, Value) {
    let call = of(payload).unwrap().call(parent).unwrap();
    assert_eq!(call.tool, "jira_create_issue");
    let arguments: Value = serde_json::from_str(&call.arguments).unwrap();
    let fields = serde_json::from_str(arguments["additional_fields"].as_str().unwrap()).unwrap();
    (arguments, fields)
}

#[test]
fn every_field_travels_once_by_its_declared_name() {
    let payload = payload(&mapping(), "Sub-task", REST);
    let (arguments, fields) = arguments(&payload, Some("PAY-7"));
    assert_eq!(arguments["project_key"], "PAY");
    assert_eq!(arguments["issue_type"], "Sub-task");
    assert_eq!(arguments["summary"], "{{issue_type}} in \"PAY\"", "a value is no template");
    let wanted = serde_json::json!({
        "IssueType": {"id": "10001"}, "parent": "PAY-7", "Description": "h2. A", "labels": ["x"], "customfield_1": 3.5
    });
    assert_eq!(fields, wanted);
}

#[test]
fn what_rest_would_get_stays_for_reading_back() {
    let whole: Value = serde_json::from_str(&payload(&mapping(), "Sub-task", REST)).unwrap();
    let rest: Value = serde_json::from_str(REST).unwrap();
    assert_eq!(whole["fields"], rest["fields"]);
    assert!(whole.get("properties").is_none(), "the tool cannot carry a property");
    assert!(of(REST).is_none());
}

#[test]
fn the_epic_goes_into_its_field_and_a_text_of_that_word_stays() {
    let rest = r#"{"fields":{"project":{"key":"PAY"},"summary":"@parent","customfield_10100":"@parent"}}"#;
    let payload = payload(&mapping(), "Story", rest);
    let (arguments, fields) = arguments(&payload, Some("PAY-1"));
    assert_eq!(arguments["summary"], "@parent");
    assert_eq!(fields["customfield_10100"], "PAY-1");
    assert!(of(&payload).unwrap().call(None).is_err());
}

#[test]
fn only_what_never_left_is_not_sent() {
    let detail = String::new;
    for (error, sent) in [
        (ToolError::Unreachable { detail: detail() }, false),
        (ToolError::NotAllowed { detail: detail() }, false),
        (ToolError::Certificate { detail: detail() }, false),
        (ToolError::NoAnswer { detail: detail() }, true),
        (ToolError::Rejected { code: -32_602, detail: detail() }, true),
        (ToolError::RateLimited { retry_after_ms: 1_000 }, true),
        (ToolError::Malformed { detail: detail() }, true),
        (ToolError::AsksForMore { detail: detail() }, true),
        (ToolError::Cancelled, true),
    ] {
        let told = error.to_string();
        assert_eq!(matches!(outcome(error), CreateOutcome::Unknown { .. }), sent, "{told}");
    }
}
