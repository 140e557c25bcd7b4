//! A configuration folder for a test, the port over it, and sinks.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{
    ChatAccess, ChatAnswer, ChatCall, ChatError, ChatModel, ChatRequest, ChatSink, Clock, IdSource, JsonSchema,
};
use storywright_domain::{RequestId, Secret, Timestamp, UserId};
use storywright_http::{Egress, EgressOptions};
use storywright_llm::ConfiguredChat;

/// A clock that stands still: breakers never close again and nothing here waits for it.
pub struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp(1_750_000_000_000)
    }
}

/// Numbers that count up.
#[derive(Default)]
pub struct Counting(AtomicU64);

impl IdSource for Counting {
    fn id(&self) -> u128 {
        u128::from(self.0.fetch_add(1, Ordering::SeqCst))
    }

    fn secret(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes());
        bytes
    }
}

/// The folder that is shipped.
pub fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config").canonicalize().unwrap()
}

/// The port with the folder that it reads.
pub struct Bench {
    pub chat: ConfiguredChat,
    pub folder: tempfile::TempDir,
}

/// The `config.json` for a service at `base_url`, with the shipped other files, changed by `change`.
pub fn config(base_url: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut config = json!({"llm": {
        "files": {
            "header": shipped().join("header.json"),
            "payload": shipped().join("payload.json"),
            "prompts": shipped().join("prompts.json"),
        },
        "services": [{
            "name": "corp",
            "base_url": base_url,
            "identity": {"path": "/api/me", "user_pointer": "/user/employee_id", "name_pointer": "/user/name"},
            "chat": {"path": "/v1/chat/completions"},
            "model": "m-1",
            "parameters": {"temperature": 0.2},
            "allow_http": true,
            "allow_loopback": true,
        }],
    }});
    change(&mut config["llm"]);
    config
}

impl Bench {
    pub fn new(base_url: &str) -> Self {
        Self::with(base_url, |_| {})
    }

    /// `change` gets the `llm` part.
    pub fn with(base_url: &str, change: impl FnOnce(&mut Value)) -> Self {
        Self::over(EgressOptions::new("test", Arc::new(Still), Arc::new(Counting::default())), base_url, change)
    }

    pub fn over(options: EgressOptions, base_url: &str, change: impl FnOnce(&mut Value)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.json"), config(base_url, change).to_string()).unwrap();
        let egress = Egress::new(Vec::new(), options);
        let chat = ConfiguredChat::load(folder.path(), egress, Arc::new(Counting::default())).unwrap();
        Self { chat, folder }
    }

    /// The port over one of the shipped examples, at another address; `change` gets the service.
    pub fn example(name: &str, base_url: &str, change: impl FnOnce(&mut Value)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let example = shipped().join("examples").join(name);
        let mut config: Value =
            serde_json::from_str(&std::fs::read_to_string(example.join("config.json")).unwrap()).unwrap();
        for file in config["llm"]["files"].as_object_mut().unwrap().values_mut() {
            *file = example.join(file.as_str().unwrap()).to_str().into();
        }
        let service = &mut config["llm"]["services"][0];
        service["base_url"] = base_url.into();
        service["allow_http"] = true.into();
        service["allow_loopback"] = true.into();
        change(service);
        std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
        let options = EgressOptions::new("test", Arc::new(Still), Arc::new(Counting::default()));
        let egress = Egress::new(Vec::new(), options);
        let chat = ConfiguredChat::load(folder.path(), egress, Arc::new(Counting::default())).unwrap();
        Self { chat, folder }
    }

    /// Asks for a draft and gives what came, with every piece.
    pub fn draft(&self) -> (Result<ChatAnswer, ChatError>, Vec<String>) {
        let mut pieces = Pieces::default();
        let answer = self.chat.converse(&access(), &request(), &mut pieces, &Cancellation::new());
        (answer, pieces.0)
    }
}

pub fn access() -> ChatAccess {
    ChatAccess {
        user: UserId(7),
        service: "corp".to_owned(),
        credential: Secret::new("session=cookie-canary-4711".to_owned()),
        request_id: RequestId::from_number(42),
    }
}

pub fn request() -> ChatRequest {
    ChatRequest::plain(
        ChatCall::Draft,
        vec![
            ("requirements", "Customers can ask for refunds.".to_owned()),
            ("format", "classic".to_owned()),
            ("rules", "Max story points: 3\nMax summary length: 150".to_owned()),
        ],
        Some(schema()),
    )
}

pub fn schema() -> JsonSchema {
    JsonSchema { name: "story_draft", text: r#"{"type":"object","additionalProperties":false}"#.to_owned() }
}

/// Keeps every piece.
#[derive(Default)]
pub struct Pieces(pub Vec<String>);

impl ChatSink for Pieces {
    fn text(&mut self, piece: &str) {
        assert!(!piece.is_empty(), "pieces are never empty");
        self.0.push(piece.to_owned());
    }
}

/// Calls a function with every piece.
pub struct Calling<F: FnMut(&str) + Send>(pub F);

impl<F: FnMut(&str) + Send> ChatSink for Calling<F> {
    fn text(&mut self, piece: &str) {
        (self.0)(piece);
    }
}
