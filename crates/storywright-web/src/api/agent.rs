//! What the agent did: steps of a job, and the way from a person to an issue.

use super::prompts::PromptFromJson;
use super::stories::SeverityJson;
use super::{Answer, Caller, ok, rfc3339};
use crate::errors::{AppError, kinds};
use actix_web::web;
use serde::Serialize;
use storywright_application::agent::{IssueChain, issue_chains, steps_of_job};
use storywright_domain::JobId;
use storywright_domain::agent::AgentStep;
use utoipa::ToSchema;

/// One step of a job. Texts of the model and of tools in it are untrusted.
#[derive(Serialize, ToSchema)]
pub struct StepJson {
    /// Its place in the job, from 1.
    #[schema(example = 2)]
    ordinal: u32,
    /// Turn of the model in looking things up; 0 when it writes.
    turn: u32,
    /// `model`, `tool` or `question`.
    #[schema(example = "tool")]
    kind: &'static str,
    /// `running`, `done`, `failed` or `refused`.
    #[schema(example = "done")]
    state: &'static str,
    /// What was asked, in words.
    #[schema(example = "Searches pages by words")]
    asked: String,
    /// Name of the tool with its server's prefix.
    #[schema(example = "confluence__confluence_search")]
    tool: String,
    /// MCP server.
    server: String,
    /// Arguments exactly as they were sent.
    arguments: String,
    /// Class of the tool.
    #[schema(required)]
    class: Option<&'static str>,
    /// SHA-256 of the approved definition.
    approval_hash: String,
    /// What came back, cut.
    result: String,
    /// Bytes that came back.
    bytes: u64,
    /// Whether something was cut off.
    cut: bool,
    /// Reference of the draft's source that it became.
    source: String,
    /// Why it failed or was refused: stable code, colon, words.
    problem: String,
    /// When it began.
    #[schema(format = DateTime)]
    began_at: String,
    /// How long it took, in milliseconds.
    took_ms: i64,
    /// SHA-256 of the prompt.
    prompt_sha256: String,
    /// The model.
    model: String,
    /// LLM service.
    service: String,
    /// Tokens of the prompt.
    input_tokens: u64,
    /// Tokens of the answer.
    output_tokens: u64,
}

/// Steps in order.
#[derive(Serialize, ToSchema)]
pub struct StepList {
    items: Vec<StepJson>,
}

impl From<AgentStep> for StepJson {
    fn from(step: AgentStep) -> Self {
        Self {
            ordinal: step.ordinal,
            turn: step.turn,
            kind: step.kind.as_str(),
            state: step.state.as_str(),
            asked: step.asked,
            tool: step.tool,
            server: step.server,
            arguments: step.arguments,
            class: step.class.map(|class| class.as_str()),
            approval_hash: step.approval_hash,
            result: step.result,
            bytes: step.bytes,
            cut: step.cut,
            source: step.source,
            problem: step.problem,
            began_at: rfc3339(step.began_at),
            took_ms: step.took.0,
            prompt_sha256: step.prompt_sha256,
            model: step.model,
            service: step.service,
            input_tokens: step.input_tokens,
            output_tokens: step.output_tokens,
        }
    }
}

/// Who wanted an issue.
#[derive(Serialize, ToSchema)]
pub struct ChainPerson {
    employee_id: String,
    name: String,
}

/// With what a version was written.
#[derive(Serialize, ToSchema)]
pub struct ChainOrigin {
    /// Number of the version that the model wrote.
    version: u32,
    /// Job that wrote it.
    job_id: String,
    /// Name of the system instructions.
    #[schema(example = "draft")]
    prompt: String,
    /// SHA-256 of their text: their version.
    prompt_sha256: String,
    /// The prompt that the person's own words came from; null when they came from none.
    #[schema(required)]
    prompt_from: Option<PromptFromJson>,
    /// LLM service.
    service: String,
    /// The model.
    model: String,
    /// What it was written from, beside the requirements.
    sources: Vec<ChainSource>,
}

/// A source as it was read.
#[derive(Serialize, ToSchema)]
pub struct ChainSource {
    id: String,
    kind: String,
    site: String,
    name: String,
    revision: String,
    title: String,
    url: String,
}

/// A passage that the story cites.
#[derive(Serialize, ToSchema)]
pub struct ChainCitation {
    source: String,
    heading: String,
    quote: String,
}

/// A finding that was let pass when the plan was approved.
#[derive(Serialize, ToSchema)]
pub struct ChainWaiver {
    /// Code of the finding.
    #[schema(example = "vague_word")]
    code: String,
    /// Where it stood in the approved document.
    #[schema(example = "stories.0.narrative.goal")]
    field: String,
    severity: SeverityJson,
    /// What it said.
    message: String,
    /// Why it may pass.
    reason: String,
    waived_by: ChainPerson,
    #[schema(format = DateTime)]
    waived_at: String,
}

/// The way of one issue.
#[derive(Serialize, ToSchema)]
pub struct Chain {
    /// Key in Jira.
    #[schema(example = "PAY-12")]
    key: String,
    /// Its address.
    #[schema(required)]
    url: Option<String>,
    person: ChainPerson,
    /// With what it was written; null when people wrote all of it.
    #[schema(required)]
    origin: Option<ChainOrigin>,
    /// Steps of the job that wrote it, tool calls among them.
    steps: Vec<StepJson>,
    citations: Vec<ChainCitation>,
    /// What was let pass of its story when the plan was approved, as it was then.
    waivers: Vec<ChainWaiver>,
    draft_id: String,
    /// The version that was approved.
    version: u32,
    /// Hash of the approved plan.
    plan_hash: String,
    /// Hash of the bytes that were sent.
    payload_sha256: String,
    /// When it was approved.
    #[schema(format = DateTime)]
    approved_at: String,
    run_id: String,
    item_id: String,
}

/// The ways of all issues with one key.
#[derive(Serialize, ToSchema)]
pub struct Chains {
    items: Vec<Chain>,
}

impl From<IssueChain> for Chain {
    fn from(chain: IssueChain) -> Self {
        let origin = chain.origin.map(|origin| ChainOrigin {
            version: origin.version,
            job_id: origin.job.to_string(),
            prompt: origin.prompt,
            prompt_sha256: origin.prompt_sha256,
            prompt_from: origin.prompt_from.as_ref().map(PromptFromJson::from),
            service: origin.service,
            model: origin.model,
            sources: origin
                .sources
                .into_iter()
                .map(|source| ChainSource {
                    id: source.id,
                    kind: source.kind,
                    site: source.site,
                    name: source.name,
                    revision: source.revision,
                    title: source.title,
                    url: source.url,
                })
                .collect(),
        });
        let citations = chain.citations.into_iter();
        let person =
            || ChainPerson { employee_id: chain.person.employee_id.clone(), name: chain.person.display_name.clone() };
        let waivers = chain.waivers.iter().map(|waiver| ChainWaiver {
            code: waiver.code.clone(),
            field: waiver.place.clone(),
            severity: waiver.severity.into(),
            message: waiver.message.clone(),
            reason: waiver.reason.clone(),
            // A draft is changed, and what it holds waived, by its person alone.
            waived_by: person(),
            waived_at: rfc3339(waiver.at),
        });
        Self {
            key: chain.key,
            url: chain.url,
            person: person(),
            waivers: waivers.collect(),
            origin,
            steps: chain.steps.into_iter().map(StepJson::from).collect(),
            citations: citations
                .map(|one| ChainCitation { source: one.source, heading: one.heading, quote: one.quote })
                .collect(),
            draft_id: chain.run.draft.to_string(),
            version: chain.version.map_or(chain.run.version, |version| version.number),
            plan_hash: chain.run.plan_hash,
            payload_sha256: chain.item.payload_sha256,
            approved_at: rfc3339(chain.run.approved_at),
            run_id: chain.run.id.to_string(),
            item_id: chain.item.id.to_string(),
        }
    }
}

/// What the agent did for a job, step by step.
#[utoipa::path(get, path = "/api/v1/jobs/{id}/steps", tag = "Jobs", operation_id = "listSteps",
    params(("id" = String, Path, description = "Job id.", pattern = "^[0-9a-f]{32}$")),
    responses((status = 200, description = "The steps in order.", body = StepList)))]
pub async fn steps(caller: Caller, id: web::Path<String>) -> Answer {
    let steps = caller
        .run(move |ports, actor| {
            let id = JobId::parse(&id).map_err(|_| AppError::job_not_found())?;
            steps_of_job(ports, actor, id)?.ok_or_else(AppError::job_not_found)
        })
        .await?;
    Ok(ok(&StepList { items: steps.into_iter().map(StepJson::from).collect() }))
}

/// The way of an issue: person, prompt, model, sources and tool calls, version, approved plan, run, key.
#[utoipa::path(get, path = "/api/v1/audit/issues/{key}", tag = "Jobs", operation_id = "traceIssue",
    params(("key" = String, Path, description = "Key in Jira.")),
    responses((status = 200, description = "The ways of the person's issues with this key.", body = Chains),
        (status = 404, description = "None of the person's runs created such an issue.")))]
pub async fn issue(caller: Caller, key: web::Path<String>) -> Answer {
    let chains = caller.run(move |ports, actor| Ok(issue_chains(ports, actor, &key)?)).await?;
    if chains.is_empty() {
        let what = "None of your runs created an issue with this key";
        return Err(AppError::new(&kinds::ISSUE_NOT_TRACED, what, "Look for the key on the page of the run"));
    }
    Ok(ok(&Chains { items: chains.into_iter().map(Chain::from).collect() }))
}
