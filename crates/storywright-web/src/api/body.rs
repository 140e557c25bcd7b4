//! Reading what a program sent, strictly: the right content type, valid JSON, no key twice, no field that is not known. What is wrong is
//! said by field, and never by repeating the value: it may be a secret.

use crate::errors::{AppError, FieldProblem, kinds};
use crate::guard::Body;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use serde::de::{DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_path_to_error::{Path, Segment};
use std::collections::HashSet;
use std::fmt;
use std::future::{Ready, ready};

/// A JSON body. What is wrong with it is said only after the caller has proved who they are.
pub struct Json<T>(Result<T, AppError>);

impl<T> Json<T> {
    /// The body.
    ///
    /// # Errors
    /// `wrong_content_type`, `invalid_body`.
    pub fn read(self) -> Result<T, AppError> {
        self.0
    }
}

impl<T: DeserializeOwned> FromRequest for Json<T> {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(typed(req).and_then(|()| {
            let body = req.extensions().get::<Body>().cloned().unwrap_or_default();
            parse(&body.0)
        }))))
    }
}

fn typed(req: &HttpRequest) -> Result<(), AppError> {
    let value = req.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(AppError::new(
        &kinds::WRONG_CONTENT_TYPE,
        "The body must be JSON",
        "Send it with the header Content-Type: application/json",
    ))
}

/// Reads a JSON text.
///
/// # Errors
/// `invalid_body`, with the field that is wrong.
pub fn parse<T: DeserializeOwned>(text: &[u8]) -> Result<T, AppError> {
    if text.is_empty() {
        return Err(AppError::new(&kinds::INVALID_BODY, "The body is empty", "Send a JSON object"));
    }
    read::<Unique>(text)?;
    read::<T>(text)
}

fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, AppError> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| refused(Some(error.path()), error.inner()))?;
    deserializer.end().map_err(|error| refused(None, &error))?;
    Ok(value)
}

fn refused(path: Option<&Path>, error: &serde_json::Error) -> AppError {
    if !error.is_data() {
        let what = format!("The body is no valid JSON (line {}, column {})", error.line(), error.column());
        return AppError::new(&kinds::INVALID_BODY, &what, "Check how it is made");
    }
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    let problem = explain(path, text);
    AppError::new(&kinds::INVALID_BODY, &problem.message, "").with_errors(vec![problem])
}

/// The query of an address.
///
/// # Errors
/// `invalid_query`, with the parameter that is wrong.
pub fn query<T: DeserializeOwned>(req: &HttpRequest) -> Result<T, AppError> {
    web::Query::<T>::from_query(req.query_string()).map(web::Query::into_inner).map_err(|error| {
        let text = error.to_string();
        let text = text.strip_prefix("Query deserialize error: ").unwrap_or(&text);
        let problem = explain(None, text);
        AppError::new(&kinds::INVALID_QUERY, &problem.message, "").with_errors(vec![problem])
    })
}

/// A message of the deserializer in words for people.
fn explain(path: Option<&Path>, text: &str) -> FieldProblem {
    let quoted = || text.split('`').nth(1).unwrap_or_default();
    let choices = || text.split_once(", expected ").map_or("", |(_, choices)| choices);
    let within = |name: &str| {
        let parent = path.map(dotted).unwrap_or_default();
        if parent.is_empty() { clip(name) } else { format!("{parent}.{}", clip(name)) }
    };
    if text.starts_with("missing field") {
        let field = within(quoted());
        let message = format!("the field `{field}` is missing");
        return FieldProblem::new(&field, "field_missing", &message);
    }
    if text.starts_with("duplicate ") {
        let field = within(quoted());
        let message = format!("`{field}` is there twice: send it once");
        return FieldProblem::new(&field, "duplicate_key", &message);
    }
    if text.starts_with("unknown field") {
        let field = path.map(dotted).filter(|field| !field.is_empty()).unwrap_or_else(|| clip(quoted()));
        let choices = choices();
        let message = if choices.is_empty() || choices.starts_with("there are no") {
            format!("there is no field `{field}`: leave it out")
        } else {
            format!("there is no field `{field}`: use {choices}")
        };
        return FieldProblem::new(&field, "field_unknown", &message);
    }
    let field = path.map(dotted).unwrap_or_default();
    let choices = choices();
    let message =
        if choices.is_empty() { "the value cannot be used here".to_owned() } else { format!("this must be {choices}") };
    FieldProblem::new(&field, "field_invalid", &message)
}

/// `stories.0.summary`.
fn dotted(path: &Path) -> String {
    let parts: Vec<String> = path
        .iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Map { key } => Some(clip(key)),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect();
    parts.join(".")
}

fn clip(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(80).collect()
}

/// Any JSON without a key twice in one object.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_str<E>(self, _: &str) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Unique, A::Error> {
        while list.next_element::<Unique>()?.is_some() {}
        Ok(Unique)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Unique, A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = object.next_key::<String>()? {
            if seen.contains(&key) {
                return Err(de::Error::custom(format_args!("duplicate key `{}`", key.replace('`', "'"))));
            }
            object.next_value::<Unique>()?;
            seen.insert(key);
        }
        Ok(Unique)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only its shape matters")]
        name: String,
        #[serde(default)]
        #[expect(dead_code, reason = "only its shape matters")]
        inner: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only its shape matters")]
        flag: bool,
    }

    #[track_caller]
    fn check(text: &str, expected: &[(&str, &str)]) {
        let errors = match parse::<Outer>(text.as_bytes()) {
            Ok(_) => Vec::new(),
            Err(error) => {
                assert_eq!(error.status(), 400);
                error.errors
            }
        };
        let found: Vec<(&str, &str)> = errors.iter().map(|problem| (problem.field.as_str(), problem.code)).collect();
        assert_eq!(found, expected, "{text}");
        assert!(errors.iter().all(|problem| !problem.message.contains("canary")), "{errors:?}");
    }

    #[test]
    fn every_fault_names_its_field_and_never_its_value() {
        check(r#"{"name":"x"}"#, &[]);
        check(r#"{"nam":"x"}"#, &[("nam", "field_unknown")]);
        check("{}", &[("name", "field_missing")]);
        check(r#"{"name":"x","name":"y"}"#, &[("name", "duplicate_key")]);
        check(r#"{"name":"x","na\u006de":"y"}"#, &[("name", "duplicate_key")]);
        check(r#"{"name":["canary"]}"#, &[("name", "field_invalid")]);
        check(r#"{"name":"x","inner":[{"flag":true},{"flag":"canary"}]}"#, &[("inner.1.flag", "field_invalid")]);
        check(r#"{"name":"x","inner":[{"flag":true,"more":1}]}"#, &[("inner.0.more", "field_unknown")]);
        check(r#"{"name":"x","inner":[{}]}"#, &[("inner.0.flag", "field_missing")]);
        check(r#"{"name":"x","inner":[{"flag":true,"flag":true}]}"#, &[("inner.0.flag", "duplicate_key")]);
    }

    #[test]
    fn what_is_no_json_says_where() {
        for text in ["", "name", "{", r#"{"name":"x"} more"#, "\u{feff}{}", "[1,2"] {
            let error = parse::<Outer>(text.as_bytes()).unwrap_err();
            assert_eq!((error.status(), error.code()), (400, "invalid_body"), "{text}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(parse::<Outer>(deep.as_bytes()).unwrap_err().status(), 400);
    }
}
