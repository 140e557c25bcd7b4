use super::*;

fn option(id: &str, name: &str, children: Vec<AllowedValue>) -> AllowedValue {
    AllowedValue { id: id.to_owned(), name: name.to_owned(), children }
}

fn field(kind: FieldKind, allowed: Vec<AllowedValue>) -> CreateField {
    let (id, name) = ("customfield_1".to_owned(), "Field".to_owned());
    CreateField { id, name, required: true, has_default: false, kind, allowed }
}

fn list() -> Vec<AllowedValue> {
    vec![
        option("1", "Lyon", vec![option("11", "North", Vec::new()), option("12", "South", Vec::new())]),
        option("2", "Nantes", vec![option("21", "Port", Vec::new())]),
    ]
}

#[track_caller]
fn check(
    kind: FieldKind,
    allowed: Vec<AllowedValue>,
    typed: &[&str],
    detail: &str,
    expected: Result<FieldValue, BadValue>,
) {
    let typed = Typed { values: typed.iter().map(|value| (*value).to_owned()).collect(), detail: detail.to_owned() };
    let found = value_of(&field(kind, allowed), &typed);
    assert_eq!(found, expected.map(Some));
}

fn text(text: &str) -> FieldValue {
    FieldValue::Text(text.to_owned())
}

fn strings(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

#[test]
fn every_kind_takes_what_it_can_hold() {
    use FieldKind as K;
    let none = Vec::new;
    check(K::Text, none(), &["  one\r\nline "], "", Ok(text("one  line")));
    check(K::TextArea, none(), &["two\nlines"], "", Ok(text("two\nlines")));
    check(K::Number, none(), &["3,5"], "", Ok(FieldValue::Number(3.5)));
    check(K::Date, none(), &["2024-02-29"], "", Ok(FieldValue::Date("2024-02-29".to_owned())));
    check(K::DateTime, none(), &["2026-05-04T09:05"], "+0200", Ok(text("2026-05-04T09:05:00.000+0200")));
    check(K::DateTime, none(), &["2026-05-04T09:05"], "", Ok(text("2026-05-04T09:05:00.000+0000")));
    let whole = "2026-05-04T09:05:01.000-0330";
    check(K::DateTime, none(), &[whole], "+0200", Ok(text(whole)));
    check(K::Option, list(), &["2"], "", Ok(FieldValue::Option("2".to_owned())));
    check(K::Option, none(), &["Lyon"], "", Ok(text("Lyon")));
    check(K::Cascading, list(), &["1"], "", Ok(FieldValue::Cascading("1".to_owned(), None)));
    check(K::Cascading, list(), &["1"], "12", Ok(FieldValue::Cascading("1".to_owned(), Some("12".to_owned()))));
    check(K::Options, list(), &["2", "1"], "", Ok(FieldValue::Options(strings(&["2", "1"]))));
    check(K::Versions, list(), &["2"], "", Ok(FieldValue::Options(strings(&["2"]))));
    check(K::Options, none(), &["a, b"], "", Ok(FieldValue::Texts(strings(&["a", "b"]))));
    check(K::Components, list(), &["Lyon", "Nantes"], "", Ok(FieldValue::Texts(strings(&["Lyon", "Nantes"]))));
    check(K::Labels, none(), &["pay, refund now"], "", Ok(FieldValue::Texts(strings(&["pay", "refund", "now"]))));
    check(K::Priority, list(), &["Lyon"], "", Ok(text("Lyon")));
    check(K::User, none(), &["alice"], "", Ok(FieldValue::User("alice".to_owned())));
    check(K::EpicLink, none(), &["pay-12"], "", Ok(FieldValue::Issue("PAY-12".to_owned())));
    check(K::Other("sprint".to_owned()), none(), &["7"], "", Ok(text("7")));
}

#[test]
fn what_a_field_cannot_hold_is_refused_with_its_words() {
    use BadValue as B;
    use FieldKind as K;
    let none = Vec::new;
    let not_listed = |value: &str| Err(B::NotInList(value.to_owned()));
    check(K::Number, none(), &["many"], "", Err(B::NotANumber("many".to_owned())));
    check(K::Number, none(), &["inf"], "", Err(B::NotANumber("inf".to_owned())));
    for day in ["2026-02-29", "2026-13-01", "2026-00-10", "04.05.2026", "2026-5-4", "0000-01-01", "+026-01-01"] {
        check(K::Date, none(), &[day], "", Err(B::NotADate(day.to_owned())));
    }
    for time in ["2026-05-04", "2026-05-04T24:00", "2026-05-04T09", "2026-02-30T09:00", "2026-05-04T09:00+2"] {
        check(K::DateTime, none(), &[time], "", Err(B::NotATime(time.to_owned())));
    }
    check(K::DateTime, none(), &["2026-05-04T09:00"], "summer", Err(B::NotATime("2026-05-04T09:00".to_owned())));
    check(K::Option, list(), &["Lyon"], "", not_listed("Lyon"));
    check(K::Cascading, list(), &["3"], "", not_listed("3"));
    check(K::Cascading, list(), &["1"], "21", not_listed("21"));
    check(K::Options, list(), &["1", "9"], "", not_listed("9"));
    check(K::Components, list(), &["1"], "", not_listed("1"));
    check(K::EpicLink, none(), &["the big one"], "", Err(B::NotAKey("the big one".to_owned())));
    check(K::Text, none(), &[&"é".repeat(256)], "", Err(B::TooLong { chars: 256, limit: MAX_LINE_CHARS }));
    check(K::TextArea, none(), &[&"x".repeat(32_768)], "", Err(B::TooLong { chars: 32_768, limit: MAX_TEXT_CHARS }));
}

#[test]
fn nothing_typed_is_no_value_of_any_kind() {
    for kind in [FieldKind::Text, FieldKind::Number, FieldKind::Date, FieldKind::Options, FieldKind::User] {
        for typed in
            [Typed::default(), Typed::text("  \n"), Typed { values: strings(&["", " "]), detail: "1".to_owned() }]
        {
            assert_eq!(value_of(&field(kind.clone(), list()), &typed), Ok(None));
        }
    }
}

#[test]
fn a_value_comes_back_from_a_form_as_it_was() {
    let cases = [
        (FieldKind::Text, FieldValue::Text("one line".to_owned())),
        (FieldKind::Number, FieldValue::Number(2.0)),
        (FieldKind::Number, FieldValue::Number(0.25)),
        (FieldKind::Date, FieldValue::Date("2026-05-04".to_owned())),
        (FieldKind::DateTime, FieldValue::Text("2026-05-04T09:05:00.000+0200".to_owned())),
        (FieldKind::Option, FieldValue::Option("1".to_owned())),
        (FieldKind::Cascading, FieldValue::Cascading("1".to_owned(), Some("11".to_owned()))),
        (FieldKind::Options, FieldValue::Options(strings(&["1", "2"]))),
        (FieldKind::Components, FieldValue::Texts(strings(&["Nantes"]))),
        (FieldKind::User, FieldValue::User("accountid:5b10".to_owned())),
        (FieldKind::EpicLink, FieldValue::Issue("PAY-12".to_owned())),
    ];
    for (kind, value) in cases {
        assert_eq!(value_of(&field(kind, list()), &typed_of(&value)), Ok(Some(value)));
    }
}
