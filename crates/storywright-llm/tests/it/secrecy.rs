//! What is never logged: texts of prompts and answers, header values, credentials.

use crate::stub::{Act, Stub, answer, event_stream, finish, piece};
use crate::support::{Bench, access, request};
use log::kv::{self, VisitSource};
use std::sync::{Mutex, Once};
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{ChatModel, ChatRequest};

static LINES: Mutex<String> = Mutex::new(String::new());
static START: Once = Once::new();

struct Keeping;

struct Fields<'a>(&'a mut String);

impl<'kvs> VisitSource<'kvs> for Fields<'_> {
    fn visit_pair(&mut self, key: kv::Key<'kvs>, value: kv::Value<'kvs>) -> Result<(), kv::Error> {
        self.0.push_str(&format!(" {key}={value}"));
        Ok(())
    }
}

impl log::Log for Keeping {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let mut lines = LINES.lock().unwrap();
        lines.push_str(&format!("{} {}", record.target(), record.args()));
        record.key_values().visit(&mut Fields(&mut lines)).unwrap();
        lines.push('\n');
    }

    fn flush(&self) {}
}

#[test]
fn nothing_that_was_said_and_no_credential_is_logged() {
    START.call_once(|| {
        log::set_boxed_logger(Box::new(Keeping)).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
    });
    let echo =
        r#"{"error":{"message":"prompt-canary-1 with session=cookie-canary-4711 is bad, use no response_format"}}"#;
    let stub = Stub::new(vec![
        vec![Act::Send(answer(400, "application/json", "", echo))],
        vec![Act::Send(event_stream(&format!("{}{}", piece("answer-canary-2"), finish("stop"))))],
        vec![Act::Send(answer(400, "application/json", "", &echo.replace("response_format", "words")))],
    ]);
    let bench = Bench::new(&stub.url());
    let values = vec![("requirements", "prompt-canary-1".to_owned())];
    let asked = ChatRequest { values, ..request() };
    let mut pieces = crate::support::Pieces::default();
    bench.chat.converse(&access(), &asked, &mut pieces, &Cancellation::new()).unwrap();
    let error = bench.chat.converse(&access(), &asked, &mut pieces, &Cancellation::new()).unwrap_err();
    assert!(!error.to_string().contains("cookie-canary-4711"), "{error}");
    std::fs::write(bench.folder.path().join("config.json"), "{").unwrap();
    assert_eq!(bench.chat.services(), ["corp"]);

    let lines = LINES.lock().unwrap();
    assert!(lines.contains("a chat has ended") && lines.contains("the last good one goes on"), "{lines}");
    for canary in ["prompt-canary-1", "answer-canary-2", "cookie-canary-4711"] {
        assert!(!lines.contains(canary), "{canary} in {lines}");
    }
}
