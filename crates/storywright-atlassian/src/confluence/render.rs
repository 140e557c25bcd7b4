//! A story map as a page in storage format: headings, lists and links, everything escaped, nothing that a macro could be made of.

use storywright_domain::confluence::{MapIssue, StoryMap};

/// The body of the page. The same map always gives the same text.
pub(super) fn story_map(map: &StoryMap) -> String {
    let mut out = String::new();
    if !map.intro.is_empty() {
        out.push_str(&format!("<p>{}</p>", escaped(&map.intro)));
    }
    for group in &map.groups {
        match &group.epic {
            Some(epic) => out.push_str(&format!("<h2>{}</h2>", issue(epic))),
            None if map.groups.len() > 1 => out.push_str("<h2>Without an epic</h2>"),
            None => {}
        }
        if let Some(epic) = group.epic.as_ref().filter(|epic| !epic.pages.is_empty()) {
            out.push_str(&format!("<p>{}</p>", pages(epic)));
        }
        if group.stories.is_empty() {
            continue;
        }
        out.push_str("<ul>");
        for (story, subtasks) in &group.stories {
            out.push_str(&format!("<li><p>{}</p>", issue(story)));
            if !story.pages.is_empty() {
                out.push_str(&format!("<p>{}</p>", pages(story)));
            }
            if !subtasks.is_empty() {
                let items: String =
                    subtasks.iter().map(|subtask| format!("<li><p>{}</p></li>", issue(subtask))).collect();
                out.push_str(&format!("<ul>{items}</ul>"));
            }
            out.push_str("</li>");
        }
        out.push_str("</ul>");
    }
    out
}

fn issue(issue: &MapIssue) -> String {
    let summary = escaped(&issue.summary);
    match (issue.key.is_empty(), is_web(&issue.url)) {
        (true, _) => summary,
        (false, true) => format!("<a href=\"{}\">{}</a> {summary}", escaped(&issue.url), escaped(&issue.key)),
        (false, false) => format!("{} {summary}", escaped(&issue.key)),
    }
}

fn pages(issue: &MapIssue) -> String {
    let link = |(title, url): &(String, String)| {
        if is_web(url) { format!("<a href=\"{}\">{}</a>", escaped(url), escaped(title)) } else { escaped(title) }
    };
    format!("<em>From: {}</em>", issue.pages.iter().map(link).collect::<Vec<_>>().join(", "))
}

fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// Text for an element or an attribute in quotes. Characters that XML does not know are left out: the site would refuse the page.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use storywright_domain::confluence::MapGroup;

    fn entry(key: &str, summary: &str) -> MapIssue {
        let url = if key.is_empty() { String::new() } else { format!("https://jira.corp.example/browse/{key}") };
        MapIssue { key: key.to_owned(), url, summary: summary.to_owned(), pages: Vec::new() }
    }

    #[test]
    fn a_map_is_headings_lists_and_links() {
        let cited = MapIssue {
            pages: vec![("Card \"refunds\"".to_owned(), "https://wiki.corp.example/x/A?a=1&b=2".to_owned())],
            ..entry("PAY-2", "Refund a part")
        };
        let map = StoryMap {
            intro: "Written by Storywright.".to_owned(),
            groups: vec![
                MapGroup {
                    epic: Some(entry("PAY-1", "Refunds")),
                    stories: vec![(cited, vec![entry("PAY-3", "Test it")])],
                },
                MapGroup { epic: None, stories: vec![(entry("", "Not created"), Vec::new())] },
            ],
        };
        assert_eq!(
            story_map(&map),
            "<p>Written by Storywright.</p>\
             <h2><a href=\"https://jira.corp.example/browse/PAY-1\">PAY-1</a> Refunds</h2>\
             <ul><li><p><a href=\"https://jira.corp.example/browse/PAY-2\">PAY-2</a> Refund a part</p>\
             <p><em>From: <a href=\"https://wiki.corp.example/x/A?a=1&amp;b=2\">Card &quot;refunds&quot;</a></em></p>\
             <ul><li><p><a href=\"https://jira.corp.example/browse/PAY-3\">PAY-3</a> Test it</p></li></ul></li></ul>\
             <h2>Without an epic</h2><ul><li><p>Not created</p></li></ul>"
        );
    }

    #[test]
    fn nothing_leaves_its_place() {
        let hostile = "</p><ac:structured-macro ac:name=\"html\"><script>alert('x')</script>]]>&amp;\u{0}\u{7}";
        let issue = MapIssue {
            key: hostile.to_owned(),
            url: "javascript:alert(1)".to_owned(),
            summary: hostile.to_owned(),
            pages: vec![(hostile.to_owned(), "data:text/html,x".to_owned())],
        };
        let map = StoryMap {
            intro: hostile.to_owned(),
            groups: vec![MapGroup { epic: Some(issue.clone()), stories: vec![(issue, Vec::new())] }],
        };
        let body = story_map(&map);
        assert!(!body.contains("<ac:") && !body.contains("<script") && !body.contains("href"), "{body}");
        assert!(body.contains("&lt;ac:structured-macro ac:name=&quot;html&quot;&gt;"), "{body}");
    }
}
