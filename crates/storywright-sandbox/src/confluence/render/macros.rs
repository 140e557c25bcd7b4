//! Macros: information boxes, panels, expand, code, includes, excerpts, tables of contents, children, Jira, status.

use roxmltree::Node;

use super::{AC, Context, Mode, escape, page_reference, parameter, parse, web_path, wrapped};
use crate::confluence::store::Kind;

impl Context<'_> {
    pub(super) fn structured_macro(&self, node: Node<'_, '_>) -> String {
        let name = node.attribute((AC, "name")).unwrap_or_default();
        match name {
            "info" | "note" | "warning" | "tip" => self.box_macro(node, name),
            "panel" => self.panel(node),
            "expand" => self.expand(node),
            "code" | "noformat" => self.code(node, name),
            "include" => self.include(node),
            "excerpt" => self.excerpt(node),
            "excerpt-include" => self.excerpt_include(node),
            "toc" => self.table_of_contents(),
            "children" | "pagetree" => self.child_list(),
            "jira" => self.jira(node),
            "status" => {
                let title = parameter(node, "title").unwrap_or_default();
                let color = parameter(node, "colour").unwrap_or("Grey").to_lowercase();
                format!(
                    "<span class=\"status-macro aui-lozenge aui-lozenge-visual-refresh aui-lozenge-{color}\">{}</span>",
                    escape(title)
                )
            }
            "anchor" => format!(
                "<span class=\"confluence-anchor-link\" id=\"{}\"></span>",
                escape(parameter(node, "").unwrap_or_default())
            ),
            "section" | "column" => format!("<div class=\"{name}Macro\">{}</div>", self.rich_body(node)),
            _ => format!(
                "<div class=\"error\"><span class=\"error\">Unknown macro: &#39;{}&#39;</span>{}</div>",
                escape(name),
                self.rich_body(node)
            ),
        }
    }

    fn box_macro(&self, node: Node<'_, '_>, name: &str) -> String {
        let kind = if name == "info" { "information" } else { name };
        let title =
            parameter(node, "title").map_or_else(String::new, |t| format!("<p class=\"title\">{}</p>", escape(t)));
        let icon = match self.mode {
            Mode::View => format!(
                "<span class=\"aui-icon aui-icon-small aui-iconfont-{name} confluence-information-macro-icon\"></span>"
            ),
            Mode::Export => String::new(),
        };
        format!(
            "<div class=\"confluence-information-macro confluence-information-macro-{kind}\">{title}{icon}<div class=\"confluence-information-macro-body\">{}</div></div>",
            self.rich_body(node)
        )
    }

    fn panel(&self, node: Node<'_, '_>) -> String {
        let title = parameter(node, "title")
            .map_or_else(String::new, |t| format!("<div class=\"panelHeader\"><b>{}</b></div>", escape(t)));
        format!("<div class=\"panel\">{title}<div class=\"panelContent\">{}</div></div>", self.rich_body(node))
    }

    fn expand(&self, node: Node<'_, '_>) -> String {
        let title = escape(parameter(node, "title").unwrap_or("Click here to expand..."));
        let body = self.rich_body(node);
        match self.mode {
            Mode::View => format!(
                "<div class=\"expand-container conf-macro output-block\"><div class=\"expand-control\"><span class=\"expand-icon aui-icon aui-icon-small\"></span>\
                 <button class=\"expand-control-text conf-macro-render\">{title}</button></div><div class=\"expand-content expand-hidden\">{body}</div></div>"
            ),
            Mode::Export => format!(
                "<div class=\"expand-container\"><p class=\"expand-control-text\"><strong>{title}</strong></p><div class=\"expand-content\">{body}</div></div>"
            ),
        }
    }

    fn code(&self, node: Node<'_, '_>, name: &str) -> String {
        let text = escape(
            node.children()
                .find(|c| c.has_tag_name((AC, "plain-text-body")))
                .and_then(|c| c.text())
                .unwrap_or_default(),
        );
        let title = parameter(node, "title")
            .map_or_else(String::new, |t| format!("<div class=\"codeHeader panelHeader\"><b>{}</b></div>", escape(t)));
        if name == "noformat" {
            return format!(
                "<div class=\"preformatted panel\"><div class=\"preformattedContent panelContent\"><pre>{text}</pre></div></div>"
            );
        }
        let language = parameter(node, "language").unwrap_or("java");
        let hook = match self.mode {
            Mode::View => format!(
                " class=\"syntaxhighlighter-pre\" data-syntaxhighlighter-params=\"brush: {}; gutter: false; theme: Confluence\"",
                escape(language)
            ),
            Mode::Export => format!(" class=\"code-{}\"", escape(language)),
        };
        format!(
            "<div class=\"code panel pdl\">{title}<div class=\"codeContent panelContent pdl\"><pre{hook}>{text}</pre></div></div>"
        )
    }

    fn include(&self, node: Node<'_, '_>) -> String {
        let target = page_reference(node)
            .and_then(|(title, space)| self.store.by_title(space.unwrap_or(&self.page.space), title, self.viewer));
        let included = target.and_then(|page| self.included(page, &page.current().body));
        included.unwrap_or_else(|| {
            "<div class=\"error\">Unable to render {include}. The included page could not be found.</div>".to_owned()
        })
    }

    fn excerpt(&self, node: Node<'_, '_>) -> String {
        if parameter(node, "hidden") == Some("true") { String::new() } else { self.rich_body(node) }
    }

    fn excerpt_include(&self, node: Node<'_, '_>) -> String {
        let named = parameter(node, "").map(|title| (title, None));
        let target = page_reference(node)
            .or(named)
            .and_then(|(title, space)| self.store.by_title(space.unwrap_or(&self.page.space), title, self.viewer));
        let Some(page) = target else {
            return "<div class=\"error\">The included page could not be found.</div>".to_owned();
        };
        let source = wrapped(&page.current().body);
        let Ok(document) = parse(&source) else { return String::new() };
        let excerpt = document
            .descendants()
            .find(|d| d.has_tag_name((AC, "structured-macro")) && d.attribute((AC, "name")) == Some("excerpt"))
            .and_then(|d| d.children().find(|c| c.has_tag_name((AC, "rich-text-body"))));
        let body = excerpt.map_or_else(String::new, |e| Context { page, depth: self.depth + 1, ..*self }.children(e));
        if parameter(node, "nopanel") == Some("true") {
            return body;
        }
        format!(
            "<div class=\"panel\"><div class=\"panelHeader\"><b>{}</b></div><div class=\"panelContent\">{body}</div></div>",
            escape(page.title())
        )
    }

    fn table_of_contents(&self) -> String {
        let source = wrapped(&self.page.current().body);
        let Ok(document) = parse(&source) else { return String::new() };
        let items: String = document
            .descendants()
            .filter(|d| matches!(d.tag_name().name(), "h1" | "h2" | "h3"))
            .map(|heading| {
                let words: String = heading.descendants().filter(|d| d.is_text()).filter_map(|d| d.text()).collect();
                format!("<li>{}</li>", escape(words.trim()))
            })
            .collect();
        format!("<div class=\"toc-macro\"><ul class=\"toc-indentation\">{items}</ul></div>")
    }

    fn child_list(&self) -> String {
        let items: String = self
            .store
            .children(self.page.id, Kind::Page, self.viewer)
            .into_iter()
            .map(|child| {
                format!(
                    "<li><a href=\"{}\">{}</a></li>",
                    escape(&self.address(&web_path(child))),
                    escape(child.title())
                )
            })
            .collect();
        format!("<ul class=\"childpages-macro\">{items}</ul>")
    }

    fn jira(&self, node: Node<'_, '_>) -> String {
        if let Some(key) = parameter(node, "key") {
            let address = format!("{}/browse/{}", self.base.replace("/confluence", "/jira"), escape(key));
            return format!(
                "<span class=\"jira-issue\" data-jira-key=\"{0}\"><a href=\"{address}\" class=\"jira-issue-key\">{0}</a></span>",
                escape(key)
            );
        }
        let query = parameter(node, "jqlQuery").unwrap_or_default();
        format!(
            "<div class=\"refresh-module-id jira-table\" data-jira-jql=\"{}\"><p>Loading issues...</p></div>",
            escape(query)
        )
    }

    fn rich_body(&self, node: Node<'_, '_>) -> String {
        node.children()
            .find(|c| c.has_tag_name((AC, "rich-text-body")))
            .map_or_else(String::new, |body| self.children(body))
    }
}
