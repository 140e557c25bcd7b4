//! The payload's bytes.

use super::*;

fn issue() -> NewIssue {
    NewIssue {
        project: "PAY".to_owned(),
        issue_type: "10001".to_owned(),
        summary: "Refund\n in  one step".to_owned(),
        description: "## Why\n\n- **fast**".to_owned(),
        labels: vec!["re fund".to_owned(), "pay".to_owned(), "pay".to_owned()],
        components: vec!["API".to_owned()],
        priority: Some("High".to_owned()),
        story_points: Some(("customfield_10106".to_owned(), 3.0)),
        epic: Some(("customfield_10100".to_owned(), "PAY-1".to_owned())),
        placement: Placement::UnderParent,
        custom_fields: Vec::new(),
        marker: Marker::RunLabel("aid-0123456789ab".to_owned()),
        property: Some(("origin.storywright".to_owned(), r#"{"v":1,"run":"r","item":"s1"}"#.to_owned())),
    }
}

#[test]
fn keys_come_in_a_fixed_order() {
    let (payload, description) = render(&issue());
    assert_eq!(description, "h2. Why\n\n* *fast*");
    let expected = concat!(
        r#"{"fields":{"project":{"key":"PAY"},"issuetype":{"id":"10001"},"summary":"Refund in one step","#,
        r#""parent":{"key":"@parent"},"description":"h2. Why\n\n* *fast*","#,
        r#""labels":["re_fund","pay","aid-0123456789ab"],"components":[{"name":"API"}],"priority":{"name":"High"},"#,
        r#""customfield_10106":3,"customfield_10100":"PAY-1"},"#,
        r#""properties":[{"key":"origin.storywright","value":{"v":1,"run":"r","item":"s1"}}]}"#,
    );
    assert_eq!(payload, expected);
    assert_eq!(render(&issue()).0, payload, "the same issue gives the same bytes");
}

#[test]
fn what_is_empty_is_left_out() {
    let bare = NewIssue {
        description: " ".to_owned(),
        labels: Vec::new(),
        components: Vec::new(),
        priority: None,
        story_points: None,
        epic: None,
        placement: Placement::Alone,
        property: None,
        marker: Marker::Footer("aid0123".to_owned()),
        ..issue()
    };
    let expected = r#"{"fields":{"project":{"key":"PAY"},"issuetype":{"id":"10001"},"summary":"Refund in one step","description":"ref aid0123"}}"#;
    assert_eq!(render(&bare).0, expected);
}

#[test]
fn the_footer_is_the_last_line() {
    let marked = NewIssue { marker: Marker::Footer("aid0123".to_owned()), ..issue() };
    let (payload, description) = render(&marked);
    assert_eq!(description, "h2. Why\n\n* *fast*\n\nref aid0123");
    assert!(payload.contains(r#""labels":["re_fund","pay"]"#), "{payload}");
}

#[test]
fn an_epic_of_the_plan_has_its_place() {
    let field = |id: &str| Placement::InEpic { field: Some(id.to_owned()) };
    let placed = |placement| render(&NewIssue { epic: None, placement, ..issue() }).0;
    let linked = placed(field("customfield_10100"));
    assert!(linked.contains(r#""customfield_10100":"@parent""#) && !linked.contains(r#""parent":"#), "{linked}");
    assert!(placed(field("parent")).contains(r#""parent":{"key":"@parent"}"#));
    assert!(!placed(Placement::InEpic { field: None }).contains("@parent"));
    let existing =
        NewIssue { epic: Some(("parent".to_owned(), "PAY-1".to_owned())), placement: Placement::Alone, ..issue() };
    assert!(render(&existing).0.contains(r#""parent":{"key":"PAY-1"}"#));
}

#[test]
fn a_field_or_nothing_may_carry_the_mark() {
    let mark = Marker::Field { id: "customfield_10990".to_owned(), value: "aid0123".to_owned() };
    let (payload, description) = render(&NewIssue { marker: mark, ..issue() });
    assert!(payload.contains(r#""customfield_10990":"aid0123""#) && !description.contains("aid0123"), "{payload}");
    let (payload, _) = render(&NewIssue { marker: Marker::Manual, ..issue() });
    assert!(!payload.contains("aid0123") && payload.contains(r#""labels":["re_fund","pay"]"#), "{payload}");
}

#[track_caller]
fn check(kind: FieldKind, value: FieldValue, expected: Value) {
    assert_eq!(rendered(&kind, &value), expected, "{kind:?} {value:?}");
}

#[test]
fn every_kind_of_value_has_its_shape() {
    use FieldKind as K;
    use FieldValue as V;
    let text = |text: &str| V::Text(text.to_owned());
    check(K::Text, text("a\nb"), json!("a b"));
    check(K::TextArea, text("**a**\n\n- b"), json!("*a*\n\n* b"));
    check(K::Number, V::Number(2.5), json!(2.5));
    check(K::Number, V::Number(-3.0), json!(-3));
    check(K::Number, V::Number(f64::NAN), Value::Null);
    check(K::Number, text("4"), json!(4));
    check(K::Date, V::Date("2026-01-31".to_owned()), json!("2026-01-31"));
    check(K::DateTime, V::Date("2026-01-31".to_owned()), json!("2026-01-31T00:00:00.000+0000"));
    check(K::Option, V::Option("10300".to_owned()), json!({"id": "10300"}));
    check(K::Option, text("Gold"), json!({"value": "Gold"}));
    check(K::Cascading, V::Cascading("1".to_owned(), None), json!({"id": "1"}));
    check(K::Cascading, V::Cascading("1".to_owned(), Some("2".to_owned())), json!({"id": "1", "child": {"id": "2"}}));
    check(K::Options, V::Options(vec!["1".to_owned(), "2".to_owned()]), json!([{"id": "1"}, {"id": "2"}]));
    check(K::Options, text("a, b"), json!([{"value": "a"}, {"value": "b"}]));
    check(K::User, V::User("E10234".to_owned()), json!({"name": "E10234"}));
    check(K::User, text("E10234"), json!({"name": "E10234"}));
    check(K::User, V::User("accountid:712020:ab-1".to_owned()), json!({"accountId": "712020:ab-1"}));
    check(K::Labels, V::Texts(vec!["a".to_owned()]), json!(["a"]));
    check(K::Labels, text("a b"), json!(["a", "b"]));
    check(K::Versions, V::Texts(vec!["1.0".to_owned()]), json!([{"name": "1.0"}]));
    let other = |items: &str| K::Other(items.to_owned());
    check(other("array of user"), text("E1, accountid:7"), json!([{"name": "E1"}, {"accountId": "7"}]));
    check(other("array of user"), V::Texts(vec!["E1".to_owned()]), json!([{"name": "E1"}]));
    check(other("array of group"), text("devs"), json!([{"name": "devs"}]));
    check(other("group"), text("devs "), json!({"name": "devs"}));
    check(K::EpicLink, V::Issue("PAY-1".to_owned()), json!("PAY-1"));
    check(K::Parent, V::Issue("PAY-1".to_owned()), json!({"key": "PAY-1"}));
}
