//! Queries in Confluence's language, built from words and ids: nobody's text becomes an operator.

use crate::site;
use storywright_domain::confluence::PageSearch;
use storywright_domain::remote::Site;

/// A search for pages that have the words, each in title or text, in allowed spaces; without words the pages changed last.
/// `None` when words were given and none of them can be searched for, or when no space may be searched.
pub(super) fn search(site: &Site, search: &PageSearch) -> Option<String> {
    let mut query = String::from("type = page");
    let text = words(&search.words);
    if text.is_empty() && !search.words.trim().is_empty() {
        return None;
    }
    if !text.is_empty() {
        let text = site::quoted(&text);
        query.push_str(&format!(" AND (title ~ {text} OR text ~ {text})"));
    }
    let wanted = if search.spaces.is_empty() { &site.spaces } else { &search.spaces };
    let keys: Vec<String> =
        wanted.iter().filter(|key| site.allows_space(key) && is_space_key(key)).map(|key| site::quoted(key)).collect();
    if !wanted.is_empty() {
        if keys.is_empty() {
            return None;
        }
        query.push_str(&format!(" AND space in ({})", keys.join(", ")));
    }
    if text.is_empty() {
        query.push_str(" ORDER BY lastmodified DESC");
    }
    Some(query)
}

/// All pages below a page.
pub(super) fn below(id: &str) -> String {
    format!("type = page AND ancestor = {id} ORDER BY created ASC")
}

/// These pages.
pub(super) fn among(ids: &[&str]) -> String {
    format!("type = page AND id in ({})", ids.join(", "))
}

/// Whether a text is an id: digits and nothing else.
pub(super) fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 20 && id.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text can be a space key; keys of people's own spaces begin with a tilde.
pub(super) fn is_space_key(key: &str) -> bool {
    let bare = key.strip_prefix('~').unwrap_or(key);
    (1..=255).contains(&bare.chars().count())
        && bare.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@'))
}

/// Inside its quotes the text is read once more, by the index: everything that means something there is no part of a word for the
/// index either, so it is left out, and the operators are written small.
fn words(raw: &str) -> String {
    let readable = |c: char| if c.is_alphanumeric() || matches!(c, '_' | '.' | '\'' | '@') { c } else { ' ' };
    let cleaned: String = raw.chars().take(500).map(readable).collect();
    let plain = |word: &str| {
        let operator = matches!(word, "AND" | "OR" | "NOT");
        if operator { word.to_ascii_lowercase() } else { word.to_owned() }
    };
    let words = cleaned.split_whitespace().map(|word| word.trim_matches(['.', '\''])).filter(|word| !word.is_empty());
    words.take(20).map(plain).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use storywright_domain::remote::SiteKind;

    fn site(spaces: &[&str]) -> Site {
        Site {
            id: "wiki".to_owned(),
            name: "Wiki".to_owned(),
            kind: SiteKind::Confluence,
            base_url: "https://wiki.corp.example".to_owned(),
            allow_http: false,
            allow_loopback: false,
            allow_unverified_tls: false,
            marker_field: None,
            spaces: spaces.iter().map(|key| (*key).to_owned()).collect(),
            restricted_spaces: Vec::new(),
            publish_through: None,
        }
    }

    fn query(allowed: &[&str], words: &str, spaces: &[&str]) -> Option<String> {
        let spaces = spaces.iter().map(|key| (*key).to_owned()).collect();
        search(&site(allowed), &PageSearch { words: words.to_owned(), spaces })
    }

    #[test]
    fn words_cannot_become_a_query() {
        assert_eq!(
            query(&[], "refund  policy", &[]).as_deref(),
            Some(r#"type = page AND (title ~ "refund policy" OR text ~ "refund policy")"#)
        );
        let hostile = query(&[], r#"x" OR type = blogpost AND text ~ "a* (b) AND c\"#, &[]).expect("words remain");
        assert_eq!(hostile.matches('"').count(), 4, "{hostile}");
        assert!(hostile.contains(r#"~ "x or type blogpost and text a b and c""#), "{hostile}");
        assert_eq!(query(&[], " \"*\" ", &[]), None);
        assert!(query(&[], &"word ".repeat(1_000), &[]).expect("words").len() < 400);
        assert_eq!(query(&[], " ", &[]).as_deref(), Some("type = page ORDER BY lastmodified DESC"));
    }

    #[test]
    fn only_listed_spaces_are_searched() {
        let all = query(&["PAY", "OPS"], "x", &[]).expect("a query");
        assert!(all.ends_with(r#" AND space in ("PAY", "OPS")"#), "{all}");
        let one = query(&["PAY", "OPS"], "x", &["ops", "HR"]).expect("a query");
        assert!(one.ends_with(r#" AND space in ("ops")"#), "{one}");
        assert_eq!(query(&["PAY"], "x", &["HR"]), None, "nothing that may be searched");
        assert_eq!(query(&[], "x", &["HR\") OR (space = \"X"]), None, "no key");
        assert!(query(&[], "x", &["~alice"]).is_some_and(|query| query.contains("\"~alice\"")));
    }
}
