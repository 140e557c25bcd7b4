//! An application with fakes behind its ports, and clients by identity.

use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::cookie::Key;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web;
use futures_util::future::LocalBoxFuture;
use serde_json::Value;
use std::rc::Rc;
use std::sync::Arc;
use storywright_application::people::{confirm_registration, issue_token, register};
use storywright_application::worker::run_claimed;
use storywright_application::{Ports, RunningJobs, Settings};
use storywright_domain::job::JobKind;
use storywright_domain::ports::{JobQueue, Saved, StorageExt};
use storywright_domain::remote::{Site, SiteKind};
use storywright_domain::tool::McpServer;
use storywright_domain::{Millis, RequestId, Secret, Timestamp, UserId};
use storywright_testkit::{
    CountingIds, FakeChat, FakeConfluence, FakeHasher, FakeJira, FakeSealer, FakeSha256, FakeSigner, FakeTools,
    FixedClock, MemoryStore, build,
};
use storywright_web::{AppState, CertificateFacts, CheckedCertificates, WebSettings};
use tokio::sync::OnceCell;
use url::Url;

/// A password that is good enough.
pub const PASSWORD: &str = "copper lantern meadow train";

/// The application and everything behind it.
pub struct App {
    pub state: web::Data<AppState>,
    pub store: MemoryStore,
    pub clock: Arc<FixedClock>,
    pub jira: Arc<FakeJira>,
    pub confluence: Arc<FakeConfluence>,
    pub chat: Arc<FakeChat>,
    pub tools: Arc<FakeTools>,
    pub hasher: Arc<FakeHasher>,
    service: OnceCell<Service>,
}

type Answer = (StatusCode, HeaderMap, BoxBody);
/// The whole application as one function; made once, because building the routes takes longer than most calls.
type Service = Box<dyn Fn(TestRequest) -> LocalBoxFuture<'static, Answer>>;

/// Somebody with a token.
#[derive(Clone)]
pub struct Client {
    pub token: String,
    pub user: UserId,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {}", String::from_utf8_lossy(&self.body)))
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Asserts a success and gives the body.
    #[track_caller]
    pub fn good(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.body));
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// Asserts a problem, complete in every part, and gives it.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let body = self.json();
        assert_eq!((self.status.as_u16(), body["code"].as_str()), (status, Some(code)), "{body}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(self.header("x-error-code"), Some(code));
        assert_eq!(body["status"], status);
        for part in ["type", "title", "detail", "request_id"] {
            assert!(body[part].as_str().is_some_and(|text| !text.is_empty()), "{part}: {body}");
        }
        assert_eq!(body["request_id"].as_str(), self.header("x-request-id"));
        body
    }

    /// Asserts a problem of exactly these fields with these codes.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str, fields: &[(&str, &str)]) -> Value {
        let body = self.problem(status, code);
        let found: Vec<(&str, &str)> = body["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| (error["field"].as_str().unwrap(), error["code"].as_str().unwrap()))
            .collect();
        assert_eq!(found, fields, "{body}");
        body
    }
}

fn site(id: &str, kind: SiteKind) -> Site {
    Site {
        id: id.to_owned(),
        name: id.to_owned(),
        kind,
        base_url: format!("https://{id}.corp.example/{id}"),
        allow_http: false,
        allow_loopback: false,
        allow_unverified_tls: false,
        marker_field: None,
        spaces: Vec::new(),
        restricted_spaces: Vec::new(),
        publish_through: None,
    }
}

impl App {
    /// With settings as shipped.
    pub fn new() -> Self {
        Self::with(|_| ())
    }

    /// With changed settings.
    pub fn with(change: impl FnOnce(&mut WebSettings)) -> Self {
        Self::made(change, |_| ())
    }

    /// With MCP servers, and the first person as an administrator.
    pub fn with_servers(servers: Vec<McpServer>) -> Self {
        Self::made(
            |_| (),
            |settings| {
                settings.mcp_servers = servers;
                settings.administrators = vec![build::jira_user(1).name];
            },
        )
    }

    fn made(change: impl FnOnce(&mut WebSettings), change_use_cases: impl FnOnce(&mut Settings)) -> Self {
        let clock = Arc::new(FixedClock::default());
        let store = MemoryStore::new(clock.clone());
        let (jira, confluence) = (Arc::new(FakeJira::default()), Arc::new(FakeConfluence::default()));
        let tools = Arc::new(FakeTools::default());
        let (chat, hasher) = (Arc::new(FakeChat::default()), Arc::new(FakeHasher::default()));
        let sites = vec![site("jira", SiteKind::Jira), site("confluence", SiteKind::Confluence)];
        let mut use_case_settings = Settings { sites, ..Settings::default() };
        change_use_cases(&mut use_case_settings);
        let ports = Ports {
            storage: Arc::new(store.clone()),
            jira: jira.clone(),
            confluence: confluence.clone(),
            chat: chat.clone(),
            files: Arc::new(storywright_testkit::ReadsWith(storywright_markup::read_file)),
            tools: tools.clone(),
            events: Arc::new(store.clone()),
            queue: Arc::new(store.clone()),
            passwords: hasher.clone(),
            sealer: Arc::new(FakeSealer::default()),
            tokens: Arc::new(FakeSigner),
            sha256: Arc::new(FakeSha256),
            clock: clock.clone(),
            ids: Arc::new(CountingIds::default()),
            settings: Arc::new(use_case_settings),
            running: Arc::new(RunningJobs::default()),
            reviewer: Arc::default(),
        };
        assert_eq!(store.write(|tx| tx.save_rule_set(&build::kept_rule_set(), "", "")), Ok(Saved::Stored));
        let url = Url::parse("https://stories.corp.example").unwrap();
        let mut settings = WebSettings::new(url, Key::from(&[7; 64]));
        change(&mut settings);
        let state = AppState::new(ports, settings, Arc::new(check_certificate)).unwrap();
        Self {
            state: web::Data::new(state),
            store,
            clock,
            jira,
            confluence,
            chat,
            tools,
            hasher,
            service: OnceCell::new(),
        }
    }

    /// Sends a request and reads the answer.
    pub async fn send(&self, req: TestRequest) -> Reply {
        let (status, headers, body) = self.open(req).await;
        let body = to_bytes(body).await.unwrap_or_else(|_| panic!("the body broke off")).to_vec();
        Reply { status, headers, body }
    }

    /// Sends a request; the body of the answer is left unread.
    pub async fn open(&self, req: TestRequest) -> Answer {
        let service = self.service.get_or_init(|| async { service(&self.state).await }).await;
        service(req).await
    }

    /// A person who signed up, with a token. Their Jira token is `jira-pat-N`.
    pub fn person(&self, number: u128) -> Client {
        let pat = format!("jira-pat-{number}");
        self.jira.add_person(&pat, build::jira_user(number));
        let request = RequestId::from_number(number);
        let ports = &self.state.ports;
        let registration = register(ports, "jira", &pat, &request).unwrap();
        let password = Secret::new(PASSWORD.to_owned());
        let person = confirm_registration(ports, registration.id, &password, &request).unwrap();
        let issued = issue_token(ports, &person.employee_id, &password, &request).unwrap();
        Client { token: issued.token.reveal().to_owned(), user: person.id }
    }

    /// [`App::person`] with a tested LLM connection.
    pub async fn writer(&self, number: u128) -> Client {
        let client = self.person(number);
        let cookie = format!("llm-cookie-{number}");
        self.chat.add_person(&cookie, &format!("emp{number}"));
        let body = serde_json::json!({"service": "company", "credential": cookie});
        client.put("/integrations/llm", &body, None).send(self).await.good(200);
        let report = client.post("/integrations/llm/test").send(self).await.good(200);
        assert_eq!(report["ok"], true, "{report}");
        client
    }

    /// A draft with one story that the rules let through, as the API shows it.
    pub async fn draft(&self, client: &Client) -> Value {
        let new = serde_json::json!({"requirements": "Customers get their money back.", "format": "classic", "project_key": "PAY", "issue_type": "Story"});
        let draft = client.post_json("/drafts", &new).send(self).await.good(201);
        let path = format!("/drafts/{}", draft["id"].as_str().unwrap());
        let story = serde_json::to_value(build::story("Refund a payment")).unwrap();
        let change = serde_json::json!({"document": {"stories": [story]}});
        client.put(&path, &change, Some("\"1\"")).send(self).await.good(200)
    }

    /// Runs the job that waits, as a worker would.
    pub async fn work(&self) {
        let (store, ports) = (self.store.clone(), Arc::clone(&self.state.ports));
        let work = move || {
            let claim = store.claim("worker", &JobKind::ALL, Millis::seconds(180)).unwrap().expect("a job waits");
            run_claimed(&ports, &claim);
        };
        web::block(work).await.unwrap();
    }
}

async fn service(state: &web::Data<AppState>) -> Service {
    let service = Rc::new(init_service(storywright_web::app(state)).await);
    Box::new(move |req| {
        let service = Rc::clone(&service);
        Box::pin(async move {
            let (_, answer) = call_service(&*service, req.to_request()).await.into_parts();
            (answer.status(), answer.headers().clone(), answer.into_body().boxed())
        })
    })
}

fn check_certificate(pem: &str) -> Result<CheckedCertificates, String> {
    if !pem.contains("BEGIN CERTIFICATE") {
        return Err("this is no certificate: export it as PEM".to_owned());
    }
    let facts = CertificateFacts { subject: "CN=Company".to_owned(), not_after: Timestamp(0), sha256: "0".repeat(64) };
    Ok(CheckedCertificates { pem: pem.trim().to_owned(), certificates: vec![facts] })
}

/// A request under way.
pub struct Call(pub TestRequest);

impl Call {
    /// Sends it.
    pub async fn send(self, app: &App) -> Reply {
        app.send(self.0).await
    }

    /// With another header.
    pub fn header(self, name: &'static str, value: &str) -> Self {
        Self(self.0.insert_header((name, value)))
    }
}

/// A request to the API by nobody.
pub fn anonymous(method: &str, path: &str) -> Call {
    let method = method.parse().unwrap();
    Call(TestRequest::default().method(method).uri(&format!("/api/v1{path}")))
}

/// A request with a JSON body by nobody.
pub fn anonymous_json(method: &str, path: &str, body: &Value) -> Call {
    Call(anonymous(method, path).0.insert_header(("content-type", "application/json")).set_payload(body.to_string()))
}

impl Client {
    fn signed(&self, call: Call) -> Call {
        call.header("authorization", &format!("Bearer {}", self.token))
    }

    pub fn get(&self, path: &str) -> Call {
        self.signed(anonymous("GET", path))
    }

    pub fn delete(&self, path: &str) -> Call {
        self.signed(anonymous("DELETE", path))
    }

    /// Without a body.
    pub fn post(&self, path: &str) -> Call {
        self.signed(anonymous("POST", path))
    }

    pub fn post_json(&self, path: &str, body: &Value) -> Call {
        self.signed(anonymous_json("POST", path, body))
    }

    pub fn put(&self, path: &str, body: &Value, if_match: Option<&str>) -> Call {
        let call = self.signed(anonymous_json("PUT", path, body));
        match if_match {
            Some(version) => call.header("if-match", version),
            None => call,
        }
    }

    /// Any method, any body text.
    pub fn raw(&self, method: &str, path: &str, content_type: &str, body: impl Into<web::Bytes>) -> Call {
        let call = self.signed(anonymous(method, path)).header_if("content-type", content_type);
        Call(call.0.set_payload(body))
    }
}

impl Call {
    fn header_if(self, name: &'static str, value: &str) -> Self {
        if value.is_empty() { self } else { self.header(name, value) }
    }
}
