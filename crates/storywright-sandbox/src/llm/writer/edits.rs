//! Single edits of one story: what "make the summary shorter" or "set story points to 2" means.

use serde_json::{Value, json};

use super::additions;
use super::command::{self, is_finding, number_in, quoted, to_usize, topic_after};
use super::english::{shorten, upper_first};
use super::facts::Facts;
use super::phrases;
use super::prompt::Prompt;
use super::refine::replace_text;
use super::reread::{facts_of, list_mut, role_of, set_narrative, text_of};

/// Changes one story.
pub fn apply(command: &str, story: &mut Value, prompt: &Prompt) {
    let lower = command.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let removes = ["remove", "delete", "drop"].iter().any(|verb| lower.starts_with(verb));
    if removes {
        remove(&lower, command, story);
    } else if has(&["negative", "unhappy", "error case", "edge case", "corner case", "exceptions"]) {
        additions::add_negative_cases(story);
    } else if has(&["measurable", "testable", "concrete"]) {
        additions::make_measurable(story);
    } else if has(&["role"]) && !has(&["criteri", "sub-task", "subtask"]) {
        rename_role(command, story, prompt);
    } else if has(&["summar", "title"]) && !has(&["criteri", "sub-task"]) {
        change_summary(command, &lower, story, prompt);
    } else if has(&["story point", "estimate", "points"]) {
        set_points(&lower, story, prompt);
    } else if has(&["stlc", "testing life cycle", "test notes", "testing notes"]) {
        additions::add_notes(command, story);
    } else if has(&["criteri"]) {
        additions::add_criterion(command, &lower, story);
    } else if has(&["sub-task", "subtask", "sub task"]) {
        additions::add_subtask(command, story);
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
        additions::add_scenario(command, story);
    } else if has(&["section"]) {
        additions::add_section(command, story);
    } else if has(&["smaller", "until it fits"]) {
        make_smaller(story, prompt);
    } else if let Some(pair) = command::replacement(command) {
        replace_text(story, pair[1].trim(), pair[2].trim_end_matches('.').trim());
    } else {
        additions::take_as_requirement(command, story);
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
    let Some(role) = command::role(command) else {
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
