//! Answers that arrive bit by bit: one connection per stream, closed from outside when somebody says stop.

use crate::agent::{self, Kind};
use crate::breaker::Verdict;
use crate::error::told;
use crate::transport::Watch;
use crate::{Headers, HttpError, Request, SendOnceError};
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use storywright_domain::cancel::Cancellation;
use ureq::Agent;

/// The head of a streamed answer, and the way to its body.
pub struct StreamAnswer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: Headers,
    /// The body as it arrives. An error is a silence longer than the limit, a broken connection, or a stop; the inner
    /// error is an [`HttpError`]. The end of the body is not the end of the protocol: look for its own end mark.
    pub reader: Box<dyn Read + Send>,
    /// Closes the connection from another thread.
    pub shutdown: StreamShutdown,
}

/// Closes a stream's connection, also while somebody waits for its data.
#[derive(Clone)]
pub struct StreamShutdown {
    shared: Arc<Closing>,
}

struct Closing {
    closed: AtomicBool,
    /// Taken by the first who closes, or by the end of the stream.
    agent: Mutex<Option<Agent>>,
}

impl StreamShutdown {
    /// Closes the connection; the reader fails with [`HttpError::Cancelled`] at once.
    pub fn close(&self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        self.release();
    }

    fn release(&self) {
        let agent = self.shared.agent.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(agent) = agent {
            agent.shutdown();
        }
    }

    fn is_closed(&self) -> bool {
        self.shared.closed.load(Ordering::SeqCst)
    }
}

impl Request {
    /// Sends over a connection of its own and returns when the head of the answer is there. Raising `cancellation` closes
    /// the connection at once, before or after that. Nothing is repeated.
    ///
    /// # Errors
    /// [`HttpError`]; an answer with an error status is an answer.
    pub fn stream(self, cancellation: &Cancellation) -> Result<StreamAnswer, HttpError> {
        self.open_stream(cancellation, &Arc::default())
    }

    /// The same for a call that must not be repeated: the error says whether the request can have reached the other side.
    ///
    /// # Errors
    /// [`SendOnceError::NotSent`] only when no connection came about; [`SendOnceError::Unknown`] for everything after that.
    pub fn stream_once(self, cancellation: &Cancellation) -> Result<StreamAnswer, SendOnceError> {
        let watch = Arc::new(Watch::default());
        self.open_stream(cancellation, &watch).map_err(|error| match watch.is_established() {
            true => SendOnceError::Unknown { status: None, error },
            false => SendOnceError::NotSent { error },
        })
    }

    fn open_stream(self, cancellation: &Cancellation, watch: &Arc<Watch>) -> Result<StreamAnswer, HttpError> {
        let shared = Arc::clone(&self.egress.shared);
        let target = self.target.as_ref().map_err(HttpError::clone)?;
        let config = shared.trust.config(&self.tls)?;
        let agent = agent::build(&shared, &target.origin, config, Kind::Stream, watch);
        let closing = Closing { closed: AtomicBool::new(false), agent: Mutex::new(Some(agent.clone())) };
        let shutdown = StreamShutdown { shared: Arc::new(closing) };
        let on_cancel = shutdown.clone();
        cancellation.on_cancel(move || on_cancel.close());
        if shutdown.is_closed() {
            return Err(HttpError::Cancelled);
        }

        let permit = shared.breaker.permit(target.origin.base.as_str());
        let permit = permit.map_err(|retry_after_ms| HttpError::CircuitOpen { retry_after_ms })?;
        let started = shared.options.clock.now();
        let http_request = self.http_request(target)?;
        let http_request = agent
            .configure_request(http_request)
            .timeout_connect(Some(self.connect))
            .timeout_recv_response(Some(self.first_byte))
            .timeout_global(self.timeout)
            .build();
        let response = match agent.run(http_request) {
            Ok(response) => response,
            Err(error) => {
                let error = if shutdown.is_closed() { HttpError::Cancelled } else { told(error) };
                permit.tell(if error.is_site_failure() { Verdict::Failed } else { Verdict::Unknown });
                self.log(target, started, None, error.word(), 1);
                return Err(error);
            }
        };
        watch.limit_silence(self.idle);
        let (parts, body) = response.into_parts();
        let status = parts.status.as_u16();
        permit.tell(if status < 500 { Verdict::Healthy } else { Verdict::Failed });
        self.log(target, started, Some(status), if status < 400 { "ok" } else { "http_error" }, 1);
        let inner = body.into_with_config().limit(u64::MAX).reader();
        let reader = Box::new(StreamReader { inner, shutdown: shutdown.clone() });
        Ok(StreamAnswer { status, headers: Headers(parts.headers), reader, shutdown })
    }
}

struct StreamReader<R> {
    inner: R,
    shutdown: StreamShutdown,
}

impl<R: Read> Read for StreamReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let result = self.inner.read(buffer);
        // A closed connection can look like the end of the body: the flag tells the two apart.
        if self.shutdown.is_closed() {
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, HttpError::Cancelled));
        }
        result.map_err(|error| {
            let kind = error.kind();
            io::Error::new(kind, told(error.into()))
        })
    }
}

impl<R> Drop for StreamReader<R> {
    fn drop(&mut self) {
        self.shutdown.release();
    }
}
