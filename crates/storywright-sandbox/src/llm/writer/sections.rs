//! Sections under a team's own headings.

use serde_json::{Value, json};

use super::compose::Core;
use super::english::{sentence, singular, upper_first, with_article};
use super::facts::Facts;
use super::notes;
use super::phrases;
use super::reading::{Force, Requirement};

/// One section per heading, in the order asked for.
pub fn of(headings: &[String], facts: &Facts, role: &str, core: &Core, criteria: &[String]) -> Vec<Value> {
    headings
        .iter()
        .map(|heading| json!({"heading": heading, "text": text(heading, facts, role, core, criteria)}))
        .collect()
}

fn text(heading: &str, facts: &Facts, role: &str, core: &Core, criteria: &[String]) -> String {
    let lower = heading.to_lowercase();
    let about = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let narrative = format!(
        "{} wants {}, so that {}.",
        upper_first(&with_article(role)),
        core.goal,
        core.benefit.replace("I ", "they ").replace(" my ", " their ")
    );
    if about(&["accept", "criteria", "done"]) {
        return bullets(criteria.iter().cloned());
    }
    if about(&["test", "stlc", "quality"]) {
        return notes::stlc(facts, role, criteria.len(), &[]);
    }
    if about(&["out of scope", "exclu", "not in"]) {
        return or_else(
            bullets(facts.out_of_scope().iter().map(|r| sentence(&r.text))),
            &format!("Nothing beyond the {} is changed.", facts.noun(0)),
        );
    }
    if about(&["question", "assumption", "open"]) {
        let questions = facts.requirements.iter().filter(|r| r.force == Force::Question).map(|r| r.text.clone());
        return or_else(
            bullets(questions),
            &format!("The {} stays as it is today where this text does not say otherwise.", facts.noun(1)),
        );
    }
    if about(&["value", "benefit", "why", "goal", "objective"]) {
        return sentence(&core.benefit.replace("I ", "they ").replace(" my ", " their "));
    }
    if about(&["risk", "non-functional", "constraint", "limit"]) {
        let strict = facts
            .requirements
            .iter()
            .filter(|r| is_constraint(r) && !facts.is_aside(r))
            .map(|r| phrases::criterion(r, role));
        return or_else(
            bullets(strict),
            &format!("The change touches the {}: a mistake there is seen by every {role}.", facts.noun(0)),
        );
    }
    if about(&["story", "user", "who"]) {
        return narrative;
    }
    if about(&["context", "background", "problem", "today", "description", "summary"]) {
        let told: Vec<String> = facts
            .requirements
            .iter()
            .filter(|r| {
                (r.force == Force::Fact && !r.leading || r.under(&["background", "context"]))
                    && !r.under(&["scope", "exclu", "non-goal"])
            })
            .map(|r| sentence(&r.text))
            .take(4)
            .collect();
        return if told.is_empty() { narrative } else { told.join(" ") };
    }
    if about(&["task", "step", "plan", "implementation"]) && !about(&["story"]) {
        let tasks = notes::subtasks(facts, role, &core.action, criteria);
        return bullets(tasks.iter().filter_map(|t| t["summary"].as_str().map(str::to_owned)));
    }
    let under: Vec<String> = facts
        .requirements
        .iter()
        .filter(|r| shares_word(heading, r))
        .map(|r| phrases::criterion(r, role))
        .filter(|c| !c.is_empty())
        .take(5)
        .collect();
    let chosen = if under.is_empty() {
        facts.asked().into_iter().take(4).map(|r| phrases::criterion(r, role)).collect()
    } else {
        under
    };
    or_else(bullets(chosen.into_iter()), &narrative)
}

fn is_constraint(requirement: &Requirement) -> bool {
    requirement.force == Force::Never
        || requirement.text.chars().any(|c| c.is_ascii_digit())
        || requirement.under(&["non-functional", "performance", "security", "risk", "constraint"])
}

fn shares_word(heading: &str, requirement: &Requirement) -> bool {
    let place = format!("{} {}", requirement.section.clone().unwrap_or_default(), requirement.text).to_lowercase();
    heading.split_whitespace().filter(|w| w.len() > 3).any(|word| place.contains(&singular(&word.to_lowercase())))
}

fn bullets(items: impl Iterator<Item = String>) -> String {
    items.map(|item| format!("- {item}")).collect::<Vec<_>>().join("\n")
}

fn or_else(text: String, fallback: &str) -> String {
    if text.is_empty() { fallback.to_owned() } else { text }
}
