//! What is never logged: texts of prompts and answers, header values, credentials.

use crate::logged;
use crate::stub::{Act, Stub, answer, event_stream, finish, piece};
use crate::support::{Bench, access, request};
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{ChatModel, ChatRequest};

#[test]
fn nothing_that_was_said_and_no_credential_is_logged() {
    logged::start();
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

    let lines = logged::lines();
    assert!(lines.contains("a chat has ended") && lines.contains("the last good one goes on"), "{lines}");
    for canary in ["prompt-canary-1", "answer-canary-2", "cookie-canary-4711"] {
        assert!(!lines.contains(canary), "{canary} in {lines}");
    }
}
