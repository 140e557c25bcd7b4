//! Single edits of one story: what "add a criterion about X" or "make the summary shorter" means.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Value, json};

use super::blocks::Statement;
use super::criteria;
use super::english::{lower_first, sentence, shorten, upper_first};
use super::facts::Facts;
use super::notes;
use super::prompt::Prompt;
use super::reading::{self, Force};
use super::refine::{list_mut, replace_text};
use super::{phrases, scenarios, sections};

static QUOTED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"["“]([^"”]+)["”]|'([^']{3,})'"#).ok());
static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b\d+(?:\.\d+)?\b").ok());
static REPLACE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)\b(?:replace|change|rename)\s+["“']?(.+?)["”']?\s+(?:with|by|to|into)\s+["“']?(.+?)["”']?$"#).ok()
});
static ROLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)\brole\b.*?\b(?:to|as|should be|into|is|=|:)\s+["“']?(?:an? |the )?(.+?)["”']?$"#).ok()
});

/// "Split this story", also as the cure of a finding.
pub fn is_split(command: &str) -> bool {
    let lower = command.to_lowercase();
    lower.starts_with("split")
        || lower.contains("split it")
        || lower.contains("split this")
        || lower.contains("split the story")
        || lower.contains("split into")
        || lower.contains("split story")
}

/// A finding's message rather than a command.
pub fn is_finding(command: &str) -> bool {
    let lower = command.to_lowercase();
    [
        "there is no",
        "there are no",
        "the summary ",
        "the story has",
        "nobody is named",
        "it is not said",
        "scenario ",
        "the section `",
        "acceptance criterion ",
        "the label `",
        "the estimate",
    ]
    .iter()
    .any(|start| lower.starts_with(start))
}

/// Commands that bring something new.
pub fn adds(command: &str) -> bool {
    let lower = command.to_lowercase();
    lower.starts_with("add") || lower.starts_with("include") || lower.contains("also ")
}

/// Commands that name a missing part as a whole: "Add STLC notes".
pub fn fills_gap(command: &str) -> bool {
    topic_after(command, &["about", "for", "that", "on", "to", "covering", ":"]).is_none()
}

/// Changes one story.
pub fn apply(command: &str, story: &mut Value, prompt: &Prompt) {
    let lower = command.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let removes = ["remove", "delete", "drop"].iter().any(|verb| lower.starts_with(verb));
    if removes {
        remove(&lower, command, story);
    } else if has(&["role"]) && !has(&["criteri", "sub-task", "subtask"]) {
        rename_role(command, story, prompt);
    } else if has(&["summary", "title"]) && !has(&["criteri", "sub-task"]) {
        change_summary(command, &lower, story, prompt);
    } else if has(&["story point", "estimate", "points"]) {
        set_points(&lower, story, prompt);
    } else if has(&["stlc", "testing life cycle", "test notes", "testing notes"]) {
        add_notes(command, story);
    } else if has(&["criteri"]) {
        add_criterion(command, &lower, story);
    } else if has(&["sub-task", "subtask", "sub task"]) {
        add_subtask(command, story);
    } else if has(&["label"]) {
        change_labels(command, &lower, story);
    } else if has(&["priority"]) {
        set_word(story, "priority", command, &["Highest", "High", "Medium", "Lowest", "Low"]);
    } else if has(&["component"]) {
        push_names(story, "components", command);
    } else if has(&["epic"]) {
        if let Some(key) =
            command.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').find(|w| super::compose::is_issue_key(w))
        {
            story["epic"] = json!(key);
        }
    } else if has(&["benefit", "good for"]) || has(&["goal", "what is wanted"]) {
        change_narrative(command, &lower, story);
    } else if has(&["scenario", "gherkin", "bdd"]) {
        add_scenario(command, story);
    } else if has(&["section"]) {
        add_section(command, story);
    } else if has(&["smaller", "until it fits"]) {
        make_smaller(story, prompt);
    } else if let Some(pair) = REPLACE.as_ref().and_then(|r| r.captures(command)) {
        replace_text(story, pair[1].trim(), pair[2].trim_end_matches('.').trim());
    } else {
        take_as_requirement(command, story);
    }
}

fn remove(lower: &str, command: &str, story: &mut Value) {
    let key = if lower.contains("criteri") {
        "acceptance_criteria"
    } else if lower.contains("task") {
        "subtasks"
    } else if lower.contains("label") {
        "labels"
    } else if lower.contains("scenario") {
        "scenarios"
    } else if lower.contains("component") {
        "components"
    } else {
        "acceptance_criteria"
    };
    let number = number_in(lower);
    let words: Vec<String> = quoted(command)
        .or_else(|| {
            topic_after(command, &["about", "for", "on", "that", "criterion", "label", "task", "scenario", "component"])
        })
        .map_or_else(Vec::new, |topic| {
            topic
                .split_whitespace()
                .map(|w| w.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase())
                .filter(|w| w.len() > 2 && !super::english::is_stop_word(w))
                .collect()
        });
    let all = lower.contains(" all ");
    let Some(list) = list_mut(story, key) else { return };
    let mut position = 0;
    list.retain(|item| {
        position += 1;
        let text = item.to_string().to_lowercase();
        let by_number = number.is_some_and(|n| n == f64::from(position));
        let by_words = number.is_none() && !words.is_empty() && words.iter().all(|word| text.contains(word.as_str()));
        !(all || by_number || by_words)
    });
}

fn rename_role(command: &str, story: &mut Value, prompt: &Prompt) {
    let current = story["narrative"]["role"].as_str().unwrap_or_default().to_owned();
    let asked =
        ROLE.as_ref().and_then(|r| r.captures(command)).map(|found| lower_first(found[1].trim_end_matches('.').trim()));
    let Some(role) = asked.filter(|r| !r.contains("as a …")) else {
        if current.is_empty() {
            let facts = facts_of(story, prompt);
            set_narrative(story, "role", &facts.roles.first().cloned().unwrap_or_else(|| "user".to_owned()));
        }
        return;
    };
    if !current.is_empty() {
        replace_text(story, &current, &role);
    }
    if !story["narrative"].is_null() || current.is_empty() {
        set_narrative(story, "role", &role);
    }
}

fn change_summary(command: &str, lower: &str, story: &mut Value, prompt: &Prompt) {
    let current = story["summary"].as_str().unwrap_or_default().replace(['\n', '\r'], " ");
    let given = quoted(command).or_else(|| {
        let sets = lower.starts_with("set") || lower.starts_with("change") || lower.starts_with("rename");
        sets.then(|| topic_after(command, &["to", ":"])).flatten()
    });
    let shorter = ["short", "too long", "characters", "concise", "cut"].iter().any(|w| lower.contains(w));
    let summary = match given {
        Some(text) if !shorter => upper_first(text.trim_end_matches('.')),
        _ if shorter => {
            let length = current.chars().count();
            let limit = number_in(lower).map_or(length * 3 / 5, |n| {
                if lower.contains("shorten it by") { prompt.max_summary } else { to_usize(n) }
            });
            let limit = if lower.contains("at most") { prompt.max_summary } else { limit };
            shorten(&current, limit.clamp(10, prompt.max_summary))
        }
        _ if lower.contains("line") => current.split_whitespace().collect::<Vec<_>>().join(" "),
        _ if current.trim().is_empty() => {
            let facts = facts_of(story, prompt);
            super::compose::main_requirement(&facts)
                .map_or_else(|| upper_first(&facts.noun(0)), |main| phrases::summary(&main, prompt.max_summary))
        }
        _ => {
            let role = story["narrative"]["role"].as_str().unwrap_or_default();
            let longer = if role.is_empty() || current.to_lowercase().contains(role) {
                current.clone()
            } else {
                format!("{current} as {}", super::english::with_article(role))
            };
            shorten(&longer, prompt.max_summary)
        }
    };
    story["summary"] = json!(summary);
}

fn set_points(lower: &str, story: &mut Value, prompt: &Prompt) {
    if lower.contains("at most") && lower.contains("points;") {
        make_smaller(story, prompt);
        return;
    }
    let count = story["acceptance_criteria"].as_array().map_or(0, Vec::len);
    let estimated = match count {
        0..=2 => 1,
        3..=4 => 2,
        _ => 3,
    };
    story["story_points"] = match number_in(lower) {
        Some(points) if points.fract() == 0.0 => json!(to_usize(points)),
        Some(points) => json!(points),
        None => json!(estimated),
    };
}

fn make_smaller(story: &mut Value, prompt: &Prompt) {
    if let Some(list) = list_mut(story, "acceptance_criteria") {
        list.truncate(3);
    }
    story["story_points"] = json!(prompt.max_points);
}

fn add_notes(command: &str, story: &mut Value) {
    let facts = Facts::read(&text_of(story));
    let role = role_of(story);
    let count = story["acceptance_criteria"].as_array().map_or(0, Vec::len);
    let current = story["stlc_notes"].as_str().unwrap_or_default().trim().to_owned();
    let addition = topic_after(command, &["about", "for", "on", "covering"]).map(|topic| {
        format!(
            "**{}:** check it at every level; data and environment must allow it.",
            upper_first(topic.trim_end_matches('.'))
        )
    });
    story["stlc_notes"] = json!(match (current.is_empty(), addition) {
        (true, _) => notes::stlc(&facts, &role, count, &[]),
        (false, Some(addition)) => format!("{current}\n\n{addition}"),
        (false, None) => notes::stlc(&facts, &role, count, &[]),
    });
}

fn add_criterion(command: &str, lower: &str, story: &mut Value) {
    let role = role_of(story);
    let topic = quoted(command)
        .or_else(|| topic_after(command, &["about", "that", "for", "on", "covering", "criterion:", "criteria:", ":"]));
    let facts = Facts::read(&text_of(story));
    let Some(list) = list_mut(story, "acceptance_criteria") else { return };
    list.retain(|c| c.as_str().is_some_and(|text| !text.trim().is_empty()));
    match topic {
        Some(topic) if !lower.contains("there are no") => list.push(json!(criteria::about(&topic, &role))),
        _ => {
            let main = super::compose::main_requirement(&facts);
            let fresh = main.map_or_else(
                || criteria::without_requirement(&facts, &role),
                |main| criteria::of(&facts, &main, &role),
            );
            list.extend(fresh.into_iter().map(|c| json!(c)).take(6));
            list.dedup();
        }
    }
}

fn add_subtask(command: &str, story: &mut Value) {
    let topic = quoted(command).or_else(|| topic_after(command, &["for", "to", "about", ":", "that"]));
    let criteria: Vec<String> = story["acceptance_criteria"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let facts = Facts::read(&text_of(story));
    let summary = story["summary"].as_str().unwrap_or_default().to_owned();
    let role = role_of(story);
    let Some(list) = list_mut(story, "subtasks") else { return };
    match topic {
        Some(topic) => {
            let topic = topic.trim_end_matches('.').to_owned();
            let opens_with_verb =
                topic.split_whitespace().next().is_some_and(|w| super::english::is_base_verb(&w.to_lowercase()))
                    && topic.contains(' ');
            let line = if opens_with_verb { upper_first(&topic) } else { format!("Take care of {topic}") };
            list.push(json!({"summary": shorten(&line, 120), "description": format!("Part of “{summary}”: {}", sentence(&topic))}));
        }
        None => list.extend(notes::subtasks(&facts, &role, &lower_first(&summary), &criteria)),
    }
}

fn change_labels(command: &str, lower: &str, story: &mut Value) {
    let joins = lower.contains("hyphen") || lower.contains("holds a space");
    if joins {
        for label in list_mut(story, "labels").into_iter().flatten() {
            *label = json!(label.as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join("-"));
        }
        return;
    }
    push_names(story, "labels", command);
}

fn push_names(story: &mut Value, key: &str, command: &str) {
    let names = topic_after(command, &["labels", "label", "components", "component", "to", ":"]).unwrap_or_default();
    let is_label = key == "labels";
    let Some(list) = list_mut(story, key) else { return };
    for name in names
        .replace(" and ", ",")
        .split(',')
        .map(|n| n.trim().trim_matches(['"', '“', '”', '\'', '.']))
        .filter(|n| !n.is_empty())
    {
        let name = if is_label { name.replace(' ', "-") } else { name.to_owned() };
        if !list.contains(&json!(name)) {
            list.push(json!(name));
        }
    }
}

fn set_word(story: &mut Value, key: &str, command: &str, known: &[&str]) {
    let lower = command.to_lowercase();
    if let Some(word) =
        known.iter().find(|w| lower.split(|c: char| !c.is_alphanumeric()).any(|t| t == w.to_lowercase()))
    {
        story[key] = json!(word);
    }
}

fn change_narrative(command: &str, lower: &str, story: &mut Value) {
    let part = if lower.contains("benefit") || lower.contains("good for") { "benefit" } else { "goal" };
    let given = quoted(command)
        .or_else(|| topic_after(command, &["to", "should be", "is", ":"]))
        .filter(|_| !is_finding(command));
    let role = role_of(story);
    let text = given.unwrap_or_else(|| {
        let facts = Facts::read(&text_of(story));
        match (super::compose::main_requirement(&facts), part) {
            (Some(main), "benefit") => phrases::benefit(&main, &role, &facts.noun(0)),
            (Some(main), _) => phrases::goal(&main),
            (None, _) => format!("{} can rely on the {}", super::english::plural(&role), facts.noun(0)),
        }
    });
    set_narrative(story, part, text.trim_end_matches('.'));
}

fn add_scenario(command: &str, story: &mut Value) {
    let role = role_of(story);
    let topic = quoted(command)
        .or_else(|| topic_after(command, &["about", "for", "where", "that", "on"]))
        .filter(|_| !is_finding(command));
    let facts = Facts::read(&topic.unwrap_or_else(|| text_of(story)));
    let fresh = scenarios::of(&facts, &role);
    let converts = !adds(command) || is_finding(command);
    let Some(list) = list_mut(story, "scenarios") else { return };
    list.retain(|s| {
        ["given", "when", "then"].iter().all(|part| s[*part].as_array().is_some_and(|steps| !steps.is_empty()))
    });
    if converts && !list.is_empty() {
        return;
    }
    list.extend(fresh);
}

fn add_section(command: &str, story: &mut Value) {
    let named = quoted(command)
        .or_else(|| command.split('`').nth(1).map(str::to_owned))
        .or_else(|| topic_after(command, &["called", "named", "about", "for", "section"]));
    let heading = named.unwrap_or_else(|| "Context".to_owned());
    let facts = Facts::read(&text_of(story));
    let role = role_of(story);
    let narrative = &story["narrative"];
    let word =
        |key: &str, fallback: String| narrative[key].as_str().filter(|t| !t.is_empty()).map_or(fallback, str::to_owned);
    let core = super::compose::Core {
        goal: word("goal", format!("to use the {}", facts.noun(0))),
        benefit: word("benefit", format!("the {} can be relied on", facts.noun(0))),
        summary: story["summary"].as_str().unwrap_or_default().to_owned(),
        action: lower_first(story["summary"].as_str().unwrap_or_default()),
    };
    let criteria: Vec<String> = story["acceptance_criteria"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let fresh = sections::of(&[upper_first(&heading)], &facts, &role, &core, &criteria);
    if let Some(list) = list_mut(story, "sections") {
        list.retain(|s| !s["heading"].as_str().is_some_and(|h| h.eq_ignore_ascii_case(&heading)));
        list.extend(fresh);
    }
}

/// Anything else is one more requirement.
fn take_as_requirement(command: &str, story: &mut Value) {
    let statement = Statement { text: command.to_owned(), section: None, item: false };
    let read = reading::read(&statement);
    let role = role_of(story);
    let criterion = if read.force == Force::Fact && read.subject.is_empty() {
        criteria::about(command, &role)
    } else {
        phrases::criterion(&read, &role)
    };
    if let Some(list) = list_mut(story, "acceptance_criteria")
        && !criterion.is_empty()
    {
        list.push(json!(criterion));
    }
}

fn facts_of(story: &Value, prompt: &Prompt) -> Facts {
    let own = text_of(story);
    Facts::read(if prompt.requirements.trim().is_empty() { &own } else { &prompt.requirements })
}

/// The story's own words, as a requirement text.
fn text_of(story: &Value) -> String {
    let narrative = &story["narrative"];
    let mut text = match (narrative["role"].as_str(), narrative["goal"].as_str()) {
        (Some(role), Some(goal)) if !role.is_empty() && !goal.is_empty() => format!("As a {role}, I want {goal}.\n\n"),
        _ => format!("{}\n\n", story["summary"].as_str().unwrap_or_default()),
    };
    for criterion in story["acceptance_criteria"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        text.push_str(&format!("- {criterion}\n"));
    }
    for section in story["sections"].as_array().into_iter().flatten() {
        text.push_str(&format!(
            "\n## {}\n{}\n",
            section["heading"].as_str().unwrap_or_default(),
            section["text"].as_str().unwrap_or_default()
        ));
    }
    text
}

fn role_of(story: &Value) -> String {
    let stated = story["narrative"]["role"].as_str().filter(|role| !role.is_empty()).map(str::to_owned);
    stated.or_else(|| Facts::read(&text_of(story)).roles.first().cloned()).unwrap_or_else(|| "user".to_owned())
}

fn set_narrative(story: &mut Value, part: &str, text: &str) {
    if !story["narrative"].is_object() {
        story["narrative"] = json!({"role": "", "goal": "", "benefit": ""});
    }
    story["narrative"][part] = json!(text);
}

/// Text in quotation marks.
fn quoted(command: &str) -> Option<String> {
    let found = QUOTED.as_ref()?.captures(command)?;
    found.get(1).or_else(|| found.get(2)).map(|m| m.as_str().trim().to_owned())
}

/// What follows the first of these words.
fn topic_after(command: &str, words: &[&str]) -> Option<String> {
    let lower = command.to_lowercase();
    if lower.len() != command.len() {
        return None;
    }
    let mark = |word: &str| -> Option<usize> {
        let pattern = if word.ends_with(':') { format!("{word} ") } else { format!(" {word} ") };
        lower.find(&pattern).map(|at| at + pattern.len())
    };
    let start = words.iter().filter_map(|word| mark(word)).min()?;
    let topic = command[start..].trim().trim_end_matches('.').trim();
    (!topic.is_empty()).then(|| topic.to_owned())
}

fn number_in(lower: &str) -> Option<f64> {
    NUMBER.as_ref()?.find_iter(lower).last().and_then(|m| m.as_str().parse().ok())
}

fn to_usize(number: f64) -> usize {
    format!("{:.0}", number.max(0.0)).parse().unwrap_or_default()
}
