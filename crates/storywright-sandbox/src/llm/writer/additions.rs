//! Adds parts to a story: notes, criteria, sub-tasks, scenarios, sections, negative cases.

use serde_json::{Value, json};

use super::blocks::Statement;
use super::command::{adds, is_finding, quoted, topic_after};
use super::compose::{self, Core};
use super::criteria;
use super::english::{lower_first, sentence, shorten, upper_first, with_article};
use super::facts::Facts;
use super::notes;
use super::reading::{self, Force};
use super::reread::{criteria_of, list_mut, role_of, text_of};
use super::{phrases, scenarios, sections};

pub fn add_notes(command: &str, story: &mut Value) {
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

pub fn add_criterion(command: &str, lower: &str, story: &mut Value) {
    let role = role_of(story);
    let topic = quoted(command)
        .or_else(|| topic_after(command, &["about", "that", "for", "on", "covering", "criterion:", "criteria:", ":"]));
    let facts = Facts::read(&text_of(story));
    let Some(list) = list_mut(story, "acceptance_criteria") else { return };
    list.retain(|c| c.as_str().is_some_and(|text| !text.trim().is_empty()));
    match topic {
        Some(topic) if !lower.contains("there are no") => list.push(json!(criteria::about(&topic, &role))),
        _ => {
            let main = compose::main_requirement(&facts);
            let fresh = main.map_or_else(
                || criteria::without_requirement(&facts, &role),
                |main| criteria::of(&facts, &main, &role),
            );
            list.extend(fresh.into_iter().map(|c| json!(c)).take(6));
            list.dedup();
        }
    }
}

pub fn add_subtask(command: &str, story: &mut Value) {
    let topic = quoted(command).or_else(|| topic_after(command, &["for", "to", "about", ":", "that"]));
    let criteria: Vec<String> = criteria_of(story);
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

pub fn add_scenario(command: &str, story: &mut Value) {
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

pub fn add_section(command: &str, story: &mut Value) {
    let named = quoted(command)
        .or_else(|| command.split('`').nth(1).map(str::to_owned))
        .or_else(|| topic_after(command, &["called", "named", "about", "for", "section"]));
    let heading = named.unwrap_or_else(|| "Context".to_owned());
    let facts = Facts::read(&text_of(story));
    let role = role_of(story);
    let narrative = &story["narrative"];
    let word =
        |key: &str, fallback: String| narrative[key].as_str().filter(|t| !t.is_empty()).map_or(fallback, str::to_owned);
    let core = Core {
        goal: word("goal", format!("to use the {}", facts.noun(0))),
        benefit: word("benefit", format!("the {} can be relied on", facts.noun(0))),
        summary: story["summary"].as_str().unwrap_or_default().to_owned(),
        action: lower_first(story["summary"].as_str().unwrap_or_default()),
    };
    let criteria: Vec<String> = criteria_of(story);
    let fresh = sections::of(&[upper_first(&heading)], &facts, &role, &core, &criteria);
    if let Some(list) = list_mut(story, "sections") {
        list.retain(|s| !s["heading"].as_str().is_some_and(|h| h.eq_ignore_ascii_case(&heading)));
        list.extend(fresh);
    }
}

/// Anything else is one more requirement.
pub fn take_as_requirement(command: &str, story: &mut Value) {
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

/// What must be refused or survived: wrong input, missing rights, a limit, a failure.
pub fn add_negative_cases(story: &mut Value) {
    let role = role_of(story);
    let somebody = with_article(&role);
    let facts = Facts::read(&text_of(story));
    let noun = facts.noun(0);
    let mut cases = vec![format!(
        "If the {noun} is missing or invalid, the {role} sees a message that names the problem, and nothing is saved."
    )];
    if let Some(limit) = facts.limits.first() {
        cases.push(format!("A value beyond {limit} is refused, and the limit is named."));
    }
    cases.push(format!(
        "{} without the right to use the {noun} is refused, and the attempt is logged.",
        upper_first(&somebody)
    ));
    let told = !story["scenarios"].as_array().is_none_or(Vec::is_empty);
    let Some(list) = list_mut(story, if told { "scenarios" } else { "acceptance_criteria" }) else { return };
    for case in cases {
        let plain = case.trim_end_matches('.');
        let entry = if told {
            json!({"title": shorten(plain, 70), "given": [somebody], "when": [format!("the {role} works with the {noun}")],
                "then": [lower_first(plain)]})
        } else {
            json!(case)
        };
        if !list.contains(&entry) {
            list.push(entry);
        }
    }
}

/// Words that nobody can measure become numbers; a story without any such word gets one number.
pub fn make_measurable(story: &mut Value) {
    const VAGUE: [(&str, &str); 8] = [
        ("as soon as possible", "within 1 hour"),
        ("in a timely manner", "within 1 hour"),
        ("immediately", "within 1 second"),
        ("automatically", "within 1 minute and without help"),
        ("quickly", "within 2 seconds"),
        ("regularly", "every 24 hours"),
        ("easily", "in at most 3 steps"),
        ("fast", "within 2 seconds"),
    ];
    let Some(list) = list_mut(story, "acceptance_criteria") else { return };
    let mut changed = false;
    for criterion in list.iter_mut() {
        let mut text = criterion.as_str().unwrap_or_default().to_owned();
        for (vague, number) in VAGUE {
            if text.contains(vague) {
                text = text.replacen(vague, number, 1);
                changed = true;
            }
        }
        *criterion = json!(text);
    }
    let unmeasured =
        |c: &&mut Value| c.as_str().is_some_and(|text| !text.contains(|letter: char| letter.is_ascii_digit()));
    if !changed && let Some(criterion) = list.iter_mut().find(unmeasured) {
        let text = criterion.as_str().unwrap_or_default().trim_end_matches('.').to_owned();
        *criterion = json!(format!("{text}, and the result is there within 2 seconds."));
    }
}
