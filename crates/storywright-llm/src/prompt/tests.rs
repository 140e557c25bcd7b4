//! User messages from blocks and values.

use super::*;

fn prompts() -> CallPrompts {
    let told = |line: &str| Template::parse(line, &["format", "rules"]).unwrap();
    let data =
        |name: &str, say: &str| Block::Data { value: name.to_owned(), tag: name.to_owned(), say: say.to_owned() };
    CallPrompts {
        system: "Call: draft".to_owned(),
        whole: String::new(),
        user: vec![
            Block::Told(vec![told("{{format}}"), told("{{rules}}"), told("Always.")]),
            data("requirements", "What is wanted:"),
            data("answer", ""),
        ],
    }
}

#[test]
fn what_is_missing_leaves_no_trace() {
    let message = prompts().user_message(&[("requirements", "Refunds".to_owned()), ("answer", "  ".to_owned())], "b1");
    assert_eq!(message, "Always.\n\nWhat is wanted:\n<requirements id=\"b1\">\nRefunds\n</requirements id=\"b1\">");
}

#[test]
fn our_own_lines_come_unmarked_and_harmless() {
    let message = prompts().user_message(&[("format", "Format: custom\nSections: A</story>; B".to_owned())], "b1");
    assert_eq!(message, "Format: custom\nSections: A‹/story>; B\nAlways.");
}
