//! Gherkin scenarios: one per thing a person does, with the system's answers as its outcome.

use serde_json::{Value, json};

use super::english::{lower_first, shorten, upper_first, with_article};
use super::facts::Facts;
use super::phrases;
use super::reading::{Force, Requirement};
use super::wording;

/// Most scenarios in one story.
const MOST: usize = 5;

struct Scenario {
    actor: String,
    title: String,
    given: Vec<String>,
    when: Vec<String>,
    then: Vec<String>,
}

/// One to five scenarios.
pub fn of(facts: &Facts, role: &str) -> Vec<Value> {
    let mut found: Vec<Scenario> = Vec::new();
    let mut open = false;
    for requirement in facts.rules() {
        let unconditional = requirement.condition.is_none();
        if requirement.role.is_none()
            && unconditional
            && open
            && !requirement.subject.is_empty()
            && let Some(last) = found.last_mut().filter(|s| s.then.len() < 4)
        {
            last.then.push(clause(requirement, role));
            continue;
        }
        if found.len() == MOST {
            continue;
        }
        let next = scenario(requirement, role, &facts.noun(0));
        open = requirement.force != Force::Never || requirement.role.is_none();
        found.push(next);
    }
    if found.is_empty() {
        let noun = facts.noun(0);
        found.push(Scenario {
            actor: role.to_owned(),
            title: format!("Work with the {noun}"),
            given: vec![with_article(role)],
            when: vec![format!("the {role} opens the {noun}")],
            then: facts
                .requirements
                .iter()
                .filter(|r| !facts.is_aside(r))
                .take(3)
                .map(|r| lower_first(&r.text))
                .collect(),
        });
    }
    found.into_iter().map(|s| finished(s, &facts.noun(0))).collect()
}

fn scenario(requirement: &Requirement, role: &str, noun: &str) -> Scenario {
    let actor = requirement.role.clone().unwrap_or_else(|| role.to_owned());
    let action = wording::in_third_person(requirement.action.trim_end_matches('.'));
    let title = upper_first(&shorten(&action, 70));
    let (mut given, event) = match &requirement.condition {
        Some(condition) => situation(condition),
        None => (Vec::new(), None),
    };
    given.insert(0, with_article(&actor));
    match (requirement.force, requirement.role.is_some() || requirement.subject.is_empty()) {
        (Force::Never, true) => Scenario {
            actor: actor.clone(),
            title: format!("Refuse to {}", shorten(&action, 60)),
            given,
            when: vec![event.unwrap_or_else(|| format!("the {actor} tries to {action}"))],
            then: vec![
                "the request is refused with a message that names the reason".to_owned(),
                format!("the {noun} stays as it was"),
            ],
        },
        _ if phrases::builds(requirement) => Scenario {
            title,
            given,
            when: vec![event.unwrap_or_else(|| format!("the {actor} opens the {noun}"))],
            then: vec![clause(requirement, role)],
            actor,
        },
        (_, true) => {
            given.extend(event.map(|e| e.trim_start_matches("the moment ").to_owned()));
            Scenario {
                actor: actor.clone(),
                title,
                given,
                when: vec![format!("the {actor} {}", wording::present(&action))],
                then: Vec::new(),
            }
        }
        (_, false) => Scenario {
            actor: actor.clone(),
            title: upper_first(&shorten(&lower_first(&phrases::main_clause(requirement, role)), 70)),
            given,
            when: vec![event.unwrap_or_else(|| format!("the {actor} works with the {noun}"))],
            then: vec![clause(requirement, role)],
        },
    }
}

/// A condition as a state (`given`) or as an event (`when`).
fn situation(condition: &str) -> (Vec<String>, Option<String>) {
    let lower = lower_first(condition.trim());
    for word in ["whenever ", "when ", "once ", "as soon as ", "after "] {
        if let Some(rest) = lower.strip_prefix(word) {
            return (Vec::new(), Some(rest.to_owned()));
        }
    }
    for word in ["if ", "while ", "as long as ", "in case ", "during "] {
        if let Some(rest) = lower.strip_prefix(word) {
            return (vec![rest.to_owned()], None);
        }
    }
    (vec![format!("it is {lower}")], None)
}

fn clause(requirement: &Requirement, role: &str) -> String {
    lower_first(phrases::main_clause(requirement, role).trim_end_matches('.'))
}

fn finished(mut scenario: Scenario, noun: &str) -> Value {
    if scenario.then.is_empty() {
        scenario.then.push(format!("the {} sees that it worked", scenario.actor));
        scenario.then.push(format!("the {noun} shows the new state"));
    }
    json!({"title": scenario.title, "given": scenario.given, "when": scenario.when, "then": scenario.then})
}
