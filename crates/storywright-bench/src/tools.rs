//! The kept list of a server with 98 tools, the definitions of mcp-atlassian 0.23.1 (about 120 KB), every one of them decided on: what it
//! takes a program to read it from the running server. That is more than the read from the cache: a token is checked, the list is judged
//! against all decisions, and JSON is written and sent.

use crate::Failure;
use crate::api::Api;
use crate::company::Company;
use crate::http::Connection;
use crate::latency::follow;
use crate::process::{Process, free_port, program, wait_for_port};
use crate::report::{Report, Target, percentile};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// `tools/list` as mcp-atlassian answers it.
const TOOLS: &str = include_str!("../../storywright-mcp/tests/data/mcp-atlassian-0.23.1.json");
/// Id of the server.
const SERVER: &str = "tools";
/// Employee ID of the person who decides.
const ADMINISTRATOR: &str = "E10234";

/// Serves the tools in the protocol that begins with `initialize`, without sessions.
pub fn serve_tools(port: u16) -> Result<(), Failure> {
    use actix_web::{App, HttpResponse, HttpServer, web};
    let tools: Value = serde_json::from_str(TOOLS)?;
    actix_web::rt::System::new().block_on(async move {
        HttpServer::new(move || {
            let tools = tools.clone();
            let answer = move |message: web::Json<Value>| {
                let body = answer(&message, &tools);
                std::future::ready(if body.is_null() {
                    HttpResponse::Accepted().finish()
                } else {
                    HttpResponse::Ok().json(body)
                })
            };
            App::new().route("/mcp", web::post().to(answer))
        })
        .workers(1)
        .bind(("127.0.0.1", port))?
        .run()
        .await
    })?;
    Ok(())
}

fn answer(message: &Value, tools: &Value) -> Value {
    let told = |key: &str, value: Value| json!({"jsonrpc": "2.0", "id": message["id"], key: value});
    match message["method"].as_str().unwrap_or_default() {
        "initialize" => told(
            "result",
            json!({"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "bench", "version": "1"}}),
        ),
        "tools/list" => told("result", json!({"tools": tools})),
        method if method.starts_with("notifications/") => Value::Null,
        _ => told("error", json!({"code": -32_601, "message": "method not found"})),
    }
}

/// Reads the list over one kept connection, one request after the other.
pub fn measure(runtime: &tokio::runtime::Runtime, report: &mut Report, quick: bool) -> Result<(), Failure> {
    let port = free_port()?;
    let mut command = Command::new(program("storywright-bench")?);
    command.args(["serve-tools", "--port", &port.to_string()]);
    let _tools = Process::start(command, Path::new("/dev/null"))?;
    wait_for_port(port, Instant::now())?;
    let company = Company::start_with("sandbox-writer", |config| {
        config["server"]["administrators"] = json!([ADMINISTRATOR]);
        config["mcp_servers"] = json!([{
            "id": SERVER, "name": "Tools", "purpose": "jira", "url": format!("http://127.0.0.1:{port}/mcp"),
            "headers": {"X-Jira": "{{jira_pat}}", "X-Confluence": "{{confluence_pat}}"},
            "allow_http": true, "allow_loopback": true,
        }]);
    })?;
    runtime.block_on(read(&company, report, quick))
}

async fn read(company: &Company, report: &mut Report, quick: bool) -> Result<(), Failure> {
    let (api, _) = company.person().await?;
    let count = decided(&api, company.port).await?;
    #[expect(clippy::cast_precision_loss, reason = "a size in bytes")]
    report.add(format!("{count} tools, their definitions"), TOOLS.len() as f64, "bytes", None);
    let mut connection = Connection::open(company.port).await?;
    let bearer = format!("Bearer {}", api.token());
    let request = connection.request("GET", &format!("/api/v1/tools/{SERVER}"), &[("Authorization", &bearer)], "");
    let mut latencies = Vec::new();
    let (warm, measured) = if quick { (20, 200) } else { (200, 5_000) };
    for number in 0..warm + measured {
        let begun = Instant::now();
        let answer = connection.send(&request).await?;
        if answer.status != 200 {
            return Err(format!("the list answered {}: {}", answer.status, answer.text()).into());
        }
        if number >= warm {
            latencies.push(begun.elapsed().as_secs_f64() * 1_000.0);
        }
    }
    latencies.sort_by(f64::total_cmp);
    let what = format!("{count} tools read from the cache over the API");
    report.add(format!("{what}, p50"), percentile(&latencies, 0.5), "ms", Some(Target::AtMost(1.0)));
    report.add(format!("{what}, p99"), percentile(&latencies, 0.99), "ms", None);
    Ok(())
}

/// Has the list fetched and decides about every tool; says how many there are.
async fn decided(api: &Api, port: u16) -> Result<usize, Failure> {
    let path = format!("tools/{SERVER}");
    let job = api.call("POST", &format!("{path}/refresh"), &Value::Null).await?;
    let job = job["job_id"].as_str().ok_or("no job")?;
    follow(port, job, &format!("Bearer {}", api.token())).await?;
    let server = api.call("GET", &path, &Value::Null).await?;
    if server["fetched_at"].is_null() {
        return Err(format!("the list does not come: {}", server["problem"]).into());
    }
    let served: Vec<Value> = serde_json::from_str(TOOLS)?;
    let tools = server["tools"].as_array().ok_or("no tools")?;
    if let Some(refused) = tools.iter().find(|tool| tool["state"] == "refused") {
        return Err(format!("a tool is refused: {refused}").into());
    }
    for (tool, definition) in tools.iter().zip(&served) {
        let name = tool["name"].as_str().ok_or("a tool without a name")?;
        let reads = definition["annotations"]["readOnlyHint"] == true;
        let body = json!({"hash": tool["hash"], "class": if reads { "read" } else { "change" }, "words": format!("What {name} does")});
        api.call("PUT", &format!("{path}/tools/{name}/approval"), &body).await?;
    }
    Ok(tools.len())
}
