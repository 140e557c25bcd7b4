//! What keeps the server from starting; `storywright doctor llm` against the pretend company's LLM.

use crate::support::Company;
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Output, Stdio};

fn doctor(company: &Company, args: &[&str], credential: &str) -> (Output, String) {
    let mut child = company
        .command()
        .args(["doctor", "llm"])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(format!("{credential}\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output, said)
}

#[test]
fn the_doctor_asks_the_llm_and_writes_what_it_takes() {
    let company = Company::start();
    let cookie = company.sandbox.person("alice").unwrap().llm.credential;
    let file = company.folder.path().join("config/dialects/sandbox.json");

    let (output, said) = doctor(&company, &["--dry-run"], &cookie);
    assert!(output.status.success() && !file.exists(), "{said}");
    let (output, said) = doctor(&company, &["--service", "sandbox"], &cookie);
    assert!(output.status.success(), "{said}");
    for line in [
        "ok    identity: E10234 (Alice Meyer)",
        "ok    stream: ",
        "ok    first text: after ",
        "ok    usage: ",
        "ok    system prompt: followed in its own place",
        "ok    schema: kept",
        "ok    tools: called, and the result taken",
    ] {
        assert!(said.contains(line), "{line} is not in {said}");
    }
    let written: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(
        written["dialect"],
        json!({"structured": "json_schema", "tools": "native", "system": "own", "left_out": []})
    );
    let secret = cookie.split('=').next_back().unwrap();
    assert!(!said.contains(secret) && !written.to_string().contains(secret), "no credential is shown or kept");

    // The server that runs takes it, and stories are still written.
    let alice = company.member("alice");
    let draft = alice.new_draft(crate::support::REQUIREMENTS);
    let job = alice.generate(&draft);
    assert_eq!(alice.to_end(&job).last().unwrap().kind, "done");

    let (output, said) = doctor(&company, &[], "llm_session=nobody");
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("WRONG identity:") && said.contains("-> paste a new cookie"), "{said}");
    let (output, said) = doctor(&company, &["--service", "nope"], &cookie);
    assert!(!output.status.success() && said.contains("use one of sandbox"), "{said}");
}

#[test]
fn with_the_keyring_of_another_database_nothing_is_served() {
    let mut company = Company::start();
    company.signed_up("alice");
    company.kill();
    let other = company.folder.path().join("other.json").display().to_string();
    let other = [("STORYWRIGHT_KEYRING_FILE", other.as_str())];
    assert!(company.command().envs(other).args(["keys", "init"]).output().unwrap().status.success());
    let started = company.command().envs(other).arg("serve").output().unwrap();
    let said = String::from_utf8_lossy(&started.stderr).into_owned();
    assert!(!started.status.success(), "{said}");
    assert!(said.contains("other.json does not belong to the database") && said.contains("with key `k1`"), "{said}");
    let (well, report) = company.doctor(&other);
    assert!(!well && report.contains("WRONG keys: the keyring"), "{report}");
    let (_, report) = company.doctor(&[]);
    assert!(report.contains("ok    keys: k1"), "{report}");
    company.boot();
    company.sign_in("alice");
}
