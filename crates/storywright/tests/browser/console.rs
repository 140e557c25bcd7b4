//! What the browser's console may say: nothing, but for refusals that a step provokes.

use thirtyfour::BrowserLogEntry;

/// The entries that fail a test. `permitted` are the statuses of answers that the test provokes.
pub fn complaints(entries: &[BrowserLogEntry], permitted: &[u16]) -> Vec<String> {
    entries
        .iter()
        .filter(|entry| {
            let text = &entry.message;
            let policy = text.contains("Content Security Policy") || text.contains("Content-Security-Policy");
            policy || (entry.level == "SEVERE" && !permitted.iter().any(|status| is_refusal(text, *status)))
        })
        .map(|entry| format!("{}: {}", entry.level, entry.message))
        .collect()
}

/// Chromium's own line about an answer, or htmx's. Status 0: there was no answer.
fn is_refusal(text: &str, status: u16) -> bool {
    if status == 0 {
        return text.contains("net::ERR_INTERNET_DISCONNECTED") || text.contains("htmx:sendError");
    }
    text.contains(&format!("responded with a status of {status} "))
        || text.contains(&format!("Response Status Error Code {status} "))
}

#[test]
fn only_provoked_refusals_are_permitted() {
    let entry = |level: &str, message: &str| BrowserLogEntry {
        level: level.to_owned(),
        message: message.to_owned(),
        timestamp: 0,
        source: None,
    };
    let refusal =
        entry("SEVERE", "http://x/ - Failed to load resource: the server responded with a status of 409 (Conflict)");
    assert!(complaints(std::slice::from_ref(&refusal), &[409]).is_empty());
    assert_eq!(complaints(std::slice::from_ref(&refusal), &[401]).len(), 1);
    assert!(complaints(&[entry("INFO", "hello")], &[]).is_empty());
    let policy = entry("INFO", "Refused to load: it violates the following Content Security Policy directive");
    assert_eq!(complaints(&[policy], &[409]).len(), 1);
}
