//! Logs: one JSON object a line on standard error, safe against line breaks and terminal codes in values.

use log::kv::{Key, Value, VisitSource};
use std::io::Write as _;
use storywright_http::LOUD_TARGETS;

/// Starts logging; `filter` is in the form of `RUST_LOG`.
pub fn start(filter: &str) {
    let mut builder = env_logger::Builder::new();
    builder.parse_filters(filter);
    for target in LOUD_TARGETS {
        // These write whole requests, tokens included, at finer levels: whatever was asked for, not that.
        builder.filter_module(target, log::LevelFilter::Info);
    }
    builder
        .format(|out, record| {
            let mut line = Line(serde_json::Map::new());
            line.put("timestamp", timestamp());
            line.put("level", record.level().as_str());
            line.put("target", record.target());
            line.put("message", record.args().to_string());
            // A value that cannot be written as JSON is left out; the line itself is never lost.
            let _ = record.key_values().visit(&mut line);
            writeln!(out, "{}", serde_json::Value::Object(line.0))
        })
        .init();
}

#[expect(
    clippy::disallowed_methods,
    reason = "a log line says when it was written, whatever the program takes for the time"
)]
fn timestamp() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let millis = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(millis).map(|time| format!("{time:.3}")).unwrap_or_default()
}

struct Line(serde_json::Map<String, serde_json::Value>);

impl Line {
    fn put(&mut self, key: &str, value: impl Into<serde_json::Value>) {
        self.0.insert(key.to_owned(), value.into());
    }
}

impl<'kvs> VisitSource<'kvs> for Line {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), log::kv::Error> {
        let json = serde_json::to_value(&value).unwrap_or_else(|_| serde_json::Value::String(value.to_string()));
        self.0.insert(key.as_str().to_owned(), json);
        Ok(())
    }
}
