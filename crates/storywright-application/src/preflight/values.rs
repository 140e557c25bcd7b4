//! What a person typed or chose for a field of a create screen, as a value of it, and back.

use storywright_domain::jira::{AllowedValue, CreateField, FieldKind};
use storywright_domain::review::is_issue_key;
use storywright_domain::story::FieldValue;

/// Jira's limit for one line of text, in characters.
pub const MAX_LINE_CHARS: usize = 255;

/// Jira's limit for a text of several lines, in characters.
pub const MAX_TEXT_CHARS: usize = 32_767;

/// What came from one field of a form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Typed {
    /// What was typed, or the values that were chosen: option ids, names of components and priorities.
    pub values: Vec<String>,
    /// What belongs to the first value: the child of a cascading select, the offset from UTC (`+0200`) of a date with time.
    pub detail: String,
}

impl Typed {
    /// One text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self { values: vec![text.to_owned()], detail: String::new() }
    }

    /// Whether nothing was typed or chosen.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.values.iter().all(|value| value.trim().is_empty())
    }

    /// The first value without blanks around it.
    #[must_use]
    pub fn first(&self) -> &str {
        self.values.iter().map(|value| value.trim()).find(|value| !value.is_empty()).unwrap_or_default()
    }

    fn chosen(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// Several values, also when they were typed as one text with commas.
    fn words(&self) -> Vec<String> {
        let pieces = self.values.iter().flat_map(|value| value.split([',', '\n']));
        pieces.map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }
}

/// Why something is no value of a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadValue {
    /// Nothing was typed or chosen, and Jira wants something.
    #[error("nothing is filled in")]
    Missing,
    /// It is none of the values that Jira allows there.
    #[error("`{0}` is not in the list")]
    NotInList(String),
    /// It is no number.
    #[error("`{0}` is not a number")]
    NotANumber(String),
    /// It is no date of the calendar.
    #[error("`{0}` is not a date")]
    NotADate(String),
    /// It is no date with a time.
    #[error("`{0}` is not a date with a time")]
    NotATime(String),
    /// It is no issue key.
    #[error("`{0}` is not an issue key")]
    NotAKey(String),
    /// It has more characters than Jira takes.
    #[error("the text has {chars} characters; at most {limit} are allowed")]
    TooLong {
        /// How many there are.
        chars: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// Nobody of that name can be found.
    #[error("nobody is found under `{0}`")]
    NoSuchPerson(String),
    /// Several people go by that name.
    #[error("several people are found under `{0}`")]
    SeveralPeople(String),
}

/// The value of a field, or what is wrong with it; `None` when nothing was typed.
///
/// # Errors
/// [`BadValue`], without those about people: who there is only the site knows.
pub fn value_of(field: &CreateField, typed: &Typed) -> Result<Option<FieldValue>, BadValue> {
    if typed.is_blank() {
        return Ok(None);
    }
    let first = typed.first();
    Ok(Some(match &field.kind {
        FieldKind::Number => FieldValue::Number(number(first)?),
        FieldKind::Date => FieldValue::Date(date(first)?),
        FieldKind::DateTime => FieldValue::Text(time(first, &typed.detail)?),
        FieldKind::Option if field.allowed.is_empty() => FieldValue::Text(line(first)?),
        FieldKind::Option => FieldValue::Option(listed(&field.allowed, first, by_id)?),
        FieldKind::Cascading => cascading(field, first, typed.detail.trim())?,
        FieldKind::Options | FieldKind::Versions if field.allowed.is_empty() => FieldValue::Texts(typed.words()),
        FieldKind::Options | FieldKind::Versions => {
            let all: Result<Vec<_>, _> = typed.chosen().map(|value| listed(&field.allowed, value, by_id)).collect();
            FieldValue::Options(all?)
        }
        FieldKind::Components if field.allowed.is_empty() => FieldValue::Texts(typed.words()),
        FieldKind::Components => {
            let all: Result<Vec<_>, _> = typed.chosen().map(|value| listed(&field.allowed, value, by_name)).collect();
            FieldValue::Texts(all?)
        }
        FieldKind::Priority if !field.allowed.is_empty() => FieldValue::Text(listed(&field.allowed, first, by_name)?),
        FieldKind::Labels => FieldValue::Texts(
            typed.words().iter().flat_map(|words| words.split_whitespace()).map(str::to_owned).collect(),
        ),
        FieldKind::User => FieldValue::User(first.to_owned()),
        FieldKind::EpicLink | FieldKind::Parent => FieldValue::Issue(key(first)?),
        FieldKind::TextArea => FieldValue::Text(within(first, MAX_TEXT_CHARS)?),
        FieldKind::Text | FieldKind::EpicName | FieldKind::Priority | FieldKind::Other(_) => {
            FieldValue::Text(line(first)?)
        }
    }))
}

/// A value as it stands in a form.
#[must_use]
pub fn typed_of(value: &FieldValue) -> Typed {
    let several = |values: &[String]| Typed { values: values.to_vec(), detail: String::new() };
    match value {
        FieldValue::Text(text) | FieldValue::Date(text) | FieldValue::Option(text) => Typed::text(text),
        FieldValue::User(text) | FieldValue::Issue(text) | FieldValue::Cascading(text, None) => Typed::text(text),
        FieldValue::Number(number) => Typed::text(&number.to_string()),
        FieldValue::Cascading(option, Some(child)) => Typed { values: vec![option.clone()], detail: child.clone() },
        FieldValue::Options(values) | FieldValue::Texts(values) => several(values),
    }
}

fn by_id(allowed: &AllowedValue) -> &str {
    &allowed.id
}

fn by_name(allowed: &AllowedValue) -> &str {
    &allowed.name
}

fn listed(allowed: &[AllowedValue], value: &str, by: fn(&AllowedValue) -> &str) -> Result<String, BadValue> {
    let found = allowed.iter().find(|one| by(one) == value);
    found.map(|one| by(one).to_owned()).ok_or_else(|| BadValue::NotInList(value.to_owned()))
}

/// The option and its child; one that stands under another option, as when the first was changed last, is none.
fn cascading(field: &CreateField, option: &str, child: &str) -> Result<FieldValue, BadValue> {
    if field.allowed.is_empty() {
        return Ok(FieldValue::Text(line(option)?));
    }
    let found = field.allowed.iter().find(|one| one.id == option);
    let found = found.ok_or_else(|| BadValue::NotInList(option.to_owned()))?;
    if child.is_empty() {
        return Ok(FieldValue::Cascading(found.id.clone(), None));
    }
    let child = listed(&found.children, child, by_id)?;
    Ok(FieldValue::Cascading(found.id.clone(), Some(child)))
}

/// Numbers with a point or a comma.
fn number(text: &str) -> Result<f64, BadValue> {
    let parsed = text.replace(',', ".").parse::<f64>().ok().filter(|number| number.is_finite());
    parsed.ok_or_else(|| BadValue::NotANumber(text.to_owned()))
}

fn line(text: &str) -> Result<String, BadValue> {
    within(&text.split(['\n', '\r']).map(str::trim).collect::<Vec<_>>().join(" "), MAX_LINE_CHARS)
}

fn within(text: &str, limit: usize) -> Result<String, BadValue> {
    let chars = text.chars().count();
    if chars > limit { Err(BadValue::TooLong { chars, limit }) } else { Ok(text.to_owned()) }
}

fn key(text: &str) -> Result<String, BadValue> {
    let key = text.to_uppercase();
    if is_issue_key(&key) { Ok(key) } else { Err(BadValue::NotAKey(text.to_owned())) }
}

fn date(text: &str) -> Result<String, BadValue> {
    if is_date(text) { Ok(text.to_owned()) } else { Err(BadValue::NotADate(text.to_owned())) }
}

/// A day of the calendar as `2026-05-04`.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return false };
    let digits = |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    if !(digits(year, 4) && digits(month, 2) && digits(day, 2)) {
        return false;
    }
    let number = |part: &str| part.parse::<u32>().unwrap_or_default();
    let (year, month, day) = (number(year), number(month), number(day));
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    year > 0 && (1..=days).contains(&day)
}

/// `2026-05-04T09:00` with an offset from UTC, as Jira writes it: `2026-05-04T09:00:00.000+0200`. What is that already stays.
fn time(text: &str, offset: &str) -> Result<String, BadValue> {
    let bad = || BadValue::NotATime(text.to_owned());
    let (day, clock) = text.split_once(['T', ' ']).ok_or_else(bad)?;
    if !is_date(day) {
        return Err(bad());
    }
    let split = clock.find(['+', '-', 'Z']).unwrap_or(clock.len());
    let (clock, own) = clock.split_at(split);
    let offset = if own.is_empty() { offset.trim() } else { own };
    Ok(format!("{day}T{}{}", clock_of(clock).ok_or_else(bad)?, offset_of(offset).ok_or_else(bad)?))
}

fn clock_of(text: &str) -> Option<String> {
    let whole = text.split('.').next()?;
    let parts: Option<Vec<u32>> = whole.split(':').map(|part| part.parse().ok()).collect();
    match parts?[..] {
        [hour, minute] if hour < 24 && minute < 60 => Some(format!("{hour:02}:{minute:02}:00.000")),
        [hour, minute, second] if hour < 24 && minute < 60 && second < 60 => {
            Some(format!("{hour:02}:{minute:02}:{second:02}.000"))
        }
        _ => None,
    }
}

fn offset_of(text: &str) -> Option<String> {
    if text.is_empty() || text == "Z" {
        return Some("+0000".to_owned());
    }
    let digits = text.strip_prefix(['+', '-'])?.replace(':', "");
    let valid = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    valid.then(|| format!("{}{digits}", &text[..1]))
}

#[cfg(test)]
mod tests;
