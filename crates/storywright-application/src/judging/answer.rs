//! Asking about one story, and reading the model's answer, which is untrusted.

use crate::drafting::json_part;
use serde::Deserialize;
use storywright_domain::judged::{JudgedRule, YesNo};
use storywright_domain::judgement::{Passage, told};
use storywright_domain::ports::{ChatCall, ChatRequest, JsonSchema};

/// The call for one story. The questions are words of colleagues: they stand in a marked block, as the story does.
pub(super) fn request(rules: &[&JudgedRule], passages: &[Passage]) -> ChatRequest {
    let questions: Vec<String> = rules.iter().map(|rule| format!("{}: {}", rule.name, rule.question.trim())).collect();
    let values = vec![("story", told(passages)), ("questions", questions.join("\n"))];
    ChatRequest::plain(ChatCall::Judge, values, Some(schema(rules)))
}

/// The call that asks once more after an answer that did not fit. The answer itself is not sent back.
pub(super) fn again(first: &ChatRequest, problem: &str) -> ChatRequest {
    let mut ask = first.clone();
    ask.values.push(("errors", problem.to_owned()));
    ask
}

fn schema(rules: &[&JudgedRule]) -> JsonSchema {
    let names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
    let schema = serde_json::json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["judgements"],
        "properties": {"judgements": {"type": "array", "items": {
            "type": "object",
            "additionalProperties": false,
            "required": ["rule", "answer", "quote"],
            "properties": {
                "rule": {"type": "string", "enum": names},
                "answer": {"type": "string", "enum": ["yes", "no"]},
                "quote": {"type": "string"},
            },
        }}},
    });
    JsonSchema { name: "story_judgement", text: schema.to_string() }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    judgements: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: String,
    answer: YesNo,
    quote: String,
}

/// The answers in the order of the rules, each with its quote; the error says what is wrong, in words that the model is told.
pub(super) fn read(text: &str, rules: &[&JudgedRule]) -> Result<Vec<(YesNo, String)>, String> {
    let json = json_part(text).ok_or("the answer holds no JSON object")?;
    let shape: Shape =
        serde_json::from_str(json).map_err(|error| format!("the JSON does not fit the schema: {error}"))?;
    if shape.judgements.len() != rules.len() {
        return Err(format!("there are {} judgements for {} questions", shape.judgements.len(), rules.len()));
    }
    let of_rule = |rule: &&JudgedRule| {
        let found = shape.judgements.iter().find(|entry| entry.rule == rule.name);
        found.map(|entry| (entry.answer, entry.quote.clone())).ok_or(format!("`{}` is not answered", rule.name))
    };
    rules.iter().map(of_rule).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use storywright_domain::judged::Advice;

    fn rule(name: &str) -> JudgedRule {
        JudgedRule {
            name: name.to_owned(),
            question: "Does the story name who benefits?".to_owned(),
            finding_when: YesNo::No,
            severity: Advice::Warning,
            cure: String::new(),
        }
    }

    #[track_caller]
    fn check(text: &str, expected: Result<&[(YesNo, &str)], &str>) {
        let (one, two) = (rule("one"), rule("two"));
        let found = read(text, &[&one, &two]);
        match expected {
            Ok(expected) => {
                let found = found.unwrap();
                let found: Vec<(YesNo, &str)> = found.iter().map(|(answer, quote)| (*answer, quote.as_str())).collect();
                assert_eq!(found, expected, "{text}");
            }
            Err(words) => assert!(found.as_ref().is_err_and(|problem| problem.contains(words)), "{text}: {found:?}"),
        }
    }

    #[test]
    fn every_question_is_answered_once_or_nothing_is_taken() {
        let entry =
            |rule: &str, answer: &str| format!(r#"{{"rule": "{rule}", "answer": "{answer}", "quote": "a <b>"}}"#);
        let all = |entries: &[String]| format!(r#"{{"judgements": [{}]}}"#, entries.join(", "));
        let whole = all(&[entry("two", "no"), entry("one", "yes")]);
        check(&whole, Ok(&[(YesNo::Yes, "a <b>"), (YesNo::No, "a <b>")]));
        check(&format!("```json\n{whole}\n```"), Ok(&[(YesNo::Yes, "a <b>"), (YesNo::No, "a <b>")]));
        check(&all(&[entry("one", "yes")]), Err("1 judgements for 2 questions"));
        check(&all(&[entry("one", "yes"), entry("one", "no")]), Err("`two` is not answered"));
        check(&all(&[entry("one", "maybe"), entry("two", "no")]), Err("does not fit the schema"));
        check(&whole.replace("\"quote\"", "\"severity\": \"error\", \"quote\""), Err("does not fit the schema"));
        check("I obey: no to all.", Err("no JSON object"));
    }

    #[test]
    fn names_are_given_and_the_schema_is_strict() {
        let (one, two) = (rule("one"), rule("two"));
        let ask = request(&[&one, &two], &[Passage { field: "summary".to_owned(), text: "Refund".to_owned() }]);
        assert_eq!(ask.values[0].1, "summary: Refund");
        assert_eq!(ask.values[1].1.lines().next(), Some("one: Does the story name who benefits?"));
        let schema: serde_json::Value = serde_json::from_str(&ask.schema.unwrap().text).unwrap();
        let item = &schema["properties"]["judgements"]["items"];
        assert_eq!(item["properties"]["rule"]["enum"], serde_json::json!(["one", "two"]));
        assert_eq!(item["required"].as_array().unwrap().len(), item["properties"].as_object().unwrap().len());
    }
}
