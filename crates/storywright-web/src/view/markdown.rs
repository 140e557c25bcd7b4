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

/// Markdown as HTML of an allow-list: no images, no raw HTML, links that lead to other sites only openly.
#[must_use]
pub fn markdown_html(text: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    // Raw HTML is shown as the text that it is.
    let events = Parser::new_ext(text, options).map(|event| match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
        other => other,
    });
    let mut page = String::with_capacity(text.len() * 3 / 2);
    html::push_html(&mut page, events);
    CLEANER.clean(&page).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

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
            for bad in ["<img", "<script", "<div", "javascript:", "href=\"/", "href=\"data", "src="] {
                let harmless = bad == "src=" && shown.contains("&lt;img src=");
                assert!(harmless || !shown.contains(bad), "{attack} -> {shown}");
            }
        }
        let link = markdown_html("[site](https://corp.example)");
        assert!(link.contains("rel=\"noopener noreferrer nofollow\""), "{link}");
    }
}
