//! Reading the model's answer: the JSON in it, a question, or what is wrong with it. The answer is untrusted: it is cut to size and
//! cleaned of characters that people cannot see.

use serde::Deserialize;
use storywright_domain::source::Citation;
use storywright_domain::story::{Document, Narrative, Scenario, Section, Story, Subtask};

/// Most stories taken from one answer.
const MAX_STORIES: usize = 50;
/// Most entries of any list.
const MAX_ENTRIES: usize = 60;
/// Most characters of any text.
const MAX_TEXT: usize = 20_000;

/// What an answer holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    /// Stories.
    Stories(Document),
    /// A question to the person.
    Question(String),
}

#[derive(Deserialize)]
struct Shape {
    #[serde(default)]
    clarify: Option<String>,
    #[serde(default)]
    stories: Vec<Story>,
}

/// Reads a complete answer; the error says what is wrong, in words that the model is told when it is asked once more.
pub(super) fn read(text: &str) -> Result<Answer, String> {
    let json = json_part(text).ok_or("the answer holds no JSON object")?;
    let shape: Shape =
        serde_json::from_str(json).map_err(|error| format!("the JSON does not fit the schema: {error}"))?;
    if shape.stories.is_empty() {
        return match shape
            .clarify
            .map(|question| clean(&question, 2_000))
            .filter(|question| !question.trim().is_empty())
        {
            Some(question) => Ok(Answer::Question(question)),
            None => Err("the answer holds neither stories nor a question".to_owned()),
        };
    }
    Ok(Answer::Stories(tidy(shape.stories)))
}

/// What can be saved of an answer that was broken off: the stories that have at least a summary.
pub(super) fn read_partial(text: &str) -> Option<Document> {
    let start = text.find('{')?;
    let closed = close(&text[start..]);
    let shape: Shape = serde_json::from_str(&closed).ok()?;
    let stories: Vec<Story> = shape.stories.into_iter().filter(|story| !story.summary.trim().is_empty()).collect();
    (!stories.is_empty()).then(|| tidy(stories))
}

/// The first JSON object of a text that may wrap it in prose or a code fence.
pub(crate) fn json_part(text: &str) -> Option<&str> {
    let start = text.find('{')?;
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for (offset, c) in text[start..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            '{' if !in_string => depth += 1,
            '}' if !in_string => {
                depth -= 1;
                if depth == 0 {
                    return Some(&text[start..=start + offset]);
                }
            }
            _ => {}
        }
    }
    // Not closed: let the JSON reader name the place.
    Some(&text[start..])
}

/// Closes what is open at the end of a JSON text that was cut: the last half-written key or value is dropped.
fn close(text: &str) -> String {
    let mut candidate = text.trim_end().to_owned();
    // Each round drops one token from the end, so it ends; a cut is at most a few tokens from something valid.
    for _ in 0..64 {
        let closed = with_closers(&candidate);
        if serde_json::from_str::<serde_json::Value>(&closed).is_ok() {
            return closed;
        }
        let Some(cut) = candidate.rfind([',', ':', '{', '[']) else { break };
        let keep_opener = candidate[cut..].starts_with(['{', '[']) && candidate.len() > cut + 1;
        candidate.truncate(if keep_opener { cut + 1 } else { cut });
        candidate.truncate(candidate.trim_end().len());
    }
    String::new()
}

fn with_closers(text: &str) -> String {
    let mut closers = Vec::new();
    let mut in_string = false;
    let mut escaped = false;
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            '{' if !in_string => closers.push('}'),
            '[' if !in_string => closers.push(']'),
            '}' | ']' if !in_string => {
                closers.pop();
            }
            _ => {}
        }
    }
    let mut closed = text.to_owned();
    if escaped {
        closed.pop();
    }
    if in_string {
        closed.push('"');
    }
    closed.extend(closers.iter().rev());
    closed
}

fn tidy(stories: Vec<Story>) -> Document {
    let stories = stories.into_iter().take(MAX_STORIES).map(tidy_story).collect();
    Document::of_stories(stories)
}

fn tidy_story(story: Story) -> Story {
    Story {
        id: reference(&story.id),
        summary: one_line(&story.summary),
        narrative: story.narrative.map(|part| Narrative {
            role: one_line(&part.role),
            goal: one_line(&part.goal),
            benefit: one_line(&part.benefit),
        }),
        scenarios: story.scenarios.into_iter().take(MAX_ENTRIES).map(tidy_scenario).collect(),
        sections: story
            .sections
            .into_iter()
            .take(MAX_ENTRIES)
            .map(|part| Section { heading: one_line(&part.heading), text: clean(&part.text, MAX_TEXT) })
            .collect(),
        acceptance_criteria: lines(story.acceptance_criteria),
        stlc_notes: clean(&story.stlc_notes, MAX_TEXT),
        story_points: story.story_points.filter(|points| points.is_finite() && (0.0..=1_000.0).contains(points)),
        labels: lines(story.labels)
            .into_iter()
            .map(|label| label.split_whitespace().collect::<Vec<_>>().join("-"))
            .collect(),
        components: lines(story.components),
        priority: story.priority.map(|priority| one_line(&priority)).filter(|priority| !priority.is_empty()),
        epic: story.epic.map(|epic| one_line(&epic)).filter(|epic| !epic.is_empty()),
        subtasks: story
            .subtasks
            .into_iter()
            .take(MAX_ENTRIES)
            .map(|part| Subtask {
                id: reference(&part.id),
                summary: one_line(&part.summary),
                description: clean(&part.description, MAX_TEXT),
                ..Subtask::default()
            })
            .filter(|part| !part.summary.is_empty())
            .collect(),
        // Never asked of the model in this shape; what it adds by itself is not taken.
        links: Vec::new(),
        custom_fields: std::collections::BTreeMap::new(),
        // Whether they stand in their sources is looked up before anything is kept.
        citations: story.citations.into_iter().take(MAX_ENTRIES).map(tidy_citation).collect(),
    }
}

fn tidy_citation(citation: Citation) -> Citation {
    let source = one_line(&citation.source);
    Citation {
        source: source.trim_start_matches('[').trim_end_matches(']').to_owned(),
        heading: one_line(&citation.heading),
        quote: clean(&citation.quote, MAX_TEXT),
    }
}

fn tidy_scenario(scenario: Scenario) -> Scenario {
    Scenario {
        title: one_line(&scenario.title),
        given: lines(scenario.given),
        when: lines(scenario.when),
        then: lines(scenario.then),
    }
}

fn lines(texts: Vec<String>) -> Vec<String> {
    texts.into_iter().take(MAX_ENTRIES).map(|text| one_line(&text)).filter(|text| !text.is_empty()).collect()
}

/// A reference as the model gives it back; whether it names anything is seen later.
fn reference(text: &str) -> String {
    let fits = (1..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    if fits { text.to_owned() } else { String::new() }
}

fn one_line(text: &str) -> String {
    clean(text, MAX_TEXT).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Without control, zero-width, bidirectional and tag characters, and not longer than `max` characters.
fn clean(text: &str, max: usize) -> String {
    let hidden = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    text.replace("\r\n", "\n")
        .chars()
        .filter(|c| matches!(c, '\n' | '\t') || !(c.is_control() || hidden(*c)))
        .take(max)
        .collect()
}

#[cfg(test)]
mod tests;
