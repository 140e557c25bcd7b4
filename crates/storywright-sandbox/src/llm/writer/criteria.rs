//! Acceptance criteria: the requirement's own sentences first, then what every change needs.

use super::english::{plural, sentence, singular, upper_first, with_article};
use super::facts::Facts;
use super::phrases;
use super::reading::{Force, Requirement};
use super::wording;

/// Most criteria in one story.
const MOST: usize = 6;
/// Fewest criteria in one story.
const FEWEST: usize = 3;

/// Three to six criteria; the main requirement stands first.
pub fn of(facts: &Facts, main: &Requirement, role: &str) -> Vec<String> {
    let mut found = Vec::new();
    push(&mut found, phrases::criterion(main, role));
    for requirement in facts.rules().into_iter().filter(|r| r.text != main.text) {
        push(&mut found, phrases::criterion(requirement, role));
    }
    found.truncate(MOST);
    fill_up(&mut found, facts, Some(main), role);
    found
}

/// Criteria for a text that asks for nothing in particular.
pub fn without_requirement(facts: &Facts, role: &str) -> Vec<String> {
    let mut found = Vec::new();
    for requirement in facts.requirements.iter().filter(|r| !facts.is_aside(r)) {
        push(&mut found, phrases::criterion(requirement, role));
    }
    found.truncate(MOST);
    fill_up(&mut found, facts, None, role);
    found
}

/// One more criterion about a topic, for an instruction such as "add a criterion about refunds".
pub fn about(topic: &str, role: &str) -> String {
    let topic = topic.trim().trim_end_matches('.');
    let lower = topic.to_lowercase();
    if super::blocks::has_verb(topic) && topic.split_whitespace().count() > 3 {
        let statement = super::blocks::Statement { text: topic.to_owned(), section: None, item: true };
        let read = super::reading::read(&statement);
        if read.force != Force::Fact || read.subject.split_whitespace().count() > 0 {
            return phrases::criterion(&read, role);
        }
    }
    if ["error", "failure", "invalid", "missing", "timeout", "outage"].iter().any(|w| lower.contains(w)) {
        return sentence(&format!(
            "In the case of {topic}, the {role} sees what happened and what to do, and nothing is half saved"
        ));
    }
    if ["performance", "speed", "latency", "load", "response time"].iter().any(|w| lower.contains(w)) {
        return sentence(&format!(
            "{} stays within the agreed limits with the usual number of {}",
            topic,
            plural(role)
        ));
    }
    if ["security", "permission", "access", "authorization", "right"].iter().any(|w| lower.contains(w)) {
        return sentence(&format!(
            "{} is checked on the server: {} without the right gets a refusal that names it",
            topic,
            with_article(role)
        ));
    }
    let verb = if wording::plural_subject(topic) { "are" } else { "is" };
    sentence(&format!("{topic} {verb} covered: the {role} sees the result, and a failure says what to do"))
}

fn fill_up(found: &mut Vec<String>, facts: &Facts, main: Option<&Requirement>, role: &str) {
    let noun = facts.noun(0);
    if found.len() < FEWEST
        && let Some(limit) = facts.limits.first()
    {
        push(found, sentence(&format!("the limit of {limit} holds just below, at and just above its value")));
    }
    if found.len() < FEWEST
        && let Some(main) =
            main.filter(|m| !m.is_state() && !phrases::builds(m) && (m.role.is_some() || m.subject.is_empty()))
    {
        let doing = wording::gerund_phrase(&main.action);
        push(found, sentence(&format!("if {doing} fails, the {role} sees why, and nothing is changed")));
    }
    if found.len() < FEWEST {
        push(
            found,
            sentence(&format!(
                "if the {noun} is missing or invalid, the {role} sees a message that names the problem, and nothing is saved"
            )),
        );
    }
    if found.len() < FEWEST {
        push(
            found,
            sentence(&format!(
                "{} who may not work with the {} is refused with a clear message",
                upper_first(&with_article(role)),
                singular(&noun)
            )),
        );
    }
}

fn push(found: &mut Vec<String>, criterion: String) {
    if criterion.len() > 3 && !found.iter().any(|known| known.eq_ignore_ascii_case(&criterion)) {
        found.push(criterion);
    }
}
