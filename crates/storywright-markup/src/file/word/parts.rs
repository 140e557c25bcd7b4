//! The parts beside the text: styles, numbering and where links lead.

use super::{attribute, child, elements, is_word, value};
use roxmltree::{Document, Node, ParsingOptions};
use std::collections::BTreeMap;
use storywright_domain::file::{FileKind, FileProblem};

/// Most nodes of a part. Each takes about a hundred bytes.
const MOST_NODES: u32 = 1_000_000;
/// Longest chain of styles that build on each other.
const LONGEST_CHAIN: usize = 16;

/// Reads XML: without a DTD, so that there are no entities but XML's own five.
pub(super) fn parsed(text: &str) -> Result<Document<'_>, FileProblem> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text.trim_start_matches('\u{feff}'), options).map_err(|error| match error {
        roxmltree::Error::NodesLimitReached => FileProblem::Swollen,
        _ => FileProblem::Damaged(FileKind::Word),
    })
}

/// A place in a list: which list, how deep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListPlace {
    pub(super) list: String,
    pub(super) level: usize,
}

impl ListPlace {
    /// What the properties of a paragraph say.
    pub(super) fn of(properties: Node<'_, '_>) -> Option<Self> {
        let numbers = child(properties, "numPr")?;
        let level = value(numbers, "ilvl").and_then(|level| level.parse().ok()).unwrap_or(0);
        Some(Self { list: value(numbers, "numId")?.to_owned(), level })
    }
}

/// What a style of paragraphs says.
#[derive(Debug, Clone, Default)]
struct Style {
    name: String,
    based_on: String,
    outline: Option<u8>,
    place: Option<ListPlace>,
}

/// Styles by id.
#[derive(Debug, Clone, Default)]
pub(super) struct Styles(BTreeMap<String, Style>);

impl Styles {
    pub(super) fn read(text: &str) -> Result<Self, FileProblem> {
        let document = parsed(text)?;
        let styles = elements(document.root_element()).filter(|style| is_word(*style, "style"));
        let read = styles.filter_map(|style| {
            let properties = child(style, "pPr");
            let read = Style {
                name: value(style, "name").unwrap_or_default().to_lowercase(),
                based_on: value(style, "basedOn").unwrap_or_default().to_owned(),
                outline: properties.and_then(|properties| outline(properties)),
                place: properties.and_then(ListPlace::of),
            };
            Some((attribute(style, "styleId")?.to_owned(), read))
        });
        Ok(Self(read.collect()))
    }

    /// A style and those that it builds on.
    fn chain(&self, id: &str) -> impl Iterator<Item = &Style> {
        let mut next = self.0.get(id);
        std::iter::from_fn(move || {
            let style = next?;
            next = self.0.get(&style.based_on);
            Some(style)
        })
        .take(LONGEST_CHAIN)
    }

    /// The level of headings of this style, 1 to 6.
    pub(super) fn heading(&self, id: &str) -> Option<u8> {
        self.chain(id).find_map(|style| {
            let named = style.name.strip_prefix("heading ").and_then(|level| level.parse::<u8>().ok());
            let level = named.or(style.outline).or((style.name == "title").then_some(1))?;
            Some(level.clamp(1, 6))
        })
    }

    /// The list that paragraphs of this style are in.
    pub(super) fn list(&self, id: &str) -> Option<ListPlace> {
        self.chain(id).find_map(|style| style.place.clone())
    }

    /// Whether it is a line of a table of contents: its words stand in the headings.
    pub(super) fn is_contents(&self, id: &str) -> bool {
        self.0.get(id).is_some_and(|style| style.name.starts_with("toc "))
    }
}

/// The outline level that paragraph properties give, 1 to 9; 10 and more is body text.
pub(super) fn outline(properties: Node<'_, '_>) -> Option<u8> {
    value(properties, "outlineLvl")
        .and_then(|level| level.parse::<u8>().ok())
        .filter(|level| *level < 9)
        .map(|level| level + 1)
}

/// Which lists have numbers: by list and level.
#[derive(Debug, Clone, Default)]
pub(super) struct Numbering {
    /// From list to its model.
    lists: BTreeMap<String, String>,
    /// Whether a level of a model has numbers.
    numbered: BTreeMap<(String, usize), bool>,
}

impl Numbering {
    pub(super) fn read(text: &str) -> Result<Self, FileProblem> {
        let document = parsed(text)?;
        let mut numbering = Self::default();
        for element in elements(document.root_element()) {
            if is_word(element, "abstractNum") {
                let Some(model) = attribute(element, "abstractNumId") else { continue };
                for level in elements(element).filter(|level| is_word(*level, "lvl")) {
                    let Some(depth) = attribute(level, "ilvl").and_then(|level| level.parse().ok()) else { continue };
                    let numbered = !matches!(value(level, "numFmt"), Some("bullet" | "none") | None);
                    numbering.numbered.insert((model.to_owned(), depth), numbered);
                }
            } else if is_word(element, "num")
                && let Some((list, model)) = attribute(element, "numId").zip(value(element, "abstractNumId"))
            {
                numbering.lists.insert(list.to_owned(), model.to_owned());
            }
        }
        Ok(numbering)
    }

    /// Whether items at this place have numbers; `None` when there is no such list (list 0 takes a paragraph out of every list).
    pub(super) fn is_numbered(&self, place: &ListPlace) -> Option<bool> {
        let model = self.lists.get(&place.list)?;
        Some(self.numbered.get(&(model.clone(), place.level)).copied().unwrap_or(false))
    }
}

/// Where links lead, by their id.
#[derive(Debug, Clone, Default)]
pub(super) struct Links(BTreeMap<String, String>);

impl Links {
    pub(super) fn read(text: &str) -> Result<Self, FileProblem> {
        let document = parsed(text)?;
        let links = elements(document.root_element())
            .filter(|relation| relation.attribute("Type").is_some_and(|kind| kind.ends_with("/hyperlink")));
        let pairs =
            links.filter_map(|link| Some((link.attribute("Id")?.to_owned(), link.attribute("Target")?.to_owned())));
        Ok(Self(pairs.collect()))
    }

    pub(super) fn target(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(String::as_str)
    }
}
