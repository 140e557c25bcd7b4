//! Stories from sources, with the passages that they rest on: each quote is copied from its source, character by character.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::compose;
use super::facts::Facts;
use super::prompt::{CallType, Prompt};

/// Most stories that are written from sources alone.
const MOST_STORIES: usize = 12;
/// Most citations of a story.
const MOST_CITATIONS: usize = 3;
/// Words that a passage and a story must share.
const SHARED: usize = 3;

/// Without requirements, each source that asks for something gets a story of its own.
pub(super) fn story_for_each_source(prompt: &Prompt) -> Option<Vec<Value>> {
    if prompt.call != CallType::Draft || !prompt.requirements.trim().is_empty() || prompt.sources.len() < 2 {
        return None;
    }
    let mut stories = Vec::new();
    for (reference, text) in &prompt.sources {
        let facts = Facts::read(text);
        if facts.is_substantial() && !facts.asked().is_empty() && stories.len() < MOST_STORIES {
            let mut document = json!({"stories": [compose::story(&facts, prompt)]});
            cite(&mut document, &[(reference.clone(), text.clone())]);
            stories.push(document["stories"][0].take());
        }
    }
    (!stories.is_empty()).then_some(stories)
}

/// Adds to each story without citations the passages that share most words with it.
pub(super) fn cite(document: &mut Value, sources: &[(String, String)]) {
    let Some(stories) = document["stories"].as_array_mut() else { return };
    for story in stories {
        if story["citations"].as_array().is_some_and(|known| !known.is_empty()) {
            continue;
        }
        let wanted = words(&text_of(story));
        let mut passages: Vec<(usize, &str, String, &str)> = Vec::new();
        for (reference, text) in sources {
            let mut heading = String::new();
            for line in text.lines() {
                let bare = line.trim_start_matches([' ', '-', '*', '>']).trim();
                if let Some(title) = bare.strip_prefix('#') {
                    heading = title.trim_start_matches('#').trim().to_owned();
                    continue;
                }
                let shared = words(bare).intersection(&wanted).count();
                if shared >= SHARED && (8..=300).contains(&bare.chars().count()) {
                    passages.push((shared, reference, heading.clone(), bare));
                }
            }
        }
        passages.sort_by_key(|passage| std::cmp::Reverse(passage.0));
        let cited = passages.into_iter().take(MOST_CITATIONS);
        story["citations"] = cited
            .map(|(_, reference, heading, quote)| json!({"source": reference, "heading": heading, "quote": quote}))
            .collect();
    }
}

fn text_of(story: &Value) -> String {
    match story {
        Value::String(text) => format!("{text} "),
        Value::Array(parts) => parts.iter().map(text_of).collect(),
        Value::Object(parts) => parts.values().map(text_of).collect(),
        _ => String::new(),
    }
}

fn words(text: &str) -> BTreeSet<String> {
    let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 3);
    parts.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(user: &str) -> Prompt {
        Prompt::read(&[json!({"role": "system", "content": "Call: draft"}), json!({"role": "user", "content": user})])
    }

    #[test]
    fn a_story_for_each_source_cites_its_own_words() {
        let user = "<sources id=\"a\">\n[p1] Refunds (space PAY, version 2)\n## Rules\n- Support agents must be able to refund a card payment from the order page.\n\n\
                    [p4] Export (space PAY, version 1)\nAccountants must be able to export all invoices of a month as a file.\n</sources id=\"a\">";
        let prompt = prompt(user);
        assert_eq!(prompt.sources.len(), 2);
        let document = super::super::write(&prompt);
        let stories = document["stories"].as_array().unwrap();
        assert_eq!(stories.len(), 2, "{document:#}");
        for (story, reference) in stories.iter().zip(["p1", "p4"]) {
            let citations = story["citations"].as_array().unwrap();
            assert!(!citations.is_empty(), "{story:#}");
            for citation in citations {
                assert_eq!(citation["source"], reference);
                assert!(user.contains(citation["quote"].as_str().unwrap()), "{citation}");
            }
        }
        assert_eq!(stories[0]["citations"][0]["heading"], "Rules");
    }
}
