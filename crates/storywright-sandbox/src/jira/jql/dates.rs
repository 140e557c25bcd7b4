//! Points in time as JQL writes them.

use jiff::{ToSpan, civil, tz::TimeZone};

use super::Term;
use crate::clock::Millis;

const MINUTE: Millis = 60_000;
const DAY: Millis = 24 * 60 * MINUTE;

/// Reads a date, a date with time, an offset such as `-15m`, or a date function.
pub(crate) fn instant(term: &Term, field: &str, now: Millis) -> Result<Option<Millis>, String> {
    match term {
        Term::Empty => Ok(None),
        Term::Text(text) => offset(text).map(|by| now + by).or_else(|| absolute(text)).map(Some).ok_or_else(|| {
            format!(
                "Date value '{text}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
            )
        }),
        Term::Call(name, arguments) => call(name, arguments, now).map(Some),
    }
}

/// `-15m`, `4w 2d`, `+1h`: minutes, hours, days, weeks; also months (`M`) and years (`y`) of 30 and 365 days.
fn offset(text: &str) -> Option<Millis> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut total = 0_i64;
    let mut parts = 0;
    for part in rest.split_whitespace() {
        let unit = part.chars().last()?;
        let amount: i64 = part.strip_suffix(unit)?.parse().ok().filter(|n| (0..1_000_000).contains(n))?;
        let length = match unit {
            'm' => MINUTE,
            'h' => 60 * MINUTE,
            'd' => DAY,
            'w' => 7 * DAY,
            'M' => 30 * DAY,
            'y' => 365 * DAY,
            _ => return None,
        };
        total += amount * length;
        parts += 1;
    }
    (parts > 0).then_some(sign * total)
}

fn absolute(text: &str) -> Option<Millis> {
    let text = text.replace('/', "-");
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text.as_str(), "00:00"));
    let mut numbers = date.split('-').map(|n| n.parse::<i16>().ok());
    let (year, month, day) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let (hour, minute) = time.split_once(':')?;
    let minute = minute.get(..2)?;
    let date = civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let time = civil::Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()?;
    Some(millis(date.to_datetime(time)))
}

fn millis(at: civil::DateTime) -> Millis {
    at.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp().as_millisecond()).unwrap_or_default()
}

fn call(name: &str, arguments: &[String], now: Millis) -> Result<Millis, String> {
    let unknown = || format!("Unable to find JQL function '{name}({})'.", arguments.join(","));
    let shift = match arguments.first() {
        Some(text) => {
            offset(text).ok_or_else(|| format!("The argument '{text}' of function '{name}' is not a valid period."))?
        }
        None => 0,
    };
    let today = jiff::Timestamp::from_millisecond(now).unwrap_or_default().to_zoned(TimeZone::UTC).date();
    let monday = today.saturating_sub(i64::from(today.weekday().to_monday_zero_offset()).days());
    let (day, end) = match name.to_ascii_lowercase().as_str() {
        "now" => return Ok(now + shift),
        "startofday" => (today, false),
        "endofday" => (today, true),
        "startofweek" => (monday, false),
        "endofweek" => (monday.saturating_add(6.days()), true),
        "startofmonth" => (today.first_of_month(), false),
        "endofmonth" => (today.last_of_month(), true),
        "startofyear" => (today.first_of_year(), false),
        "endofyear" => (today.last_of_year(), true),
        _ => return Err(unknown()),
    };
    let start = millis(day.to_datetime(civil::Time::midnight()));
    Ok(shift + if end { start + DAY - 1 } else { start })
}
