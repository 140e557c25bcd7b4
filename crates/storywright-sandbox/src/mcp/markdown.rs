//! Markdown to Jira's wiki markup by a handful of patterns, as mcp-atlassian does it: what they do not know stays as it is.

use std::sync::LazyLock;

use regex::Regex;

type Pattern = LazyLock<Option<Regex>>;

static HEADING: Pattern = LazyLock::new(|| Regex::new(r"(?m)^(#{1,6})[ \t]+(.+)$").ok());
static BULLET: Pattern = LazyLock::new(|| Regex::new(r"(?m)^[ \t]*[-+][ \t]+").ok());
static NUMBER: Pattern = LazyLock::new(|| Regex::new(r"(?m)^\d+\.[ \t]+").ok());
static STRONG: Pattern = LazyLock::new(|| Regex::new(r"\*\*([^*\n]+)\*\*").ok());
static CODE: Pattern = LazyLock::new(|| Regex::new(r"`([^`\n]+)`").ok());
static LINK: Pattern = LazyLock::new(|| Regex::new(r"\[([^\]\n]+)\]\(([^)\s]+)\)").ok());

/// Wiki markup of a Markdown text.
pub(super) fn to_wiki(markdown: &str) -> String {
    let headings = HEADING.as_ref().map_or_else(
        || markdown.to_owned(),
        |pattern| {
            let level = |found: &regex::Captures<'_>| format!("h{}. {}", found[1].len(), &found[2]);
            pattern.replace_all(markdown, level).into_owned()
        },
    );
    let others = [(&NUMBER, "# "), (&BULLET, "* "), (&STRONG, "*$1*"), (&CODE, "{{$1}}"), (&LINK, "[$1|$2]")];
    others.into_iter().fold(headings, |text, (pattern, replacement)| {
        pattern.as_ref().map_or_else(|| text.clone(), |pattern| pattern.replace_all(&text, replacement).into_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::to_wiki;

    #[test]
    fn what_is_known_is_converted() {
        let wiki = to_wiki("## Why\n\n- a **b**\n1. `c`\n[d](https://e.example)\n> quote");
        assert_eq!(wiki, "h2. Why\n\n* a *b*\n# {{c}}\n[d|https://e.example]\n> quote");
    }
}
