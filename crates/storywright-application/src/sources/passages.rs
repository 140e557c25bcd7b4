//! Passages that stories cite: a quote counts when it stands in its source, word for word but for white space and Markdown's marks.

use super::SourceError;
use crate::Ports;
use std::collections::BTreeMap;
use storywright_domain::person::Actor;
use storywright_domain::ports::{StorageError, StorageExt, Tx};
use storywright_domain::source::{Citation, CitedPage, SourceEntry, SourceKind};
use storywright_domain::story::Document;
use storywright_domain::{DraftId, UserId};

/// Shortest quote that says where something comes from, in characters.
const SHORTEST: usize = 8;
/// Longest quote that is kept, in characters.
const LONGEST: usize = 1_000;
/// Most citations of one story.
const MOST: usize = 20;

/// A citation with what is known of its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The citation.
    pub citation: Citation,
    /// Its source; `None` when it was removed from the draft.
    pub source: Option<SourceEntry>,
}

/// The passages of a draft's stories, by reference of the story.
///
/// # Errors
/// [`SourceError::NotFound`], [`SourceError::Storage`].
pub fn passages(ports: &Ports, actor: &Actor, draft: DraftId) -> Result<BTreeMap<String, Vec<Passage>>, SourceError> {
    let (document, entries) = ports.storage.read(|tx| {
        let draft = super::any_draft(tx, actor, draft)?;
        Ok::<_, SourceError>((draft.document, tx.sources(actor.user(), draft.id)?))
    })?;
    let passage = |citation: &Citation| Passage {
        citation: citation.clone(),
        source: entries.iter().find(|entry| entry.id() == citation.source).cloned(),
    };
    let stories = document.stories.into_iter().filter(|story| !story.citations.is_empty());
    Ok(stories.map(|story| (story.id, story.citations.iter().map(passage).collect())).collect())
}

/// Confluence pages that stories cite, by reference of the story: each once, in the order of the citations.
pub(crate) fn cited_pages(
    tx: &mut dyn Tx,
    user: UserId,
    draft: DraftId,
    document: &Document,
) -> Result<BTreeMap<String, Vec<CitedPage>>, StorageError> {
    if document.stories.iter().all(|story| story.citations.is_empty()) {
        return Ok(BTreeMap::new());
    }
    let entries = tx.sources(user, draft)?;
    let mut pages: BTreeMap<String, Vec<CitedPage>> = BTreeMap::new();
    for story in &document.stories {
        for citation in &story.citations {
            let entry = entries.iter().find(|entry| entry.id() == citation.source);
            let Some(entry) = entry.filter(|entry| entry.kind == SourceKind::Page && !entry.url.is_empty()) else {
                continue;
            };
            let known = pages.entry(story.id.clone()).or_default();
            if !known.iter().any(|page| page.id == entry.name && page.site == entry.site) {
                known.push(CitedPage {
                    site: entry.site.clone(),
                    id: entry.name.clone(),
                    title: entry.title.clone(),
                    url: entry.url.clone(),
                });
            }
        }
    }
    Ok(pages)
}

/// Whether a quote stands in a text, word for word but for white space and Markdown's marks.
#[must_use]
pub fn stands_in(text: &str, quote: &str) -> bool {
    let quote = folded(quote);
    !quote.is_empty() && folded(text).contains(&quote)
}

/// The heading under which a quote stands; empty when it stands under none.
#[must_use]
pub fn heading_of(text: &str, quote: &str) -> String {
    let quote = folded(quote);
    let mut section = String::new();
    let mut heading = String::new();
    for line in text.lines() {
        let bare = line.trim_start();
        let level = bare.bytes().take_while(|byte| *byte == b'#').count();
        if (1..=6).contains(&level) && bare[level..].starts_with(' ') {
            if folded(&section).contains(&quote) {
                return heading;
            }
            section.clear();
            heading = folded(bare[level..].trim()).chars().take(200).collect();
        }
        section.push_str(line);
        section.push('\n');
    }
    if folded(&section).contains(&quote) { heading } else { String::new() }
}

/// One space for any white space and for the bars of tables; without the marks of emphasis, code, escapes, quotes and list items.
fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let mut bare = line.trim_start_matches([' ', '\t', '>', '#']);
        bare = bare.strip_prefix("- ").or_else(|| bare.strip_prefix("* ")).unwrap_or(bare);
        bare = bare.strip_prefix("[ ] ").or_else(|| bare.strip_prefix("[x] ")).unwrap_or(bare);
        for c in bare.chars().chain([' ']) {
            match c {
                '*' | '`' | '\\' | '_' | '~' => {}
                c if c.is_whitespace() || c == '|' => {
                    if !out.ends_with(' ') && !out.is_empty() {
                        out.push(' ');
                    }
                }
                c => out.push(c),
            }
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Leaves only citations whose quote stands in the source that they name; the heading is that under which it stands. Gives how many
/// were dropped. One text at a time is in memory.
pub(crate) fn keep_true_citations(
    ports: &Ports,
    user: UserId,
    draft: DraftId,
    document: &mut Document,
) -> Result<usize, StorageError> {
    let mut cited: BTreeMap<u32, Vec<(usize, Citation)>> = BTreeMap::new();
    let mut claimed = 0;
    for (index, story) in document.stories.iter_mut().enumerate() {
        for citation in std::mem::take(&mut story.citations) {
            claimed += 1;
            let short = folded(&citation.quote).chars().count();
            if let Some(number) = SourceEntry::number_of(&citation.source)
                && (SHORTEST..=LONGEST).contains(&short)
            {
                cited.entry(number).or_default().push((index, citation));
            }
        }
    }
    let mut kept = 0;
    for (number, citations) in cited {
        let Some(text) = ports.storage.read(|tx| tx.source_text(user, draft, number))? else { continue };
        let whole = folded(&text);
        for (index, citation) in citations {
            let story = &mut document.stories[index];
            let twice = story.citations.iter().any(|known| known.quote == citation.quote);
            if whole.contains(&folded(&citation.quote)) && !twice && story.citations.len() < MOST {
                story.citations.push(Citation { heading: heading_of(&text, &citation.quote), ..citation });
                kept += 1;
            } else if twice {
                claimed -= 1;
            }
        }
    }
    Ok(claimed - kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Refunds\n\nIntro.\n\n## Rules\n\n- Agents **must** refund from the `order` page,\n  fully or partly.\n\n| Code | Meaning |\n| --- | --- |\n| R01 | Goods returned |\n\n## Limits\n\nAbove 500 € a lead approves.";

    #[track_caller]
    fn check(quote: &str, stands: bool, heading: &str) {
        assert_eq!(stands_in(PAGE, quote), stands, "{quote}");
        if stands {
            assert_eq!(heading_of(PAGE, quote), heading, "{quote}");
        }
    }

    #[test]
    fn a_quote_stands_word_for_word() {
        check("Agents must refund from the order page, fully or partly.", true, "Rules");
        check("Agents  **must** refund\nfrom the order", true, "Rules");
        check("R01 Goods returned", true, "Rules");
        check("Above 500 € a lead approves", true, "Limits");
        check("Intro.", true, "Refunds");
        check("Agents may refund from the order page", false, "");
        check("above 500 €", false, "");
        check("  ", false, "");
    }
}
