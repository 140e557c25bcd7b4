//! A company of one's own: pretend services in this process, the server as a process that can be killed and started again.

use crate::leaks::Canary;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use storywright_sandbox::{Options, Person, Running, Sandbox};
use tempfile::TempDir;

pub const PASSWORD: &str = "copper lantern meadow train";

pub const REQUIREMENTS: &str = "# Refunds\n\nSupport agents must be able to refund a captured card payment in full, so that customers are paid back within one business day.\n\n- The refund must show in the ledger with the agent's name.\n- A refund must not exceed the captured amount.\n- The customer receives an e-mail when the refund is booked.";

/// Server and services. The server dies with this value.
pub struct Company {
    pub sandbox: Running,
    pub folder: TempDir,
    server: Option<Child>,
    port: u16,
    log: &'static str,
}

/// An answer of the server.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub headers: Vec<(String, String)>,
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{:#}", self.body);
        self.body
    }

    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{:#}", self.body);
        assert!(!self.body["detail"].as_str().unwrap_or_default().is_empty(), "{:#}", self.body);
        self.body
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// A client with or without a bearer token.
pub struct Client {
    port: u16,
    pub token: Option<String>,
}

impl Company {
    pub fn start() -> Self {
        Self::with("trace", |_| {})
    }

    /// With another configuration than the demo's; it is the root of the file.
    pub fn start_with(change: impl FnOnce(&mut Value)) -> Self {
        Self::with("trace,html5ever=info", change)
    }

    /// For long runs: only warnings are logged.
    pub fn start_quietly() -> Self {
        Self::with("warn", |_| {})
    }

    fn with(log: &'static str, change: impl FnOnce(&mut Value)) -> Self {
        let sandbox = Sandbox::start(Options::default()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
        let config = std::fs::read_to_string(root.join("config/demo/config.json"))
            .unwrap()
            .replace("http://127.0.0.1:9900", sandbox.base_url())
            .replace("\"../", &format!("\"{}/", root.join("config").display()));
        let mut config: Value = serde_json::from_str(&config).unwrap();
        change(&mut config);
        std::fs::create_dir_all(folder.path().join("config")).unwrap();
        std::fs::write(folder.path().join("config/config.json"), config.to_string()).unwrap();
        let mut company = Self { sandbox, folder, server: None, port: 0, log };
        let made = company.command().args(["keys", "init"]).stdout(Stdio::null()).status().unwrap();
        assert!(made.success());
        company.llm_control("__pace", &json!({"chunk_ms": 1, "first_ms": 1}));
        company.boot();
        company
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_storywright"));
        command
            .env_clear()
            .env("STORYWRIGHT_LISTEN", format!("127.0.0.1:{}", self.port))
            .env("STORYWRIGHT_CONFIG", self.folder.path().join("config"))
            .env("STORYWRIGHT_KEYRING_FILE", self.folder.path().join("keyring.json"))
            .env("DATABASE_URL", self.database())
            .env("STORYWRIGHT_BCRYPT_COST", "10")
            .env("STORYWRIGHT_THROTTLE", "off")
            .env("STORYWRIGHT_CREATE_TIMEOUT_SECONDS", "5")
            .env("STORYWRIGHT_JOB_LEASE_SECONDS", "60")
            .env("STORYWRIGHT_RECONCILE_FIRST_SECONDS", "1")
            .env("STORYWRIGHT_RECONCILE_AGAIN_SECONDS", "1")
            .env("STORYWRIGHT_ABSENT_AFTER_SECONDS", "8")
            .env("STORYWRIGHT_MAX_OPEN_JOBS", "50")
            .env("RUST_LOG", self.log);
        command
    }

    /// What the doctor says, and whether everything is well.
    pub fn doctor(&self, more: &[(&str, &str)]) -> (bool, String) {
        let done = self.command().envs(more.iter().copied()).arg("doctor").output().unwrap();
        (done.status.success(), String::from_utf8(done.stdout).unwrap())
    }

    pub fn database(&self) -> PathBuf {
        self.folder.path().join("storywright.db")
    }

    /// Everything that the server has logged, over all its lives.
    pub fn logs(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default()
    }

    /// Starts the server and waits until it is ready.
    pub fn boot(&mut self) {
        self.boot_with(&[]);
    }

    /// [`Company::boot`] with further variables.
    pub fn boot_with(&mut self, more: &[(&str, &str)]) {
        self.port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log =
            std::fs::OpenOptions::new().create(true).append(true).open(self.folder.path().join("server.log")).unwrap();
        let server = self
            .command()
            .envs(more.iter().copied())
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.server = Some(server);
        let begin = Instant::now();
        while !self.is_ready() {
            let ended = self.server.as_mut().and_then(|server| server.try_wait().unwrap());
            assert!(ended.is_none(), "the server ended: {ended:?}\n{}", self.logs());
            assert!(begin.elapsed() < Duration::from_secs(60), "not ready after 60 s\n{}", self.logs());
            std::thread::yield_now();
        }
    }

    fn is_ready(&self) -> bool {
        ureq::get(&format!("{}/readyz", self.url())).call().is_ok()
    }

    /// Where the server is now, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A line of the server's memory account, in KiB: `VmRSS` (now) or `VmHWM` (at most since [`Company::forget_peak`]).
    pub fn memory_kib(&self, line: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.server.as_ref().unwrap().id())).unwrap();
        let found = status.lines().find_map(|known| known.strip_prefix(line)?.strip_prefix(':'));
        found.unwrap().trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Begins the account of the most memory anew.
    pub fn forget_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.server.as_ref().unwrap().id()), "5").unwrap();
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        let mut server = self.server.take().unwrap();
        server.kill().unwrap();
        server.wait().unwrap();
    }

    /// Waits until the server has died by itself.
    pub fn await_death(&mut self) {
        let mut server = self.server.take().unwrap();
        let begin = Instant::now();
        while server.try_wait().unwrap().is_none() {
            if begin.elapsed() > Duration::from_secs(60) {
                self.server = Some(server);
                panic!("the server does not die");
            }
            std::thread::yield_now();
        }
    }

    pub fn nobody(&self) -> Client {
        Client { port: self.port, token: None }
    }

    /// Gives somebody credentials of which every part can be told from anything else. Before they sign up.
    pub fn plant_canaries(&self, handle: &str) {
        let planted = self.sandbox.change_person(handle, |person| {
            person.jira_pat = format!("pat-canary-{handle}-J7qQ2mXv9Lk3TzRb8WfUdHs4");
            person.confluence.credential = format!("pat-canary-{handle}-K5nDy7Gc1VbMx6PeRt9ZaQw2");
            person.llm.credential = format!("llm_session=token-canary-{handle}-H3jFs8LrUi6YoBv4NkTg1CxE");
        });
        assert!(planted.is_some());
    }

    /// The planted credentials, and the password.
    pub fn canaries(&self, handle: &str) -> Vec<Canary> {
        let person = self.person(handle);
        let cookie = person.llm.credential.split_once('=').unwrap().1;
        [person.jira_pat.as_str(), &person.confluence.credential, cookie, PASSWORD].map(Canary::whole).into()
    }

    pub fn person(&self, handle: &str) -> Person {
        self.sandbox.person(handle).unwrap()
    }

    /// A signed-up person with everything connected and tested.
    pub fn member(&self, handle: &str) -> Client {
        let person = self.person(handle);
        let client = self.signed_up(handle);
        client
            .call("PUT", "integrations/llm", json!({"service": "sandbox", "credential": person.llm.credential}))
            .expect(200);
        client
            .call(
                "PUT",
                "integrations/confluence",
                json!({"site": "company-wiki", "pat": person.confluence.credential}),
            )
            .expect(200);
        for kind in ["llm", "confluence", "jira"] {
            let report = client.call("POST", &format!("integrations/{kind}/test"), json!({})).expect(200);
            assert_eq!(report["ok"], true, "{report:#}");
        }
        client
    }

    /// A signed-up person with Jira alone.
    pub fn signed_up(&self, handle: &str) -> Client {
        let person = self.person(handle);
        let nobody = self.nobody();
        let registration = nobody
            .call("POST", "registrations", json!({"jira_site": "company-jira", "jira_pat": person.jira_pat}))
            .expect(201);
        assert_eq!(registration["employee_id"], person.employee_id.as_str());
        let id = registration["registration_id"].as_str().unwrap();
        nobody.call("POST", &format!("registrations/{id}/confirm"), json!({"password": PASSWORD})).expect(201);
        self.sign_in(handle)
    }

    pub fn sign_in(&self, handle: &str) -> Client {
        let person = self.person(handle);
        let token = self
            .nobody()
            .call("POST", "tokens", json!({"username": person.employee_id, "password": PASSWORD}))
            .expect(201);
        Client { port: self.port, token: Some(token["access_token"].as_str().unwrap().to_owned()) }
    }

    /// Talks to the sandbox's own back door of the LLM.
    pub fn llm_control(&self, path: &str, body: &Value) {
        ureq::post(&format!("{}/{path}", self.sandbox.llm_url())).send_json(body).unwrap();
    }

    /// Issues that people created, not those that the company began with.
    pub fn created(&self) -> Vec<(String, String, Option<String>)> {
        self.sandbox
            .issues()
            .into_iter()
            .filter(|issue| !issue.seeded)
            .map(|issue| (issue.key, issue.summary, issue.parent))
            .collect()
    }
}

impl Drop for Company {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            let _ = server.kill();
            let _ = server.wait();
        }
        if std::thread::panicking() {
            let logs = self.logs();
            let tail: Vec<&str> = logs.lines().filter(|line| !line.contains("TRACE")).rev().take(30).collect();
            eprintln!("server log, newest first:\n{}", tail.join("\n"));
        }
    }
}

impl Client {
    /// The same person at the server's present address.
    pub fn at(&self, company: &Company) -> Self {
        Self { port: company.port, token: self.token.clone() }
    }

    pub fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        self.call_with(method, path, &[], body)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.call_with("GET", path, &[], Value::Null)
    }

    pub fn call_with(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
        let json = (!body.is_null()).then(|| body.to_string());
        self.send(method, path, headers, json.as_ref().map(|json| ("application/json", json.as_bytes())))
    }

    /// Sends a body of any type.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<(&str, &[u8])>) -> Answer {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        let mut request =
            ureq::http::Request::builder().method(method).uri(format!("http://127.0.0.1:{}/api/v1/{path}", self.port));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = match body {
            None => agent.run(request.body(()).unwrap()).unwrap(),
            Some((kind, bytes)) => agent.run(request.header("Content-Type", kind).body(bytes).unwrap()).unwrap(),
        };
        let text = response.body_mut().read_to_string().unwrap();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
            .collect();
        let body =
            if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap_or(Value::String(text)) };
        Answer { status: response.status().as_u16(), body, headers }
    }

    pub fn new_draft(&self, requirements: &str) -> String {
        let body =
            json!({"requirements": requirements, "format": "classic", "project_key": "PAY", "issue_type": "Story"});
        self.call("POST", "drafts", body).expect(201)["id"].as_str().unwrap().to_owned()
    }

    /// A draft that holds this document.
    pub fn draft_of(&self, document: &Value) -> String {
        let draft = self.new_draft("Support agents must refund captured card payments.");
        let version = self.get(&format!("drafts/{draft}")).expect(200)["version"].to_string();
        let etag = format!("\"{version}\"");
        self.call_with("PUT", &format!("drafts/{draft}"), &[("If-Match", &etag)], json!({"document": document}))
            .expect(200);
        draft
    }

    pub fn generate(&self, draft: &str) -> String {
        self.call("POST", &format!("drafts/{draft}/generate"), json!({})).expect(202)["job_id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// The events of a job from after a number, until one satisfies `last`. Fails after a minute.
    pub fn events(&self, job: &str, after: u64, mut last: impl FnMut(&Event) -> bool) -> Vec<Event> {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        let mut response = agent
            .get(&format!("http://127.0.0.1:{}/api/v1/jobs/{job}/events", self.port))
            .header("Authorization", &format!("Bearer {}", self.token.as_deref().unwrap_or_default()))
            .header("Last-Event-ID", &after.to_string())
            .call()
            .unwrap();
        assert_eq!(response.status(), 200);
        let mut lines = BufReader::new(response.body_mut().as_reader().take(50_000_000)).lines();
        let mut events = Vec::new();
        let mut event = Event::default();
        loop {
            let Some(Ok(line)) = lines.next() else { panic!("the stream ended before its last event: {events:#?}") };
            match line.split_once(": ").or_else(|| line.split_once(':')) {
                Some(("id", id)) => event.id = id.parse().unwrap(),
                Some(("event", kind)) => event.kind = kind.to_owned(),
                Some(("data", data)) => event.data = serde_json::from_str(data).unwrap(),
                None if line.is_empty() && !event.kind.is_empty() => {
                    let ended = last(&event);
                    events.push(std::mem::take(&mut event));
                    if ended {
                        return events;
                    }
                }
                _ => {}
            }
        }
    }

    /// All events of a job that ends.
    pub fn to_end(&self, job: &str) -> Vec<Event> {
        self.events(job, 0, |event| event.is_last())
    }

    /// A draft that is written.
    pub fn written(&self, requirements: &str) -> String {
        let draft = self.new_draft(requirements);
        let job = self.generate(&draft);
        let events = self.to_end(&job);
        assert_eq!(events.last().unwrap().data["status"], "completed", "{events:#?}");
        draft
    }

    /// Approves the plan of a draft; gives run and job of it.
    pub fn publish(&self, draft: &str, key: &str) -> String {
        let plan = self.get(&format!("drafts/{draft}/plan")).expect(200);
        let body = json!({"plan_hash": plan["plan_hash"]});
        let run =
            self.call_with("POST", &format!("drafts/{draft}/publish"), &[("Idempotency-Key", key)], body).expect(202);
        run["run_id"].as_str().unwrap().to_owned()
    }

    /// Asks for a run until it has left `active`.
    pub fn settled(&self, run: &str) -> Value {
        let begin = Instant::now();
        loop {
            let view = self.get(&format!("runs/{run}")).expect(200);
            if view["state"] != "active" {
                return view;
            }
            assert!(begin.elapsed() < Duration::from_secs(180), "the run does not settle: {view:#}");
            std::thread::yield_now();
        }
    }
}

/// A browser without a screen: it holds the session cookie and sends forms with their token.
pub struct Browser {
    agent: ureq::Agent,
    base: String,
    pub cookies: std::collections::BTreeMap<String, String>,
}

impl Browser {
    /// Signs in through the form.
    pub fn sign_in(company: &Company, handle: &str) -> Self {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
        let mut browser = Self {
            agent,
            base: format!("http://127.0.0.1:{}", company.port),
            cookies: std::collections::BTreeMap::new(),
        };
        let form = browser.page("/sign-in");
        let token = token_of(&form);
        let name = company.person(handle).employee_id;
        let fields = [("csrf", token), ("username", name.as_str()), ("password", PASSWORD)];
        let request = browser
            .agent
            .post(&format!("{}/sign-in", browser.base))
            .header("Cookie", &browser.cookie_header())
            .header("Origin", &browser.base);
        let mut response = request.send_form(fields).unwrap();
        let status = response.status();
        assert!(status.is_redirection(), "{status}: {}", response.body_mut().read_to_string().unwrap());
        browser.keep_cookies(&response);
        browser
    }

    /// A page as text.
    pub fn page(&mut self, path: &str) -> String {
        let mut response =
            self.agent.get(&format!("{}{path}", self.base)).header("Cookie", &self.cookie_header()).call().unwrap();
        self.keep_cookies(&response);
        assert!(response.status().is_success(), "{path}: {}", response.status());
        response.body_mut().read_to_string().unwrap()
    }

    /// A page, asked for until it shows something.
    #[track_caller]
    pub fn until(&mut self, path: &str, shows: impl Fn(&str) -> bool) -> String {
        let begin = Instant::now();
        loop {
            let page = self.page(path);
            if shows(&page) {
                return page;
            }
            assert!(begin.elapsed() < Duration::from_secs(30), "{path} does not show it: {page}");
            std::thread::yield_now();
        }
    }

    /// Sends a form of a page; the answer leads on.
    #[track_caller]
    pub fn send(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) {
        let form = self.page(page);
        let token = [("csrf", token_of(&form))];
        let request = self
            .agent
            .post(&format!("{}{action}", self.base))
            .header("Cookie", &self.cookie_header())
            .header("Origin", &self.base);
        let mut response = request.send_form(token.into_iter().chain(fields.iter().copied())).unwrap();
        let status = response.status();
        assert!(status.is_redirection(), "{status}: {}", response.body_mut().read_to_string().unwrap());
        self.keep_cookies(&response);
    }

    fn keep_cookies<B>(&mut self, response: &ureq::http::Response<B>) {
        for value in response.headers().get_all("set-cookie") {
            let (name, value) = value.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    fn cookie_header(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }
}

/// The token of a page's forms.
fn token_of(page: &str) -> &str {
    page.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a csrf field")
}

/// One server-sent event.
#[derive(Debug, Default, Clone)]
pub struct Event {
    pub id: u64,
    pub kind: String,
    pub data: Value,
}

impl Event {
    pub fn is_last(&self) -> bool {
        self.kind == "done" || (self.kind == "error" && self.data["retry"] != true)
    }
}

/// The text that token events leave at each place, resets included.
pub fn streamed(events: &[Event]) -> std::collections::BTreeMap<String, String> {
    let mut texts = std::collections::BTreeMap::<String, String>::new();
    for event in events {
        match event.kind.as_str() {
            "reset" => texts.clear(),
            "token" => texts
                .entry(event.data["path"].as_str().unwrap().to_owned())
                .or_default()
                .push_str(event.data["text"].as_str().unwrap()),
            _ => {}
        }
    }
    texts
}

/// One call of a person to a site of the pretend company, past the product; null for an empty answer.
pub fn call_site(method: &str, url: &str, token: &str, body: &Value) -> Value {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(url)
        .header("Authorization", format!("Bearer {token}"))
        .header("Content-Type", "application/json");
    let mut response = match body.is_null() {
        true => agent.run(request.body(()).unwrap()).unwrap(),
        false => agent.run(request.body(body.to_string()).unwrap()).unwrap(),
    };
    let text = response.body_mut().read_to_string().unwrap();
    assert!(response.status().is_success(), "{method} {url}: {text}");
    if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
}
