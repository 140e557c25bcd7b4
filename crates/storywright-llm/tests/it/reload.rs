//! A folder that is broken while people work: the last good one goes on, for the stream that runs and for the calls that begin.

use crate::logged;
use crate::stub::{Act, PATIENCE, STREAM_HEAD, Stub, event_stream, finish, piece, signal};
use crate::support::{Bench, Calling, access, request, shipped};
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{ChatModel, Finish};

/// Breaks one file of a folder in use by putting `new` in the place of `old`.
#[track_caller]
fn check(file: &str, old: &str, new: &str, reason: &str) {
    logged::start();
    let (go, may_go) = signal();
    let slow = vec![
        Act::Send(format!("{STREAM_HEAD}{}", piece("{\"a\"")).into_bytes()),
        Act::Wait(may_go),
        Act::Send(format!("{}{}data: [DONE]\n\n", piece(":1}"), finish("stop")).into_bytes()),
    ];
    let quick = || vec![Act::Send(event_stream(&format!("{}{}", piece("{}"), finish("stop"))))];
    let stub = Stub::new(vec![slow, quick(), quick(), quick()]);
    // A folder with four files of its own, as it is shipped.
    let bench = Bench::with(&stub.url(), |_| {});
    let folder = bench.folder.path();
    for name in ["header.json", "payload.json", "prompts.json"] {
        std::fs::copy(shipped().join(name), folder.join(name)).unwrap();
    }
    let own = crate::support::config(&stub.url(), |llm| {
        llm.as_object_mut().unwrap().remove("files");
        llm["services"][0]["model"] = "m-2".into();
    });
    std::fs::write(folder.join("config.json"), format!("{own:#}")).unwrap();
    bench.chat.reload().unwrap();

    let (came, piece_came) = signal();
    let mut sink = Calling(move |_: &str| came.send(()).unwrap());
    std::thread::scope(|scope| {
        let running = scope.spawn(|| bench.chat.converse(&access(), &request(), &mut sink, &Cancellation::new()));
        piece_came.recv_timeout(PATIENCE).unwrap();

        let good = std::fs::read_to_string(folder.join(file)).unwrap();
        let line = good.lines().position(|line| line.contains(old)).unwrap() + 1;
        std::fs::write(folder.join(file), good.replacen(old, new, 1)).unwrap();
        for _ in 0..2 {
            assert_eq!(bench.draft().0.unwrap().text, "{}", "a new call goes on with the last good one");
        }
        let told = format!("{} line {line}: {reason}", folder.join(file).display());
        let lines = logged::lines();
        assert!(lines.contains(&format!("the last good one goes on: {told}")), "{told} is not in {lines}");
        assert_eq!(lines.matches(&told).count(), 1, "told once, not at every call");
        let error = bench.chat.reload().unwrap_err();
        assert!(error.to_string().starts_with(&told) && !error.cure.is_empty(), "{error}");
        assert_eq!(bench.chat.services(), ["corp"]);

        // Mended, and changed as well: used at once, and still without a hair bent to what runs.
        std::fs::write(folder.join(file), good).unwrap();
        let config = std::fs::read_to_string(folder.join("config.json")).unwrap();
        std::fs::write(folder.join("config.json"), config.replace("m-2", "m-changed")).unwrap();
        assert_eq!(bench.draft().0.unwrap().text, "{}");

        go.send(()).unwrap();
        let answer = running.join().unwrap().unwrap();
        assert_eq!((answer.text.as_str(), answer.finish), ("{\"a\":1}", Finish::Stop));
    });
    let models: Vec<String> =
        stub.seen().iter().map(|seen| seen.json()["model"].as_str().unwrap().to_owned()).collect();
    assert_eq!(models, ["m-2", "m-2", "m-2", "m-changed"]);
}

#[test]
fn a_broken_payload() {
    check("payload.json", "\"{{user}}\"", "\"{{usr}}\"", "unknown placeholder `{{usr}}`");
    check("payload.json", "\"end\": \"[DONE]\",", "\"end\": nope,", "expected ident");
}

#[test]
fn a_broken_config() {
    check("config.json", "\"model\": \"m-2\"", "\"modell\": \"m-2\"", "unknown field `modell`");
}

#[test]
fn broken_headers() {
    check("header.json", "\"{{cookie}}\"", "\"{{token}}\"", "header `Cookie`: unknown placeholder `{{token}}`");
}

#[test]
fn broken_prompts() {
    check(
        "prompts.json",
        "\"Call: draft\"",
        "\"Call: {{format}}\"",
        "call `draft`: a system prompt has no placeholders",
    );
}
