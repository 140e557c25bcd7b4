//! A token bucket per person, as Data Center's rate limiting has one.

use std::{collections::HashMap, sync::Mutex};

use crate::{clock::Millis, state::lock};

/// Whether a request was over the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limited {
    No,
    Yes,
}

/// What is left after a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spent {
    pub(crate) outcome: Limited,
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
}

/// The buckets.
#[derive(Default)]
pub(crate) struct Limiter {
    buckets: Mutex<HashMap<String, Bucket>>,
}

struct Bucket {
    tokens: f64,
    filled: Millis,
}

impl Limiter {
    /// Takes one token of `who`, who gets `per_second` of them each second and can save as many.
    pub(crate) fn take(&self, who: &str, per_second: u32, now: Millis) -> Spent {
        let most = f64::from(per_second);
        let mut buckets = lock(&self.buckets);
        let bucket = buckets.entry(who.to_owned()).or_insert(Bucket { tokens: most, filled: now });
        let seconds = (now - bucket.filled).max(0) as f64 / 1000.0;
        bucket.tokens = (bucket.tokens + seconds * most).min(most);
        bucket.filled = now;
        let outcome = if bucket.tokens >= 1.0 { Limited::No } else { Limited::Yes };
        if outcome == Limited::No {
            bucket.tokens -= 1.0;
        }
        Spent { outcome, limit: per_second, remaining: bucket.tokens as u32 }
    }
}
