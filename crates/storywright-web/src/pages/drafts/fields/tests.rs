use super::*;

#[test]
fn what_is_sent_is_sorted_by_field() {
    let body = b"csrf=x&version=3&field.customfield_1=a&field.customfield_1=b+c&field.customfield_2=1&field.customfield_2.detail=11&epic.goal=%C3%A9&nonsense";
    let found = typed(body);
    let keys: Vec<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(keys, ["epic.goal", "story.customfield_1", "story.customfield_2"]);
    assert_eq!(found["story.customfield_1"].values, ["a", "b c"]);
    assert_eq!((found["story.customfield_2"].first(), found["story.customfield_2"].detail.as_str()), ("1", "11"));
    assert_eq!(found["epic.goal"].first(), "é");
    assert!(typed(b"\xff\xfe").is_empty());
}

#[test]
fn a_stored_time_is_split_for_a_control_without_an_offset() {
    for (stored, clock, offset) in [
        ("2026-05-04T09:05:00.000+0200", "2026-05-04T09:05", "+0200"),
        ("2026-05-04T09:05:00.000-0330", "2026-05-04T09:05", "-0330"),
        ("2026-05-04T09:05Z", "2026-05-04T09:05", "Z"),
        ("2026-05-04T09:05", "2026-05-04T09:05", ""),
        ("nächste Woche um 9", "nächste Woche um 9", ""),
        ("", "", ""),
    ] {
        assert_eq!(clock_and_offset(&Typed::text(stored)), (clock.to_owned(), offset.to_owned()), "{stored}");
    }
}
