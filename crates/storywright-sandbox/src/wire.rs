//! What happens on the wire below HTTP: a handle that closes the socket, and bodies that are watched or cut.

use std::{
    any::Any,
    net::Shutdown,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    body::{BodySize, BoxBody, MessageBody},
    dev::Extensions,
    rt::net::TcpStream,
    web::{Bytes, Data},
};
use socket2::{SockRef, Socket};

use crate::state::Shared;

/// A second handle of the connection's socket, kept in the connection's data.
///
/// actix answers every request that it accepted. Shutting the socket down under it is the one way to give a client
/// nothing but the end of the connection.
pub(crate) struct Wire(Socket);

impl Wire {
    /// Closes both directions; whatever is written afterwards is lost.
    pub(crate) fn close(&self) {
        // An error here means that the peer was faster, which is as good.
        drop(self.0.shutdown(Shutdown::Both));
    }

    fn of(stream: &TcpStream) -> Option<Self> {
        SockRef::from(stream).try_clone().ok().map(Self)
    }

    /// Another handle, for a body that outlives the request.
    pub(crate) fn again(&self) -> Option<Self> {
        self.0.try_clone().ok().map(Self)
    }
}

/// For `HttpServer::on_connect`.
pub(crate) fn remember(io: &dyn Any, data: &mut Extensions) {
    if let Some(wire) = io.downcast_ref::<TcpStream>().and_then(Wire::of) {
        data.insert(wire);
    }
}

/// The log's entry of the request that a body answers.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) shared: Data<Shared>,
    pub(crate) sequence: u64,
    pub(crate) status: u16,
}

impl Entry {
    fn ended(&self, outcome: &str) {
        self.shared.log.update(self.shared.clock.now(), self.sequence, Some(self.status), outcome);
    }
}

/// What a body does when its allowance is used up.
pub(crate) enum Then {
    /// Closes the connection.
    Close(Option<Wire>, Entry),
    /// Says nothing more and keeps the connection.
    Silence,
}

/// Lets the first bytes of a body through.
pub(crate) struct CutBody {
    inner: BoxBody,
    left: u64,
    then: Then,
    flushed: bool,
}

impl CutBody {
    /// `after_bytes` of `inner`, by default half of a sized body and 200 bytes of a stream.
    pub(crate) fn new(inner: BoxBody, after_bytes: Option<u64>, then: Then) -> Self {
        let left = after_bytes.unwrap_or_else(|| match inner.size() {
            BodySize::Sized(size) => size / 2,
            BodySize::None | BodySize::Stream => 200,
        });
        Self { inner, left, then, flushed: false }
    }
}

/// The connection was closed in the middle of a body.
#[derive(Debug, thiserror::Error)]
#[error("connection closed by a fault")]
struct Cut;

impl MessageBody for CutBody {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.inner.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        if this.left > 0 {
            return match Pin::new(&mut this.inner).poll_next(cx) {
                Poll::Ready(Some(Ok(mut bytes))) => {
                    let part = bytes.split_to(bytes.len().min(usize::try_from(this.left).unwrap_or(usize::MAX)));
                    this.left -= part.len() as u64;
                    Poll::Ready(Some(Ok(part)))
                }
                other => other,
            };
        }
        match &this.then {
            Then::Silence => Poll::Pending,
            // Pending once makes actix flush what it has; the socket is closed on the next turn.
            Then::Close(..) if !this.flushed => {
                this.flushed = true;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Then::Close(wire, entry) => {
                // Written down first: who sees the connection close may look at the log at once.
                entry.ended("closed");
                if let Some(wire) = wire {
                    wire.close();
                }
                Poll::Ready(Some(Err(Box::new(Cut))))
            }
        }
    }
}

/// Tells the log how a streamed body ended.
pub(crate) struct WatchedBody {
    inner: BoxBody,
    entry: Entry,
    outcome: &'static str,
}

impl WatchedBody {
    pub(crate) fn new(inner: BoxBody, entry: Entry) -> Self {
        Self { inner, entry, outcome: "client_gone" }
    }
}

impl MessageBody for WatchedBody {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.inner.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.inner).poll_next(cx);
        match &polled {
            Poll::Ready(None) => this.outcome = "answered",
            Poll::Ready(Some(Err(_))) => this.outcome = "closed",
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
        polled
    }
}

impl Drop for WatchedBody {
    fn drop(&mut self) {
        self.entry.ended(self.outcome);
    }
}
