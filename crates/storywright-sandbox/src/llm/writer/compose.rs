//! Puts one story together from the facts of a requirement text.

use serde_json::{Map, Value, json};

use super::criteria;
use super::english::{plural, upper_first};
use super::facts::Facts;
use super::notes;
use super::phrases;
use super::prompt::{Format, Prompt};
use super::reading::{Force, Requirement};
use super::scenarios;
use super::wording;

/// The person a story is for when the text names nobody.
const SOMEBODY: &str = "user";

/// A story with all its keys, in the order of the document schema.
pub fn story(facts: &Facts, prompt: &Prompt) -> Value {
    let Some(main) = main_requirement(facts) else { return story_without_requirement(facts, prompt) };
    let role = role_for(&main, facts);
    let summary = phrases::summary(&main, prompt.max_summary);
    let criteria = criteria::of(facts, &main, &role);
    assembled(
        facts,
        prompt,
        &role,
        &Core {
            goal: phrases::goal(&main),
            benefit: benefit_for(&main, facts, &role),
            summary,
            action: main.action.clone(),
        },
        &criteria,
    )
}

/// The few phrases everything else is built around.
pub struct Core {
    /// `to cancel my order`
    pub goal: String,
    /// `I stay in control of my order`
    pub benefit: String,
    /// The issue's summary.
    pub summary: String,
    /// Verb phrase, for sub-tasks.
    pub action: String,
}

fn assembled(facts: &Facts, prompt: &Prompt, role: &str, core: &Core, criteria: &[String]) -> Value {
    let mut story = Map::new();
    story.insert("summary".to_owned(), json!(core.summary));
    let classic = prompt.format == Format::Classic;
    let narrative = classic.then(|| json!({"role": role, "goal": core.goal, "benefit": core.benefit}));
    story.insert("narrative".to_owned(), narrative.unwrap_or(Value::Null));
    let scenarios = if prompt.format == Format::Bdd { scenarios::of(facts, role) } else { Vec::new() };
    story.insert("scenarios".to_owned(), json!(scenarios));
    let sections = match &prompt.format {
        Format::Custom(headings) => super::sections::of(headings, facts, role, core, criteria),
        _ => Vec::new(),
    };
    story.insert("sections".to_owned(), json!(sections));
    story.insert("acceptance_criteria".to_owned(), json!(criteria));
    story.insert("stlc_notes".to_owned(), json!(notes::stlc(facts, role, criteria.len(), &prompt.tool_results)));
    story.insert("story_points".to_owned(), json!(points(facts)));
    story.insert("labels".to_owned(), json!(labels(facts)));
    story.insert("components".to_owned(), json!(named_list(facts.raw(), "component")));
    story.insert("priority".to_owned(), priority(facts).map_or(Value::Null, |p| json!(p)));
    story.insert("epic".to_owned(), epic(facts.raw()).map_or(Value::Null, |e| json!(e)));
    story.insert("subtasks".to_owned(), json!(notes::subtasks(facts, role, &core.action, criteria)));
    Value::Object(story)
}

/// For texts that hold statements but ask for nothing: the topic itself becomes the wish.
fn story_without_requirement(facts: &Facts, prompt: &Prompt) -> Value {
    let text = facts.requirements.first().map_or_else(|| facts.raw().trim().to_owned(), |r| r.text.clone());
    let topic = facts.title.clone().unwrap_or_else(|| super::english::shorten(&text, 60));
    let role = facts.roles.first().cloned().unwrap_or_else(|| SOMEBODY.to_owned());
    let action = format!("use {}", super::english::lower_first(topic.trim_end_matches('.')));
    let core = Core {
        goal: format!("to {action}"),
        benefit: format!("{} can rely on the {}", plural(&role), facts.noun(0)),
        summary: upper_first(&super::english::shorten(topic.trim_end_matches('.'), prompt.max_summary.min(90))),
        action,
    };
    let criteria = criteria::without_requirement(facts, &role);
    assembled(facts, prompt, &role, &core, &criteria)
}

/// The requirement that says best what it is all about.
pub fn main_requirement(facts: &Facts) -> Option<Requirement> {
    let asked = facts.asked();
    let stated = |force: Force| -> Vec<&Requirement> {
        facts
            .requirements
            .iter()
            .filter(|r| r.force == force && !r.subject.is_empty() && !r.action.is_empty() && !facts.is_aside(r))
            .collect()
    };
    let pool = [asked, stated(Force::Fact), stated(Force::Never)].into_iter().find(|pool| !pool.is_empty())?;
    pool.into_iter().enumerate().max_by_key(|(at, r)| score(r, *at)).map(|(_, r)| r.clone())
}

fn score(requirement: &Requirement, position: usize) -> (i32, std::cmp::Reverse<usize>) {
    let mut points = 0;
    let wished = matches!(requirement.subject.to_lowercase().as_str(), "we" | "i");
    points += if requirement.role.is_some() || wished { 4 } else { 0 };
    points += if requirement.benefit.is_some() { 3 } else { 0 };
    points += if requirement.force == Force::Can { 1 } else { 0 };
    points += if requirement.under(&["goal", "summary", "story", "overview"]) { 2 } else { 0 };
    points -= if requirement.leading { 3 } else { 0 };
    points -= if requirement.under(&["non-functional", "performance", "security", "constraint"]) { 4 } else { 0 };
    (points, std::cmp::Reverse(position))
}

/// The person of the story.
pub fn role_for(main: &Requirement, facts: &Facts) -> String {
    main.role.clone().or_else(|| facts.roles.first().cloned()).unwrap_or_else(|| SOMEBODY.to_owned())
}

fn benefit_for(main: &Requirement, facts: &Facts, role: &str) -> String {
    let said = main.benefit.clone().or_else(|| facts.requirements.iter().find_map(|r| r.benefit.clone()));
    said.map(|b| if main.role.is_some() { wording::in_first_person(&b) } else { b })
        .unwrap_or_else(|| phrases::benefit(main, role, &facts.noun(0)))
}

/// Size by the number of things asked for and the length of the text: 1, 2, 3, 5, 8 or 13.
fn points(facts: &Facts) -> u64 {
    match (facts.rules().len(), facts.words) {
        (0..=2, 0..=40) => 1,
        (0..=4, 0..=80) => 2,
        (0..=8, 0..=150) => 3,
        (0..=13, 0..=260) => 5,
        (0..=22, 0..=500) => 8,
        _ => 13,
    }
}

fn labels(facts: &Facts) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for noun in facts.nouns.iter().take(3) {
        let label: String =
            noun.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        if !found.contains(&label) {
            found.push(label);
        }
    }
    found
}

fn priority(facts: &Facts) -> Option<&'static str> {
    let raw = facts.raw().to_lowercase();
    if let Some(stated) = named_list(&raw, "priority").first() {
        let known = ["Highest", "High", "Medium", "Lowest", "Low"];
        return known.into_iter().find(|p| stated.eq_ignore_ascii_case(p));
    }
    if facts.mentions(&["urgent", "critical", "asap", "blocker", "immediately"]) {
        return Some("High");
    }
    (raw.contains("nice to have") || raw.contains("low priority")).then_some("Low")
}

/// `Component: A, B` or `Components: A, B` on a line of its own.
fn named_list(raw: &str, name: &str) -> Vec<String> {
    raw.lines()
        .filter_map(|line| {
            let (key, value) = line.trim_start_matches(['-', '*', ' ']).split_once(':')?;
            let key = key.trim().trim_matches('*').to_lowercase();
            (key == name || key == format!("{name}s")).then(|| value.trim_matches(['*', ' ']).to_owned())
        })
        .flat_map(|value| value.split(',').map(|v| v.trim().trim_end_matches('.').to_owned()).collect::<Vec<_>>())
        .filter(|value| !value.is_empty())
        .collect()
}

/// An issue key that is named as the epic.
fn epic(raw: &str) -> Option<String> {
    let at = super::english::lower_in_place(raw).find("epic")?;
    let nearby = raw.get(at..).unwrap_or_default();
    nearby
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .skip(1)
        .take(3)
        .find(|w| is_issue_key(w))
        .map(str::to_owned)
}

/// `PAY-12`
pub fn is_issue_key(word: &str) -> bool {
    word.split_once('-').is_some_and(|(project, number)| {
        (2..=10).contains(&project.len())
            && project.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
            && project.starts_with(|c: char| c.is_ascii_uppercase())
            && !number.is_empty()
            && number.len() < 8
            && number.chars().all(|c| c.is_ascii_digit())
    })
}
