//! How fast one person may call one site, as the site says it: the tokens that are left, and how long it asks to wait.
//!
//! Data Center fills a bucket per person and node and tells its state with every answer (`X-RateLimit-Remaining`,
//! `X-RateLimit-Interval-Seconds`, `Retry-After: 0` while tokens are left). Cloud tells when the bucket is full again
//! (`X-RateLimit-Reset`). An empty bucket is waited for before the next call, since a call that is turned away costs as much as
//! one that is not. Calls that carry nobody's credential have no pace.

use crate::Answer;
use crate::answer::{LONGEST_WAIT, SHORTEST_WAIT};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use storywright_domain::ports::Clock;
use storywright_domain::{Millis, Timestamp, UserId};

/// Most persons and sites remembered; those whose wait is over are forgotten first.
const MOST_KEPT: usize = 10_000;

/// Site and person.
type Key = (String, UserId);

/// The waits of all persons and sites.
pub(crate) struct Pace {
    clock: Arc<dyn Clock>,
    not_before: Mutex<HashMap<Key, Timestamp>>,
}

impl Pace {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, not_before: Mutex::default() }
    }

    /// How long the next call has to wait.
    pub(crate) fn wait(&self, site: &str, person: UserId) -> Option<Millis> {
        let now = self.clock.now();
        let waits = self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        let left = waits.get(&(site.to_owned(), person))?.since(now);
        (left.0 > 0).then_some(left)
    }

    /// Takes in what an answer says about the next one.
    pub(crate) fn hear(&self, site: &str, person: UserId, answer: &Answer) {
        let wait = pause_after(answer);
        let now = self.clock.now();
        let mut waits = self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (site.to_owned(), person);
        match wait {
            Some(wait) => {
                if waits.len() >= MOST_KEPT {
                    waits.retain(|_, until| *until > now);
                }
                // Answers overtake one another; the longest wait holds.
                let until = waits.entry(key).or_insert(now);
                *until = (*until).max(now + wait);
            }
            None => {
                // An answer from before the wait says nothing about it.
                if waits.get(&key).is_some_and(|until| *until <= now) {
                    waits.remove(&key);
                }
            }
        }
    }
}

/// How long the person's next call to the site has to wait after this answer.
fn pause_after(answer: &Answer) -> Option<Millis> {
    let headers = &answer.headers;
    if answer.status == 429 {
        return Some(Millis(headers.retry_after_ms().unwrap_or(SHORTEST_WAIT)));
    }
    if headers.number("x-ratelimit-remaining")? > 0 {
        return None;
    }
    let interval = headers.number("x-ratelimit-interval-seconds").map(|seconds| seconds.saturating_mul(1_000));
    let wait = interval.or_else(|| headers.reset_after_ms()).or_else(|| headers.retry_after_ms());
    Some(Millis(wait.unwrap_or(SHORTEST_WAIT).clamp(SHORTEST_WAIT, LONGEST_WAIT)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Headers;
    use std::sync::atomic::{AtomicI64, Ordering};
    use ureq::http::{HeaderMap, HeaderName, HeaderValue};

    #[derive(Default)]
    struct HandClock(AtomicI64);

    impl Clock for HandClock {
        fn now(&self) -> Timestamp {
            Timestamp(self.0.load(Ordering::SeqCst))
        }
    }

    fn answer(status: u16, headers: &[(&'static str, &str)]) -> Answer {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(HeaderName::from_static(name), HeaderValue::from_str(value).expect("header"));
        }
        Answer { status, headers: Headers(map), body: Vec::new() }
    }

    #[track_caller]
    fn check(status: u16, headers: &[(&'static str, &str)], expected: Option<i64>) {
        assert_eq!(pause_after(&answer(status, headers)), expected.map(Millis), "{status} {headers:?}");
    }

    #[test]
    fn an_empty_bucket_is_waited_for() {
        let (left, interval, asked) = ("x-ratelimit-remaining", "x-ratelimit-interval-seconds", "retry-after");
        check(200, &[(left, "3"), (asked, "0")], None);
        check(200, &[], None);
        check(200, &[(left, "0"), (interval, "5"), (asked, "0")], Some(5_000));
        check(200, &[(left, "0"), (asked, "7")], Some(7_000));
        check(200, &[(left, "0")], Some(1_000));
        check(200, &[(left, "0"), (interval, "99999999")], Some(120_000));
        check(200, &[(left, "0"), (interval, "0")], Some(1_000));
        check(200, &[(left, "none")], None);
        check(429, &[(asked, "7"), (left, "0"), (interval, "1")], Some(7_000));
        check(429, &[(asked, "0")], Some(1_000));
        check(429, &[(asked, "garbage")], Some(1_000));
        check(429, &[(asked, "99999999")], Some(120_000));
        check(429, &[], Some(1_000));
        let (date, reset) = ("date", "x-ratelimit-reset");
        let now = (date, "Wed, 21 Oct 2026 07:28:00 GMT");
        check(200, &[(left, "0"), now, (reset, "2026-10-21T07:28:30Z")], Some(30_000));
        check(200, &[(left, "0"), now, (reset, "2026-10-21T07:27Z")], Some(1_000));
        check(429, &[now, (asked, "Wed, 21 Oct 2026 07:28:09 GMT")], Some(9_000));
    }

    #[test]
    fn each_person_and_site_has_a_pace_of_its_own() {
        let clock = Arc::new(HandClock::default());
        let pace = Pace::new(clock.clone());
        let (one, other) = (UserId(1), UserId(2));
        pace.hear("jira", one, &answer(429, &[("retry-after", "5")]));
        assert_eq!(pace.wait("jira", one), Some(Millis(5_000)));
        assert_eq!((pace.wait("jira", other), pace.wait("wiki", one)), (None, None));
        // An answer that was under way does not end the wait, and a shorter one does not shorten it.
        pace.hear("jira", one, &answer(200, &[("x-ratelimit-remaining", "4")]));
        pace.hear("jira", one, &answer(429, &[("retry-after", "1")]));
        assert_eq!(pace.wait("jira", one), Some(Millis(5_000)));
        clock.0.store(5_000, Ordering::SeqCst);
        assert_eq!(pace.wait("jira", one), None);
        pace.hear("jira", one, &answer(200, &[]));
        assert!(pace.not_before.lock().expect("no panic").is_empty(), "nothing is kept for ever");
    }
}
