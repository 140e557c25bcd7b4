//! The description of the API in OpenAPI 3.1. What is the same for every call (who may call, how errors look) is added from the route
//! table, so that it cannot be forgotten.

use super::problem::Problem;
use super::{
    Answer, ROUTES, agent, catalog, drafts, fixes, integrations, issue_updates, jobs, judgements, meter, people, plan,
    prompts, rule_sets, runs, sections, sources, story_pages, tools, trials, versions, waivers, writing,
};
use crate::errors::AppError;
use crate::route::{Policy, Route, Verb};
use actix_web::HttpResponse;
use std::sync::OnceLock;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::schema::{SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, Response, Schema};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Storywright",
        description = "Stories for Jira from requirements: drafted, refined, checked, approved, created. Get a token with \
            `POST /api/v1/tokens` and send it as `Authorization: Bearer …`. Errors are `application/problem+json` with a stable `code`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        contact()
    ),
    tags(
        (name = "People", description = "Signing up, tokens."),
        (name = "Integrations", description = "Connections to Jira, Confluence and the company LLM."),
        (name = "Catalog", description = "What can be chosen from, and checking a story."),
        (name = "Prompts", description = "Instructions to the writer that people keep."),
        (name = "Rule sets", description = "What teams ask of every story."),
        (name = "Drafts", description = "Drafts, their versions and findings."),
        (name = "Sources", description = "What a draft is written from."),
        (name = "Writing", description = "Handing a draft to the model."),
        (name = "Jobs", description = "Background jobs and what they say."),
        (name = "Tools", description = "What MCP servers offer, and which of it the agent may use."),
        (name = "Publishing", description = "Plans and runs."),
        (name = "About", description = "This description.")
    ),
    paths(
        show,
        people::register,
        people::confirm,
        people::issue_token,
        people::revoke_token,
        people::me,
        integrations::list,
        integrations::save_jira,
        integrations::save_confluence,
        integrations::save_llm,
        integrations::test,
        catalog::sites,
        catalog::projects,
        catalog::issue_types,
        trials::list,
        trials::start,
        trials::show,
        trials::remove,
        trials::retry,
        prompts::list,
        prompts::create,
        prompts::show,
        prompts::save,
        prompts::remove,
        prompts::words,
        prompts::versions,
        prompts::restore,
        rule_sets::list,
        rule_sets::create,
        rule_sets::show,
        rule_sets::save,
        rule_sets::remove,
        rule_sets::versions,
        rule_sets::restore,
        catalog::validate,
        drafts::create,
        drafts::list,
        drafts::show,
        drafts::change,
        drafts::copy,
        drafts::remove,
        issue_updates::create,
        issue_updates::show,
        issue_updates::plan,
        issue_updates::update,
        issue_updates::settle,
        drafts::findings,
        fixes::fix,
        waivers::create,
        waivers::take_back,
        versions::list,
        versions::show,
        versions::restore,
        versions::compare,
        sources::list,
        sources::add,
        sources::add_file,
        sources::check,
        sources::remove,
        sources::restore,
        sources::read_again,
        sources::text,
        sources::change,
        sources::search,
        sources::spaces,
        judgements::list,
        judgements::ask,
        sections::list,
        sections::coverage,
        sections::write,
        sections::write_uncovered,
        writing::generate,
        writing::refine,
        plan::plan,
        plan::publish,
        runs::list,
        runs::show,
        story_pages::list,
        story_pages::plan,
        story_pages::write,
        story_pages::settle,
        runs::stop,
        runs::resume,
        runs::correct,
        runs::resolve,
        meter::show,
        jobs::list,
        jobs::show,
        events,
        jobs::cancel,
        jobs::answer,
        agent::steps,
        agent::issue,
        tools::list,
        tools::server,
        tools::refresh,
        tools::approve_all,
        tools::show,
        tools::approve,
        tools::revoke
    ),
    components(schemas(Problem, integrations::IntegrationName)),
    modifiers(&Everywhere)
)]
struct Description;

/// The description as JSON text, made once.
#[must_use]
pub fn document() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        // Plain data: it can always be written, which a test shows.
        Description::openapi().to_json().unwrap_or_default()
    })
}

/// This description.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "About", operation_id = "getOpenApi",
    responses((status = 200, description = "OpenAPI 3.1.", body = serde_json::Value)))]
pub async fn show() -> Answer {
    let text = document();
    if text.is_empty() {
        return Err(AppError::internal("the description of the API cannot be written"));
    }
    Ok(HttpResponse::Ok().content_type("application/json").body(text))
}

/// Listens to a job: first what it has said since `Last-Event-ID` or `after`, then what follows. Ends after `done`, or after an `error` whose
/// `retry` is false.
#[utoipa::path(get, path = "/api/v1/jobs/{id}/events", tag = "Jobs", operation_id = "listenToJob",
    params(("id" = String, Path, description = "Job id.", pattern = "^[0-9a-f]{32}$"),
        ("after" = Option<u64>, Query, description = "Number of the last event that was seen."),
        ("Last-Event-ID" = Option<u64>, Header, description = "The same, as a reconnecting event source sends it.")),
    responses((status = 200, description = "Server-sent events named `token`, `reset`, `clarify`, `draft`, `finding`, `progress`, `issue`, `done`, `error`; their data is JSON.",
        body = String, content_type = "text/event-stream")))]
#[expect(dead_code, reason = "only carries the description; crate::sse answers")]
async fn events() {}

/// What is the same for every call.
struct Everywhere;

impl Modify for Everywhere {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("A token of `POST /api/v1/tokens` or of the profile page."))
            .build();
        let components = api.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        for route in ROUTES {
            let Some(item) = api.paths.paths.get_mut(route.path) else { continue };
            let operation = match route.method {
                Verb::Get => item.get.as_mut(),
                Verb::Post => item.post.as_mut(),
                Verb::Put => item.put.as_mut(),
                Verb::Delete => item.delete.as_mut(),
            };
            let Some(operation) = operation else { continue };
            complete(operation, route);
        }
    }
}

fn complete(operation: &mut Operation, route: &Route) {
    let mut problems: Vec<(&str, &str)> = vec![("default", "Any other failure.")];
    if route.administrators_only {
        problems.push(("403", "The person is no administrator."));
    }
    if route.policy == Policy::Bearer {
        operation.security = Some(vec![SecurityRequirement::new("bearer", Vec::<String>::new())]);
        problems.push(("401", "No token, or one that does not hold."));
    } else {
        operation.security = Some(Vec::new());
    }
    if route.reaches_outside {
        problems
            .push(("429", "Jira, Confluence or the LLM were asked too often; `Retry-After` says how long to wait."));
        problems.push(("502", "The other side does not answer, or not as it promises."));
    }
    if operation.request_body.is_some() {
        problems.push(("400", "The body is no JSON, or a field is missing, unknown or of the wrong type."));
        problems.push(("413", "The body is too large."));
        problems.push(("415", "The body is not sent as application/json."));
        problems.push(("422", "The values cannot be used; `errors` names every field."));
    }
    let parameters = operation.parameters.as_deref().unwrap_or_default();
    let in_path = |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Path);
    if parameters.iter().any(in_path) {
        problems.push(("404", "There is no such thing, or it belongs to somebody else."));
    }
    if !parameters.iter().all(in_path) {
        problems.push(("400", "A parameter or header is malformed or unknown."));
    }
    for parameter in operation.parameters.iter_mut().flatten() {
        may_be_left_out_but_not_null(parameter);
    }
    let responses = &mut operation.responses.responses;
    for (status, description) in problems {
        responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(Response::new(description)));
    }
    for (status, response) in responses.iter_mut() {
        if let RefOr::T(response) = response
            && !status.starts_with('2')
        {
            let schema = RefOr::Ref(Ref::from_schema_name("Problem"));
            response.content.insert("application/problem+json".to_owned(), RefOr::T(Content::new(Some(schema))));
        }
    }
}

/// A parameter that is there is never null: there is no such text in an address or a header.
fn may_be_left_out_but_not_null(parameter: &mut RefOr<Parameter>) {
    if let RefOr::T(Parameter { schema: Some(RefOr::T(Schema::Object(schema))), .. }) = parameter
        && let SchemaType::Array(types) = &mut schema.schema_type
    {
        types.retain(|kind| *kind != Type::Null);
        if let [only] = types.as_slice() {
            schema.schema_type = SchemaType::Type(only.clone());
        }
    }
}
