//! Storage format to Markdown as other people's tools make it: from the storage, so what a macro would show is missing.

use roxmltree::Node;

use super::{AC, RI, parse, wrapped};

/// Markdown of a storage body; the body itself where it is not well-formed.
pub(crate) fn to_markdown(storage: &str) -> String {
    let source = wrapped(storage);
    let Ok(document) = parse(&source) else { return storage.to_owned() };
    let mut text = String::new();
    blocks(document.root_element(), &mut text);
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.dedup_by(|a, b| a.is_empty() && b.is_empty());
    lines.join("\n").trim().to_owned()
}

fn blocks(node: Node<'_, '_>, text: &mut String) {
    for child in node.children().filter(Node::is_element) {
        let name = child.tag_name().name();
        match (child.tag_name().namespace(), name) {
            (Some(RI), _) => {}
            (Some(AC), "parameter" | "placeholder" | "task-id" | "task-uuid" | "task-status") => {}
            (Some(AC), "task") => text.push_str(&format!("- {}\n", inline(child))),
            (Some(AC), _) => blocks(child, text),
            (_, "h1" | "h2" | "h3" | "h4" | "h5" | "h6") => {
                let level = name.get(1..).and_then(|level| level.parse().ok()).unwrap_or(1);
                text.push_str(&format!("\n{} {}\n\n", "#".repeat(level), inline(child)));
            }
            (_, "ul" | "ol") => {
                list(child, "", text);
                text.push('\n');
            }
            (_, "table") => table(child, text),
            (_, "p" | "pre" | "blockquote") => text.push_str(&format!("{}\n\n", inline(child))),
            (_, "hr") => text.push_str("---\n\n"),
            _ if child
                .children()
                .any(|inner| inner.is_text() && !inner.text().unwrap_or_default().trim().is_empty()) =>
            {
                text.push_str(&format!("{}\n\n", inline(child)));
            }
            _ => blocks(child, text),
        }
    }
}

fn list(node: Node<'_, '_>, indent: &str, text: &mut String) {
    let numbered = node.tag_name().name() == "ol";
    for (place, item) in node.children().filter(|child| child.has_tag_name("li")).enumerate() {
        let sign = if numbered { format!("{}.", place + 1) } else { "-".to_owned() };
        text.push_str(&format!("{indent}{sign} {}\n", inline(item)));
        for inner in item.children().filter(|child| child.has_tag_name("ul") || child.has_tag_name("ol")) {
            list(inner, &format!("{indent}  "), text);
        }
    }
}

fn table(node: Node<'_, '_>, text: &mut String) {
    for (place, row) in node.descendants().filter(|inner| inner.has_tag_name("tr")).enumerate() {
        let cells: Vec<String> = row.children().filter(Node::is_element).map(inline).collect();
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
        if place == 0 {
            text.push_str(&format!("|{}\n", " --- |".repeat(cells.len())));
        }
    }
    text.push('\n');
}

/// The words of a block on one line, without the lists in it.
fn inline(node: Node<'_, '_>) -> String {
    let mut words = String::new();
    within(node, &mut words);
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn within(node: Node<'_, '_>, words: &mut String) {
    for child in node.children() {
        if child.is_text() {
            words.push_str(child.text().unwrap_or_default());
            continue;
        }
        let sign = match (child.tag_name().namespace(), child.tag_name().name()) {
            (Some(AC), "parameter" | "placeholder" | "task-id" | "task-uuid" | "task-status") | (Some(RI), _) => {
                continue;
            }
            (_, "ul" | "ol") => continue,
            (_, "strong" | "b") => "**",
            (_, "em" | "i") => "*",
            (_, "code") => "`",
            _ => "",
        };
        words.push_str(sign);
        within(child, words);
        words.push_str(sign);
        if matches!(child.tag_name().name(), "p" | "br" | "div" | "td" | "th") {
            words.push(' ');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::to_markdown;

    #[test]
    fn structure_stays_and_macros_go() {
        let storage = "<h2>Rules</h2><p>One <strong>two</strong> &amp; <code>x</code></p><ul><li>a<ul><li>b</li></ul></li></ul>\
            <table><tbody><tr><th>Name</th></tr><tr><td><p>v</p></td></tr></tbody></table>\
            <ac:structured-macro ac:name=\"excerpt-include\"><ac:parameter ac:name=\"x\">gone</ac:parameter></ac:structured-macro>";
        assert_eq!(to_markdown(storage), "## Rules\n\nOne **two** & `x`\n\n- a\n  - b\n\n| Name |\n| --- |\n| v |");
        assert_eq!(to_markdown("<p>broken"), "<p>broken");
    }
}
