//! The body of an event stream.
//!
//! Written by hand: the ready-made one of actix-web-lab formats each event while it is sent, through a bounded channel that makes the
//! speaker wait, and has no place for the checks that a stream of ours needs. Here an event is one allocation, made by
//! the thread that speaks, and one poll.

use super::feed::{Frames, farewell};
use super::open::{Standing, Ticket};
use super::streams::Permit;
use crate::errors::AppError;
use crate::state::AppState;
use actix_web::body::{BodySize, MessageBody};
use actix_web::web::{self, Bytes};
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use storywright_domain::job::JobStatus;
use storywright_domain::ports::Subscription;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

/// Something is sent at least this often, so that proxies keep the connection and a dead one is noticed.
const BEAT: Duration = Duration::from_secs(15);
/// Every so many beats (60 s), session or token are checked again.
const BEATS_PER_CHECK: u32 = 4;

type Check = Pin<Box<dyn Future<Output = Result<Standing, AppError>>>>;

/// The body of an event stream. Dropping it ends the listening and gives its place back.
pub(super) struct EventBody {
    frames: Frames,
    state: web::Data<AppState>,
    ticket: Arc<Ticket>,
    closing: Pin<Box<dyn Future<Output = ()>>>,
    beat: Interval,
    beats: u32,
    check: Option<Check>,
    /// The job had ended when it was checked last; if nothing has come by the next check, nothing will.
    ended_at_last_check: bool,
    over: Option<JobStatus>,
    finished: bool,
    _permit: Permit,
    _subscription: Subscription,
}

impl EventBody {
    pub fn new(
        state: &web::Data<AppState>,
        ticket: Arc<Ticket>,
        frames: Frames,
        over: Option<JobStatus>,
        permit: Permit,
        subscription: Subscription,
    ) -> Self {
        let mut closing = state.closing();
        // First beats are spread over the span, so that streams that were opened together are not checked together.
        let offset = Duration::from_millis((permit.number() * 997) % 15_000);
        let mut beat = interval_at(Instant::now() + BEAT - offset, BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            frames,
            state: state.clone(),
            ticket,
            closing: Box::pin(async move {
                // An error means that the server is gone already.
                let _ = closing.wait_for(|closed| *closed).await;
            }),
            beat,
            beats: 0,
            check: None,
            ended_at_last_check: false,
            over,
            finished: false,
            _permit: permit,
            _subscription: subscription,
        }
    }

    /// What a check has found; `Some` is the next piece of the stream.
    fn judge(&mut self, standing: Result<Standing, AppError>) -> Option<Bytes> {
        match standing {
            // Nobody who cannot be checked is told more.
            Err(_) | Ok(Standing::Gone) => {
                self.finished = true;
                None
            }
            Ok(Standing::Good(status)) if status.is_final() && self.ended_at_last_check => {
                self.finished = true;
                Some(farewell(status))
            }
            Ok(Standing::Good(status)) => {
                self.ended_at_last_check = status.is_final();
                None
            }
        }
    }

    fn on_beat(&mut self) -> Bytes {
        self.beats += 1;
        if self.beats.is_multiple_of(BEATS_PER_CHECK) && self.check.is_none() {
            let (state, ticket) = (self.state.clone(), Arc::clone(&self.ticket));
            self.check = Some(Box::pin(async move { state.blocking(move |ports| ticket.standing(ports)).await }));
        }
        Bytes::from_static(b": still here\n\n")
    }

    /// The next piece; `None` ends the stream.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.finished {
            return Poll::Ready(None);
        }
        match self.frames.poll(cx) {
            Poll::Ready(Some(bytes)) => return Poll::Ready(Some(bytes)),
            Poll::Ready(None) => {
                self.finished = true;
                return Poll::Ready(None);
            }
            Poll::Pending => {}
        }
        if let Some(status) = self.over.take() {
            self.finished = true;
            return Poll::Ready(Some(farewell(status)));
        }
        if self.closing.as_mut().poll(cx).is_ready() {
            self.finished = true;
            return Poll::Ready(None);
        }
        if let Some(check) = &mut self.check
            && let Poll::Ready(standing) = check.as_mut().poll(cx)
        {
            self.check = None;
            let last = self.judge(standing);
            if self.finished {
                return Poll::Ready(last);
            }
        }
        // Last, so that its timer is armed whenever the stream waits.
        self.beat.poll_tick(cx).map(|_| Some(self.on_beat()))
    }
}

impl MessageBody for EventBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        self.get_mut().poll_piece(cx).map(|piece| piece.map(Ok))
    }
}
