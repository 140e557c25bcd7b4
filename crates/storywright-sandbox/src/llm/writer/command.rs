//! Reads one command: what is quoted, what it is about, which number it names, what it is told to replace.

use std::sync::LazyLock;

use regex::{Captures, Regex};

static QUOTED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"["“]([^"”]+)["”]|'([^']{3,})'"#).ok());
static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b\d+(?:\.\d+)?\b").ok());
static REPLACE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)\b(?:replace|change|rename)\s+["“']?(.+?)["”']?\s+(?:with|by|to|into)\s+["“']?(.+?)["”']?$"#).ok()
});
static ROLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)\brole\b.*?\b(?:to|as|should be|into|is|=|:)\s+["“']?(?:an? |the )?(.+?)["”']?$"#).ok()
});

/// "Split this story", also as the cure of a finding.
pub fn is_split(command: &str) -> bool {
    let lower = command.to_lowercase();
    lower.starts_with("split")
        || ["split it", "split this", "split the", "split into", "split story"].iter().any(|part| lower.contains(part))
}

/// A finding's message rather than a command.
pub fn is_finding(command: &str) -> bool {
    let lower = command.to_lowercase();
    let told =
        lower.rsplit_once(": ").filter(|(path, _)| path.contains("stories.")).map_or(lower.as_str(), |(_, told)| told);
    [
        "there is no",
        "there are no",
        "the summary ",
        "the story has",
        "nobody is named",
        "it is not said",
        "scenario ",
        "the section `",
        "acceptance criterion ",
        "the label `",
        "the estimate",
    ]
    .iter()
    .any(|start| told.starts_with(start))
}

/// Commands that bring something new.
pub fn adds(command: &str) -> bool {
    let lower = command.to_lowercase();
    lower.starts_with("add") || lower.starts_with("include") || lower.contains("also ")
}

/// Commands that give a field its value.
pub fn sets(command: &str) -> bool {
    let lower = command.to_lowercase();
    let field =
        ["label", "priority", "epic", "component", "story point", "role"].iter().any(|field| lower.contains(field));
    field && ["set", "use", "label", "make", "estimate"].iter().any(|verb| lower.starts_with(verb))
}

/// Commands that name a missing part as a whole: "Add STLC notes".
pub fn fills_gap(command: &str) -> bool {
    topic_after(command, &["about", "for", "that", "on", "to", "covering", ":"]).is_none()
}

/// Commands that are meant for every story, although they add something.
pub fn is_general(command: &str) -> bool {
    let lower = command.to_lowercase();
    ["negative", "edge case", "error case", "unhappy", "all stories", "each story", "every story"]
        .iter()
        .any(|word| lower.contains(word))
}

/// "Add a story for X", "remove story 2", "merge the stories".
pub fn is_about_stories(command: &str) -> bool {
    let lower = command.to_lowercase();
    let adds = ["add a story", "add another story", "add one more story", "add story ", "add a new story"]
        .iter()
        .any(|part| lower.starts_with(part))
        && !lower.contains("point");
    let removes = ["remove", "delete", "drop"].iter().any(|verb| {
        let Some(rest) = lower.strip_prefix(verb) else { return false };
        let words: Vec<&str> = rest.split_whitespace().filter(|w| !matches!(*w, "the" | "this")).take(2).collect();
        words.contains(&"story") && !lower.contains("point")
    });
    adds || removes
        || (["merge", "combine", "join"].iter().any(|verb| lower.starts_with(verb)) && lower.contains("stor"))
}

/// `A` and `B` of "replace A with B".
pub fn replacement(command: &str) -> Option<Captures<'_>> {
    REPLACE.as_ref()?.captures(command)
}

/// The role that the command names.
pub fn role(command: &str) -> Option<String> {
    let found = ROLE.as_ref()?.captures(command)?;
    let role = super::english::lower_first(found[1].trim_end_matches('.').trim());
    (!role.contains("as a …")).then_some(role)
}

/// Text in quotation marks.
pub fn quoted(command: &str) -> Option<String> {
    let found = QUOTED.as_ref()?.captures(command)?;
    found.get(1).or_else(|| found.get(2)).map(|m| m.as_str().trim().to_owned())
}

/// What follows the first of these words.
pub fn topic_after(command: &str, words: &[&str]) -> Option<String> {
    let lower = super::english::lower_in_place(command);
    let mark = |word: &str| -> Option<usize> {
        let pattern = if word.ends_with(':') { format!("{word} ") } else { format!(" {word} ") };
        lower.find(&pattern).map(|at| at + pattern.len())
    };
    let start = words.iter().filter_map(|word| mark(word)).min()?;
    let topic = command[start..].trim().trim_end_matches('.').trim();
    (!topic.is_empty()).then(|| topic.to_owned())
}

/// The last number in a command.
pub fn number_in(lower: &str) -> Option<f64> {
    NUMBER.as_ref()?.find_iter(lower).last().and_then(|m| m.as_str().parse().ok())
}

/// A count, from a number that was written.
pub fn to_usize(number: f64) -> usize {
    format!("{:.0}", number.max(0.0)).parse().unwrap_or_default()
}
