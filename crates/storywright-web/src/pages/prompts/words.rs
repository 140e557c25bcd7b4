//! The words that a new draft gets from a prompt: fields for its variables, and the text.

use crate::errors::{AppError, sentence};
use crate::pages::desk::Params;
use crate::view::View;
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use serde::Serialize;
use std::collections::BTreeMap;
use storywright_application::prompts::{PromptError, prompt, words_of_prompt};
use storywright_domain::PromptId;
use storywright_domain::prompt::PromptVariable;

/// The words of a prompt for a new draft.
#[derive(Serialize)]
struct Use {
    prompt_id: String,
    version: u32,
    name: String,
    variables: Vec<Filled>,
    words: Option<String>,
}

impl View for Use {
    const TEMPLATE: &'static str = "fragments/prompt_use.html";
}

/// A variable of a prompt with what was typed for it.
#[derive(Serialize)]
pub(in crate::pages) struct Filled {
    name: String,
    description: String,
    value: String,
    problem: Option<String>,
}

impl Filled {
    pub(in crate::pages) fn of(variable: &PromptVariable, value: String, problem: Option<String>) -> Self {
        Self { name: variable.name.clone(), description: variable.description.clone(), value, problem }
    }
}

/// The words that a new draft gets: fields for the variables, and the text as soon as every variable has a value.
pub async fn words(me: SignedIn, sent: Params<Vec<(String, String)>>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        let one = |name: &str| sent.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
        let blank =
            Use { prompt_id: String::new(), version: 0, name: String::new(), variables: Vec::new(), words: None };
        let Ok(id) = PromptId::parse(one("prompt_id")) else { return desk.fragment(&blank) };
        let Some(chosen) = prompt(desk.ports, &desk.who.actor, id)? else { return desk.fragment(&blank) };
        let filled = one("fill") == "1";
        let value = |name: &str| one(&format!("value.{name}")).to_owned();
        let values: BTreeMap<String, String> =
            chosen.body.variables().iter().map(|variable| (variable.name.clone(), value(&variable.name))).collect();
        let rendered = match words_of_prompt(desk.ports, &desk.who.actor, id, &values) {
            Err(error @ PromptError::Storage(_)) => return Err(error.into()),
            other => other,
        };
        let problem = |name: &str| match &rendered {
            Err(PromptError::Invalid(problems)) if filled => problems
                .iter()
                .find(|problem| problem.field() == format!("values.{name}"))
                .map(|problem| sentence(&problem.to_string())),
            _ => None,
        };
        let variables = chosen.body.variables().iter().map(|variable| {
            let value = if filled { value(&variable.name) } else { variable.default.clone() };
            Filled::of(variable, value, problem(&variable.name))
        });
        let variables: Vec<Filled> = variables.collect();
        // With defaults for everything the words are there at once, and are changed by filling in.
        let words = rendered.ok();
        desk.fragment(&Use { prompt_id: id.to_string(), version: chosen.version, name: chosen.name, variables, words })
    })
    .await
}
