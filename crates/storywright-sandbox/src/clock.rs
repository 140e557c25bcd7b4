//! The company's clock: the system's time plus an offset that tests may move.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{Timestamp, tz::TimeZone};

/// Milliseconds since the epoch, UTC.
pub(crate) type Millis = i64;

/// Tells the time; `advance` moves it, for lag and expiry without waiting.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    offset: AtomicI64,
}

impl Clock {
    /// The company's time now.
    pub(crate) fn now(&self) -> Millis {
        #[expect(clippy::disallowed_methods, reason = "the sandbox's clock is the place where it reads the time")]
        let system = std::time::SystemTime::now();
        let since_epoch = system.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX) + self.offset.load(Ordering::Relaxed)
    }

    /// Moves the clock by `millis`, forwards or backwards.
    pub(crate) fn advance(&self, millis: Millis) {
        self.offset.fetch_add(millis, Ordering::Relaxed);
    }

    /// Back to the system's time.
    pub(crate) fn reset(&self) {
        self.offset.store(0, Ordering::Relaxed);
    }
}

/// A time as Jira and Confluence write it: `2026-01-31T10:00:00.000+0000`.
pub(crate) fn atlassian_time(at: Millis) -> String {
    let time = Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(TimeZone::UTC);
    time.strftime("%Y-%m-%dT%H:%M:%S.%3f%z").to_string()
}
