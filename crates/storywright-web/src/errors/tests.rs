//! The reference of errors is what the code says, and the words are sentences.

use super::kinds::{ALL, FIELD_CODES, REPORT_CODES};
use super::{AppError, kinds, sentence};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use storywright_application::people::RegisterError;
use storywright_domain::ports::{ChatError, StorageError, ToolError};
use storywright_domain::remote::RemoteError;

fn reference() -> String {
    let mut text = String::from(
        "# Errors\n\n\
        Every error page and every `application/problem+json` answer carries one of these codes; pages also send it as `X-Error-Code`.\n\
        A code keeps its meaning; titles and texts may be reworded. This file is generated from the code: run\n\
        `UPDATE_DOCS=1 cargo test -p storywright-web errors` after a change.\n\n\
        ## Codes\n\n| Code | Status | Title | When |\n|---|---|---|---|\n",
    );
    for kind in ALL {
        writeln!(text, "| `{}` | {} | {} | {} |", kind.code, kind.status, kind.title, kind.when).unwrap();
    }
    for (heading, rows) in [
        ("## Codes of single fields\n\nIn `errors[].code`.", FIELD_CODES),
        (
            "## Codes of connection tests and jobs\n\nIn the report of a test, in a job's `error` and in its `error` events, besides the codes above.",
            REPORT_CODES,
        ),
    ] {
        write!(text, "\n{heading}\n\n| Code | When |\n|---|---|\n").unwrap();
        for (code, when) in rows {
            writeln!(text, "| `{code}` | {when} |").unwrap();
        }
    }
    text
}

#[test]
fn the_reference_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/ERRORS.md");
    let text = reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stored == text,
        "docs/ERRORS.md is not what the code says: run `UPDATE_DOCS=1 cargo test -p storywright-web errors`"
    );
}

#[test]
fn codes_are_unique_and_statuses_are_errors() {
    let codes: BTreeSet<&str> = ALL.iter().map(|kind| kind.code).collect();
    assert_eq!(codes.len(), ALL.len());
    for kind in ALL {
        assert!((400..600).contains(&kind.status), "{kind:?}");
        assert!(kind.when.ends_with('.') && !kind.title.ends_with('.'), "{kind:?}");
        assert!(kind.code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{kind:?}");
    }
    for codes in [FIELD_CODES, REPORT_CODES] {
        let unique: BTreeSet<&str> = codes.iter().map(|(code, _)| *code).collect();
        assert_eq!(unique.len(), codes.len());
    }
}

#[test]
fn remote_codes_are_the_same_everywhere() {
    let detail = || "x".to_owned();
    for error in [
        RemoteError::Unauthorized { detail: detail() },
        RemoteError::LoginPage { detail: detail() },
        RemoteError::Captcha { login_url: None },
        RemoteError::Forbidden { detail: detail() },
        RemoteError::NotFound,
        RemoteError::Rejected { messages: Vec::new(), fields: Vec::new() },
        RemoteError::RateLimited { retry_after_ms: 1_500 },
        RemoteError::Unavailable { detail: detail() },
        RemoteError::Certificate { detail: detail() },
        RemoteError::NotAllowed { detail: detail() },
        RemoteError::Malformed { detail: detail() },
    ] {
        let code = error.code();
        assert_eq!(AppError::from(error).code(), code);
    }
}

#[test]
fn chat_codes_are_listed() {
    let detail = || "x".to_owned();
    for error in [
        ChatError::Unauthorized { detail: detail() },
        ChatError::NoSuchService { name: detail() },
        ChatError::RateLimited { retry_after_ms: 1 },
        ChatError::TooLong { detail: detail() },
        ChatError::Rejected { detail: detail() },
        ChatError::Unavailable { detail: detail() },
        ChatError::BrokenOff { detail: detail() },
        ChatError::Malformed { detail: detail() },
        ChatError::Cancelled,
    ] {
        assert!(REPORT_CODES.iter().any(|(code, _)| *code == error.code()), "{}", error.code());
    }
}

#[test]
fn tool_codes_are_listed() {
    let detail = || "x".to_owned();
    for error in [
        ToolError::Unauthorized { detail: detail() },
        ToolError::Unreachable { detail: detail() },
        ToolError::NoAnswer { detail: detail() },
        ToolError::RateLimited { retry_after_ms: 1 },
        ToolError::Rejected { code: 0, detail: detail() },
        ToolError::AsksForMore { detail: detail() },
        ToolError::Malformed { detail: detail() },
        ToolError::Certificate { detail: detail() },
        ToolError::NotAllowed { detail: detail() },
        ToolError::Cancelled,
    ] {
        assert!(REPORT_CODES.iter().any(|(code, _)| *code == error.code()), "{}", error.code());
    }
}

#[test]
fn words_are_sentences() {
    assert_eq!(sentence("the token is empty: paste the whole token"), "The token is empty: paste the whole token.");
    assert_eq!(sentence(""), "");
    assert_eq!(sentence("Really?"), "Really?");
}

#[test]
fn a_fault_of_ours_shows_nothing_of_its_source() {
    let error = AppError::from(StorageError::Corrupt { entity: "draft", detail: "secret-canary".to_owned() });
    assert_eq!(error.status(), 500);
    assert!(!format!("{} {}", error.detail(), error).contains("canary"));
}

#[test]
fn a_pasted_token_that_jira_refuses_is_a_fault_of_its_field() {
    let refused = RegisterError::Remote(RemoteError::Unauthorized { detail: "401".to_owned() });
    let error = AppError::from(refused);
    assert_eq!((error.status(), error.code()), (422, kinds::INVALID_INPUT.code));
    assert_eq!(error.errors[0].field, "jira_pat");
    assert_eq!(error.errors[0].code, "credential_refused");
}

#[test]
fn waiting_times_are_whole_seconds() {
    let error = AppError::from(RemoteError::RateLimited { retry_after_ms: 1_001 });
    assert_eq!(error.retry_after_seconds(), Some(2));
}
