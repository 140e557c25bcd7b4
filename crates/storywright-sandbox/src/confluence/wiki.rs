//! Wiki markup to storage format: headings, lists, bold, italics, monospace, links, paragraphs.

use std::sync::LazyLock;

use regex::Regex;

use super::render::escape;

static STRONG: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(^|\s)\*(\S[^*\n]*)\*").ok());
static EMPHASIS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(^|\s)_(\S[^_\n]*)_").ok());
static MONOSPACE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\{\{([^}\n]+)\}\}").ok());
static LINK: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\[([^|\]\n]+)\|(https?://[^\]\n]+)\]").ok());

/// Storage format of a wiki text.
pub(super) fn to_storage(wiki: &str) -> String {
    let mut storage = String::new();
    let mut list: Option<&str> = None;
    for line in wiki.lines().map(str::trim) {
        let item = line
            .strip_prefix("* ")
            .map(|text| ("ul", text))
            .or_else(|| line.strip_prefix("# ").map(|text| ("ol", text)));
        let kind = item.map(|(kind, _)| kind);
        if list != kind {
            storage.extend(list.map(|open| format!("</{open}>")));
            storage.extend(kind.map(|open| format!("<{open}>")));
            list = kind;
        }
        let heading = line
            .strip_prefix('h')
            .and_then(|rest| rest.split_once(". "))
            .filter(|(level, _)| matches!(*level, "1" | "2" | "3" | "4" | "5" | "6"));
        match (item, heading) {
            (Some((_, text)), _) => storage.push_str(&format!("<li>{}</li>", inline(text))),
            (None, Some((level, text))) => storage.push_str(&format!("<h{level}>{}</h{level}>", inline(text))),
            (None, None) if line.is_empty() => {}
            (None, None) => storage.push_str(&format!("<p>{}</p>", inline(line))),
        }
    }
    storage.extend(list.map(|open| format!("</{open}>")));
    storage
}

fn inline(text: &str) -> String {
    let mut html = escape(text).replace("&quot;", "\"");
    for (pattern, replacement) in [
        (&STRONG, "$1<strong>$2</strong>"),
        (&EMPHASIS, "$1<em>$2</em>"),
        (&MONOSPACE, "<code>$1</code>"),
        (&LINK, "<a href=\"$2\">$1</a>"),
    ] {
        if let Some(pattern) = pattern.as_ref() {
            html = pattern.replace_all(&html, replacement).into_owned();
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::to_storage;

    #[test]
    fn lists_headings_and_styles() {
        let storage =
            to_storage("h2. Rules\n* one *bold*\n* two & three\n\nText with {{code}} and [a link|https://example.com]");
        assert_eq!(
            storage,
            "<h2>Rules</h2><ul><li>one <strong>bold</strong></li><li>two &amp; three</li></ul><p>Text with <code>code</code> and <a href=\"https://example.com\">a link</a></p>"
        );
    }
}
