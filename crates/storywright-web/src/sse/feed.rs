//! From the thread that speaks to the stream: events become bytes once and go into the stream's own queue without waiting.

use actix_web::web::Bytes;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use storywright_domain::job::{EventKind, JobEvent, JobStatus};
use storywright_domain::ports::{EventListener, Listening};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Most bytes of live events that wait for a client. One that reads more slowly is disconnected; it comes back and replays.
const MOST_WAITING: usize = 48 * 1_024;
/// Most bytes of a replay that wait; what is beyond comes with the next connection.
const MOST_REPLAYED: usize = 4 * 1_024 * 1_024;

/// A piece of the stream.
pub(super) struct Frame {
    pub bytes: Bytes,
    /// Counted in [`Shared::waiting`].
    counted: usize,
}

#[derive(Default)]
struct Shared {
    /// Bytes of live events in the queue.
    waiting: AtomicUsize,
    live: AtomicBool,
    /// The last event of the job went into the queue.
    ended: AtomicBool,
}

/// Where the stream takes frames from.
pub(super) struct Frames {
    queue: UnboundedReceiver<Frame>,
    shared: Arc<Shared>,
}

/// Puts events into the queue; given to the event log.
pub(super) struct Feed {
    queue: Option<UnboundedSender<Frame>>,
    shared: Arc<Shared>,
    replayed: usize,
}

/// Both ends. The queue begins with how soon to come back after a break.
pub(super) fn pair() -> (Feed, Frames) {
    let (sender, queue) = unbounded_channel();
    let shared = Arc::new(Shared::default());
    let hello = Frame { bytes: Bytes::from_static(b"retry: 1000\n\n"), counted: 0 };
    // Cannot fail: the other end is right here.
    let _ = sender.send(hello);
    (Feed { queue: Some(sender), shared: Arc::clone(&shared), replayed: 0 }, Frames { queue, shared })
}

impl EventListener for Feed {
    fn event(&mut self, event: &JobEvent) -> Listening {
        let Some(queue) = &self.queue else { return Listening::Gone };
        let bytes = frame(event);
        let size = bytes.len();
        let counted = if self.shared.live.load(Ordering::Relaxed) {
            if self.shared.waiting.load(Ordering::Relaxed) + size > MOST_WAITING {
                // Dropping the sender ends the stream after what waits.
                self.queue = None;
                return Listening::Gone;
            }
            self.shared.waiting.fetch_add(size, Ordering::Relaxed);
            size
        } else {
            self.replayed += size;
            if self.replayed > MOST_REPLAYED {
                self.queue = None;
                return Listening::Gone;
            }
            0
        };
        let sent = queue.send(Frame { bytes, counted });
        let last = is_last(event);
        if last {
            self.shared.ended.store(true, Ordering::Relaxed);
        }
        if last || sent.is_err() {
            self.queue = None;
            return Listening::Gone;
        }
        Listening::Yes
    }
}

impl Frames {
    /// What was stored has been queued; from here on the client must keep up.
    pub fn now_live(&self) {
        self.shared.live.store(true, Ordering::Relaxed);
    }

    /// Whether the last event of the job has been queued.
    pub fn ended(&self) -> bool {
        self.shared.ended.load(Ordering::Relaxed)
    }

    /// The next frame; `None` when no other will come.
    pub fn poll(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<Option<Bytes>> {
        self.queue.poll_recv(cx).map(|frame| {
            frame.map(|frame| {
                if frame.counted > 0 {
                    self.shared.waiting.fetch_sub(frame.counted, Ordering::Relaxed);
                }
                frame.bytes
            })
        })
    }
}

/// Nothing comes after it.
fn is_last(event: &JobEvent) -> bool {
    match event.kind {
        EventKind::Done => true,
        EventKind::Error => !retries(&event.data),
        EventKind::Token
        | EventKind::Reset
        | EventKind::Clarify
        | EventKind::Draft
        | EventKind::Finding
        | EventKind::Progress
        | EventKind::Step
        | EventKind::Issue => false,
    }
}

fn retries(data: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(data)
        .ok()
        .and_then(|data| data.get("retry").and_then(serde_json::Value::as_bool))
        .unwrap_or(false)
}

/// An event as it goes over the wire, in one piece.
fn frame(event: &JobEvent) -> Bytes {
    let mut text = String::with_capacity(event.data.len() + 48);
    // Writing into a string cannot fail.
    let _ = write!(text, "id: {}\nevent: {}\n", event.seq, event.kind.as_str());
    // JSON has no line breaks outside of texts; if one gets here anyhow, it must not end the event.
    for line in event.data.split(['\n', '\r']) {
        text.push_str("data: ");
        text.push_str(line);
        text.push('\n');
    }
    text.push('\n');
    Bytes::from(text)
}

/// The last event of a job that ended without saying so: its worker died, or it ended before this client came back.
pub(super) fn farewell(status: JobStatus) -> Bytes {
    let status = status.as_str();
    Bytes::from(format!("event: done\ndata: {{\"status\":\"{status}\"}}\n\n"))
}
