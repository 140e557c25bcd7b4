//! Drafts for a person, so that nobody has to look at an empty page first.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::api::{Api, field};
use super::server::Signals;
use crate::failure::Failure;

/// Requirements as people write them, with the format that suits them.
const REQUIREMENTS: &[(&str, &str)] = &[
    ("classic", include_str!("../../requirements/refunds.md")),
    ("bdd", include_str!("../../requirements/card-expiry.md")),
    ("classic", include_str!("../../requirements/statement-export.md")),
    ("bdd", include_str!("../../requirements/daily-limit.md")),
];
const PROJECT: &str = "PAY";
const ISSUE_TYPE: &str = "Story";
const PAUSE: Duration = Duration::from_millis(200);
/// How long one draft may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Creates and generates `count` drafts, one after the other. Gives how many were written.
pub fn write(api: &Api, count: usize, signals: &Signals) -> Result<usize, Failure> {
    const DRAFTS: &str = "/api/v1/drafts";
    for (format, requirements) in REQUIREMENTS.iter().cycle().take(count) {
        let body = json!({
            "requirements": requirements, "format": format, "project_key": PROJECT, "issue_type": ISSUE_TYPE,
        });
        let draft = api.post(DRAFTS, &body)?;
        let path = format!("{DRAFTS}/{}/generate", field(&draft, DRAFTS, "id")?);
        let job = field(&api.post(&path, &json!({}))?, &path, "job_id")?;
        wait(api, &job, signals)?;
    }
    Ok(count)
}

fn wait(api: &Api, job: &str, signals: &Signals) -> Result<(), Failure> {
    let path = format!("/api/v1/jobs/{job}");
    let started = Instant::now();
    loop {
        let answer = api.get(&path)?;
        match state(&answer) {
            State::Done => return Ok(()),
            State::Failed => {
                return Err(Failure::new(format!("a draft was not written: {answer}"), "read the server's log"));
            }
            State::Running if started.elapsed() > PATIENCE => {
                return Err(Failure::new(format!("a draft takes too long: {answer}"), "read the server's log"));
            }
            State::Running => {}
        }
        if signals.wait(PAUSE) {
            return Err(Failure::new("interrupted", "start again when you like"));
        }
    }
}

enum State {
    Running,
    Done,
    Failed,
}

/// A job that waits for an answer has done its part: the person goes on from there.
fn state(job: &Value) -> State {
    let asks = job["question"].as_str().is_some_and(|question| !question.is_empty());
    match job["status"].as_str().unwrap_or_default() {
        "completed" => State::Done,
        "failed" | "cancelled" => State::Failed,
        "pending" if asks => State::Done,
        _ => State::Running,
    }
}
