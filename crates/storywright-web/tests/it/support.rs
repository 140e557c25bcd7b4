//! The application over fakes, and clients by identity.

use actix_web::body::{BoxBody, to_bytes};
use actix_web::cookie::{Cookie, Key};
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::{test, web};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use storywright_application::drafts::{DraftChange, NewDraft, create_draft, edit_draft};
use storywright_application::integrations::{NewIntegration, save_integration, test_integration};
use storywright_application::people::{confirm_registration, register};
use storywright_application::worker::run_claimed;
use storywright_application::{Ports, Settings};
use storywright_domain::draft::Draft;
use storywright_domain::integration::IntegrationKind;
use storywright_domain::job::JobKind;
use storywright_domain::person::{Actor, Person};
use storywright_domain::ports::{JobQueue, Saved, StorageExt};
use storywright_domain::remote::{Site, SiteKind};
use storywright_domain::story::{Document, Story};
use storywright_domain::tool::McpServer;
use storywright_domain::{Millis, RequestId, Secret};
use storywright_testkit::{
    CountingIds, FakeChat, FakeConfluence, FakeHasher, FakeJira, FakeSealer, FakeSha256, FakeSigner, FakeTools,
    FixedClock, MemoryStore, build,
};
use storywright_web::{AppState, CertificateFacts, CheckedCertificates, WebSettings, app};

/// A good password for everybody.
pub const PASSWORD: &str = "copper lantern meadow train";

type Answering = Pin<Box<dyn Future<Output = ServiceResponse<BoxBody>>>>;

/// The application with everything that a test can reach behind it.
pub struct TestApp {
    call: Box<dyn Fn(test::TestRequest) -> Answering>,
    pub ports: Ports,
    pub store: MemoryStore,
    pub clock: Arc<FixedClock>,
    pub jira: Arc<FakeJira>,
    pub chat: Arc<FakeChat>,
    pub tools: Arc<FakeTools>,
    pub confluence: Arc<FakeConfluence>,
    pub hasher: Arc<FakeHasher>,
}

/// What a test reaches behind the ports.
pub struct Fakes {
    store: MemoryStore,
    clock: Arc<FixedClock>,
    jira: Arc<FakeJira>,
    chat: Arc<FakeChat>,
    tools: Arc<FakeTools>,
    confluence: Arc<FakeConfluence>,
    hasher: Arc<FakeHasher>,
}

/// What came back.
pub struct Got {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Got {
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{:?}\n{}", self.headers, self.body);
        self
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub fn shows(self, text: &str) -> Self {
        assert!(self.body.contains(text), "`{text}` is missing in\n{}", self.body);
        self
    }

    #[track_caller]
    pub fn hides(self, text: &str) -> Self {
        assert!(!self.body.contains(text), "`{text}` is in\n{}", self.body);
        self
    }
}

fn site(id: &str, name: &str, kind: SiteKind) -> Site {
    Site {
        id: id.to_owned(),
        name: name.to_owned(),
        kind,
        base_url: format!("https://{id}.corp.example"),
        allow_http: false,
        allow_loopback: false,
        allow_unverified_tls: false,
        marker_field: None,
        spaces: Vec::new(),
        restricted_spaces: Vec::new(),
        publish_through: None,
    }
}

impl TestApp {
    pub async fn new() -> Rc<Self> {
        Self::with(|_| {}).await
    }

    /// Ports over fakes, the fakes, and what is shared by a server over them.
    pub fn state(change: impl FnOnce(&mut WebSettings)) -> (Ports, Fakes, web::Data<AppState>) {
        Self::state_with(change, Vec::new())
    }

    /// The same, with MCP servers.
    fn state_with(
        change: impl FnOnce(&mut WebSettings),
        mcp_servers: Vec<McpServer>,
    ) -> (Ports, Fakes, web::Data<AppState>) {
        let clock = Arc::new(FixedClock::default());
        let store = MemoryStore::new(clock.clone());
        assert_eq!(store.write(|tx| tx.save_rule_set(&build::kept_rule_set(), "", "")), Ok(Saved::Stored));
        let tools = Arc::new(FakeTools::default());
        let (jira, chat) = (Arc::new(FakeJira::default()), Arc::new(FakeChat::default()));
        let (confluence, hasher) = (Arc::new(FakeConfluence::default()), Arc::new(FakeHasher::default()));
        let settings = Settings {
            sites: vec![
                site("jira", "Company Jira", SiteKind::Jira),
                site("confluence", "Company Confluence", SiteKind::Confluence),
            ],
            mcp_servers,
            administrators: vec!["boss".to_owned()],
            ..Settings::default()
        };
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
            settings: Arc::new(settings),
            running: Arc::default(),
            reviewer: Arc::default(),
        };
        let mut settings = WebSettings::new("http://127.0.0.1:8080".parse().unwrap(), Key::from(&[7; 64]));
        change(&mut settings);
        let check = Arc::new(|pem: &str| {
            let fact = CertificateFacts {
                subject: "CN=Company Root".to_owned(),
                not_after: build::NOW + Millis::hours(24 * 365),
                sha256: "ab".repeat(32),
            };
            if pem.contains("BEGIN CERTIFICATE") && !pem.contains("PRIVATE KEY") {
                Ok(CheckedCertificates { pem: pem.to_owned(), certificates: vec![fact] })
            } else {
                Err("the file holds a private key or no certificate".to_owned())
            }
        });
        let state = web::Data::new(AppState::new(ports.clone(), settings, check).unwrap());
        (ports, Fakes { store, clock, jira, chat, tools, confluence, hasher }, state)
    }

    pub async fn with(change: impl FnOnce(&mut WebSettings)) -> Rc<Self> {
        Self::over(Self::state(change)).await
    }

    /// An app with these MCP servers.
    pub async fn with_servers(servers: Vec<McpServer>) -> Rc<Self> {
        Self::over(Self::state_with(|_| {}, servers)).await
    }

    async fn over((ports, fakes, state): (Ports, Fakes, web::Data<AppState>)) -> Rc<Self> {
        let Fakes { store, clock, jira, chat, tools, confluence, hasher } = fakes;
        let service = Rc::new(test::init_service(app(&state)).await);
        let call = Box::new(move |req: test::TestRequest| -> Answering {
            let service = Rc::clone(&service);
            Box::pin(async move {
                match service.call(req.to_request()).await {
                    Ok(res) => res.map_into_boxed_body(),
                    Err(error) => panic!("an error went past every layer: {error}"),
                }
            })
        });
        Rc::new(Self { call, ports, store, clock, jira, chat, tools, confluence, hasher })
    }

    /// Signs a person up as they would, with Jira and LLM connected and tested.
    pub fn person(&self, name: &str, number: u128) -> Person {
        let pat = format!("pat-of-{name}-1234");
        let cookie = format!("cookie-of-{name}-5678");
        let mut user = build::jira_user(number);
        user.display_name = format!("{name} Archer");
        user.name = name.to_owned();
        user.email = format!("{name}@corp.example");
        self.jira.add_person(&pat, user);
        self.chat.add_person(&cookie, name);
        self.confluence.add_person(&format!("wiki-of-{name}-9012"), name);
        let request = RequestId::from_number(number);
        let registration = register(&self.ports, "jira", &pat, &request).unwrap();
        let password = Secret::new(PASSWORD.to_owned());
        let person = confirm_registration(&self.ports, registration.id, &password, &request).unwrap();
        let actor = Actor::of(&person, request);
        let new = NewIntegration {
            kind: IntegrationKind::Llm,
            target: FakeChat::SERVICE.to_owned(),
            credential: Some(cookie),
            verify_tls: true,
            ca_pem: None,
        };
        save_integration(&self.ports, &actor, &new).unwrap();
        assert!(test_integration(&self.ports, &actor, IntegrationKind::Llm).unwrap().ok);
        person
    }

    pub fn actor(&self, person: &Person) -> Actor {
        Actor::of(person, RequestId::from_number(99))
    }

    /// A draft with a story that may go to Jira.
    pub fn ready_draft(&self, person: &Person, summary: &str) -> Draft {
        let draft = self.empty_draft(person, "Customers want their money back.");
        let story = Story { id: String::new(), ..build::story(summary) };
        let document = Document::of_stories(vec![story]);
        let change = DraftChange { document: Some(document), ..DraftChange::default() };
        edit_draft(&self.ports, &self.actor(person), draft.id, draft.version, &change).unwrap()
    }

    pub fn empty_draft(&self, person: &Person, requirements: &str) -> Draft {
        let new = NewDraft {
            requirements: requirements.to_owned(),
            format: "classic".to_owned(),
            prompt: String::new(),
            prompt_taken: None,
            project_key: "PAY".to_owned(),
            issue_type: "Story".to_owned(),
            rule_set: String::new(),
        };
        create_draft(&self.ports, &self.actor(person), &new).unwrap()
    }

    /// Does what a worker would do with the next job; `false` when none waits.
    pub fn work(&self) -> bool {
        let claimed = self.store.claim("worker", &JobKind::ALL, Millis::seconds(180)).unwrap();
        claimed.is_some_and(|claim| {
            run_claimed(&self.ports, &claim);
            true
        })
    }

    pub async fn send(&self, req: test::TestRequest) -> Got {
        let res = (self.call)(req).await;
        let status = res.status();
        let headers = res.headers().clone();
        let body = to_bytes(res.into_body()).await.unwrap();
        Got { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
    }
}

/// A browser.
pub struct Browser {
    pub app: Rc<TestApp>,
    pub cookies: RefCell<BTreeMap<String, String>>,
    pub peer: SocketAddr,
}

/// How a browser asks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// As a page.
    Page,
    /// As htmx.
    Htmx,
}

impl Browser {
    pub fn anonymous(app: &Rc<TestApp>) -> Self {
        Self { app: Rc::clone(app), cookies: RefCell::default(), peer: "192.0.2.10:4000".parse().unwrap() }
    }

    /// Signs in through the form.
    pub async fn signed_in(app: &Rc<TestApp>, name: &str) -> Self {
        let browser = Self::anonymous(app);
        let token = browser.token("/sign-in").await;
        let got =
            browser.form("/sign-in", By::Page, &[("username", name), ("password", PASSWORD), ("csrf", &token)]).await;
        assert_eq!((got.status.as_u16(), got.header("location")), (303, "/"), "{}", got.body);
        browser
    }

    pub fn request(&self, method: &str, path: &str) -> test::TestRequest {
        let mut req = test::TestRequest::default().method(method.parse().unwrap()).uri(path).peer_addr(self.peer);
        for (name, value) in self.cookies.borrow().iter() {
            req = req.cookie(Cookie::new(name.clone(), value.clone()));
        }
        req.insert_header(("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"))
    }

    pub async fn send(&self, req: test::TestRequest) -> Got {
        let got = self.app.send(req).await;
        for value in got.headers.get_all("set-cookie") {
            let cookie = Cookie::parse_encoded(value.to_str().unwrap().to_owned()).unwrap();
            let mut cookies = self.cookies.borrow_mut();
            if cookie.value().is_empty() {
                cookies.remove(cookie.name());
            } else {
                cookies.insert(cookie.name().to_owned(), cookie.value().to_owned());
            }
        }
        got
    }

    pub async fn get(&self, path: &str) -> Got {
        self.send(self.request("GET", path).insert_header(("accept", "text/html"))).await
    }

    pub async fn fragment(&self, path: &str, target: &str) -> Got {
        self.send(self.request("GET", path).insert_header(("hx-request", "true")).insert_header(("hx-target", target)))
            .await
    }

    /// A request token from a page.
    pub async fn token(&self, page: &str) -> String {
        let got = self.get(page).await.expect(200);
        let mark = "name=\"csrf\" value=\"";
        let start = got.body.find(mark).expect("a page with a form") + mark.len();
        got.body[start..start + 64].to_owned()
    }

    pub async fn form(&self, path: &str, by: By, fields: &[(&str, &str)]) -> Got {
        let mut req = self.request("POST", path).set_form(fields).insert_header(("accept", "text/html"));
        if by == By::Htmx {
            req = req.insert_header(("hx-request", "true"));
        }
        self.send(req).await
    }

    /// Posts a form with a fresh request token.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Got {
        self.post_to(path, "", fields).await
    }

    /// As [`Browser::post`], into the element with this id.
    pub async fn post_to(&self, path: &str, target: &str, fields: &[(&str, &str)]) -> Got {
        let token = self.token("/jobs").await;
        let req = self.request("POST", path).set_form(fields);
        let req = req.insert_header(("hx-request", "true")).insert_header(("hx-target", target));
        self.send(req.insert_header(("x-csrf-token", token))).await
    }

    pub async fn put(&self, path: &str, json: &serde_json::Value) -> Got {
        let token = self.token("/jobs").await;
        self.send(self.request("PUT", path).set_json(json).insert_header(("x-csrf-token", token))).await
    }
}

/// Two people with everything connected.
pub async fn alice_and_bob() -> (Rc<TestApp>, Person, Person) {
    let app = TestApp::new().await;
    let (alice, bob) = (app.person("alice", 1), app.person("bob", 2));
    (app, alice, bob)
}

/// The hash in the form that approves.
#[track_caller]
pub fn hash_of(body: &str) -> String {
    let mark = "name=\"hash\" value=\"";
    let start = body.find(mark).expect("a form that approves") + mark.len();
    body[start..start + body[start..].find('"').unwrap()].to_owned()
}
