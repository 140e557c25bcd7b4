//! Server and pretend company on free ports, with one person signed up and connected.

use crate::Failure;
use crate::api::Api;
use crate::process::{LONGEST_START, Process, free_port, listens, program, wait_for_port};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The person's password.
pub const PASSWORD: &str = "copper lantern meadow train";

/// Both programs; they end with this value.
pub struct Company {
    /// Port of the server.
    pub port: u16,
    /// The server.
    pub server: Process,
    sandbox_port: u16,
    folder: TempDir,
    _sandbox: Process,
}

impl Company {
    /// Starts both; `model` is the model that the LLM service is asked for, if it is not that of the configuration.
    pub fn start(model: &str) -> Result<Self, Failure> {
        Self::start_with(model, |_| ())
    }

    /// [`Company::start`] with a changed `config.json`.
    pub fn start_with(model: &str, change: impl FnOnce(&mut Value)) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let (port, sandbox_port) = (free_port()?, free_port()?);
        let mut command = Command::new(program("storywright-sandbox")?);
        command.args(["--listen", &format!("127.0.0.1:{sandbox_port}")]);
        let sandbox = Process::start(command, &folder.path().join("sandbox.log"))?;
        wait_for_port(sandbox_port, Instant::now())?;
        write_config(folder.path(), sandbox_port, model, change)?;
        let made =
            server_command(folder.path(), port)?.args(["keys", "init"]).stdout(std::process::Stdio::null()).status()?;
        if !made.success() {
            return Err("the keys could not be made".into());
        }
        let (server, _) = start_server(folder.path(), port)?;
        Ok(Self { port, server, sandbox_port, folder, _sandbox: sandbox })
    }

    /// Stops the server and starts it again on the same database; says how long it took until it was ready.
    pub fn restart(&mut self) -> Result<Duration, Failure> {
        let port = free_port()?;
        // The old one is killed first: two servers never share a database.
        self.server = Process::start(Command::new("true"), &self.folder.path().join("true.log"))?;
        let (server, took) = start_server(self.folder.path(), port)?;
        self.server = server;
        self.port = port;
        Ok(took)
    }

    /// Calls the pretend company's back door.
    pub async fn sandbox(&self, method: &str, path: &str, body: &Value) -> Result<Value, Failure> {
        let mut connection = crate::http::Connection::open(self.sandbox_port).await?;
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let headers = [("Content-Type", "application/json"), ("Connection", "close")];
        let request = connection.request(method, path, &headers, &text);
        let answer = connection.send(&request).await?;
        if !(200..300).contains(&answer.status) {
            return Err(format!("{method} {path} answered {}: {}", answer.status, answer.text()).into());
        }
        if answer.body.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_slice(&answer.body)?) }
    }

    /// Signs the person up, connects everything, and gives a client with a token.
    pub async fn person(&self) -> Result<(Api, String), Failure> {
        self.person_with("sandbox", None).await
    }

    /// [`Company::person`] with this LLM service, and a credential for it if it is not the pretended one.
    pub async fn person_with(&self, service: &str, credential: Option<&str>) -> Result<(Api, String), Failure> {
        let people = self.sandbox("GET", "/__sandbox/people", &Value::Null).await?;
        let alice = people
            .as_array()
            .and_then(|people| people.iter().find(|person| person["handle"] == "alice"))
            .ok_or("no alice")?;
        let mut api = Api::new(self.port);
        let registration = api
            .call("POST", "registrations", &json!({"jira_site": "company-jira", "jira_pat": alice["jira_pat"]}))
            .await?;
        let id = registration["registration_id"].as_str().ok_or("no registration_id")?;
        api.call("POST", &format!("registrations/{id}/confirm"), &json!({"password": PASSWORD})).await?;
        let name = alice["employee_id"].as_str().ok_or("no employee_id")?.to_owned();
        api.sign_in(&name, PASSWORD).await?;
        let credential = credential.map_or_else(|| alice["llm"]["credential"].clone(), |given| json!(given));
        api.call("PUT", "integrations/llm", &json!({"service": service, "credential": credential})).await?;
        api.call(
            "PUT",
            "integrations/confluence",
            &json!({"site": "company-wiki", "pat": alice["confluence"]["credential"]}),
        )
        .await?;
        for kind in ["llm", "confluence"] {
            let report = api.call("POST", &format!("integrations/{kind}/test"), &json!({})).await?;
            if report["ok"] != true {
                let said = |key: &str| report[key].as_str().unwrap_or_default().to_owned();
                let tested = if kind == "llm" { format!("the LLM service `{service}`") } else { kind.to_owned() };
                return Err(format!("the test of {tested} failed: {}: {}", said("code"), said("detail")).into());
            }
        }
        Ok((api, name))
    }
}

/// Makes this many drafts.
pub async fn drafts(api: &Api, count: usize) -> Result<Vec<String>, Failure> {
    let mut ids = Vec::new();
    for number in 0..count {
        let body = json!({
            "requirements": format!("Support agents must refund captured card payment number {number} so that customers are paid back within a day."),
            "format": "classic", "project_key": "PAY", "issue_type": "Story",
        });
        let draft = api.call("POST", "drafts", &body).await?;
        ids.push(draft["id"].as_str().ok_or("no draft id")?.to_owned());
    }
    Ok(ids)
}

fn write_config(folder: &Path, sandbox_port: u16, model: &str, change: impl FnOnce(&mut Value)) -> Result<(), Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let text = std::fs::read_to_string(root.join("config/demo/config.json"))?
        .replace("http://127.0.0.1:9900", &format!("http://127.0.0.1:{sandbox_port}"))
        .replace("\"../", &format!("\"{}/", root.join("config").display()));
    let mut config: Value = serde_json::from_str(&text)?;
    if !model.is_empty() {
        config["llm"]["services"][0]["model"] = json!(model);
    }
    change(&mut config);
    std::fs::create_dir_all(folder.join("config"))?;
    std::fs::write(folder.join("config/config.json"), config.to_string())?;
    Ok(())
}

fn server_command(folder: &Path, port: u16) -> Result<Command, Failure> {
    let mut command = Command::new(program("storywright")?);
    command
        .env("STORYWRIGHT_LISTEN", format!("127.0.0.1:{port}"))
        .env("STORYWRIGHT_CONFIG", folder.join("config"))
        .env("STORYWRIGHT_KEYRING_FILE", folder.join("keyring.json"))
        .env("DATABASE_URL", folder.join("storywright.db"))
        .env("STORYWRIGHT_MAX_OPEN_JOBS", "2000")
        .env("STORYWRIGHT_THROTTLE", "off")
        .env("RUST_LOG", "warn");
    Ok(command)
}

fn start_server(folder: &Path, port: u16) -> Result<(Process, Duration), Failure> {
    let mut command = server_command(folder, port)?;
    command.arg("serve");
    let since = Instant::now();
    let log = folder.join("server.log");
    let mut server = Process::start(command, &log)?;
    while !listens(port) {
        // A server that does not like its configuration says why and ends; waiting for it would hide its words.
        if server.has_ended() || since.elapsed() > LONGEST_START {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            return Err(format!("the server did not start: {}", said.trim()).into());
        }
        std::thread::yield_now();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let took = runtime.block_on(async {
        loop {
            let mut connection = crate::http::Connection::open(port).await?;
            let request = connection.request("GET", "/readyz", &[("Connection", "close")], "");
            if connection.send(&request).await?.status == 200 {
                return Ok::<_, Failure>(since.elapsed());
            }
        }
    })?;
    Ok((server, took))
}
