//! Texts and JSON with `{{name}}` in them.

use crate::config::Problem;
use serde_json::{Map, Value};

/// A text with placeholders, checked against the names that may stand in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Name(String),
}

impl Template {
    /// Reads a text. Two braces followed by a lower-case word are a placeholder; other braces are text.
    pub(crate) fn parse(raw: &str, known: &[&str]) -> Result<Self, Problem> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = raw;
        while let Some(at) = rest.find("{{") {
            let inner = &rest[at + 2..];
            let length = inner.find(|c: char| !matches!(c, 'a'..='z' | '_' | ' ')).unwrap_or(inner.len());
            let name = inner[..length].trim();
            if name.is_empty() {
                text.push_str(&rest[..at + 2]);
                rest = inner;
                continue;
            }
            if !inner[length..].starts_with("}}") {
                return Err(
                    Problem::new(format!("the placeholder `{{{{{name}` is not closed"), "close it with `}}`").near(raw)
                );
            }
            if !known.contains(&name) {
                return Err(Problem::new(
                    format!("unknown placeholder `{{{{{name}}}}}`"),
                    format!("use one of {}", list(known)),
                )
                .near(raw));
            }
            text.push_str(&rest[..at]);
            if !text.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut text)));
            }
            parts.push(Part::Name(name.to_owned()));
            rest = &inner[length + 2..];
        }
        text.push_str(rest);
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        Ok(Self { parts })
    }

    /// The names in the text.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Name(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The text with each name replaced by its value.
    pub(crate) fn render<'a>(&self, value: impl Fn(&str) -> &'a str) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.as_str(),
                Part::Name(name) => value(name),
            })
            .collect()
    }

    /// The only name, if the text is nothing but one placeholder.
    fn whole(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Name(name)] => Some(name),
            _ => None,
        }
    }
}

fn list(known: &[&str]) -> String {
    known.iter().map(|name| format!("`{{{{{name}}}}}`")).collect::<Vec<_>>().join(", ")
}

/// JSON with placeholders in its texts. A text that is nothing but a placeholder becomes the value itself, whatever its type;
/// a name without a value takes its key out, and a list in the place of a list's entry becomes its entries.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum JsonTemplate {
    Fixed(Value),
    Text(Template),
    List(Vec<JsonTemplate>),
    Object(Vec<(String, JsonTemplate)>),
}

impl JsonTemplate {
    pub(crate) fn parse(raw: &Value, known: &[&str]) -> Result<Self, Problem> {
        Ok(match raw {
            Value::String(text) => Self::Text(Template::parse(text, known)?),
            Value::Array(items) => {
                Self::List(items.iter().map(|item| Self::parse(item, known)).collect::<Result<_, _>>()?)
            }
            Value::Object(fields) => Self::Object(
                fields
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), Self::parse(value, known)?)))
                    .collect::<Result<_, Problem>>()?,
            ),
            other => Self::Fixed(other.clone()),
        })
    }

    /// The JSON with values in it; `None` when it is a single name without a value.
    pub(crate) fn render(&self, value: &dyn Fn(&str) -> Option<Value>) -> Option<Value> {
        match self {
            Self::Fixed(fixed) => Some(fixed.clone()),
            Self::Text(template) => match template.whole() {
                Some(name) => value(name),
                None => {
                    let values: Vec<(String, String)> =
                        template.names().map(|name| (name.to_owned(), text_of(value(name)))).collect();
                    let find = |name: &str| {
                        values.iter().find(|(known, _)| known == name).map_or("", |(_, text)| text.as_str())
                    };
                    Some(Value::String(template.render(find)))
                }
            },
            Self::List(items) => {
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    match (item, item.render(value)) {
                        (Self::Text(_), Some(Value::Array(entries))) => list.extend(entries),
                        (_, Some(entry)) => list.push(entry),
                        (_, None) => {}
                    }
                }
                Some(Value::Array(list))
            }
            Self::Object(fields) => {
                let mut map = Map::new();
                for (key, field) in fields {
                    if let Some(rendered) = field.render(value) {
                        map.insert(key.clone(), rendered);
                    }
                }
                Some(Value::Object(map))
            }
        }
    }

    /// Whether a name stands anywhere in it.
    pub(crate) fn mentions(&self, name: &str) -> bool {
        match self {
            Self::Fixed(_) => false,
            Self::Text(template) => template.names().any(|other| other == name),
            Self::List(items) => items.iter().any(|item| item.mentions(name)),
            Self::Object(fields) => fields.iter().any(|(_, field)| field.mentions(name)),
        }
    }
}

fn text_of(value: Option<Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_become_values_and_other_braces_stay() {
        let template = Template::parse("a {{one}} {\"b\":{\"c\":{}}} {{ two }}{{", &["one", "two"]).unwrap();
        assert_eq!(template.render(|name| if name == "one" { "1" } else { "2" }), "a 1 {\"b\":{\"c\":{}}} 2{{");
    }

    #[test]
    fn values_are_not_read_again() {
        let template = Template::parse("{{one}}", &["one", "two"]).unwrap();
        assert_eq!(template.render(|_| "{{two}}"), "{{two}}");
    }

    #[test]
    fn wrong_names_say_what_is_right() {
        let problem = Template::parse("{{modell}}", &["model", "user"]).unwrap_err();
        assert_eq!(problem.reason, "unknown placeholder `{{modell}}`");
        assert_eq!(problem.cure, "use one of `{{model}}`, `{{user}}`");
        assert_eq!(
            Template::parse("x {{model} y", &["model"]).unwrap_err().reason,
            "the placeholder `{{model` is not closed"
        );
    }

    #[test]
    fn a_whole_name_keeps_its_type_and_a_missing_one_its_key_away() {
        let known = ["schema", "model", "gone"];
        let template =
            JsonTemplate::parse(&json!({"a": "{{schema}}", "b": ["x-{{model}}", 1], "c": "{{gone}}"}), &known).unwrap();
        let rendered = template.render(&|name| match name {
            "schema" => Some(json!({"type": "object"})),
            "model" => Some(json!("m")),
            _ => None,
        });
        assert_eq!(rendered, Some(json!({"a": {"type": "object"}, "b": ["x-m", 1]})));
        assert!(template.mentions("gone") && !template.mentions("user"));
    }

    #[test]
    fn a_list_in_a_list_becomes_its_entries() {
        let template = JsonTemplate::parse(&json!(["a", "{{turns}}", ["{{turns}}"]]), &["turns"]).unwrap();
        let rendered = template.render(&|_| Some(json!(["b", "c"])));
        assert_eq!(rendered, Some(json!(["a", "b", "c", ["b", "c"]])));
        assert_eq!(template.render(&|_| None), Some(json!(["a", []])));
    }
}
