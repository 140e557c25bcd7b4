//! Finds the content that a query asks for.

use std::cmp::Ordering;

use jiff::{Timestamp, ToSpan, Zoned, civil::DateTime, tz::TimeZone};

use super::{
    BadQuery,
    parser::{Condition, Field, Operand, Operator, Query},
};
use crate::{
    clock::Millis,
    confluence::{
        render::plain,
        store::{Content, Kind, Store},
    },
    people::Person,
};

/// Who asks, when, and what the index does not know yet.
pub(crate) struct Asker<'a> {
    pub(crate) person: &'a Person,
    pub(crate) people: &'a [Person],
    pub(crate) now: Millis,
    /// Content created after this is not in the index yet.
    pub(crate) indexed_until: Millis,
}

/// All matches that the asker may see, in the query's order, else best first.
pub(crate) fn search<'a>(store: &'a Store, query: &Query, asker: &Asker<'_>) -> Result<Vec<&'a Content>, BadQuery> {
    let mut found = Vec::new();
    for content in store.contents.values() {
        let indexed = content.first().at <= asker.indexed_until;
        if content.trashed || !indexed || !store.sees(content, Some(asker.person)) {
            continue;
        }
        let matches = match &query.condition {
            Some(condition) => holds(condition, content, store, asker)?,
            None => content.kind == Kind::Page,
        };
        if matches {
            found.push(content);
        }
    }
    if query.order.is_empty() {
        let terms = terms(query.condition.as_ref());
        found.sort_by_key(|c| (std::cmp::Reverse(relevance(c, &terms)), std::cmp::Reverse(c.current().at), c.id));
    } else {
        found.sort_by(|a, b| ordered(a, b, &query.order));
    }
    Ok(found)
}

fn ordered(a: &Content, b: &Content, order: &[(Field, bool)]) -> Ordering {
    for (field, descending) in order {
        let compared = match field {
            Field::Title => a.title().to_lowercase().cmp(&b.title().to_lowercase()),
            Field::Created => a.first().at.cmp(&b.first().at),
            Field::LastModified => a.current().at.cmp(&b.current().at),
            Field::Space => a.space.cmp(&b.space),
            Field::Type => a.kind.name().cmp(b.kind.name()),
            _ => a.id.cmp(&b.id),
        };
        let compared = if *descending { compared.reverse() } else { compared };
        if compared != Ordering::Equal {
            return compared;
        }
    }
    a.id.cmp(&b.id)
}

fn holds(condition: &Condition, content: &Content, store: &Store, asker: &Asker<'_>) -> Result<bool, BadQuery> {
    Ok(match condition {
        // Both sides are looked at, so that a wrong value is refused wherever it stands.
        Condition::And(a, b) => holds(a, content, store, asker)? & holds(b, content, store, asker)?,
        Condition::Or(a, b) => holds(a, content, store, asker)? | holds(b, content, store, asker)?,
        Condition::Not(inner) => !holds(inner, content, store, asker)?,
        Condition::Clause { field, operator, values } => {
            let mut any = false;
            for value in values {
                any |= clause(*field, *operator, value, content, store, asker)?;
            }
            any != matches!(operator, Operator::NotEqual | Operator::NotIn | Operator::ContainsNot)
        }
    })
}

/// One clause, read without its negation.
fn clause(
    field: Field,
    operator: Operator,
    operand: &Operand,
    content: &Content,
    store: &Store,
    asker: &Asker<'_>,
) -> Result<bool, BadQuery> {
    let value = resolved(operand, asker)?;
    Ok(match field {
        Field::Type => {
            let Some(kind) = Kind::parse(&value.to_lowercase()) else {
                return Err(BadQuery(format!("the value '{value}' is not a supported content type")));
            };
            content.kind == kind
        }
        Field::Space => content.space.eq_ignore_ascii_case(&value),
        Field::SpaceTitle => {
            let name = store.space(&content.space).map(|s| s.name.clone()).unwrap_or_default();
            if operator == Operator::Equal || operator == Operator::NotEqual {
                name.eq_ignore_ascii_case(&value)
            } else {
                contains(&name, &value)
            }
        }
        Field::Title if matches!(operator, Operator::Equal | Operator::NotEqual) => {
            content.title().to_lowercase() == value.to_lowercase()
        }
        Field::Title => contains(content.title(), &value),
        Field::Text => contains(&searchable(content), &value),
        Field::SiteSearch => contains(&format!("{} {}", searchable(content), content.labels.join(" ")), &value),
        Field::Label => content.labels.iter().any(|label| label.eq_ignore_ascii_case(&value)),
        Field::Id => content.id == id(&value)?,
        Field::Parent => content.kind == Kind::Page && content.parent == Some(id(&value)?),
        Field::Ancestor => {
            let ancestor = id(&value)?;
            content.id != ancestor
                && content.kind == Kind::Page
                && store.with_ancestors(content).iter().any(|c| c.id == ancestor)
        }
        Field::Creator => is_user(&content.first().by, &value, asker),
        Field::Contributor => content.versions.iter().any(|v| is_user(&v.by, &value, asker)),
        Field::Created => compared(content.first().at, operator, &value)?,
        Field::LastModified => compared(content.current().at, operator, &value)?,
    })
}

fn searchable(content: &Content) -> String {
    format!("{} {}", content.title(), plain(&content.current().body))
}

fn is_user(user_key: &str, value: &str, asker: &Asker<'_>) -> bool {
    let person = asker.people.iter().find(|p| p.confluence.user_key == user_key);
    user_key == value || person.is_some_and(|p| p.confluence.employee_id.eq_ignore_ascii_case(value))
}

fn id(value: &str) -> Result<u64, BadQuery> {
    value.trim().parse().map_err(|_| BadQuery(format!("the value '{value}' is not a content id")))
}

fn resolved(operand: &Operand, asker: &Asker<'_>) -> Result<String, BadQuery> {
    let (name, argument) = match operand {
        Operand::Literal(text) => return Ok(text.clone()),
        Operand::Function(name, argument) => (name.as_str(), argument.as_deref()),
    };
    let now = Timestamp::from_millisecond(asker.now).unwrap_or_default().to_zoned(TimeZone::UTC);
    let start = match name {
        "currentuser" => return Ok(asker.person.confluence.user_key.clone()),
        "now" => Ok(now),
        "startofday" => now.start_of_day(),
        "startofweek" => {
            let back = i64::from(now.weekday().to_monday_zero_offset());
            now.checked_sub(back.days()).and_then(|d| d.start_of_day())
        }
        "startofmonth" => now.first_of_month().and_then(|d| d.start_of_day()),
        "startofyear" => now.first_of_year().and_then(|d| d.start_of_day()),
        _ => return Err(BadQuery(format!("no function exists with name '{name}'"))),
    };
    let unusable = |_| BadQuery(format!("the date of {name}() is out of range"));
    let moved = moved(&start.map_err(unusable)?, argument)?;
    Ok(format!("@{}", moved.timestamp().as_millisecond()))
}

/// `-4w`, `+1d`, `3h`
fn moved(from: &Zoned, by: Option<&str>) -> Result<Zoned, BadQuery> {
    let Some(by) = by.map(str::trim).filter(|b| !b.is_empty()) else { return Ok(from.clone()) };
    let bad = || BadQuery(format!("'{by}' is not a duration such as -4w"));
    let unit = by.chars().last().ok_or_else(bad)?;
    let amount: i64 = by[..by.len() - unit.len_utf8()].trim_start_matches('+').parse().map_err(|_| bad())?;
    if amount.abs() > 100_000 {
        return Err(bad());
    }
    let span = match unit {
        'y' => amount.years(),
        'M' => amount.months(),
        'w' => amount.weeks(),
        'd' => amount.days(),
        'h' => amount.hours(),
        'm' => amount.minutes(),
        _ => return Err(bad()),
    };
    from.checked_add(span).map_err(|_| bad())
}

fn compared(at: Millis, operator: Operator, value: &str) -> Result<bool, BadQuery> {
    let (limit, whole_day) = match value.strip_prefix('@') {
        Some(millis) => (millis.parse().unwrap_or(0), false),
        None => date(value)?,
    };
    const DAY: Millis = 86_400_000;
    Ok(match operator {
        Operator::Greater => at > if whole_day { limit + DAY - 1 } else { limit },
        Operator::GreaterOrEqual => at >= limit,
        Operator::Less => at < limit,
        Operator::LessOrEqual => at <= if whole_day { limit + DAY - 1 } else { limit },
        _ => {
            if whole_day {
                (limit..limit + DAY).contains(&at)
            } else {
                at == limit
            }
        }
    })
}

/// `2026-01-31`, `2026/01/31`, each with an optional `10:00`; true when it means a whole day.
fn date(value: &str) -> Result<(Millis, bool), BadQuery> {
    let bad = || BadQuery(format!("the date '{value}' is not of the form yyyy-MM-dd or yyyy-MM-dd HH:mm"));
    let plain = value.trim().replace('/', "-");
    let (day, time) = plain.split_once([' ', 'T']).map_or((plain.as_str(), None), |(day, time)| (day, Some(time)));
    let text = format!("{day}T{}:00", time.unwrap_or("00:00"));
    let parsed: DateTime = text.parse().map_err(|_| bad())?;
    let zoned = parsed.to_zoned(TimeZone::UTC).map_err(|_| bad())?;
    Ok((zoned.timestamp().as_millisecond(), time.is_none()))
}

/// All words, or the exact phrase when it stands in quotation marks; `refund*` matches beginnings.
fn contains(text: &str, wanted: &str) -> bool {
    let words: Vec<String> = words(text);
    if let Some(phrase) = wanted.trim().strip_prefix('"').and_then(|w| w.strip_suffix('"')) {
        let phrase: Vec<String> = self::words(phrase);
        return !phrase.is_empty() && words.windows(phrase.len()).any(|w| w == phrase);
    }
    let wanted: Vec<&str> =
        wanted.split(|c: char| !c.is_alphanumeric() && c != '*').filter(|w| !w.is_empty()).collect();
    !wanted.is_empty()
        && wanted.iter().all(|term| match term.strip_suffix('*') {
            Some(start) => words.iter().any(|word| word.starts_with(&start.to_lowercase())),
            None => words.iter().any(|word| *word == stem(&term.to_lowercase())),
        })
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(|w| stem(&w.to_lowercase())).collect()
}

/// The index keeps words without their usual endings, so that `refund` finds `refunds`.
fn stem(word: &str) -> String {
    for ending in ["ing", "ed", "es", "s"] {
        if let Some(stem) = word.strip_suffix(ending)
            && stem.chars().count() > 3
        {
            return stem.trim_end_matches('e').to_owned();
        }
    }
    word.trim_end_matches('e').to_owned()
}

/// Words that the query looks for in titles and texts.
fn terms(condition: Option<&Condition>) -> Vec<String> {
    match condition {
        Some(Condition::And(a, b) | Condition::Or(a, b)) => [terms(Some(a)), terms(Some(b))].concat(),
        Some(Condition::Clause {
            field: Field::Title | Field::Text | Field::SiteSearch,
            operator: Operator::Contains,
            values,
        }) => {
            values.iter().flat_map(|v| if let Operand::Literal(text) = v { words(text) } else { Vec::new() }).collect()
        }
        _ => Vec::new(),
    }
}

/// Words in the title weigh ten times those in the body.
fn relevance(content: &Content, terms: &[String]) -> usize {
    if terms.is_empty() {
        return 0;
    }
    let count = |text: &str| words(text).iter().filter(|w| terms.contains(w)).count();
    10 * count(content.title()) + count(&plain(&content.current().body)).min(20)
}
