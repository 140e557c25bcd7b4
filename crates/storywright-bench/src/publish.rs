//! A tree of 200 issues, created in a Jira that answers in 50 ms: the whole time beside the sum of the create calls, and what the
//! journal adds to each issue.

use crate::Failure;
use crate::api::Api;
use crate::company::Company;
use crate::latency::{events, is_event};
use crate::report::{Report, Target, percentile};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long the pretend Jira takes for everything.
const ANSWER_MS: u64 = 50;
/// A run that takes longer than this is no figure.
const PATIENCE: Duration = Duration::from_secs(180);

/// One run over `stories` stories of four sub-tasks each under one epic, and as many stories without as are needed for `issues`.
pub async fn measure(company: &Company, report: &mut Report, quick: bool) -> Result<(), Failure> {
    let issues = if quick { 20 } else { 200 };
    let (api, _) = company.person().await?;
    let draft = tree(&api, issues).await?;
    let plan = api.call("GET", &format!("drafts/{draft}/plan"), &Value::Null).await?;
    let planned = plan["issues"].as_array().map_or(0, Vec::len);
    if planned != issues {
        return Err(format!("the plan has {planned} issues instead of {issues}").into());
    }
    company
        .sandbox(
            "POST",
            "/__sandbox/faults",
            &json!({"service": "jira", "kind": "delay_ms", "ms": ANSWER_MS, "times": null}),
        )
        .await?;
    let seen = company.sandbox("GET", "/__sandbox/requests", &Value::Null).await?;
    let before = seen.as_array().and_then(|all| all.last()).and_then(|last| last["sequence"].as_u64()).unwrap_or(0);
    let begun = Instant::now();
    let started = api
        .call_with(
            "POST",
            &format!("drafts/{draft}/publish"),
            &[("Idempotency-Key", "bench")],
            &json!({"plan_hash": plan["plan_hash"]}),
        )
        .await?;
    let run = started["run_id"].as_str().ok_or("no run_id")?.to_owned();
    let found = api.call("GET", &format!("runs/{run}"), &Value::Null).await?;
    followed(&api, found["job_id"].as_str().ok_or("no job_id")?).await?;
    let whole = begun.elapsed();
    let found = api.call("GET", &format!("runs/{run}"), &Value::Null).await?;
    let state = found["state"].as_str().unwrap_or_default();
    if state != "completed" {
        return Err(format!("the run ended {state}").into());
    }
    let log = company.sandbox("GET", &format!("/__sandbox/requests?after={before}"), &Value::Null).await?;
    let calls: Vec<(f64, f64)> = log.as_array().into_iter().flatten().filter_map(create_call).collect();
    if calls.len() != issues {
        return Err(format!("Jira saw {} create calls instead of {issues}", calls.len()).into());
    }
    let serial: f64 = calls.iter().map(|(begin, end)| end - begin).sum();
    let mut between: Vec<f64> = calls.windows(2).map(|pair| pair[1].0 - pair[0].1).collect();
    between.sort_by(f64::total_cmp);
    report.add(
        format!("{issues} issues, Jira answers in {ANSWER_MS} ms: sum of the create calls"),
        serial / 1e3,
        "s",
        None,
    );
    report.add(format!("{issues} issues: from approval to the last state"), whole.as_secs_f64(), "s", None);
    let ratio = whole.as_secs_f64() * 1e3 / serial;
    report.add(format!("{issues} issues: whole time / create calls"), ratio, "", Some(Target::AtMost(1.15)));
    report.add(
        "between two create calls (journal, parent, lease), p50",
        percentile(&between, 0.5),
        "ms",
        Some(Target::AtMost(5.0)),
    );
    report.add("between two create calls, p99", percentile(&between, 0.99), "ms", None);
    Ok(())
}

/// Begin and end of a create call in milliseconds.
fn create_call(entry: &Value) -> Option<(f64, f64)> {
    let path = entry["path"].as_str()?;
    let creates = entry["method"] == "POST" && path.ends_with("/rest/api/2/issue");
    creates.then_some(())?;
    Some((entry["at"].as_f64()?, entry["ended_at"].as_f64()?))
}

/// A draft with so many issues: an epic, stories of four sub-tasks, and stories without for the rest.
async fn tree(api: &Api, issues: usize) -> Result<String, Failure> {
    let body = json!({
        "requirements": "Support agents must refund captured card payments so that customers are paid back within a day.",
        "format": "classic", "project_key": "PAY", "issue_type": "Story",
    });
    let draft = api.call("POST", "drafts", &body).await?;
    let id = draft["id"].as_str().ok_or("no draft id")?.to_owned();
    let full = (issues - 1) / 5;
    let bare = issues - 1 - full * 5;
    let stories: Vec<Value> =
        (1..=full + bare).map(|number| story(number, if number <= full { 4 } else { 0 })).collect();
    let epics = json!([{"id": "e1", "summary": "Refunds within a day", "description": "All of it."}]);
    let version = draft["version"].as_u64().unwrap_or(1).to_string();
    api.call_with(
        "PUT",
        &format!("drafts/{id}"),
        &[("If-Match", &format!("\"{version}\""))],
        &json!({"document": {"epics": epics, "stories": stories}}),
    )
    .await?;
    Ok(id)
}

fn story(number: usize, subtasks: usize) -> Value {
    let subtasks: Vec<Value> = (1..=subtasks)
        .map(|sub| json!({"id": format!("s{number}.{sub}"), "summary": format!("Work item {sub} of refund {number}"), "description": "Done when **reviewed**."}))
        .collect();
    json!({
        "id": format!("s{number}"), "summary": format!("Refund captured payment {number}"), "epic": "e1",
        "narrative": {"role": "support agent", "goal": format!("to refund captured payment {number}"), "benefit": "the customer is paid back"},
        "acceptance_criteria": ["The refund is booked within a day", "The customer gets a message"],
        "stlc_notes": "Regression: payment reports.", "story_points": 2, "subtasks": subtasks,
    })
}

/// Follows the job of a run to its last event: the last state of the run is stored by then.
async fn followed(api: &Api, job: &str) -> Result<(), Failure> {
    let bearer = format!("Bearer {}", api.token());
    let following = events(api.port(), job, &bearer, None, |event, _| {
        // A run that is paused says so as an error; its state tells.
        Ok(is_event(event, "done") || is_event(event, "error"))
    });
    tokio::time::timeout(PATIENCE, following).await.map_err(|_| "the run does not end")?
}
