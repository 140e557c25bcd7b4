//! What a tool's definition may not hold: characters that people do not see and a model does, and more text than anybody reads.

use super::{ToolClass, ToolDefinition, ToolHints, ToolPurpose};

/// Longest description of a tool, in bytes.
pub const MAX_DESCRIPTION: usize = 4 * 1_024;

/// Longest name under which a tool is offered to the model.
pub const MAX_OFFERED_NAME: usize = 64;

/// Why a tool is not used, whoever approves it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionProblem {
    /// The name has other characters than the protocol allows, or too many.
    #[error("its name is not made of 1 to 128 letters, digits, `_`, `-` and `.`")]
    Name,
    /// Name and prefix together do not fit.
    #[error("its name is longer than {MAX_OFFERED_NAME} characters together with the prefix of its server")]
    LongName,
    /// The server offers two tools that would have the same name.
    #[error("the server offers two tools of this name")]
    Twice,
    /// Invisible, direction-changing or reserved characters.
    #[error("its definition holds a character that nobody sees (U+{code:04X})")]
    Invisible {
        /// The first one found.
        code: u32,
    },
    /// The description is longer than anybody reads.
    #[error("its description is longer than {MAX_DESCRIPTION} bytes")]
    LongDescription,
    /// The schema cannot be used; why, as a sentence part.
    #[error("its arguments cannot be checked: {0}")]
    Schema(String),
}

/// Whether a character is never seen: zero-width, direction, tag and variation characters, private use, and control characters other
/// than line feed, carriage return and tab.
#[must_use]
pub fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}'
        | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{ffff}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}')
}

/// The first character of a text that is never seen. What makes an emoji of the sign before it (`⚠️`, `1️⃣`) is seen: one such character behind
/// such a sign says nothing that the sign does not.
#[must_use]
pub fn first_invisible(text: &str) -> Option<char> {
    let mut before = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let presents = character == '\u{fe0f}'
            && match before {
                Some('#' | '*' | '0'..='9') => characters.peek() == Some(&'\u{20e3}'),
                Some(sign) => has_emoji_form(sign),
                None => false,
            };
        if is_invisible(character) && !presents {
            return Some(character);
        }
        before = Some(character);
    }
    None
}

/// Whether a sign can be shown as a picture by U+FE0F behind it: the blocks of symbols in Unicode's list of emoji variation sequences.
fn has_emoji_form(sign: char) -> bool {
    matches!(sign,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{21ff}'
        | '\u{2300}'..='\u{23ff}' | '\u{24c2}' | '\u{25a0}'..='\u{27bf}' | '\u{2934}' | '\u{2935}'
        | '\u{2b00}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

/// Checks what can be checked without reading the schema.
///
/// # Errors
/// The first [`DefinitionProblem`].
pub fn check_definition(tool: &ToolDefinition) -> Result<(), DefinitionProblem> {
    let named = (1..=128).contains(&tool.name.len())
        && tool.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    if !named {
        return Err(DefinitionProblem::Name);
    }
    let texts = [&tool.title, &tool.description, &tool.input_schema, &tool.canonical];
    if let Some(found) = texts.into_iter().find_map(|text| first_invisible(text)) {
        return Err(DefinitionProblem::Invisible { code: u32::from(found) });
    }
    if tool.description.len() > MAX_DESCRIPTION {
        return Err(DefinitionProblem::LongDescription);
    }
    Ok(())
}

/// The name under which a server's tool is offered: the server's id, two underscores, the tool's name. A dot becomes a hyphen, because
/// models' interfaces take no dots. `None` when it is too long.
#[must_use]
pub fn offered_name(server: &str, tool: &str) -> Option<String> {
    let name = format!("{server}__{}", tool.replace('.', "-"));
    (name.len() <= MAX_OFFERED_NAME).then_some(name)
}

/// The class of a tool after its server's claims and purpose have been heard: never lower than what the administrator gave.
#[must_use]
pub fn raised_class(approved: ToolClass, hints: ToolHints, purpose: ToolPurpose) -> ToolClass {
    let mut class = approved;
    if purpose == ToolPurpose::Other || hints.open_world == Some(true) {
        class = class.max(ToolClass::ReadOpen);
    }
    if hints.read_only == Some(false) {
        class = class.max(ToolClass::Write);
    }
    if hints.destructive == Some(true) {
        class = class.max(ToolClass::Change);
    }
    class
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str, description: &str) -> ToolDefinition {
        ToolDefinition {
            name: name.to_owned(),
            title: String::new(),
            description: description.to_owned(),
            input_schema: r#"{"type":"object"}"#.to_owned(),
            hints: ToolHints::default(),
            canonical: format!(r#"{{"description":"{description}","name":"{name}"}}"#),
        }
    }

    #[test]
    fn plain_definitions_pass() {
        for text in ["Searches issues.\n\tAnd more.", "Größe, naïve, 日本語, “quotes” – dash…", ""] {
            assert_eq!(check_definition(&tool("jira.search-2_x", text)), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_nobody_sees_is_refused() {
        for character in [
            '\u{0}',
            '\u{1b}',
            '\u{200b}',
            '\u{200f}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2069}',
            '\u{e0041}',
            '\u{feff}',
            '\u{fe0f}',
            '\u{ad}',
            '\u{e000}',
            '\u{85}',
        ] {
            let problem = check_definition(&tool("search", &format!("a{character}b")));
            assert_eq!(problem, Err(DefinitionProblem::Invisible { code: u32::from(character) }));
        }
        let hidden = ToolDefinition { canonical: "x\u{202e}".to_owned(), ..tool("search", "fine") };
        assert!(check_definition(&hidden).is_err(), "an output schema is part of it as well");
    }

    #[test]
    fn emoji_are_seen_and_pass() {
        for text in ["Warning \u{26a0}\u{fe0f} writes", "1\u{fe0f}\u{20e3} first", "\u{1f4dd} \u{2764}\u{fe0f}"] {
            assert_eq!(check_definition(&tool("search", text)), Ok(()), "{text}");
        }
        // Where it shows nothing it may carry something: behind letters, behind itself, on its own, and all of its relatives.
        for text in [
            "a\u{fe0f}",
            "1\u{fe0f} first",
            "\u{26a0}\u{fe0f}\u{fe0f}",
            "\u{fe0f}",
            "\u{26a0}\u{fe00}",
            "\u{26a0}\u{e0101}",
        ] {
            assert!(check_definition(&tool("search", text)).is_err(), "{text:?}");
        }
    }

    #[test]
    fn names_and_lengths_have_limits() {
        for name in ["", "a b", "jira/search", "sеarch", &"a".repeat(129)] {
            assert_eq!(check_definition(&tool(name, "")), Err(DefinitionProblem::Name), "{name}");
        }
        assert_eq!(check_definition(&tool("a", &"x".repeat(MAX_DESCRIPTION))), Ok(()));
        assert_eq!(
            check_definition(&tool("a", &"x".repeat(MAX_DESCRIPTION + 1))),
            Err(DefinitionProblem::LongDescription)
        );
        assert_eq!(offered_name("jira", "issues.search").as_deref(), Some("jira__issues-search"));
        assert_eq!(offered_name("jira", &"a".repeat(58)).map(|name| name.len()), Some(64));
        assert_eq!(offered_name("jira", &"a".repeat(59)), None);
    }

    #[test]
    fn claims_raise_a_class_and_never_lower_it() {
        let claims = |read_only, destructive, open_world| ToolHints {
            read_only,
            destructive,
            idempotent: Some(true),
            open_world,
        };
        let harmless = claims(Some(true), Some(false), Some(false));
        for class in ToolClass::ALL {
            assert_eq!(raised_class(class, harmless, ToolPurpose::Jira), class);
            assert_eq!(raised_class(class, ToolHints::default(), ToolPurpose::Confluence), class);
            for hints in
                [claims(Some(false), None, None), claims(None, Some(true), None), claims(None, None, Some(true))]
            {
                assert!(raised_class(class, hints, ToolPurpose::Jira) >= class);
            }
        }
        assert_eq!(
            raised_class(ToolClass::Read, claims(Some(true), Some(true), None), ToolPurpose::Jira),
            ToolClass::Change
        );
        assert_eq!(raised_class(ToolClass::Read, claims(Some(false), None, None), ToolPurpose::Jira), ToolClass::Write);
        assert_eq!(
            raised_class(ToolClass::Read, claims(None, None, Some(true)), ToolPurpose::Jira),
            ToolClass::ReadOpen
        );
        assert_eq!(raised_class(ToolClass::Read, harmless, ToolPurpose::Other), ToolClass::ReadOpen);
    }
}
