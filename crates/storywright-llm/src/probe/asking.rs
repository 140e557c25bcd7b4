//! The questions that a service is asked.

use crate::call::Call;
use crate::chat::{Budget, ConfiguredChat};
use crate::config::{Dialect, ReadyService, Structured};
use crate::live::Loaded;
use crate::tools::{Aliases, Marks};
use serde_json::Value;
use std::time::Duration;
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{
    ChatAccess, ChatAnswer, ChatCall, ChatError, ChatRequest, ChatSink, ChatTool, ChatTurn, JsonSchema, ToolOutcome,
    ToolUse,
};
use storywright_domain::tool::ToolClass;

/// A word that no model says by itself.
pub(super) const SESAME: &str = "sesame";
/// The one tool that is offered.
pub(super) const PROBE_TOOL: &str = "get_wiki_page";

const COLOURS: [&str; 3] = ["red", "green", "blue"];
const PLAIN: &str = "You are a helpful assistant.";

/// A conversation with one service, in the dialect that is tried at present.
pub(super) struct Asking<'a> {
    chat: &'a ConfiguredChat,
    loaded: &'a Loaded,
    ready: &'a ReadyService,
    access: &'a ChatAccess,
    cancellation: &'a Cancellation,
}

/// An answer with how it came.
pub(super) struct Watched {
    pub(super) answer: ChatAnswer,
    pub(super) pieces: usize,
    pub(super) first_text: Duration,
}

impl<'a> Asking<'a> {
    pub(super) fn new(
        chat: &'a ConfiguredChat,
        loaded: &'a Loaded,
        ready: &'a ReadyService,
        access: &'a ChatAccess,
        cancellation: &'a Cancellation,
    ) -> Self {
        Self { chat, loaded, ready, access, cancellation }
    }

    /// The next questions are asked this way.
    pub(super) fn speak(&mut self, dialect: Dialect) {
        self.loaded.learn(&self.ready.service.name, dialect);
    }

    /// What is spoken, after what was refused.
    pub(super) fn dialect(&self) -> Dialect {
        self.loaded.dialect(self.ready)
    }

    pub(super) fn takes_system_in_user(&self) -> bool {
        self.ready.payload.takes_system_in_user()
    }

    pub(super) fn takes_tools(&self) -> bool {
        self.ready.payload.takes_tools(ChatCall::Gather)
    }

    pub(super) fn holds_to(&self, structured: Structured) -> bool {
        self.ready.payload.holds_to(structured)
    }

    /// A few sentences, long enough to come in pieces.
    pub(super) fn counting(&mut self) -> Result<Watched, ChatError> {
        self.ask(PLAIN, "Count from one to twenty in words, separated by commas.", plain(None))
    }

    /// Something that only the system prompt knows.
    pub(super) fn password(&mut self) -> Result<ChatAnswer, ChatError> {
        let system = format!("Whatever you are asked, answer with the word \"{SESAME}\" and nothing else.");
        self.ask(&system, "Which day of the week comes after Monday?", plain(None)).map(|watched| watched.answer)
    }

    /// Something that nobody answers in JSON of this shape without being held to it.
    pub(super) fn colour(&mut self) -> Result<ChatAnswer, ChatError> {
        let text = serde_json::json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["colour"],
            "properties": {"colour": {"type": "string", "enum": COLOURS}},
        });
        let schema = JsonSchema { name: "one_colour", text: text.to_string() };
        self.ask(PLAIN, "Name a colour that you like.", plain(Some(schema))).map(|watched| watched.answer)
    }

    /// A question that needs the tool, and then the same with what the tool gave.
    pub(super) fn look_up(&mut self, called: Option<ToolUse>) -> Result<ChatAnswer, ChatError> {
        let parameters = serde_json::json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["title"],
            "properties": {"title": {"type": "string", "description": "Title of the page"}},
        });
        let description = "Gets a page of the company wiki by its title.".to_owned();
        let tool = ChatTool::reading(ToolClass::Read, PROBE_TOOL.to_owned(), description, parameters.to_string());
        let turns = called.map(|call| ChatTurn {
            outcomes: vec![ToolOutcome {
                id: call.id.clone(),
                text: "The page says: opening hours are 8 to 17.".to_owned(),
            }],
            calls: vec![call],
        });
        let request =
            ChatRequest { tools: tool.into_iter().collect(), turns: turns.into_iter().collect(), ..plain(None) };
        let request = ChatRequest { call: ChatCall::Gather, ..request };
        let user =
            format!("Look up the wiki page \"{SESAME}\" with the tool, then say in one sentence what it is about.");
        self.ask(PLAIN, &user, request).map(|watched| watched.answer)
    }

    fn ask(&mut self, system: &str, user: &str, request: ChatRequest) -> Result<Watched, ChatError> {
        let prompts = self.loaded.config.prompts.saying(system);
        let boundary = self.chat.boundary();
        let call = Call {
            egress: self.chat.egress(),
            ready: self.ready,
            access: self.access,
            request: &request,
            prompts: &prompts,
            aliases: Aliases::of(&request.tools),
            marks: Marks { boundary: &boundary, words: self.loaded.config.datamarking },
            user: user.to_owned(),
            cut: None,
        };
        let mut budget = Budget::of(&self.ready.service.timeouts, None);
        let mut watch = Watch { budget: Budget::of(&self.ready.service.timeouts, None), pieces: 0, first: None };
        let answer = self.chat.tries(self.loaded, &call, &mut budget, &mut watch, self.cancellation);
        let answer = answer.map_err(|error| crate::wire::without_secret(error, &self.access.credential))?;
        let first_text = watch.first.unwrap_or_else(|| watch.budget.taken());
        Ok(Watched { answer, pieces: watch.pieces, first_text })
    }
}

fn plain(schema: Option<JsonSchema>) -> ChatRequest {
    ChatRequest::plain(ChatCall::Draft, Vec::new(), schema)
}

/// Whether the answer is what the schema asks for; where only words ask for it, it may stand among others.
pub(super) fn is_colour(text: &str, structured: Structured) -> bool {
    let json = match structured {
        Structured::JsonSchema | Structured::JsonObject => text.trim(),
        Structured::None => {
            text.find('{').zip(text.rfind('}')).map_or("", |(start, end)| text.get(start..=end).unwrap_or(""))
        }
    };
    match serde_json::from_str::<Value>(json) {
        Ok(Value::Object(fields)) => {
            let colour = fields.get("colour").and_then(Value::as_str);
            fields.len() == 1 && colour.is_some_and(|colour| COLOURS.contains(&colour))
        }
        _ => false,
    }
}

/// Counts pieces and takes the time of the first.
struct Watch {
    budget: Budget,
    pieces: usize,
    first: Option<Duration>,
}

impl ChatSink for Watch {
    fn text(&mut self, _piece: &str) {
        self.pieces += 1;
        self.first.get_or_insert_with(|| self.budget.taken());
    }
}
