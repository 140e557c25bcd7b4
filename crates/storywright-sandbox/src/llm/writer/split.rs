//! One story into several, each small enough for the limit.

use serde_json::{Value, json};

use super::compose;
use super::facts::Facts;
use super::prompt::Prompt;
use super::reading::{Force, Requirement};

/// Statements that one story of the split takes at most.
const TAKES: usize = 4;

/// Stories from requirements: one per role, section or handful of statements.
pub fn requirements(facts: &Facts, prompt: &Prompt) -> Vec<Value> {
    groups(facts)
        .into_iter()
        .map(|group| capped(compose::story(&facts.narrowed(group), prompt), prompt))
        .fold(Vec::new(), distinct)
}

/// Stories from one story: its criteria are shared out; people, labels, components, priority and epic stay.
pub fn story(original: &Value, prompt: &Prompt) -> Vec<Value> {
    let criteria: Vec<&str> =
        original["acceptance_criteria"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if criteria.len() < 2 {
        return vec![capped(original.clone(), prompt)];
    }
    let text: String = criteria.iter().map(|c| format!("- {c}\n")).collect();
    let mut facts = Facts::read(&text);
    let role = original["narrative"]["role"].as_str().filter(|r| !r.is_empty());
    if let Some(role) = role {
        facts.roles.insert(0, role.to_owned());
    }
    let mut parts = if criteria.len() < 4 { halves(&facts, prompt) } else { requirements(&facts, prompt) };
    if let (Some(first), Some(narrative)) = (parts.first_mut(), original["narrative"].as_object()) {
        first["summary"] = original["summary"].clone();
        first["narrative"] = json!(narrative);
    }
    for part in &mut parts {
        for key in ["labels", "components", "priority", "epic"] {
            if !original[key].is_null() {
                part[key] = original[key].clone();
            }
        }
    }
    parts.into_iter().fold(Vec::new(), distinct)
}

fn halves(facts: &Facts, prompt: &Prompt) -> Vec<Value> {
    let (first, second) = facts.requirements.split_at(facts.requirements.len().div_ceil(2));
    [first, second]
        .into_iter()
        .map(|half| capped(compose::story(&facts.narrowed(half.to_vec()), prompt), prompt))
        .collect()
}

fn groups(facts: &Facts) -> Vec<Vec<Requirement>> {
    let usable: Vec<&Requirement> =
        facts.requirements.iter().filter(|r| r.force != Force::Question && !facts.is_aside(r)).collect();
    let takes = TAKES.min(usable.len().div_ceil(2)).max(1);
    let mut groups: Vec<Vec<Requirement>> = Vec::new();
    for requirement in usable {
        let fits = groups.last().is_some_and(|group| {
            let other_section = group.last().is_some_and(|last| last.section != requirement.section);
            let other_role = requirement.asks()
                && requirement.role.is_some()
                && group
                    .iter()
                    .find_map(|r| r.role.as_ref())
                    .is_some_and(|role| Some(role) != requirement.role.as_ref());
            group.len() < takes && !(group.len() > 1 && (other_section || other_role))
        });
        match groups.last_mut().filter(|_| fits) {
            Some(group) => group.push(requirement.clone()),
            None => groups.push(vec![requirement.clone()]),
        }
    }
    // A lonely last statement goes with the group before it.
    if groups.len() > 2
        && groups.last().is_some_and(|g| g.len() == 1)
        && let Some(lonely) = groups.pop()
        && let Some(last) = groups.last_mut()
    {
        last.extend(lonely);
    }
    groups
}

fn capped(mut story: Value, prompt: &Prompt) -> Value {
    let points = story["story_points"].as_f64().unwrap_or(1.0);
    let most = u32::try_from(prompt.max_points).map_or(3.0, f64::from);
    if points > most {
        story["story_points"] = json!(prompt.max_points);
    }
    story
}

/// Keeps summaries apart: a later one with the same words says what sets it apart.
fn distinct(mut stories: Vec<Value>, mut next: Value) -> Vec<Value> {
    let summary = next["summary"].as_str().unwrap_or_default().to_owned();
    if stories.iter().any(|s| s["summary"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(&summary))) {
        let label = next["labels"]
            .as_array()
            .and_then(|l| l.last())
            .and_then(Value::as_str)
            .unwrap_or("rest")
            .replace('-', " ");
        next["summary"] = json!(format!("{summary} ({label}, part {})", stories.len() + 1));
    }
    stories.push(next);
    stories
}
