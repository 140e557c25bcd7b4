//! HTML as elements, of bounded depth and in linear time.
//!
//! The tokens come from the parser of the Servo project. The tree is built here: Confluence writes well-formed HTML, and a
//! builder that follows every rule for malformed HTML needs quadratic time for hostile input.

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use std::cell::RefCell;

/// Deepest element. What lies deeper becomes a sibling.
const DEEPEST: usize = 200;

/// An element with what is in it.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    pub(super) children: Vec<Node>,
}

#[derive(Debug)]
pub(super) enum Node {
    Text(String),
    Element(Element),
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn has_class(&self, class: &str) -> bool {
        self.classes().any(|own| own == class)
    }

    pub(super) fn classes(&self) -> impl Iterator<Item = &str> {
        self.attribute("class").unwrap_or_default().split_ascii_whitespace()
    }

    pub(super) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|child| match child {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The first element below this one, in the order of the text, that fulfils a condition.
    pub(super) fn find(&self, wanted: &dyn Fn(&Element) -> bool) -> Option<&Element> {
        self.elements().find_map(|child| if wanted(child) { Some(child) } else { child.find(wanted) })
    }

    /// All text below this element; line breaks and divisions of lines are line feeds.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        self.collect(&mut text);
        text
    }

    fn collect(&self, text: &mut String) {
        for child in &self.children {
            match child {
                Node::Text(words) => text.push_str(words),
                Node::Element(element) if element.name == "br" => text.push('\n'),
                Node::Element(element) => {
                    element.collect(text);
                    if matches!(element.name.as_str(), "div" | "p" | "li" | "tr") && !text.ends_with('\n') {
                        text.push('\n');
                    }
                }
            }
        }
    }

    /// Whether a reader sees nothing of it.
    pub(super) fn is_hidden(&self) -> bool {
        self.is_made_invisible()
            || self.has_class("assistive")
            || self.has_class("toc-macro")
            || matches!(
                self.name.as_str(),
                "script"
                    | "style"
                    | "template"
                    | "noscript"
                    | "head"
                    | "title"
                    | "iframe"
                    | "object"
                    | "svg"
                    | "textarea"
                    | "select"
            )
    }

    /// Whether somebody has made it so that a reader sees nothing of it.
    pub(super) fn is_made_invisible(&self) -> bool {
        let style: String =
            self.attribute("style").unwrap_or_default().chars().filter(|c| !c.is_whitespace()).collect();
        let style = style.to_ascii_lowercase();
        self.attribute("hidden").is_some()
            || style.contains("display:none")
            || style.contains("visibility:hidden")
            || is_unseen(&style)
            || self.has_class("hidden")
    }
}

/// Text that is there and cannot be seen: of no size, see-through, or white without a ground of its own.
fn is_unseen(style: &str) -> bool {
    let says = |name: &str, values: &[&str]| {
        style.split(';').any(|part| {
            let (known, value) = part.split_once(':').unwrap_or_default();
            known == name && values.contains(&value.trim_end_matches("!important"))
        })
    };
    let grounded = style.contains("background");
    says("font-size", &["0", "0px", "0pt", "0em", "1px"])
        || says("opacity", &["0", "0.0"])
        || (!grounded && says("color", &["white", "#fff", "#ffffff", "rgb(255,255,255)", "transparent"]))
}

/// The element that holds the whole text.
pub(super) fn parse(html: &str) -> Element {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(html));
    let tokenizer = Tokenizer::new(Sink { builder: RefCell::new(Builder::default()) }, TokenizerOpts::default());
    // The sink asks for no script to run, so that one feeding is enough.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.builder.into_inner().finish()
}

struct Sink {
    builder: RefCell<Builder>,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut builder = self.builder.borrow_mut();
        match token {
            Token::CharacterTokens(text) => builder.text(&text),
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                let raw = raw_kind(&tag.name);
                builder.open(tag);
                if let Some(raw) = raw {
                    return TokenSinkResult::RawData(raw);
                }
            }
            Token::TagToken(tag) => builder.close(&tag.name),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// Elements whose content is no HTML.
fn raw_kind(name: &str) -> Option<RawKind> {
    match name {
        "script" => Some(RawKind::ScriptData),
        "style" | "iframe" | "noframes" | "noembed" | "xmp" => Some(RawKind::Rawtext),
        "title" | "textarea" => Some(RawKind::Rcdata),
        _ => None,
    }
}

#[derive(Default)]
struct Builder {
    /// The open elements, outermost first, below the root.
    open: Vec<Element>,
    root: Element,
    /// Elements that are open in the text, but lie too deep.
    too_deep: Vec<String>,
}

impl Builder {
    fn text(&mut self, text: &str) {
        let children = self.children();
        match children.last_mut() {
            Some(Node::Text(before)) => before.push_str(text),
            _ => children.push(Node::Text(text.to_owned())),
        }
    }

    fn children(&mut self) -> &mut Vec<Node> {
        self.open.last_mut().map_or(&mut self.root.children, |element| &mut element.children)
    }

    fn open(&mut self, tag: Tag) {
        let name = tag.name.to_string();
        self.imply_end(&name);
        let attributes =
            tag.attrs.iter().map(|attribute| (attribute.name.local.to_string(), attribute.value.to_string())).collect();
        let element = Element { name, attributes, children: Vec::new() };
        let void = matches!(
            element.name.as_str(),
            "area"
                | "base"
                | "br"
                | "col"
                | "embed"
                | "hr"
                | "img"
                | "input"
                | "link"
                | "meta"
                | "source"
                | "track"
                | "wbr"
        );
        if void {
            self.children().push(Node::Element(element));
        } else if self.open.len() >= DEEPEST {
            self.too_deep.push(element.name);
        } else {
            self.open.push(element);
        }
    }

    /// Ends what cannot go on when this element begins: an item in its list, a cell in its row, a paragraph before a block.
    fn imply_end(&mut self, name: &str) {
        let (ended, limits): (&[&str], &[&str]) = match name {
            "li" => (&["li"], &["ul", "ol", "menu"]),
            "dt" | "dd" => (&["dt", "dd"], &["dl"]),
            "td" | "th" => (&["td", "th"], &["tr", "table"]),
            "tr" => (&["tr"], &["table", "tbody", "thead", "tfoot"]),
            "tbody" | "thead" | "tfoot" => (&["tbody", "thead", "tfoot"], &["table"]),
            name if super::is_block(name) => {
                (&["p"], &["div", "td", "th", "li", "blockquote", "button", "dd", "table"])
            }
            _ => return,
        };
        let found = self.open.iter().rposition(|open| {
            let open = open.name.as_str();
            ended.contains(&open) || limits.contains(&open)
        });
        if let Some(index) = found.filter(|index| ended.contains(&self.open[*index].name.as_str())) {
            self.close_to(index);
        }
    }

    fn close(&mut self, name: &str) {
        if self.too_deep.last().is_some_and(|deep| deep == name) {
            self.too_deep.pop();
            return;
        }
        // An end without a begin is nothing, and none ends a cell from within.
        let cell = |name: &str| matches!(name, "td" | "th" | "table");
        let found = self.open.iter().rposition(|open| open.name == name || (cell(&open.name) && !table_part(name)));
        if let Some(index) = found.filter(|index| self.open[*index].name == name) {
            self.close_to(index);
        }
    }

    fn close_to(&mut self, index: usize) {
        self.too_deep.clear();
        while self.open.len() > index {
            if let Some(element) = self.open.pop() {
                self.children().push(Node::Element(element));
            }
        }
    }

    fn finish(mut self) -> Element {
        self.close_to(0);
        self.root
    }
}

fn table_part(name: &str) -> bool {
    matches!(name, "table" | "tbody" | "thead" | "tfoot" | "tr" | "td" | "th")
}
