//! Answers as models really give them.

use super::*;

fn summaries(answer: Result<Answer, String>) -> Vec<String> {
    match answer {
        Ok(Answer::Stories(document)) => document.stories.into_iter().map(|story| story.summary).collect(),
        other => panic!("no stories: {other:?}"),
    }
}

#[test]
fn plain_fenced_and_wrapped_json_are_read() {
    let json = r#"{"clarify":null,"stories":[{"summary":"Refund {a} \"card\" payment"}]}"#;
    for text in [json.to_owned(), format!("```json\n{json}\n```"), format!("Here it is:\n{json}\nHope that helps {{}}")]
    {
        assert_eq!(summaries(read(&text)), [r#"Refund {a} "card" payment"#], "{text}");
    }
}

#[test]
fn a_question_is_told_from_stories() {
    assert_eq!(read(r#"{"clarify":"Which cards?","stories":[]}"#), Ok(Answer::Question("Which cards?".into())));
}

#[test]
fn what_does_not_fit_says_why() {
    for (text, words) in [
        ("no braces", "no JSON object"),
        (r#"{"stories":[]}"#, "neither stories nor a question"),
        (r#"{"stories":[{"summary":7}]}"#, "does not fit"),
        (r#"{"stories":[{"summary":"a","story_points":NaN}]}"#, "does not fit"),
        (r#"{"stories":[{"summary":"a""#, "does not fit"),
        (r#"{"stories":[{"summary":"\ud800"}]}"#, "does not fit"),
    ] {
        let problem = read(text).unwrap_err();
        assert!(problem.contains(words), "{text}: {problem}");
    }
}

#[test]
fn hidden_characters_line_breaks_and_foreign_keys_go() {
    let text = "{\"stories\":[{\"summary\":\"a\u{202e}b\u{200b}\\nc\",\"labels\":[\"two words\"],\"custom_fields\":{\"x\":{\"kind\":\"text\",\"value\":\"y\"}}}]}";
    let Ok(Answer::Stories(document)) = read(text) else { panic!("{text}") };
    let story = &document.stories[0];
    assert_eq!((story.summary.as_str(), story.labels[0].as_str()), ("ab c", "two-words"));
    assert!(story.custom_fields.is_empty());
    assert_eq!(story.id, "", "which story it is, the draft says");
}

#[test]
fn references_come_back_when_they_look_like_some() {
    let text = r#"{"stories":[{"id":"s2","summary":"a","subtasks":[{"id":"s2.1","summary":"b"},{"id":null,"summary":"c"}]},
        {"id":"<b>","summary":"d"},{"id":null,"summary":"e"}]}"#;
    let Ok(Answer::Stories(document)) = read(text) else { panic!("{text}") };
    let ids: Vec<&str> = document.stories.iter().map(|story| story.id.as_str()).collect();
    assert_eq!(ids, ["s2", "", ""]);
    let parts: Vec<&str> = document.stories[0].subtasks.iter().map(|part| part.id.as_str()).collect();
    assert_eq!(parts, ["s2.1", ""]);
}

#[test]
fn a_broken_off_answer_keeps_what_came_whole() {
    let full = r#"{"clarify":null,"stories":[{"summary":"One","acceptance_criteria":["a","b"],"stlc_notes":"n"},{"summary":"Two"}]}"#;
    let mut last = 0;
    for end in 0..full.len() {
        let count = read_partial(&full[..end]).map_or(0, |document| document.stories.len());
        assert!(count >= last || count == 0, "{}", &full[..end]);
        last = last.max(count);
    }
    let cut = full.find("\"b\"").unwrap();
    assert_eq!(read_partial(&full[..cut]).unwrap().stories[0].acceptance_criteria, ["a"]);
    assert_eq!(last, 2);
    assert_eq!(read_partial("nothing"), None);
}

#[test]
fn oversize_answers_are_cut() {
    let long = format!(r#"{{"stories":[{{"summary":"{}"}}]}}"#, "x".repeat(1_000_000));
    assert_eq!(summaries(read(&long))[0].len(), MAX_TEXT);
    let many = format!(r#"{{"stories":[{}]}}"#, vec![r#"{"summary":"s"}"#; 500].join(","));
    assert_eq!(summaries(read(&many)).len(), MAX_STORIES);
}
