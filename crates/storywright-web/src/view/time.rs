//! Points in time as pages show them.

use jiff::tz::TimeZone;
use serde::Serialize;
use storywright_domain::{Millis, Timestamp};

/// A point in time: for machines, at a glance, and exactly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Time {
    /// `2026-05-04T09:12:33Z`.
    pub iso: String,
    /// `3 min ago`.
    pub label: String,
    /// `4 May 2026, 09:12 UTC`.
    pub exact: String,
}

impl Time {
    /// How `at` looks at the time `now`.
    #[must_use]
    pub fn of(at: Timestamp, now: Timestamp) -> Self {
        let civil = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default().to_zoned(TimeZone::UTC).datetime();
        let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
            [usize::from(civil.month().unsigned_abs()).saturating_sub(1).min(11)];
        let (year, day, hour, minute) = (civil.year(), civil.day(), civil.hour(), civil.minute());
        let iso = format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{:02}Z", civil.month(), civil.second());
        let exact = format!("{day} {month} {year}, {hour:02}:{minute:02} UTC");
        let label = label(now.since(at)).unwrap_or_else(|| format!("{day} {month} {year}"));
        Self { iso, label, exact }
    }
}

fn label(ago: Millis) -> Option<String> {
    let seconds = ago.0 / 1_000;
    // What lies ahead (an expiry) is shown as a date unless it is close.
    Some(match seconds {
        s if s < -86_400 => return None,
        s if s < -5_400 => format!("in {} h", -s / 3_600),
        s if s < -59 => format!("in {} min", -s / 60),
        s if s < 60 => "just now".to_owned(),
        s if s < 3_600 => format!("{} min ago", s / 60),
        s if s < 86_400 => format!("{} h ago", s / 3_600),
        s if s < 7 * 86_400 => format!("{} d ago", s / 86_400),
        _ => return None,
    })
}

/// A day, counted from 1970-01-01 UTC: `2026-05-04`.
#[must_use]
pub fn iso_day(day: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(day.saturating_mul(86_400_000)).unwrap_or_default();
    at.to_zoned(TimeZone::UTC).date().to_string()
}

/// A span: `12 s`, `3 min 5 s`, `2 h 4 min`.
#[must_use]
pub fn elapsed(span: Millis) -> String {
    let seconds = (span.0 / 1_000).max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_from_now() {
        let now = Timestamp(1_777_885_953_000);
        for (ago, label) in [
            (0, "just now"),
            (59, "just now"),
            (180, "3 min ago"),
            (7_200, "2 h ago"),
            (3 * 86_400, "3 d ago"),
            (-600, "in 10 min"),
        ] {
            assert_eq!(Time::of(Timestamp(now.0 - ago * 1_000), now).label, label);
        }
        let time = Time::of(Timestamp(now.0 - 30 * 86_400_000), now);
        assert_eq!((time.label.as_str(), time.exact.as_str()), ("4 Apr 2026", "4 Apr 2026, 09:12 UTC"));
        assert_eq!(time.iso, "2026-04-04T09:12:33Z");
    }

    #[test]
    fn spans_are_short() {
        assert_eq!(elapsed(Millis(12_900)), "12 s");
        assert_eq!(elapsed(Millis::minutes(3)), "3 min 0 s");
        assert_eq!(elapsed(Millis::hours(2)), "2 h 0 min");
    }
}
