//! Markdown for reading: what people and the model wrote, as harmless HTML.

use ammonia::Builder;
use pulldown_cmark::{Event, Options, Parser, html};
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let tags = [
        "p",
        "br",
        "hr",
        "strong",
        "em",
        "del",
        "code",
        "pre",
        "blockquote",
        "ul",
        "ol",
        "li",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "a",
    ];
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from(tags))
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"])), ("ol", HashSet::from(["start"]))]))
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(ammonia::UrlRelative::Deny)
        .clean_content_tags(HashSet::from(["script", "style"]))
        .link_rel(Some("noopener noreferrer nofollow"));
    builder
});

/// Deepest nesting that is shown; what is deeper moves up to this level. The cleaner's work grows with the square of the depth, and a
/// model or a person can nest some ten thousand times in one text.
const DEEPEST: usize = 24;

/// Passes events on, without the beginnings and ends that nest too deep.
fn shallow<'a>(events: impl Iterator<Item = Event<'a>>) -> impl Iterator<Item = Event<'a>> {
    let mut depth = 0_usize;
    events.filter(move |event| match event {
        Event::Start(_) => {
            depth += 1;
            depth <= DEEPEST
        }
        Event::End(_) => {
            depth = depth.saturating_sub(1);
            depth < DEEPEST
        }
        _ => true,
    })
}

/// Markdown as HTML of an allow-list: no images, no raw HTML, links that lead to other sites only openly.
#[must_use]
pub fn markdown_html(text: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    // Raw HTML is shown as the text that it is.
    let events = shallow(Parser::new_ext(text, options)).map(|event| match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
        other => other,
    });
    let mut page = String::with_capacity(text.len() * 3 / 2);
    html::push_html(&mut page, events);
    CLEANER.clean(&page).to_string()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "measures how long it takes")]

    use super::*;
    use std::time::{Duration, Instant};

    /// A link that leads nowhere.
    const OPEN_LINK: &str = r#"a rel="noopener noreferrer nofollow""#;

    #[test]
    fn text_becomes_html_and_attacks_become_text() {
        assert_eq!(markdown_html("**As a** *tester*"), "<p><strong>As a</strong> <em>tester</em></p>\n");
        for attack in [
            "<img src=x onerror=alert(1)>",
            "[x](javascript:alert(1))",
            "![](https://evil.example/?d=1)",
            "<div hx-get=/evil x-init=evil @click=evil>x</div>",
            "<script>alert(1)</script>",
            "<a href=\"data:text/html,x\">x</a>",
            "[x](/sign-out)",
        ] {
            let shown = markdown_html(attack);
            // Within the tags alone: what was escaped is text, and harmless.
            for tag in shown.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
                assert!(matches!(tag, "p" | "/p" | "/a") || tag == OPEN_LINK, "{attack} -> <{tag}> in {shown}");
            }
        }
        let link = markdown_html("[site](https://corp.example)");
        assert!(link.contains("rel=\"noopener noreferrer nofollow\""), "{link}");
    }

    #[test]
    fn deep_nesting_is_cut_and_its_text_stays() {
        let begun = Instant::now();
        for mark in [">", "- ", "> - ", "1. "] {
            let shown = markdown_html(&format!("{}deep **down**", mark.repeat(20_000)));
            assert!(shown.contains("deep"), "{mark}");
            assert!(shown.len() < 2_000, "{mark}: {} bytes", shown.len());
        }
        let stars = "*".repeat(20_000);
        let shown = markdown_html(&format!("{stars}far{stars}"));
        assert!(shown.contains("far") && shown.matches("<strong>").count() < DEEPEST, "{} bytes", shown.len());
        // Without the cut each of these takes many seconds; with it all of them take some milliseconds.
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }
}
