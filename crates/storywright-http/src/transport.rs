//! Watching a connection: whether it came about, and how long it may be silent.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use ureq::Error;
use ureq::unversioned::transport::time::Duration;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

/// What is known about the connections of one agent.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// A connection stands, TLS included: from here on bytes of the request may have left.
    established: AtomicBool,
    /// Longest silence in milliseconds from now on; 0 for no limit.
    silence_ms: AtomicU64,
}

impl Watch {
    pub(crate) fn is_established(&self) -> bool {
        self.established.load(Ordering::SeqCst)
    }

    /// Limits every wait for data from now on.
    pub(crate) fn limit_silence(&self, silence: std::time::Duration) {
        self.silence_ms.store(u64::try_from(silence.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }
}

/// The last link of the chain of connectors.
#[derive(Debug)]
pub(crate) struct WatchConnector(Arc<Watch>);

impl WatchConnector {
    pub(crate) fn new(watch: Arc<Watch>) -> Self {
        Self(watch)
    }
}

impl<In: Transport> Connector<In> for WatchConnector {
    type Out = Watched<In>;

    fn connect(&self, _: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        let Some(inner) = chained else { return Ok(None) };
        self.0.established.store(true, Ordering::SeqCst);
        Ok(Some(Watched { inner, watch: Arc::clone(&self.0) }))
    }
}

/// A connection under watch.
pub(crate) struct Watched<T> {
    inner: T,
    watch: Arc<Watch>,
}

impl<T: Transport> Transport for Watched<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, mut timeout: NextTimeout) -> Result<bool, Error> {
        let silence = self.watch.silence_ms.load(Ordering::SeqCst);
        if silence > 0 {
            timeout.per_read = Some(Duration::from_millis(silence));
        }
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

impl<T> fmt::Debug for Watched<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched").finish_non_exhaustive()
    }
}
