//! What counts as the same.

use super::*;
use serde_json::json;
use storywright_domain::jira::FieldKind;

#[track_caller]
fn check(sent: Value, stored: Value, expected: bool) {
    assert_eq!(same(&sent, Some(&stored)), expected, "{sent} and {stored}");
}

#[test]
fn what_a_site_writes_differently_is_the_same() {
    check(json!("a\nb \n"), json!("a\r\nb"), true);
    check(json!("a b"), json!("a  b"), false);
    check(json!(3), json!(3.0), true);
    check(json!(3), json!(null), false);
    check(json!({"name": "high"}), json!({"name": "High", "id": "2", "self": "x"}), true);
    check(json!({"id": "10300"}), json!({"id": "10300", "value": "Gold"}), true);
    check(json!({"id": "10300"}), json!({"id": "10301", "value": "Silver"}), false);
    check(json!({"id": "1", "child": {"id": "2"}}), json!({"id": "1", "child": {"id": "2", "value": "b"}}), true);
    check(json!({"id": "1", "child": {"id": "2"}}), json!({"id": "1"}), false);
    check(json!("2026-01-31T10:00:00.000+0000"), json!("2026-01-31T11:00:00.000+0100"), true);
    check(json!("2026-01-31T10:00:00.000+0000"), json!("2026-01-31T10:00:00.000+0100"), false);
}

#[test]
fn lists_may_grow_but_not_shrink() {
    check(json!(["b", "a"]), json!(["a", "b", "added"]), true);
    check(json!(["a", "b"]), json!(["a"]), false);
    check(json!([{"name": "API"}]), json!([{"id": "7", "name": "API"}]), true);
    check(json!([{"name": "API"}]), json!([]), false);
    check(json!(["a"]), json!(null), false);
    check(json!([]), json!(null), true);
}

#[test]
fn moments_are_read_in_any_zone() {
    let millis = |text: &str| moment(text).map(jiff::Timestamp::as_millisecond);
    assert_eq!(millis("1970-01-01T00:00:00.000+0000"), Some(0));
    assert_eq!(millis("1970-01-01T01:30:00.250+0130"), Some(250));
    assert_eq!(millis("2024-02-29T23:59:59.999-0100"), Some(1_709_254_799_999));
    assert_eq!(moment("2026-01-31"), None);
    assert_eq!(moment("Take the train at nine"), None);
}

#[test]
fn people_read_names() {
    let option = |id: &str, name: &str, children| AllowedValue { id: id.to_owned(), name: name.to_owned(), children };
    let field = CreateField {
        id: "customfield_1".to_owned(),
        name: "Region".to_owned(),
        required: true,
        has_default: false,
        kind: FieldKind::Cascading,
        allowed: vec![option("1", "Europe", vec![option("2", "France", Vec::new())])],
    };
    let text = |value: Value| shown(Some(&value), Some(&field));
    assert_eq!(text(json!({"id": "1", "child": {"id": "2"}})), "Europe / France");
    assert_eq!(text(json!([{"name": "API"}, {"id": "9"}])), "API, 9");
    assert_eq!(text(json!(null)), "");
    assert_eq!(text(json!("x".repeat(400))).chars().count(), 301);
}
