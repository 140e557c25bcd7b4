//! An answer put together from the data of a stream, or from a whole document.

use super::calls::CallCollector;
use super::documents::{Document, TooMuch};
use super::failure::{Failure, looks_like_a_page, page};
use super::sse::{Item, TooLong};
use super::think::{ThinkFilter, without_unopened_reasoning};
use crate::config::{FinishWord, Pointers};
use serde_json::Value;
use storywright_domain::ports::{ChatAnswer, ChatError, ChatSink, Finish, Usage};

/// Longest answer in bytes; a model that writes more has lost its way.
const LONGEST: usize = 4 * 1024 * 1024;

/// Puts one answer together.
pub(crate) struct AnswerReader<'a> {
    pointers: &'a Pointers,
    filter: ThinkFilter,
    text: String,
    refusal: String,
    finish: Option<Finish>,
    called_tool: bool,
    /// Begins ids that are made up for calls without one; `None` when no tools were offered.
    offered: Option<String>,
    calls: CallCollector,
    usage: Usage,
    ended: bool,
    /// It goes on with an answer that was cut.
    continues: bool,
}

/// What ended the reading, if it was not the answer itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The service said that it failed.
    Failed(Failure),
    /// For the caller as it is.
    Error(ChatError),
}

impl From<TooMuch> for Stop {
    fn from(error: TooMuch) -> Self {
        Self::Error(ChatError::Malformed { detail: error.to_string() })
    }
}

impl From<TooLong> for Stop {
    fn from(error: TooLong) -> Self {
        Self::Error(ChatError::Malformed { detail: error.to_string() })
    }
}

impl<'a> AnswerReader<'a> {
    /// `offered` begins the ids that are made up for calls without one; without it no tools were offered.
    pub(crate) fn new(pointers: &'a Pointers, offered: Option<String>) -> Self {
        Self {
            pointers,
            filter: ThinkFilter::default(),
            text: String::new(),
            refusal: String::new(),
            finish: None,
            called_tool: false,
            offered,
            calls: CallCollector::default(),
            usage: Usage::default(),
            ended: false,
            continues: false,
        }
    }

    /// A reader of the rest of an answer: white space at its beginning is a part of it.
    pub(crate) fn of_rest(pointers: &'a Pointers) -> Self {
        Self { filter: ThinkFilter::keeping_space(), continues: true, ..Self::new(pointers, None) }
    }

    /// Whether the end mark has come: nothing more needs to be read.
    pub(crate) fn ended(&self) -> bool {
        self.ended
    }

    /// Whether text has gone to the sink.
    pub(crate) fn text_came(&self) -> bool {
        !self.text.is_empty()
    }

    /// Takes the next thing of a stream.
    pub(crate) fn item(&mut self, item: Item<'_>, sink: &mut dyn ChatSink) -> Result<(), Stop> {
        if self.ended {
            return Ok(());
        }
        match item {
            Item::Stray(line) if looks_like_a_page(line) => Err(Stop::Error(page(200))),
            // A gateway that fails in mid-stream may write its error object without the field name.
            Item::Stray(line) => match serde_json::from_str::<Value>(line) {
                Ok(json) if self.failure(&json).is_some() => self.document(&json, sink),
                _ => Ok(()),
            },
            Item::Event { name, data } => self.event(name, data, sink),
        }
    }

    /// Takes the next thing of a body of documents.
    pub(crate) fn line(&mut self, document: Document<'_>, sink: &mut dyn ChatSink) -> Result<(), Stop> {
        match document {
            _ if self.ended => Ok(()),
            Document::Json(json) => self.document(&json, sink),
            Document::Other(text) if looks_like_a_page(text) => Err(Stop::Error(page(200))),
            // What follows a complete answer is no part of it.
            Document::Other(_) if self.is_complete() => Ok(()),
            Document::Other(_) => {
                Err(Stop::Error(self.malformed("the answer is neither an event stream nor JSON".to_owned())))
            }
        }
    }

    fn event(&mut self, name: &str, data: &str, sink: &mut dyn ChatSink) -> Result<(), Stop> {
        let data = data.trim();
        if data.is_empty() {
            return Ok(());
        }
        if self.pointers.end.as_deref() == Some(data) {
            self.ended = true;
            return Ok(());
        }
        if looks_like_a_page(data) {
            return Err(Stop::Error(page(200)));
        }
        if let Ok(json) = serde_json::from_str::<Value>(data) {
            if name == "error" && self.failure(&json).is_none() {
                return Err(Stop::Failed(Failure::of_json(&json, self.pointers)));
            }
            return self.document(&json, sink);
        }
        // Some services leave out the blank line between events: then every line is a document of its own.
        let lines: Vec<&str> = data.lines().filter(|line| !line.trim().is_empty()).collect();
        if lines.len() > 1 {
            return lines
                .into_iter()
                .try_for_each(|line| if self.ended { Ok(()) } else { self.event(name, line, sink) });
        }
        Err(Stop::Error(self.malformed("an event of the stream is no JSON".to_owned())))
    }

    /// Takes a document: one event's, or the whole answer of a service that does not stream.
    pub(crate) fn document(&mut self, json: &Value, sink: &mut dyn ChatSink) -> Result<(), Stop> {
        if let Some(failure) = self.failure(json) {
            return Err(Stop::Failed(failure));
        }
        let tokens = |pointers: &[String]| first(json, pointers).and_then(Value::as_u64);
        if let Some(input) = tokens(&self.pointers.input_tokens) {
            self.usage.input = input;
        }
        if let Some(output) = tokens(&self.pointers.output_tokens) {
            self.usage.output = output;
        }
        if let Some(value) = first(json, &self.pointers.refusal) {
            self.refusal.push_str(&text_of(value));
        }
        if let Some(calls) = first(json, &self.pointers.tool_calls) {
            self.calls.take(calls, &self.pointers.tool_call);
            self.called_tool |= !self.calls.is_empty();
        }
        if let Some(value) = first(json, &self.pointers.text) {
            let piece = self.filter.push(&text_of(value));
            self.piece(&piece, sink)?;
        }
        if let Some(word) = first(json, &self.pointers.finish).and_then(Value::as_str).filter(|word| !word.is_empty()) {
            match self.pointers.finish_words.meaning(word) {
                FinishWord::Ended(finish) => self.finish = Some(finish),
                FinishWord::Tool => {
                    self.called_tool = true;
                    self.finish = Some(Finish::Stop);
                }
                FinishWord::Unknown => {
                    let word: String = word.chars().filter(|c| !c.is_control()).take(40).collect();
                    return Err(Stop::Error(self.malformed(format!(
                        "it ended with `{word}`, which is not among the `finish_words` of payload.json"
                    ))));
                }
            }
        }
        self.ended |= self.pointers.ends.iter().any(|sign| sign.is_in(json));
        Ok(())
    }

    /// Nothing more comes. Gives the answer, if it is one.
    pub(crate) fn finish(mut self, sink: &mut dyn ChatSink) -> Result<ChatAnswer, ChatError> {
        if !self.ended && self.finish.is_none() {
            return Err(self.broken("the stream ended without its end mark".to_owned()));
        }
        let rest = self.filter.finish();
        if let Err(Stop::Error(error)) = self.piece(&rest, sink) {
            return Err(error);
        }
        let mut finish = self.finish.unwrap_or(Finish::Stop);
        if !self.refusal.is_empty() && self.text.is_empty() {
            finish = Finish::Refused;
        }
        let answer = |text: String, finish: Finish| ChatAnswer { text, calls: Vec::new(), finish, usage: self.usage };
        let calls = std::mem::take(&mut self.calls);
        match (finish, self.offered.as_deref()) {
            // A call that ran into the length limit may lack its end: it is none.
            (Finish::Stop, Some(prefix)) if !calls.is_empty() => {
                return Ok(ChatAnswer { calls: calls.finish(prefix), ..answer(String::new(), finish) });
            }
            (Finish::Length, Some(_)) if !calls.is_empty() => return Ok(answer(self.text, finish)),
            _ => {}
        }
        match finish {
            // The words of the refusal are for people; they never went to the sink.
            Finish::Refused if self.text.is_empty() => Ok(answer(self.refusal, finish)),
            Finish::Filtered | Finish::Refused => Ok(answer(self.text, finish)),
            Finish::Length if self.text.is_empty() && !self.filter.reasoned() => Err(ChatError::TooLong {
                detail: "no room was left for an answer: the input fills the model's context".to_owned(),
            }),
            Finish::Stop if self.text.is_empty() => Err(ChatError::Malformed {
                detail: if self.called_tool {
                    "the model called a tool that nobody offered, and wrote no text".to_owned()
                } else {
                    "the answer is empty".to_owned()
                },
            }),
            Finish::Stop | Finish::Length if self.continues => Ok(answer(self.text, finish)),
            Finish::Stop | Finish::Length => Ok(answer(without_unopened_reasoning(&self.text).to_owned(), finish)),
        }
    }

    /// The error for a stream that ends here.
    pub(crate) fn broken(&self, detail: String) -> ChatError {
        if self.text_came() { ChatError::BrokenOff { detail } } else { ChatError::Unavailable { detail } }
    }

    fn malformed(&self, detail: String) -> ChatError {
        if self.text_came() { ChatError::BrokenOff { detail } } else { ChatError::Malformed { detail } }
    }

    /// Whether the model had said why it stopped: what is missing then is only the end mark.
    pub(crate) fn is_complete(&self) -> bool {
        self.ended || self.finish.is_some()
    }

    fn failure(&self, json: &Value) -> Option<Failure> {
        let failed = |value: &Value| match value {
            Value::Null | Value::Bool(false) => false,
            Value::String(text) => !text.is_empty(),
            Value::Object(map) => !map.is_empty(),
            _ => true,
        };
        let error = first(json, &self.pointers.error)?;
        failed(error).then(|| Failure::of_json(json, self.pointers))
    }

    fn piece(&mut self, piece: &str, sink: &mut dyn ChatSink) -> Result<(), Stop> {
        if piece.is_empty() {
            return Ok(());
        }
        if self.text.len() + piece.len() > LONGEST {
            return Err(Stop::Error(ChatError::Malformed {
                detail: format!("the answer is longer than {LONGEST} bytes"),
            }));
        }
        self.text.push_str(piece);
        sink.text(piece);
        Ok(())
    }
}

/// The first pointer that leads to something other than null.
pub(crate) fn first<'v>(json: &'v Value, pointers: &[String]) -> Option<&'v Value> {
    pointers.iter().find_map(|pointer| json.pointer(pointer).filter(|value| !value.is_null()))
}

/// A text, or the texts of a list of parts.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str).or_else(|| part.as_str())).collect()
        }
        _ => String::new(),
    }
}
