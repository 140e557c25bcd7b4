//! Names of programming languages: how Markdown's users write them, and what Jira's code macro knows.

/// What Jira's code macro knows. Any other name shows an error banner in place of the code.
const KNOWN: [&str; 36] = [
    "actionscript",
    "ada",
    "applescript",
    "bash",
    "c",
    "c#",
    "c++",
    "cpp",
    "css",
    "erlang",
    "go",
    "groovy",
    "haskell",
    "html",
    "java",
    "javascript",
    "js",
    "json",
    "lua",
    "none",
    "nyan",
    "objc",
    "perl",
    "php",
    "python",
    "r",
    "rainbow",
    "ruby",
    "scala",
    "sh",
    "sql",
    "swift",
    "visualbasic",
    "xhtml",
    "xml",
    "yaml",
];

/// Sources of diagrams and formulas: no code, whatever their fence says.
pub(crate) const DIAGRAMS: [&str; 7] = ["mermaid", "plantuml", "puml", "dot", "graphviz", "math", "latex"];

/// The one name that the tree uses for a language; empty for plain text and for what is no name.
pub(crate) fn canonical(name: &str) -> String {
    let name = name.trim().to_lowercase();
    if !is_name(&name) {
        return String::new();
    }
    match name.as_str() {
        "none" | "text" | "txt" | "plain" | "plaintext" => "",
        "ts" => "typescript",
        "rs" => "rust",
        "kt" => "kotlin",
        "shell" => "sh",
        "cs" | "csharp" => "c#",
        "objective-c" | "objectivec" | "obj-c" => "objc",
        "py" | "python3" => "python",
        "rb" => "ruby",
        "yml" => "yaml",
        "golang" => "go",
        "hs" => "haskell",
        "vb" | "vbnet" => "visualbasic",
        other => other,
    }
    .to_owned()
}

fn is_name(name: &str) -> bool {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '+' | '#' | '-' | '_' | '.');
    (1..=30).contains(&name.len()) && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(good)
}

/// The name under which Jira highlights a language: the nearest that it knows, else `none`.
pub(crate) fn highlighted(language: &str) -> &'static str {
    let near = match language {
        "typescript" | "jsx" | "tsx" | "node" | "mjs" => "javascript",
        "zsh" | "console" | "shell-session" => "bash",
        "json5" | "jsonc" => "json",
        "svg" | "xsd" | "xsl" => "xml",
        "plsql" | "postgresql" | "mysql" => "sql",
        other => other,
    };
    KNOWN.iter().find(|known| **known == near).copied().unwrap_or("none")
}

/// How Jira shows code.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shown<'a> {
    /// Highlighted as this language, or as `none`.
    As(&'a str),
    /// Without highlighting: `{noformat}`.
    Not,
}

impl<'a> Shown<'a> {
    fn name(self) -> &'a str {
        match self {
            Self::As(name) => name,
            Self::Not => "none",
        }
    }
}

/// The title that keeps what the highlighting loses: `rust`, `rust: main.rs`, or the title alone.
pub(crate) fn titled(shown: Shown<'_>, language: &str, title: &str) -> String {
    let own = if language.is_empty() { "none" } else { language };
    let same = own == shown.name();
    let title_misread = untitled(shown, title) != (language.to_owned(), title.to_owned());
    match (title.is_empty(), same) {
        (true, true) => String::new(),
        (true, false) => own.to_owned(),
        (false, true) if !title_misread => title.to_owned(),
        (false, _) => format!("{own}: {title}"),
    }
}

/// Language and title again, from the name of the highlighting and the title that was found.
pub(crate) fn untitled(shown: Shown<'_>, title: &str) -> (String, String) {
    let any = matches!(shown, Shown::Not);
    let shown = canonical(shown.name());
    let stands_for = |word: &str| {
        let language = canonical(word);
        let near = any || highlighted_or_none(&language) == highlighted_or_none(&shown);
        near && (language == word || word == "none")
    };
    match title.split_once(": ") {
        Some((first, rest)) if stands_for(first) => (canonical(first), rest.to_owned()),
        None if stands_for(title) && canonical(title) != shown => (canonical(title), String::new()),
        _ => (shown, title.to_owned()),
    }
}

fn highlighted_or_none(language: &str) -> &'static str {
    if language.is_empty() { "none" } else { highlighted(language) }
}
