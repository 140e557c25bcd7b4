//! Latency added to each token: from the moment when the LLM service sent a chunk to the moment when a client has its event.

use crate::Failure;
use crate::company::{Company, drafts};
use crate::http::Connection;
use crate::report::{Report, Target, percentile};
use serde_json::Value;
use std::collections::HashSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Tokens of one stream.
const TOKENS: usize = 50;

/// Opens this many streams at once, each with tokens 100 ms apart, and follows every one.
pub async fn measure(company: &Company, streams: usize, report: &mut Report) -> Result<(), Failure> {
    let (api, _) = company.person().await?;
    let ids = drafts(&api, streams).await?;
    let bearer = format!("Bearer {}", api.token());
    let follow = ids.iter().map(|id| {
        let (api, bearer) = (&api, &bearer);
        async move {
            let job = api.call("POST", &format!("drafts/{id}/generate"), &serde_json::json!({})).await?;
            let job = job["job_id"].as_str().ok_or("no job_id")?.to_owned();
            follow(company.port, &job, bearer).await
        }
    });
    let memory = async {
        // In the middle of the streams.
        tokio::time::sleep(Duration::from_secs(3)).await;
        company.server.resident_mb()
    };
    let (followed, resident) = futures_util::future::join(futures_util::future::join_all(follow), memory).await;
    let mut latencies = Vec::new();
    let mut lost = 0_usize;
    for stream in followed {
        let (seen, times) = stream?;
        lost += TOKENS - seen;
        latencies.extend(times);
    }
    latencies.sort_by(f64::total_cmp);
    let many = streams >= 1_000;
    let at = |limit| Some(Target::AtMost(limit));
    report.add(
        format!("token latency p50, {streams} streams"),
        percentile(&latencies, 0.5),
        "ms",
        if many { None } else { at(1.0) },
    );
    report.add(
        format!("token latency p99, {streams} streams"),
        percentile(&latencies, 0.99),
        "ms",
        at(if many { 25.0 } else { 5.0 }),
    );
    report.add(format!("token latency max, {streams} streams"), percentile(&latencies, 1.0), "ms", None);
    #[expect(clippy::cast_precision_loss, reason = "a count of tokens")]
    report.add(format!("tokens lost, {streams} streams"), lost as f64, "", at(0.0));
    report.add(
        format!("resident memory, {streams} live streams"),
        resident?,
        "MB",
        if many { at(160.0) } else { None },
    );
    Ok(())
}

/// Follows one job to its end: how many different tokens came, and how long each took in ms.
pub async fn follow(port: u16, job: &str, bearer: &str) -> Result<(usize, Vec<f64>), Failure> {
    let mut seen = HashSet::new();
    let mut times = Vec::new();
    events(port, job, bearer, None, |event, now| {
        if is_event(event, "error") {
            return Err(format!("job {job} failed: {event}").into());
        }
        for (number, sent) in marks(event) {
            if seen.insert(number) {
                #[expect(clippy::cast_precision_loss, reason = "microseconds of a short span")]
                times.push(now.saturating_sub(sent) as f64 / 1_000.0);
            }
        }
        Ok(is_event(event, "done"))
    })
    .await?;
    Ok((seen.len(), times))
}

/// Whether an event is of this kind.
pub fn is_event(event: &str, kind: &str) -> bool {
    event.lines().any(|line| line.strip_prefix("event:").is_some_and(|found| found.trim() == kind))
}

/// Reads the events of a job, those behind the id `after` if there is one, each with the microseconds since 1970 at which it came, until
/// `last` says that it has what it wants.
pub async fn events(
    port: u16,
    job: &str,
    bearer: &str,
    after: Option<&str>,
    mut last: impl FnMut(&str, u128) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let mut connection = Connection::open(port).await?;
    let path = format!("/api/v1/jobs/{job}/events");
    let mut headers = vec![("Authorization", bearer), ("Accept", "text/event-stream")];
    headers.extend(after.map(|id| ("Last-Event-ID", id)));
    let request = connection.request("GET", &path, &headers, "");
    let head = connection.begin_stream(&request).await?;
    if !head.starts_with("HTTP/1.1 200") {
        return Err(format!("the stream answered {}", head.lines().next().unwrap_or_default()).into());
    }
    let mut text = String::new();
    loop {
        let piece = connection.more().await?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros();
        if piece.is_empty() {
            return Err(format!("the stream of job {job} ended before its last event").into());
        }
        text.push_str(&String::from_utf8_lossy(&piece));
        while let Some(end) = text.find("\n\n") {
            let event: String = text.drain(..end + 2).collect();
            if last(&event, now)? {
                return Ok(());
            }
        }
    }
}

/// The marks `[number:microseconds]` in the text of a token event.
fn marks(event: &str) -> Vec<(u64, u128)> {
    let Some(data) = event.lines().find_map(|line| line.strip_prefix("data:")) else { return Vec::new() };
    let Ok(value) = serde_json::from_str::<Value>(data.trim()) else { return Vec::new() };
    let text = value["text"].as_str().unwrap_or_default();
    text.split('[')
        .filter_map(|part| {
            let (number, rest) = part.split_once(':')?;
            Some((number.parse().ok()?, rest.split(']').next()?.parse().ok()?))
        })
        .collect()
}
