//! The dashboard of a signed-in person with 20 drafts, beside a bare response of the same size; and beside sign-ins.

use crate::Failure;
use crate::api::Api;
use crate::company::{Company, PASSWORD, drafts};
use crate::http::Connection;
use crate::process::{Process, free_port, program, wait_for_port};
use crate::report::{Report, Target, percentile};
use std::cell::Cell;
use std::process::Command;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Serves one fixed response, as bare as the framework allows.
pub fn serve_bare(size: usize, port: u16) -> Result<(), Failure> {
    use actix_web::{App, HttpResponse, HttpServer, web};
    let body = web::Bytes::from(vec![b'x'; size]);
    actix_web::rt::System::new().block_on(async move {
        HttpServer::new(move || {
            let body = body.clone();
            App::new().default_service(web::to(move || {
                std::future::ready(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(body.clone()))
            }))
        })
        .workers(2)
        .bind(("127.0.0.1", port))?
        .run()
        .await
    })?;
    Ok(())
}

struct Load {
    per_second: f64,
    latencies_ms: Vec<f64>,
}

impl Load {
    fn p(&self, share: f64) -> f64 {
        percentile(&self.latencies_ms, share)
    }
}

/// Throughput at 16 and 64 connections, beside the bare response, in turns so that both see the same machine.
pub async fn measure(company: &Company, report: &mut Report, quick: bool) -> Result<(), Failure> {
    let (api, name) = company.person().await?;
    drafts(&api, 20).await?;
    let cookie = sign_in(company.port, &name).await?;
    let page = page_request(company.port, &cookie).await?;
    let size = page.1;
    report.add("dashboard with 20 drafts, size", size_of(size), "bytes", None);
    let bare_port = free_port()?;
    let mut command = Command::new(program("storywright-bench")?);
    command.args(["bare", "--size", &size.to_string(), "--port", &bare_port.to_string()]);
    let _bare = Process::start(command, std::path::Path::new("/dev/null"))?;
    wait_for_port(bare_port, Instant::now())?;
    let bare_request = Connection::open(bare_port).await?.request("GET", "/", &[], "");
    let span = Duration::from_secs(if quick { 1 } else { 5 });
    for connections in [16, 64] {
        let mut ours = Vec::new();
        let mut bare = Vec::new();
        // Warm, then in turns.
        load(company.port, &page.0, connections, span / 4).await?;
        for _ in 0..3 {
            ours.push(load(company.port, &page.0, connections, span).await?);
            bare.push(load(bare_port, &bare_request, connections, span).await?);
        }
        let ours = median(ours);
        let bare = median(bare);
        report.add(format!("bare response, {connections} connections"), bare.per_second, "req/s", None);
        report.add(format!("dashboard, {connections} connections"), ours.per_second, "req/s", None);
        report.add(
            format!("dashboard / bare, {connections} connections"),
            ours.per_second / bare.per_second,
            "",
            Some(Target::AtLeast(0.15)),
        );
        report.add(format!("dashboard p50, {connections} connections"), ours.p(0.5), "ms", None);
        let target = (connections == 16).then_some(Target::AtMost(20.0));
        report.add(format!("dashboard p99, {connections} connections"), ours.p(0.99), "ms", target);
    }
    Ok(())
}

/// The dashboard at a steady 100 requests a second while 8 people sign in over and over.
pub async fn sign_in_storm(company: &Company, report: &mut Report, quick: bool) -> Result<(), Failure> {
    let mut api = Api::new(company.port);
    let name = match api.sign_in("E10234", PASSWORD).await {
        Ok(()) => "E10234".to_owned(),
        Err(_) => {
            let (made, name) = company.person().await?;
            drafts(&made, 20).await?;
            name
        }
    };
    let cookie = sign_in(company.port, &name).await?;
    let (request, _) = page_request(company.port, &cookie).await?;
    let span = Duration::from_secs(if quick { 2 } else { 10 });
    let calm = steady(company.port, &request, span).await?;
    let over = Rc::new(Cell::new(false));
    let local = tokio::task::LocalSet::new();
    let storm = {
        let over = Rc::clone(&over);
        local
            .run_until(async move {
                let mut tasks = Vec::new();
                for _ in 0..8 {
                    let over = Rc::clone(&over);
                    let name = name.clone();
                    let port = company.port;
                    tasks.push(tokio::task::spawn_local(async move {
                        let mut count = 0_u32;
                        while !over.get() {
                            // A busy server may turn a sign-in away; that is part of the storm.
                            let mut api = Api::new(port);
                            count += u32::from(api.sign_in(&name, PASSWORD).await.is_ok());
                        }
                        count
                    }));
                }
                let stormy = steady(company.port, &request, span).await;
                over.set(true);
                let mut count = 0;
                for task in tasks {
                    count += task.await?;
                }
                Ok::<_, Failure>((stormy?, count))
            })
            .await?
    };
    report.add("dashboard p99 at 100 req/s, calm", percentile(&calm, 0.99), "ms", None);
    report.add(
        "dashboard p99 at 100 req/s, 8 parallel sign-ins",
        percentile(&storm.0, 0.99),
        "ms",
        Some(Target::AtMost(50.0)),
    );
    report.add("sign-ins per second meanwhile", f64::from(storm.1) / span.as_secs_f64(), "1/s", None);
    Ok(())
}

/// Open loop: a request is due every 10 ms whether the last one has come back or not; latency counts from when it was due.
async fn steady(port: u16, request: &[u8], span: Duration) -> Result<Vec<f64>, Failure> {
    let mut pool: Vec<Connection> = Vec::new();
    let mut running = futures_util::stream::FuturesUnordered::new();
    let mut due = tokio::time::interval(Duration::from_millis(10));
    let begin = Instant::now();
    let mut latencies = Vec::new();
    use futures_util::StreamExt as _;
    while begin.elapsed() < span {
        tokio::select! {
            at = due.tick() => {
                let mut connection = match pool.pop() {
                    Some(connection) => connection,
                    None => Connection::open(port).await?,
                };
                running.push(async move {
                    let answer = connection.send(request).await?;
                    if answer.status != 200 {
                        return Err(format!("the dashboard answered {}", answer.status).into());
                    }
                    Ok::<_, Failure>((connection, at.elapsed().as_secs_f64() * 1_000.0))
                });
            }
            Some(done) = running.next(), if !running.is_empty() => {
                let (connection, latency) = done?;
                pool.push(connection);
                latencies.push(latency);
            }
        }
    }
    latencies.sort_by(f64::total_cmp);
    Ok(latencies)
}

#[expect(clippy::cast_precision_loss, reason = "a size in bytes")]
fn size_of(size: usize) -> f64 {
    size as f64
}

fn median(mut loads: Vec<Load>) -> Load {
    loads.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    loads.swap_remove(loads.len() / 2)
}

/// Closed loop over kept connections.
async fn load(port: u16, request: &[u8], connections: usize, span: Duration) -> Result<Load, Failure> {
    let begin = Instant::now();
    let loops = (0..connections).map(|_| async {
        let mut connection = Connection::open(port).await?;
        let mut latencies = Vec::new();
        while begin.elapsed() < span {
            let sent = Instant::now();
            let answer = connection.send(request).await?;
            if answer.status != 200 {
                return Err(format!("{} instead of 200", answer.status).into());
            }
            latencies.push(sent.elapsed().as_secs_f64() * 1_000.0);
        }
        Ok::<_, Failure>(latencies)
    });
    let mut latencies_ms = Vec::new();
    for part in futures_util::future::join_all(loops).await {
        latencies_ms.extend(part?);
    }
    latencies_ms.sort_by(f64::total_cmp);
    let per_second = size_of(latencies_ms.len()) / begin.elapsed().as_secs_f64();
    Ok(Load { per_second, latencies_ms })
}

async fn page_request(port: u16, cookie: &str) -> Result<(Vec<u8>, usize), Failure> {
    let mut connection = Connection::open(port).await?;
    let request = connection.request("GET", "/", &[("Cookie", cookie)], "");
    let answer = connection.send(&request).await?;
    if answer.status != 200 || !answer.text().contains("refund") && !answer.text().contains("Support agents") {
        return Err(format!("the dashboard answered {} without its drafts", answer.status).into());
    }
    Ok((request, answer.body.len()))
}

/// Signs in as a browser does: the form's token and the cookies.
async fn sign_in(port: u16, name: &str) -> Result<String, Failure> {
    let mut connection = Connection::open(port).await?;
    let form = connection.send(&connection.request("GET", "/sign-in", &[], "")).await?;
    let text = form.text();
    let token = text
        .split("name=\"csrf\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .ok_or("the sign-in form has no csrf field")?;
    let encode = |text: &str| {
        let digit =
            |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
        text.bytes().map(digit).collect::<String>()
    };
    let body = format!("csrf={}&username={}&password={}", encode(token), encode(name), encode(PASSWORD));
    let origin = format!("http://127.0.0.1:{port}");
    let cookies = form.cookies();
    let headers =
        [("Cookie", cookies.as_str()), ("Content-Type", "application/x-www-form-urlencoded"), ("Origin", &origin)];
    let answer = connection.send(&connection.request("POST", "/sign-in", &headers, &body)).await?;
    if answer.status >= 400 {
        return Err(format!("sign-in answered {}: {}", answer.status, answer.text()).into());
    }
    Ok(answer.cookies())
}
