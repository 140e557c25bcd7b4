//! A company LLM that says what a test wrote for it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{
    ChatAccess, ChatAnswer, ChatCall, ChatError, ChatIdentity, ChatModel, ChatRequest, ChatSetup, ChatSink, Finish,
    ToolUse, Usage,
};
use storywright_domain::prompt::PromptWords;

/// Holds an answer back until it is released.
#[derive(Clone, Default)]
pub struct Gate {
    shared: Arc<(Mutex<GateState>, Condvar)>,
}

#[derive(Default)]
struct GateState {
    reached: bool,
    released: bool,
}

impl Gate {
    /// Lets the answer go on.
    pub fn release(&self) {
        self.change(|state| state.released = true);
    }

    /// Blocks until an answer waits at the gate.
    pub fn await_reached(&self) {
        let (mutex, changed) = &*self.shared;
        let state = mutex.lock().unwrap_or_else(PoisonError::into_inner);
        drop(changed.wait_while(state, |state| !state.reached).unwrap_or_else(PoisonError::into_inner));
    }

    fn change(&self, change: impl FnOnce(&mut GateState)) {
        let (mutex, changed) = &*self.shared;
        change(&mut mutex.lock().unwrap_or_else(PoisonError::into_inner));
        changed.notify_all();
    }

    /// Waits until released or cancelled.
    pub(crate) fn pass(&self, cancellation: &Cancellation) {
        let on_cancel = self.clone();
        cancellation.on_cancel(move || on_cancel.change(|_| ()));
        self.change(|state| state.reached = true);
        let (mutex, changed) = &*self.shared;
        let state = mutex.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = |state: &mut GateState| !state.released && !cancellation.is_cancelled();
        drop(changed.wait_while(state, waiting).unwrap_or_else(PoisonError::into_inner));
    }
}

/// One answer, as it will arrive.
#[derive(Clone)]
pub struct Script {
    /// Pieces of text.
    pub pieces: Vec<String>,
    /// Tools that it wants called: name and arguments. Only where tools are offered; elsewhere the answer is malformed.
    pub calls: Vec<(String, String)>,
    /// What it costs; when unset, 1 token in and as many out as there are bytes.
    pub usage: Option<Usage>,
    /// Waits here after the pieces.
    pub gate: Option<Gate>,
    /// How it ends.
    pub end: Result<Finish, ChatError>,
}

impl Script {
    /// A complete answer in pieces of a few characters.
    #[must_use]
    pub fn text(text: &str) -> Self {
        let characters: Vec<char> = text.chars().collect();
        let pieces = characters.chunks(7).map(|piece| piece.iter().collect()).collect();
        Self { pieces, calls: Vec::new(), usage: None, gate: None, end: Ok(Finish::Stop) }
    }

    /// An answer that does not come.
    #[must_use]
    pub fn error(error: ChatError) -> Self {
        Self { end: Err(error), ..Self::text("") }
    }

    /// An answer that calls these tools.
    #[must_use]
    pub fn calling(calls: &[(&str, &str)]) -> Self {
        let owned = |(name, arguments): &(&str, &str)| ((*name).to_owned(), (*arguments).to_owned());
        Self { calls: calls.iter().map(owned).collect(), ..Self::text("") }
    }

    /// The same at this cost.
    #[must_use]
    pub fn costing(self, input: u64, output: u64) -> Self {
        Self { usage: Some(Usage { input, output }), ..self }
    }

    /// The same, ending like this.
    #[must_use]
    pub fn ending(self, end: Result<Finish, ChatError>) -> Self {
        Self { end, ..self }
    }

    /// The same, held at a gate after its pieces.
    #[must_use]
    pub fn held(self, gate: &Gate) -> Self {
        Self { gate: Some(gate.clone()), ..self }
    }
}

/// A company LLM in memory with one service, `company`.
#[derive(Default)]
pub struct FakeChat {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    library: Vec<PromptWords>,
    people: BTreeMap<String, ChatIdentity>,
    scripts: VecDeque<Script>,
    requests: Vec<ChatRequest>,
}

impl FakeChat {
    /// The name of its service.
    pub const SERVICE: &str = "company";

    /// A service where `credential` belongs to this employee.
    #[must_use]
    pub fn with_person(credential: &str, employee_id: &str) -> Self {
        let fake = Self::default();
        fake.add_person(credential, employee_id);
        fake
    }

    /// Adds a person.
    pub fn add_person(&self, credential: &str, employee_id: &str) {
        let identity = ChatIdentity { employee_id: employee_id.to_owned(), name: format!("Person {employee_id}") };
        self.lock().people.insert(credential.to_owned(), identity);
    }

    /// Takes a person away: their credential has expired.
    pub fn forget_person(&self, credential: &str) {
        self.lock().people.remove(credential);
    }

    /// Adds an answer after those that wait already. Without one, a conversation fails as unavailable.
    pub fn will_say(&self, script: Script) {
        self.lock().scripts.push_back(script);
    }

    /// What its configuration offers to everybody from now on.
    pub fn will_offer(&self, library: Vec<PromptWords>) {
        self.lock().library = library;
    }

    /// What it was asked so far.
    #[must_use]
    pub fn requests(&self) -> Vec<ChatRequest> {
        self.lock().requests.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, access: &ChatAccess) -> Result<ChatIdentity, ChatError> {
        if access.service != Self::SERVICE {
            return Err(ChatError::NoSuchService { name: access.service.clone() });
        }
        let identity = self.lock().people.get(access.credential.reveal()).cloned();
        identity.ok_or_else(|| ChatError::Unauthorized { detail: "401".to_owned() })
    }
}

impl ChatModel for FakeChat {
    fn services(&self) -> Vec<String> {
        vec![Self::SERVICE.to_owned()]
    }

    fn setup(&self, service: &str, call: ChatCall) -> Option<ChatSetup> {
        let known = service == Self::SERVICE;
        known.then(|| ChatSetup { model: "model-1".to_owned(), prompt: format!("prompt of {}", call.as_str()) })
    }

    fn library(&self) -> Vec<PromptWords> {
        self.lock().library.clone()
    }

    fn identify(&self, access: &ChatAccess) -> Result<ChatIdentity, ChatError> {
        self.known(access)
    }

    fn converse(
        &self,
        access: &ChatAccess,
        request: &ChatRequest,
        sink: &mut dyn ChatSink,
        cancellation: &Cancellation,
    ) -> Result<ChatAnswer, ChatError> {
        self.known(access)?;
        let (script, number) = {
            let mut state = self.lock();
            state.requests.push(request.clone());
            (state.scripts.pop_front(), state.requests.len())
        };
        let script = script.ok_or_else(|| ChatError::Unavailable { detail: "no script is left".to_owned() })?;
        let mut text = String::new();
        for piece in script.pieces.iter().filter(|piece| !piece.is_empty()) {
            if cancellation.is_cancelled() {
                return Err(ChatError::Cancelled);
            }
            sink.text(piece);
            text.push_str(piece);
        }
        if let Some(gate) = &script.gate {
            gate.pass(cancellation);
        }
        if cancellation.is_cancelled() {
            return Err(ChatError::Cancelled);
        }
        let output = u64::try_from(text.len()).unwrap_or(0);
        if !script.calls.is_empty() && request.tools.is_empty() {
            return Err(ChatError::Malformed { detail: "it called a tool that nobody offered".to_owned() });
        }
        let usage = script.usage.unwrap_or(Usage { input: 1, output });
        let call = |((name, arguments), at): ((String, String), usize)| ToolUse {
            id: format!("call_{number}_{at}"),
            name,
            arguments,
        };
        let calls = script.calls.into_iter().zip(0..).map(call).collect();
        script.end.map(|finish| ChatAnswer { text, calls, finish, usage })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use storywright_domain::ports::ChatCall;
    use storywright_domain::{RequestId, Secret, UserId};

    struct Heard(String);

    impl ChatSink for Heard {
        fn text(&mut self, piece: &str) {
            self.0.push_str(piece);
        }
    }

    fn ask(fake: &FakeChat, cancellation: &Cancellation) -> (Result<ChatAnswer, ChatError>, String) {
        let access = ChatAccess {
            user: UserId(1),
            service: FakeChat::SERVICE.to_owned(),
            credential: Secret::new("cookie".to_owned()),
            request_id: RequestId::from_number(1),
        };
        let request = ChatRequest::plain(ChatCall::Draft, Vec::new(), None);
        let mut heard = Heard(String::new());
        let answer = fake.converse(&access, &request, &mut heard, cancellation);
        (answer, heard.0)
    }

    #[test]
    fn it_says_what_was_written_in_order_and_then_nothing() {
        let fake = FakeChat::with_person("cookie", "emp1");
        fake.will_say(Script::text("a longer text"));
        fake.will_say(Script::text("cut").ending(Ok(Finish::Length)));
        let (answer, heard) = ask(&fake, &Cancellation::new());
        assert_eq!((answer.map(|answer| answer.text), heard.as_str()), (Ok(heard.clone()), "a longer text"));
        assert_eq!(ask(&fake, &Cancellation::new()).0.map(|answer| answer.finish), Ok(Finish::Length));
        assert!(matches!(ask(&fake, &Cancellation::new()).0, Err(ChatError::Unavailable { .. })));
        assert_eq!(fake.requests().len(), 3);
        fake.forget_person("cookie");
        assert!(matches!(ask(&fake, &Cancellation::new()).0, Err(ChatError::Unauthorized { .. })));
    }

    #[test]
    fn a_held_answer_ends_when_it_is_released_or_cancelled() {
        let fake = FakeChat::with_person("cookie", "emp1");
        for cancel in [false, true] {
            let (gate, cancellation) = (Gate::default(), Cancellation::new());
            fake.will_say(Script::text("partial").held(&gate));
            let (answer, heard) = std::thread::scope(|scope| {
                let asking = scope.spawn(|| ask(&fake, &cancellation));
                gate.await_reached();
                if cancel {
                    cancellation.cancel()
                } else {
                    gate.release()
                }
                asking.join().unwrap()
            });
            assert_eq!(answer.is_err_and(|error| error == ChatError::Cancelled), cancel);
            assert_eq!(heard, "partial");
        }
    }
}
