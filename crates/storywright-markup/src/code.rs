//! Code blocks: languages that Jira knows, and contents that would end the block.

/// What Jira's code macro knows. Any other name shows an error banner in place of the code.
const KNOWN: [&str; 37] = [
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
    "xml",
    "yaml",
    "xhtml",
    "csharp",
];

/// The name that Jira uses for a language; `none` when it knows no such language.
fn language(name: &str) -> &'static str {
    let name = name.trim().to_ascii_lowercase();
    let alias = match name.as_str() {
        "ts" | "typescript" | "jsx" | "tsx" | "node" | "mjs" => "javascript",
        "shell" | "zsh" | "console" | "shell-session" => "bash",
        "cs" | "csharp" => "c#",
        "objective-c" | "objectivec" | "obj-c" => "objc",
        "py" | "python3" => "python",
        "rb" => "ruby",
        "yml" => "yaml",
        "golang" => "go",
        "hs" => "haskell",
        "vb" | "vbnet" => "visualbasic",
        "json5" | "jsonc" => "json",
        "svg" | "xsd" | "xsl" => "xml",
        "plsql" | "postgresql" | "mysql" => "sql",
        other => other,
    };
    KNOWN.iter().find(|known| **known == alias).copied().unwrap_or("none")
}

/// The block in wiki markup, its delimiters on lines of their own.
pub(crate) fn block(name: &str, text: &str) -> String {
    let text = text.strip_suffix('\n').unwrap_or(text);
    // A diagram is no code in any language, and its source is what remains of it.
    if text.contains("{code") || name.eq_ignore_ascii_case("mermaid") {
        return literal(text);
    }
    format!("{{code:{}}}\n{text}\n{{code}}", language(name))
}

/// The block without any meaning. What would end it is broken up: nothing can escape it.
pub(crate) fn literal(text: &str) -> String {
    let text = text.strip_suffix('\n').unwrap_or(text).replace("{noformat", "{ noformat");
    format!("{{noformat}}\n{text}\n{{noformat}}")
}
