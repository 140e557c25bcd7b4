//! HTML elements, links, images, task lists and emoticons.

use roxmltree::Node;

use super::{AC, Context, Mode, RI, escape, page_reference, web_path};

impl Context<'_> {
    pub(super) fn element(&self, node: Node<'_, '_>, name: &str) -> String {
        let inner = || self.children(node);
        match name {
            "br" | "hr" | "col" | "img" => format!("<{name}{}/>", attributes(node, "")),
            "table" => format!(
                "<div class=\"table-wrap\"><table{}>{}</table></div>",
                attributes(node, "confluenceTable"),
                inner()
            ),
            "th" => format!("<th{}>{}</th>", attributes(node, "confluenceTh"), inner()),
            "td" => format!("<td{}>{}</td>", attributes(node, "confluenceTd"), inner()),
            "a" => {
                let outside =
                    node.attribute("href").is_some_and(|h| h.starts_with("http") && !h.starts_with(self.base));
                let class = if outside { "external-link" } else { "" };
                let rel = if outside { " rel=\"nofollow\"" } else { "" };
                format!("<a{}{rel}>{}</a>", attributes(node, class), inner())
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" if self.mode == Mode::View => {
                let words: String = super::text::plain(&heading_source(node)).split_whitespace().collect();
                let page: String = self.page.title().split_whitespace().collect();
                format!("<{name} id=\"{}-{}\">{}</{name}>", escape(&page), escape(&words), inner())
            }
            "time" => {
                let date = node.attribute("datetime").unwrap_or_default();
                format!("<time datetime=\"{}\" class=\"date-past\">{}</time>", escape(date), escape(date))
            }
            _ => format!("<{name}{}>{}</{name}>", attributes(node, ""), inner()),
        }
    }

    pub(super) fn link(&self, node: Node<'_, '_>) -> String {
        let own_text = link_text(self, node);
        let anchor = node.attribute((AC, "anchor")).map_or_else(String::new, |a| format!("#{a}"));
        if let Some((title, space)) = page_reference(node) {
            let target = self.store.by_title(space.unwrap_or(&self.page.space), title, self.viewer);
            let text = own_text.unwrap_or_else(|| escape(title));
            return match target {
                Some(page) => format!(
                    "<a href=\"{}{anchor}\" data-linked-resource-id=\"{}\">{text}</a>",
                    escape(&self.address(&web_path(page))),
                    page.id
                ),
                None => format!("<span class=\"unresolved\">{text}</span>"),
            };
        }
        if let Some(user) = node.children().find(|c| c.has_tag_name((RI, "user"))) {
            let key = user.attribute((RI, "userkey")).or_else(|| user.attribute((RI, "username"))).unwrap_or_default();
            let person = self.people.iter().find(|p| p.confluence.user_key == key || p.confluence.employee_id == key);
            return person.map_or_else(
                || "<span class=\"user-mention\">Unknown User</span>".to_owned(),
                |p| {
                    let address = self.address(&format!("/display/~{}", p.confluence.employee_id));
                    format!(
                        "<a class=\"confluence-userlink user-mention\" href=\"{address}\">{}</a>",
                        escape(&p.display_name)
                    )
                },
            );
        }
        if let Some(file) =
            node.children().find(|c| c.has_tag_name((RI, "attachment"))).and_then(|c| c.attribute((RI, "filename")))
        {
            let text = own_text.unwrap_or_else(|| escape(file));
            return format!("<a href=\"{}\">{text}</a>", escape(&self.attachment(file)));
        }
        match own_text {
            Some(text) => format!("<a href=\"{anchor}\">{text}</a>"),
            None => String::new(),
        }
    }

    pub(super) fn image(&self, node: Node<'_, '_>) -> String {
        let file =
            node.children().find(|c| c.has_tag_name((RI, "attachment"))).and_then(|c| c.attribute((RI, "filename")));
        let url = node.children().find(|c| c.has_tag_name((RI, "url"))).and_then(|c| c.attribute((RI, "value")));
        let source = file.map(|file| self.attachment(file)).or_else(|| url.map(str::to_owned)).unwrap_or_default();
        let alt = node.attribute((AC, "alt")).or(file).unwrap_or_default();
        let width = node.attribute((AC, "width")).map_or_else(String::new, |w| format!(" width=\"{}\"", escape(w)));
        format!(
            "<span class=\"confluence-embedded-file-wrapper\"><img class=\"confluence-embedded-image\" src=\"{}\" alt=\"{}\"{width}/></span>",
            escape(&source),
            escape(alt)
        )
    }

    pub(super) fn task_list(&self, node: Node<'_, '_>) -> String {
        let mut html = "<ul class=\"inline-task-list\">".to_owned();
        for task in node.children().filter(|c| c.has_tag_name((AC, "task"))) {
            let part = |name: &str| task.children().find(|c| c.has_tag_name((AC, name)));
            let done = part("task-status").and_then(|s| s.text()) == Some("complete");
            let id = part("task-id").and_then(|i| i.text()).unwrap_or_default();
            let body = part("task-body").map_or_else(String::new, |b| self.children(b));
            let class = if done { " class=\"checked\"" } else { "" };
            html.push_str(&format!("<li{class} data-inline-task-id=\"{}\">{body}</li>", escape(id)));
        }
        html + "</ul>"
    }

    pub(super) fn emoticon(&self, node: Node<'_, '_>) -> String {
        let name = node.attribute((AC, "name")).unwrap_or("smile");
        format!(
            "<img class=\"emoticon emoticon-{0}\" alt=\"({0})\" src=\"{1}\"/>",
            escape(name),
            self.address(&format!("/images/icons/emoticons/{name}.svg"))
        )
    }

    fn attachment(&self, file: &str) -> String {
        self.address(&format!("/download/attachments/{}/{}?version=1&api=v2", self.page.id, file.replace(' ', "%20")))
    }
}

fn link_text(context: &Context<'_>, node: Node<'_, '_>) -> Option<String> {
    let plain =
        node.children().find(|c| c.has_tag_name((AC, "plain-text-link-body"))).and_then(|c| c.text()).map(escape);
    plain.or_else(|| node.children().find(|c| c.has_tag_name((AC, "link-body"))).map(|c| context.children(c)))
}

fn heading_source(node: Node<'_, '_>) -> String {
    node.descendants()
        .filter(|d| d.is_text())
        .filter_map(|d| d.text())
        .map(escape)
        .collect::<Vec<_>>()
        .join(" ")
        .replace("&nbsp;", " ")
}

/// The element's attributes, with a class added; event handlers never pass.
fn attributes(node: Node<'_, '_>, class: &str) -> String {
    let mut written = String::new();
    let own = node.attribute("class").unwrap_or_default();
    let classes = [own, class].join(" ");
    if !classes.trim().is_empty() {
        written.push_str(&format!(" class=\"{}\"", escape(classes.trim())));
    }
    for attribute in
        node.attributes().filter(|a| a.namespace().is_none() && a.name() != "class" && !a.name().starts_with("on"))
    {
        written.push_str(&format!(" {}=\"{}\"", attribute.name(), escape(attribute.value())));
    }
    written
}
