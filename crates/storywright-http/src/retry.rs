//! When a call that may be repeated is repeated, and after how long.

use crate::{Answer, HttpError};
use storywright_domain::Millis;

/// First and longest step of the backoff, before jitter.
const FIRST_STEP_MS: i64 = 500;
const LONGEST_STEP_MS: i64 = 8_000;

/// Most tries when no connection comes about: a dead host is told to people soon, a hiccup is not told at all.
const CONNECTION_TRIES: u32 = 3;

/// The wait before the next try, or `None` when this result stands. `tries` counts those made so far.
pub(crate) fn pause(result: &Result<Answer, HttpError>, tries: u32, most: u32, random: u64) -> Option<Millis> {
    let step = FIRST_STEP_MS.saturating_mul(1_i64 << tries.saturating_sub(1).min(10)).min(LONGEST_STEP_MS);
    let jitter = i64::try_from(random % (step.unsigned_abs() + 1)).unwrap_or(0);
    match result {
        _ if tries >= most => None,
        Ok(answer) if matches!(answer.status, 429 | 502 | 503 | 504) => {
            // A header that says nothing usable still asks for patience.
            let asked = answer.headers.retry_after_ms();
            let floor = if answer.status == 429 || answer.headers.has("retry-after") { 1_000 } else { 0 };
            Some(Millis(jitter.max(asked.unwrap_or(floor))))
        }
        Err(HttpError::Timeout { .. }) => Some(Millis(jitter)),
        Err(HttpError::Unreachable { .. } | HttpError::Broken { .. }) if tries < CONNECTION_TRIES => {
            Some(Millis(jitter))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Headers;
    use ureq::http::{HeaderMap, HeaderValue};

    fn answer(status: u16, retry_after: Option<&'static str>) -> Result<Answer, HttpError> {
        let mut headers = HeaderMap::new();
        if let Some(value) = retry_after {
            headers.insert("retry-after", HeaderValue::from_static(value));
        }
        Ok(Answer { status, headers: Headers(headers), body: Vec::new() })
    }

    #[test]
    fn waits_grow_with_full_jitter_and_end() {
        let gone = answer(503, None);
        assert_eq!(pause(&gone, 1, 5, 500), Some(Millis(500)));
        assert_eq!(pause(&gone, 1, 5, 501), Some(Millis(0)));
        assert_eq!(pause(&gone, 2, 5, 1_000), Some(Millis(1_000)));
        assert_eq!(pause(&gone, 4, 5, 4_000), Some(Millis(4_000)));
        assert_eq!(pause(&gone, 5, 5, 0), None);
    }

    #[test]
    fn the_site_is_obeyed_between_one_second_and_two_minutes() {
        for (header, least) in [("0", 1_000), ("7", 7_000), ("99999999999", 120_000), ("soon", 1_000)] {
            assert_eq!(pause(&answer(429, Some(header)), 1, 5, 0), Some(Millis(least)), "{header}");
        }
        assert_eq!(pause(&answer(429, None), 1, 5, 0), Some(Millis(1_000)));
    }

    #[test]
    fn answers_and_refusals_stand() {
        for status in [200, 302, 400, 401, 403, 404, 409, 500] {
            assert_eq!(pause(&answer(status, None), 1, 5, 0), None, "{status}");
        }
        let refused = Err(HttpError::NotAllowed { detail: String::new() });
        assert_eq!(pause(&refused, 1, 5, 0), None);
    }
}
