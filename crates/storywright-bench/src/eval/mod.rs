//! The golden set through the whole product: every document becomes a draft, and what came of it is counted.
//!
//! A document's `required` passages should be covered by a story, its `excluded` ones by none. Both are judged by the product's own
//! coverage, which goes by words: a list of places to look at, good for comparing one run with another, no verdict on one story.

mod html;
mod score;
mod service;

use crate::Failure;
use crate::api::Api;
use crate::company::Company;
use crate::latency::{events, is_event};
use clap::Args;
use score::Score;
use serde_json::{Value, json};
use service::Service;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tokio::runtime::Runtime;

/// Longest wait for one document.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(1_800);

/// What is evaluated, and with which model.
#[derive(Args, Clone)]
pub struct Options {
    /// Folder of the documents.
    #[arg(long, default_value = "eval/golden")]
    golden: PathBuf,
    /// Only documents whose names begin so: `001,020`.
    #[arg(long, value_delimiter = ',')]
    documents: Vec<String>,
    /// LLM service of `--config` by its name; without it the model of the pretend company.
    #[arg(long)]
    llm: Option<String>,
    /// Configuration folder that has the service.
    #[arg(long, default_value = "config")]
    config: PathBuf,
    /// Folder for `eval.json` and `eval.html`.
    #[arg(long, default_value = "artefacts")]
    out: PathBuf,
}

/// A document of the golden set.
struct Golden {
    name: String,
    text: String,
    facts: Value,
}

/// Runs every document, prints the table, and writes both reports.
pub fn run(runtime: &Runtime, options: &Options) -> Result<(), Failure> {
    let documents = read(options)?;
    let variable = |name: &str| std::env::var(name).ok();
    let service = options.llm.as_ref().map(|name| Service::read(name, &options.config, variable)).transpose()?;
    // The pretend company; with `--llm` its server speaks to that service instead of the pretended one.
    let company = match &service {
        None => Company::start("sandbox-writer"),
        Some(service) => Company::start_with("", |config| service.put_into(config)).map_err(|failure| {
            let own = options.config.join("config.json");
            Failure::from(format!("with the service `{}` of {}, {failure}", service.name, own.display()))
        }),
    }?;
    runtime.block_on(evaluate_all(&company, service.as_ref(), &documents, options))
}

async fn evaluate_all(
    company: &Company,
    service: Option<&Service>,
    documents: &[Golden],
    options: &Options,
) -> Result<(), Failure> {
    let api = person(company, service).await?;
    println!("{}", score::HEAD);
    let mut scores = Vec::new();
    for document in documents {
        let score = match evaluate(&api, document).await {
            Ok(score) => score,
            Err(failure) => Score::failed(&document.name, &document.text, &failure.to_string()),
        };
        println!("{}", score.line());
        scores.push(score);
    }
    let total = score::total(&scores);
    println!("{}", total.line());
    let model = options.llm.clone().unwrap_or_else(|| "the pretend company's writer".to_owned());
    std::fs::create_dir_all(&options.out)?;
    let report = json!({"model": model, "documents": scores, "total": total});
    std::fs::write(options.out.join("eval.json"), serde_json::to_string_pretty(&report)?)?;
    std::fs::write(options.out.join("eval.html"), html::page(&model, &scores, &total))?;
    println!("\n{} and {}", options.out.join("eval.json").display(), options.out.join("eval.html").display());
    match scores.iter().filter(|score| score.problem.is_some()).count() {
        0 => Ok(()),
        failed => Err(format!("{failed} of {} documents came to nothing: the table says why", scores.len()).into()),
    }
}

fn read(options: &Options) -> Result<Vec<Golden>, Failure> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&options.golden)
        .map_err(|error| {
            format!("{} cannot be read ({error}): run it in the project's folder", options.golden.display())
        })?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    paths.sort();
    let name_of = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let wanted = |name: &str| options.documents.is_empty() || options.documents.iter().any(|one| name.starts_with(one));
    let read = |path: &PathBuf| {
        let facts = serde_json::from_str(&std::fs::read_to_string(path)?)?;
        let text = std::fs::read_to_string(path.with_extension("md"))?;
        Ok(Golden { name: name_of(path), text, facts })
    };
    let documents =
        paths.iter().filter(|path| wanted(&name_of(path))).map(read).collect::<Result<Vec<_>, Failure>>()?;
    if documents.is_empty() {
        return Err(format!(
            "no document in {} begins with {}",
            options.golden.display(),
            options.documents.join(", ")
        )
        .into());
    }
    Ok(documents)
}

async fn person(company: &Company, service: Option<&Service>) -> Result<Api, Failure> {
    let Some(service) = service else { return Ok(company.person().await?.0) };
    // The service must know the person whom Jira knows, so the pretend company takes the real name on.
    let renamed = json!({"employee_id": service.employee, "confluence": {"employee_id": service.employee}});
    company.sandbox("PATCH", "/__sandbox/people/alice", &renamed).await?;
    Ok(company.person_with(&service.name, Some(&service.credential)).await?.0)
}

async fn evaluate(api: &Api, document: &Golden) -> Result<Score, Failure> {
    let since = Instant::now();
    let format = document.facts["format"].as_str().unwrap_or("classic");
    let body = json!({"requirements": document.text, "format": format, "project_key": "PAY", "issue_type": "Story"});
    let draft = api.call("POST", "drafts", &body).await?;
    let id = draft["id"].as_str().ok_or("no draft id")?.to_owned();
    let job = api.call("POST", &format!("drafts/{id}/generate"), &json!({})).await?["job_id"]
        .as_str()
        .ok_or("no job id")?
        .to_owned();
    let mut questions = 0;
    let mut after = None;
    while !ended(api, &job, &mut after).await? {
        questions += 1;
        let leanest = json!({"text": "Assume the leanest that the text allows."});
        api.call("POST", &format!("jobs/{job}/answer"), &leanest).await?;
    }
    let told = api.call("GET", &format!("jobs/{job}/steps"), &Value::Null).await?;
    let steps = told["items"].as_array().cloned().unwrap_or_default();
    let took = since.elapsed();
    let draft = api.call("GET", &format!("drafts/{id}"), &Value::Null).await?;
    let findings = api.call("GET", &format!("drafts/{id}/findings"), &Value::Null).await?;
    let coverage = api.call("GET", &format!("drafts/{id}/coverage"), &Value::Null).await?;
    let sections = api.call("GET", &format!("drafts/{id}/sections"), &Value::Null).await?;
    Ok(Score::of(
        &document.name,
        &document.facts,
        &score::Told { draft, findings, coverage, sections, steps, questions, took },
    ))
}

/// Waits until the job has ended (true) or asks something (false); the events up to `after` were heard before.
async fn ended(api: &Api, job: &str, after: &mut Option<String>) -> Result<bool, Failure> {
    let (heard, mut done) = (after.take(), false);
    let bearer = format!("Bearer {}", api.token());
    let following = events(api.port(), job, &bearer, heard.as_deref(), |event, _| {
        if let Some(id) = event.lines().find_map(|line| line.strip_prefix("id:")) {
            *after = Some(id.trim().to_owned());
        }
        let data = event.lines().find_map(|line| line.strip_prefix("data:")).unwrap_or_default();
        // What is tried again by itself is no end.
        if is_event(event, "error") && !data.contains("\"retry\":true") {
            let told: Value = serde_json::from_str(data.trim()).unwrap_or_default();
            let text = |key: &str| told[key].as_str().unwrap_or_default().to_owned();
            return Err(format!("{}: {}", text("code"), text("message")).into());
        }
        done = is_event(event, "done");
        Ok(done || is_event(event, "clarify"))
    });
    tokio::time::timeout(PATIENCE, following)
        .await
        .map_err(|_| format!("not done after {} minutes", PATIENCE.as_secs() / 60))??;
    Ok(done)
}
