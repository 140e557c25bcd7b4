//! What the text of a source file must not hold.

use super::Fault;

/// Lines from which a file is listed as long.
pub const LONG: usize = 400;
/// Lines from which a file is refused.
const TOO_LONG: usize = 600;

/// Statements that change data or schema, as they stand in Rust source.
const SQL_WRITES: &[&str] = &[
    "INSERT INTO ",
    "INSERT OR ",
    "REPLACE INTO ",
    "DELETE FROM ",
    "CREATE TABLE ",
    "CREATE INDEX ",
    "ALTER TABLE ",
    "DROP TABLE ",
    "sql_query(",
];

/// Crates that no part of the product may depend on and that people run in development alone: what a test may do, they may do.
const DEVELOPMENT: &[&str] = &["crates/storywright-testkit/", "crates/storywright-bench/"];

/// A remark on a file that is longer than it should be.
pub fn warning(path: &str, text: &str) -> Option<Fault> {
    let lines = text.lines().count();
    (lines > LONG && lines <= TOO_LONG).then(|| Fault::new(path, format!("{lines} lines; aim at 300")))
}

/// Everything in the file at `path` (relative to the root, with `/`) that is refused.
pub fn faults(path: &str, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    let lines = text.lines().count();
    if lines > TOO_LONG {
        faults.push(Fault::new(path, format!("{lines} lines; split it by aggregate or page, at most {TOO_LONG}")));
    }
    let development = DEVELOPMENT.iter().any(|folder| path.starts_with(folder));
    let product = path.starts_with("crates/") && !is_test(path) && !development;
    let may_read_environment = !product || path.starts_with("crates/storywright/");
    let may_write_sql = !product || path.starts_with("crates/storywright-storage/");
    for (number, line) in text.lines().enumerate() {
        let code = line.trim_start();
        if code.starts_with("//") {
            continue;
        }
        let mut fault = |what: &str| faults.push(Fault::new(format!("{path}:{}", number + 1), what));
        if code.starts_with("#[allow(") || code.starts_with("#![allow(") {
            fault("use #[expect(.., reason = \"..\")], which says when it is no longer needed");
        }
        if !may_read_environment && (code.contains("env::var") || code.contains("env::set_var")) {
            fault("only the `storywright` crate reads the environment: take the value as an argument");
        }
        if !may_write_sql && (SQL_WRITES.iter().any(|word| code.contains(word)) || is_update(code)) {
            fault("SQL that writes belongs to storywright-storage: add a method to a storage port");
        }
    }
    faults
}

/// `UPDATE x SET`, in one line.
fn is_update(code: &str) -> bool {
    code.split_once("UPDATE ").is_some_and(|(_, rest)| rest.split_whitespace().nth(1) == Some("SET"))
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.contains("/benches/") || path.ends_with("/tests.rs") || path.ends_with("_tests.rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn development_crates_may_do_what_tests_may() {
        let text = "let a = std::env::var_os(\"A\");\nlet b = \"'; DROP TABLE drafts; --\";\n";
        check("crates/storywright-bench/src/process.rs", text, 0);
        check("crates/storywright-testkit/src/contract/drafts.rs", text, 0);
        check("crates/storywright-sandbox/src/main.rs", text, 2);
    }

    #[track_caller]
    fn check(path: &str, text: &str, expected: usize) {
        let faults = faults(path, text);
        assert_eq!(faults.len(), expected, "{faults:#?}");
    }

    #[test]
    fn only_the_binary_reads_the_environment() {
        let code = "let home = std::env::var(\"HOME\");";
        check("crates/storywright-web/src/page.rs", code, 1);
        check("crates/storywright/src/settings.rs", code, 0);
        check("crates/storywright-web/tests/it/main.rs", code, 0);
        check("crates/storywright-web/src/page.rs", "// not std::env::var", 0);
        check("crates/storywright-web/src/page.rs", "concat!(env!(\"CARGO_PKG_VERSION\"))", 0);
    }

    #[test]
    fn only_storage_writes_sql() {
        for code in ["\"INSERT INTO drafts VALUES (1)\"", "\"UPDATE drafts SET a = 1\"", "diesel::sql_query(text)"] {
            check("crates/storywright-application/src/publish.rs", code, 1);
            check("crates/storywright-storage/src/drafts.rs", code, 0);
        }
        check("crates/storywright-web/src/words.rs", "\"Update the story, then SET it\"", 0);
    }

    #[test]
    fn allow_is_refused_everywhere() {
        check("crates/storywright/tests/it/main.rs", "#![allow(clippy::unwrap_used)]", 1);
        check("xtask/src/css.rs", "    #[allow(dead_code)]", 1);
        check("xtask/src/css.rs", "#[expect(dead_code, reason = \"read by the test\")]", 0);
    }

    #[test]
    fn length_is_a_warning_first() {
        let lines = |count: usize| "//\n".repeat(count);
        assert_eq!(warning("a.rs", &lines(400)), None);
        assert!(warning("a.rs", &lines(401)).is_some());
        check("a.rs", &lines(600), 0);
        check("a.rs", &lines(601), 1);
        assert_eq!(warning("a.rs", &lines(601)), None);
    }
}
