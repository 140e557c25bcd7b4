//! Word documents (`.docx`): headings, lists, tables, links and marks as Markdown. What nobody sees on the page is left out: deleted
//! and hidden text, comments, headers and footers, tables of contents.

mod body;
mod inline;
mod lists;
#[cfg(test)]
pub(crate) mod made;
mod package;
mod parts;

use crate::render_markdown;
use crate::tree::{Block, Document, Raw};
use body::Reader;
use package::Package;
use parts::{Links, Numbering, Styles, parsed};
use roxmltree::Node;
use storywright_domain::file::{FileKind, FileProblem};

/// The two names that Word's namespace has.
const NAMESPACES: [&str; 2] = [
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
];
const MAIN_PART: &str = "/officeDocument";

/// The text of a Word document as Markdown.
pub(super) fn markdown(file: &[u8]) -> Result<String, FileProblem> {
    let mut package = Package::open(file)?;
    let main = main_part(&mut package)?.ok_or(FileProblem::OtherArchive)?;
    let (folder, name) = main.rsplit_once('/').unwrap_or(("", &main));
    let beside = |part: &str| if folder.is_empty() { part.to_owned() } else { format!("{folder}/{part}") };
    let text = package.part(&main)?.ok_or(FileProblem::Damaged(FileKind::Word))?;
    let document = parsed(&text)?;
    let root = document.root_element();
    if !is_word(root, "document") {
        return Err(FileProblem::OtherArchive);
    }
    let styles = package.part(&beside("styles.xml"))?.map(|text| Styles::read(&text)).transpose()?.unwrap_or_default();
    let numbering = package.part(&beside("numbering.xml"))?.map(|text| Numbering::read(&text)).transpose()?;
    let links = package.part(&beside(&format!("_rels/{name}.rels")))?.map(|text| Links::read(&text)).transpose()?;
    let notes = package.part(&beside("footnotes.xml"))?;
    let mut reader = Reader::new(&styles, numbering.unwrap_or_default(), links.unwrap_or_default());
    let mut blocks = match child(root, "body") {
        Some(body) => reader.blocks(body)?,
        None => Vec::new(),
    };
    if let Some(notes) = notes {
        blocks.extend(footnotes(&mut reader, &notes)?);
    }
    Ok(render_markdown(&Document { blocks }))
}

/// The path of the part with the text, as the package names it.
fn main_part(package: &mut Package<'_>) -> Result<Option<String>, FileProblem> {
    let Some(text) = package.part("_rels/.rels")? else { return Ok(None) };
    let relations = parsed(&text)?;
    let main = relations.root_element().children().find(|relation| {
        relation.attribute("Type").is_some_and(|kind| kind.ends_with(MAIN_PART))
            && relation.attribute("TargetMode") != Some("External")
    });
    Ok(main.and_then(|relation| relation.attribute("Target")).map(|target| target.trim_start_matches('/').to_owned()))
}

/// Footnotes that the text points to.
fn footnotes(reader: &mut Reader<'_>, text: &str) -> Result<Vec<Block>, FileProblem> {
    let document = parsed(text)?;
    let mut blocks = Vec::new();
    for note in elements(document.root_element()).filter(|note| is_word(*note, "footnote")) {
        let Some(id) = attribute(note, "id").filter(|id| reader.points_to(id)) else { continue };
        let inner = Document { blocks: reader.blocks(note)? };
        let words = inner.text().split_whitespace().collect::<Vec<_>>().join(" ");
        blocks.push(Block::Raw { kind: Raw::Footnote, source: format!("[^{id}]: {words}") });
    }
    Ok(blocks)
}

/// Whether it is Word's element of this name.
fn is_word(node: Node<'_, '_>, name: &str) -> bool {
    node.is_element()
        && node.tag_name().name() == name
        && node.tag_name().namespace().is_some_and(|namespace| NAMESPACES.contains(&namespace))
}

fn elements<'tree, 'text>(node: Node<'tree, 'text>) -> impl Iterator<Item = Node<'tree, 'text>> {
    node.children().filter(Node::is_element)
}

fn child<'tree, 'text>(node: Node<'tree, 'text>, name: &str) -> Option<Node<'tree, 'text>> {
    elements(node).find(|child| is_word(*child, name))
}

/// An attribute by its local name.
fn attribute<'tree>(node: Node<'tree, '_>, name: &str) -> Option<&'tree str> {
    node.attributes().find(|attribute| attribute.name() == name).map(|attribute| attribute.value())
}

/// The `val` of a child element.
fn value<'tree>(node: Node<'tree, '_>, name: &str) -> Option<&'tree str> {
    child(node, name).and_then(|child| attribute(child, "val"))
}

/// Whether a property is on: there, and not said to be off.
fn is_on(properties: Option<Node<'_, '_>>, name: &str) -> bool {
    properties
        .and_then(|properties| child(properties, name))
        .is_some_and(|property| !matches!(attribute(property, "val"), Some("0" | "false" | "off" | "none")))
}

#[cfg(test)]
mod tests;
