//! Wiki markup as HTML, as far as stories use it: headings, lists, tables, code, bold, italics, monospace, links.

/// Text that is safe between tags and in quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Renders markup; what is not understood stays text.
pub(crate) fn html(markup: &str) -> String {
    let mut out = Writer::default();
    let mut lines = markup.lines();
    while let Some(line) = lines.next() {
        let trimmed = line.trim();
        if trimmed.starts_with("{code") || trimmed.starts_with("{noformat") {
            let end = if trimmed.starts_with("{code") { "{code}" } else { "{noformat}" };
            let body: Vec<&str> = lines.by_ref().take_while(|line| line.trim() != end).collect();
            out.block(&format!("<pre>{}</pre>", escape(&body.join("\n"))));
        } else {
            out.line(trimmed);
        }
    }
    out.finish()
}

/// The open blocks while lines come in.
#[derive(Default)]
struct Writer {
    html: String,
    paragraph: Vec<String>,
    /// Tags of the open lists, outermost first.
    lists: Vec<&'static str>,
    in_table: bool,
}

impl Writer {
    fn line(&mut self, line: &str) {
        let heading = line.strip_prefix('h').and_then(|rest| {
            let (level, text) = rest.split_once(". ")?;
            matches!(level, "1" | "2" | "3" | "4" | "5" | "6").then_some((level, text))
        });
        let marks: &str = line.split(' ').next().unwrap_or_default();
        let is_list =
            !marks.is_empty() && line.contains(' ') && marks.chars().all(|c| "*#-".contains(c)) && marks.len() < 7;
        if line.is_empty() {
            self.close();
        } else if let Some((level, text)) = heading {
            self.block(&format!("<h{level}>{}</h{level}>", inline(text)));
        } else if line == "----" {
            self.block("<hr>");
        } else if is_list {
            self.item(marks, line.get(marks.len()..).unwrap_or_default().trim());
        } else if line.starts_with('|') {
            self.row(line);
        } else {
            if self.in_table || !self.lists.is_empty() {
                self.close();
            }
            self.paragraph.push(inline(line));
        }
    }

    fn item(&mut self, marks: &str, text: &str) {
        if self.lists.is_empty() {
            self.close();
        }
        let wanted: Vec<&'static str> = marks.chars().map(|c| if c == '#' { "ol" } else { "ul" }).collect();
        while self.lists.len() > wanted.len() || self.lists.iter().zip(&wanted).any(|(have, want)| have != want) {
            if let Some(tag) = self.lists.pop() {
                self.html.push_str(&format!("</{tag}>"));
            }
        }
        for tag in wanted.get(self.lists.len()..).unwrap_or_default().to_vec() {
            self.html.push_str(&format!("<{tag}>"));
            self.lists.push(tag);
        }
        self.html.push_str(&format!("<li>{}</li>", inline(text)));
    }

    fn row(&mut self, line: &str) {
        if !self.in_table {
            self.close();
            self.html.push_str("<table>");
            self.in_table = true;
        }
        let (tag, separator) = if line.starts_with("||") { ("th", "||") } else { ("td", "|") };
        let cells = line.trim_matches('|').split(separator);
        let cells: Vec<String> = cells.map(|cell| format!("<{tag}>{}</{tag}>", inline(cell.trim()))).collect();
        self.html.push_str(&format!("<tr>{}</tr>", cells.concat()));
    }

    fn block(&mut self, html: &str) {
        self.close();
        self.html.push_str(html);
    }

    fn close(&mut self) {
        if !self.paragraph.is_empty() {
            let text = std::mem::take(&mut self.paragraph).join("<br>\n");
            self.html.push_str(&format!("<p>{text}</p>"));
        }
        while let Some(tag) = self.lists.pop() {
            self.html.push_str(&format!("</{tag}>"));
        }
        if std::mem::take(&mut self.in_table) {
            self.html.push_str("</table>");
        }
    }

    fn finish(mut self) -> String {
        self.close();
        self.html
    }
}

/// Marks within a line. Each kind is replaced where it stands free, as Jira asks.
fn inline(text: &str) -> String {
    const FORMS: [(&str, &str); 5] = [
        (r"\{\{(.+?)\}\}", "<code>$1</code>"),
        (r"\[([^\]|]+)\|(https?://[^\]]+)\]", "<a href=\"$2\" rel=\"noopener noreferrer\">$1</a>"),
        (r"\{\*\}(.+?)\{\*\}", "<strong>$1</strong>"),
        (r"(^|[\s(])\*(\S(?:[^*]*\S)?)\*($|[\s).,;:!?])", "$1<strong>$2</strong>$3"),
        (r"(^|[\s(])_(\S(?:[^_]*\S)?)_($|[\s).,;:!?])", "$1<em>$2</em>$3"),
    ];
    let mut html = escape(text);
    for (form, with) in FORMS {
        if let Ok(pattern) = regex::Regex::new(form) {
            html = pattern.replace_all(&html, with).into_owned();
        }
    }
    // An escaped character stands for itself.
    regex::Regex::new(r"\\([*_{}\[\]\-+^~|!?#])").map_or(html.clone(), |p| p.replace_all(&html, "$1").into_owned())
}

#[cfg(test)]
mod tests {
    use super::html;

    #[test]
    fn stories_become_readable() {
        let markup = "h3. Acceptance *Criteria*\n* one\n** nested\n# first\n\nA line\nand {{code}} & <b>\n||a||b||\n|1|2|\n{code:json}\n{\"a\": 1}\n{code}\n[site|https://x.example/a?b=c]";
        let expected = "<h3>Acceptance <strong>Criteria</strong></h3><ul><li>one</li><ul><li>nested</li></ul></ul>\
            <ol><li>first</li></ol><p>A line<br>\nand <code>code</code> &amp; &lt;b&gt;</p>\
            <table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>\
            <pre>{&quot;a&quot;: 1}</pre><p><a href=\"https://x.example/a?b=c\" rel=\"noopener noreferrer\">site</a></p>";
        assert_eq!(html(markup), expected);
    }

    #[test]
    fn markup_cannot_carry_html() {
        let sneaky = "[x|javascript:alert(1)] <script> [a|https://e.example/\" onclick=\"x]";
        let shown = html(sneaky);
        assert!(
            !shown.contains("<script") && !shown.contains("href=\"javascript") && !shown.contains("\" onclick"),
            "{shown}"
        );
    }
}
