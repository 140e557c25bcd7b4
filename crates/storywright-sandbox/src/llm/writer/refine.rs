//! Applies an instruction to the story document that was sent, and leaves the rest as it is.

use serde_json::Value;

use super::compose;
use super::english::{is_base_verb, lower_in_place};
use super::facts::Facts;
use super::prompt::Prompt;
use super::{command, edits, split};

/// The document's stories after the instruction.
pub fn apply(document: &Value, instructions: &str, prompt: &Prompt) -> Vec<Value> {
    let mut stories: Vec<Value> = match (&document["stories"], document) {
        (Value::Array(stories), _) => stories.clone(),
        (_, Value::Object(_)) => vec![document.clone()],
        _ => Vec::new(),
    };
    for command in commands(&meant(instructions, prompt)) {
        let chosen = chosen(&command, &stories);
        if command::is_about_stories(&command) {
            change_list(&command, &mut stories, &chosen, prompt);
            continue;
        }
        if command::is_split(&command) {
            stories = split_chosen(stories, &chosen, prompt);
            continue;
        }
        let single = command::adds(&command) && chosen.len() == stories.len();
        for at in chosen {
            if let Some(story) = stories.get_mut(at) {
                edits::apply(&command, story, prompt);
            }
            // An addition without an address belongs to the first story; a missing part is filled in wherever it is missing.
            if single && !command::fills_gap(&command) && !command::is_general(&command) {
                break;
            }
        }
    }
    stories
}

/// The wishes that came with the requirements, as far as they are plain commands; style and the like is not for this writer.
pub fn wishes(document: &Value, wishes: &str, prompt: &Prompt) -> Vec<Value> {
    let plain: Vec<String> = commands(wishes).into_iter().filter(|c| command::adds(c) || command::sets(c)).collect();
    apply(document, &plain.join("\n"), prompt)
}

/// "Fix the findings" means each of them.
fn meant(instructions: &str, prompt: &Prompt) -> String {
    let lower = instructions.to_lowercase();
    let all = ["finding", "problems", "all issues", "what the rules"].iter().any(|word| lower.contains(word));
    if all && !prompt.findings.is_empty() { prompt.findings.clone() } else { instructions.to_owned() }
}

/// Adds a story, takes stories out, or puts all into one.
fn change_list(command: &str, stories: &mut Vec<Value>, chosen: &[usize], prompt: &Prompt) {
    let lower = command.to_lowercase();
    if lower.starts_with("merge") || lower.starts_with("combine") || lower.starts_with("join") {
        merge(stories);
    } else if lower.starts_with("add") {
        let topic = command::quoted(command)
            .or_else(|| command::topic_after(command, &["about", "for", "that", "where", "on", "to", ":"]));
        if let Some(topic) = topic {
            stories.push(compose::story(&Facts::read(&topic), prompt));
        }
    } else if chosen.len() < stories.len() {
        let mut at = 0;
        stories.retain(|_| {
            at += 1;
            !chosen.contains(&(at - 1))
        });
    }
}

/// Everything into the first story; nothing twice.
fn merge(stories: &mut Vec<Value>) {
    let others: Vec<Value> = stories.drain(1.min(stories.len())..).collect();
    let Some(first) = stories.first_mut() else { return };
    for other in others {
        for key in ["acceptance_criteria", "scenarios", "sections", "labels", "components", "subtasks"] {
            let fresh: Vec<Value> = other[key].as_array().into_iter().flatten().cloned().collect();
            let Some(list) = super::reread::list_mut(first, key) else { continue };
            for item in fresh {
                if !list.contains(&item) {
                    list.push(item);
                }
            }
        }
        let sum = first["story_points"].as_u64().unwrap_or(0) + other["story_points"].as_u64().unwrap_or(0);
        first["story_points"] = serde_json::json!(sum);
    }
}

fn split_chosen(stories: Vec<Value>, chosen: &[usize], prompt: &Prompt) -> Vec<Value> {
    let most = u32::try_from(prompt.max_points).map_or(3.0, f64::from);
    let too_large = |story: &Value| story["story_points"].as_f64().is_some_and(|p| p > most);
    let any_too_large = stories.iter().any(too_large);
    let mut result = Vec::new();
    for (at, story) in stories.into_iter().enumerate() {
        if chosen.contains(&at) && (chosen.len() == 1 || !any_too_large || too_large(&story)) {
            // Its parts are new: none of them has the story's `id`.
            result.extend(split::story(&story, prompt));
        } else {
            result.push(story);
        }
    }
    result
}

/// The stories a command means: `s2`, `story 2`, or all of them.
fn chosen(command: &str, stories: &[Value]) -> Vec<usize> {
    let lower = command.to_lowercase();
    if let Some(rest) = lower.split("stories.").nth(1) {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        if let Some(at) = digits.parse::<usize>().ok().filter(|at| *at < stories.len()) {
            return vec![at];
        }
    }
    if lower.contains("largest") || lower.contains("biggest") {
        let size = |s: &Value| {
            (s["story_points"].as_u64().unwrap_or(0), s["acceptance_criteria"].as_array().map_or(0, Vec::len))
        };
        // The first of equals, as people read from the top.
        return (0..stories.len()).rev().max_by_key(|at| size(&stories[*at])).into_iter().collect();
    }
    const ORDINALS: [&str; 6] =
        ["first story", "second story", "third story", "fourth story", "fifth story", "last story"];
    if let Some(at) = ORDINALS.iter().position(|o| lower.contains(o)) {
        let at = if at == 5 { stories.len().saturating_sub(1) } else { at };
        return if at < stories.len() { vec![at] } else { Vec::new() };
    }
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric() && c != '.').filter(|w| !w.is_empty()).collect();
    for (at, word) in words.iter().enumerate() {
        let by_id = stories.iter().position(|s| s["id"].as_str() == Some(word));
        let by_number = (at > 0 && words[at - 1] == "story").then(|| word.parse::<usize>().ok()).flatten();
        if let Some(found) = by_id.or_else(|| by_number.filter(|n| (1..=stories.len()).contains(n)).map(|n| n - 1)) {
            return vec![found];
        }
    }
    (0..stories.len()).collect()
}

/// Single commands: lines, sentences, and parts joined by "and" where a new verb starts.
fn commands(instructions: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in
        instructions.lines().map(|l| l.trim().trim_start_matches(['-', '*', '•']).trim()).filter(|l| !l.is_empty())
    {
        for sentence in super::blocks::sentences(line) {
            let mut rest = sentence.as_str();
            while let Some((at, skip)) = next_command(rest) {
                found.push(rest[..at].trim_end_matches([',', ' ']).to_owned());
                rest = &rest[at + skip..];
            }
            found.push(rest.trim_end_matches(['.', ' ']).to_owned());
        }
    }
    // A finding's message and its cure are one command: "There are no STLC notes. Say which …".
    let mut merged: Vec<String> = Vec::new();
    for command in found.into_iter().filter(|c| !c.is_empty()) {
        let follows_finding = merged.last().is_some_and(|last| command::is_finding(last));
        match merged.last_mut().filter(|_| follows_finding && !command::is_finding(&command)) {
            Some(last) => *last = format!("{last}. {command}"),
            None => merged.push(command),
        }
    }
    merged
}

/// Where the next joined command starts, and how long its joint is.
fn next_command(text: &str) -> Option<(usize, usize)> {
    const OPENERS: [&str; 13] = [
        "add", "set", "make", "remove", "delete", "rename", "change", "replace", "shorten", "split", "drop", "use",
        "rewrite",
    ];
    let mut quoted = false;
    for (at, letter) in text.char_indices() {
        if matches!(letter, '"' | '“' | '”') {
            quoted = !quoted;
        }
        if quoted || letter != ' ' && letter != ',' {
            continue;
        }
        for joint in [" and then ", " and ", ", then ", ", and ", ", "] {
            let Some(rest) = text[at..].strip_prefix(joint) else { continue };
            let verb = rest.split_whitespace().next().unwrap_or_default().to_lowercase();
            if at > 0 && is_base_verb(&verb) && OPENERS.contains(&verb.as_str()) || at > 0 && verb == "shorten" {
                return Some((at, joint.len()));
            }
        }
    }
    None
}

/// Stories whose text is replaced everywhere.
pub fn replace_text(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) => *text = replace_ignoring_case(text, from, to),
        Value::Array(items) => items.iter_mut().for_each(|item| replace_text(item, from, to)),
        Value::Object(map) => {
            map.iter_mut().filter(|(key, _)| *key != "id").for_each(|(_, item)| replace_text(item, from, to))
        }
        _ => {}
    }
}

/// Whole words only; a capital first letter is kept.
fn replace_ignoring_case(text: &str, from: &str, to: &str) -> String {
    let (lower, wanted) = (lower_in_place(text), lower_in_place(from));
    if wanted.is_empty() {
        return text.to_owned();
    }
    let mut result = String::new();
    let mut at = 0;
    while let Some(found) = lower[at..].find(&wanted).map(|f| f + at) {
        let end = found + wanted.len();
        let word_before = lower[..found].chars().next_back().is_some_and(char::is_alphanumeric);
        let word_after = lower[end..].chars().next().is_some_and(|c| c.is_alphanumeric() && c != 's');
        result.push_str(&text[at..found]);
        if word_before || word_after {
            result.push_str(&text[found..end]);
        } else if text[found..].starts_with(char::is_uppercase) {
            result.push_str(&super::english::upper_first(to));
        } else {
            result.push_str(to);
        }
        at = end;
    }
    result.push_str(&text[at..]);
    result
}
