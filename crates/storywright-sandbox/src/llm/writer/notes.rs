//! Notes for the Software Testing Life Cycle, and the sub-tasks.

use serde_json::{Value, json};

use super::english::{listing, plural, shorten, singular, upper_first};
use super::facts::Facts;
use super::reading::Force;

/// Test levels, data, environment and regression, with the nouns of the text.
pub fn stlc(facts: &Facts, role: &str, criteria: usize, tool_results: &[String]) -> String {
    let topic = facts.noun(0);
    let others: Vec<String> = facts.nouns.iter().skip(1).take(2).map(|n| format!("the {n}")).collect();
    let beside = if others.is_empty() { "the parts around it".to_owned() } else { listing(&others) };
    let mut lines = vec![
        format!(
            "**Test levels:** unit tests for the rules of the {topic}; integration tests of the {topic} with {beside}; one acceptance test for each of the {criteria} criteria."
        ),
        format!("**Test data:** {}", test_data(facts, role, &topic)),
        format!("**Environment:** {}", environment(facts, &topic)),
        format!("**Regression:** run the existing suites for {}.", listing(&regression(facts))),
    ];
    if criteria > 0 {
        lines
            .push(format!("**Exit:** all {criteria} criteria pass, no open defect of severity 1 or 2 on the {topic}."));
    }
    let outside: Vec<String> = facts.out_of_scope().iter().map(|r| r.text.clone()).collect();
    if !outside.is_empty() {
        lines.push(format!("**Not tested here:** {}.", outside.join("; ")));
    }
    let questions: Vec<&str> =
        facts.requirements.iter().filter(|r| r.force == Force::Question).map(|r| r.text.as_str()).collect();
    if !questions.is_empty() {
        lines.push(format!("**Open questions:** {}", questions.join(" ")));
    }
    let found = related(tool_results);
    if !found.is_empty() {
        lines.push(format!("**Related, found by look-up:** {}.", found.join("; ")));
    }
    lines.join("\n\n")
}

/// Two to four sub-tasks with the nouns of the text.
pub fn subtasks(facts: &Facts, role: &str, action: &str, criteria: &[String]) -> Vec<Value> {
    let topic = facts.noun(0);
    let second = facts.noun(1);
    let act = shorten(&super::wording::in_third_person(action.trim_end_matches('.')), 90);
    let bullets = |items: &[String]| items.iter().map(|c| format!("- {c}")).collect::<Vec<_>>().join("\n");
    let (first_half, second_half) = criteria.split_at(criteria.len().div_ceil(2));
    let opener = act.split_whitespace().next().unwrap_or_default().to_owned();
    let is_activity = super::english::is_base_verb(&opener)
        && !matches!(
            opener.as_str(),
            "add"
                | "build"
                | "implement"
                | "create"
                | "introduce"
                | "develop"
                | "provide"
                | "receive"
                | "show"
                | "display"
        );
    let mut tasks = Vec::new();
    if facts.mentions(&["page", "screen", "button", "form", "dialog", "dashboard", "list", "menu"])
        && criteria.len() > 3
    {
        tasks.push(json!({
            "summary": format!("Design the screens for the {topic}"),
            "description": format!("Sketch what {} see and do with the {topic}; agree on wording and on the error states.\n\n{}", plural(role), bullets(first_half)),
        }));
    }
    tasks.push(json!({
        "summary": format!("Implement: {act}"),
        "description": format!("Change the {topic} so that these hold:\n\n{}", bullets(criteria)),
    }));
    tasks.push(json!({
        "summary": format!("Test the {topic} with the {second}").replace(&format!(" with the {topic}"), ""),
        "description": format!("Automate the criteria, boundaries and refusals first:\n\n{}", bullets(if second_half.is_empty() { first_half } else { second_half })),
    }));
    if criteria.len() >= 3 {
        tasks.push(json!({
            "summary": format!("Document the {topic} for {}", plural(role)),
            "description": format!("Describe for {} {}, with the messages they may see.", plural(role), if is_activity { format!("how to {act}") } else { format!("what changes in the {topic}") }),
        }));
    }
    tasks
}

fn test_data(facts: &Facts, role: &str, topic: &str) -> String {
    let mut parts = vec![format!("{} with and without access to the {topic}", plural(role))];
    if facts.nouns.len() > 1 {
        parts.push(format!("a valid, a missing and a broken {}", singular(&facts.noun(1))));
    }
    let limits: Vec<String> = facts.limits.iter().take(3).cloned().collect();
    if !limits.is_empty() {
        parts.push(format!("values just below, at and just above {}", listing(&limits)));
    }
    format!("{}.", parts.join("; "))
}

fn environment(facts: &Facts, topic: &str) -> String {
    let mut parts = vec![format!("a test system with realistic {}", plural(&singular_last(topic)))];
    if facts.mentions(&["email", "e-mail", "mail", "notification", "sms"]) {
        parts.push("a mail catcher in place of the mail server".to_owned());
    }
    if facts.mentions(&["payment", "card", "refund", "invoice", "bank"]) {
        parts.push("the payment provider's test account".to_owned());
    }
    if facts.mentions(&["api", "interface", "endpoint", "webhook", "integration", "service"]) {
        parts.push("the neighboring services or their stand-ins".to_owned());
    }
    if facts.mentions(&["browser", "page", "screen", "mobile", "phone", "button"]) {
        parts.push("a desktop browser and a phone".to_owned());
    }
    format!("{}.", parts.join(", "))
}

fn regression(facts: &Facts) -> Vec<String> {
    let mut areas: Vec<String> = facts.nouns.iter().take(3).map(|n| format!("the {n}")).collect();
    if areas.is_empty() {
        areas.push("the parts that are touched".to_owned());
    }
    areas
}

fn singular_last(phrase: &str) -> String {
    phrase.rsplit_once(' ').map_or_else(|| singular(phrase), |(head, last)| format!("{head} {}", singular(last)))
}

/// Titles and summaries that look-ups gave back.
fn related(results: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for result in results {
        match serde_json::from_str::<Value>(result) {
            Ok(json) => collect_titles(&json, &mut found),
            Err(_) => {
                let line = result.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or_default();
                if !line.is_empty() {
                    found.push(upper_first(&shorten(line, 100)));
                }
            }
        }
    }
    found.truncate(4);
    found
}

fn collect_titles(json: &Value, found: &mut Vec<String>) {
    match json {
        Value::Object(map) => {
            let title = ["title", "summary", "name"].iter().find_map(|key| map.get(*key)?.as_str());
            let key = ["key", "id", "url"].iter().find_map(|name| map.get(*name)?.as_str());
            if let Some(title) = title {
                let text = key.map_or_else(|| title.to_owned(), |key| format!("{key} {title}"));
                if !found.contains(&text) {
                    found.push(text);
                }
            }
            map.values().for_each(|value| collect_titles(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_titles(item, found)),
        // Tools often wrap their JSON in a string.
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            if let Ok(inner) = serde_json::from_str(text) {
                collect_titles(&inner, found);
            }
        }
        _ => {}
    }
}
