//! What a stream adds to the way of an event, over real sockets, with many streams at once. Measures, so it is run by hand:
//! `cargo test -p storywright-web --test api -- --ignored --nocapture added_latency`.
#![expect(clippy::disallowed_methods, reason = "it measures")]

use crate::support::App;
use actix_web::rt::net::TcpStream;
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use storywright_domain::JobId;
use storywright_domain::job::EventKind;
use storywright_domain::ports::EventLog;
use storywright_testkit::build;

const EVENTS: usize = 50;
const EVERY: Duration = Duration::from_millis(100);

/// Reads one stream to its end; gives the time that each event took, in microseconds.
async fn listen(
    address: SocketAddr,
    token: &str,
    job: JobId,
    zero: Instant,
    ready: std::sync::mpsc::Sender<()>,
) -> Vec<u64> {
    let socket = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /api/v1/jobs/{job}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
    socket.writable().await.unwrap();
    assert_eq!(socket.try_write(request.as_bytes()).unwrap(), request.len());
    let (mut text, mut times, mut buffer) = (String::new(), Vec::with_capacity(EVENTS), vec![0; 4_096]);
    let mut greeted = false;
    loop {
        socket.readable().await.unwrap();
        let count = match socket.try_read(&mut buffer) {
            Ok(0) => panic!("the stream broke off after {} events: {text}", times.len()),
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
            Err(error) => panic!("{error}"),
        };
        let now = zero.elapsed();
        text.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        if !greeted && text.contains("retry:") {
            greeted = true;
            ready.send(()).unwrap();
        }
        while let Some((event, rest)) = text.split_once("\n\n") {
            if let Some((_, sent)) = event.split_once("{\"at\":") {
                let sent: u64 = sent.trim_end_matches('}').parse().unwrap();
                times.push(u64::try_from(now.as_micros()).unwrap() - sent);
            }
            let last = event.contains("event: done");
            let rest = rest.to_owned();
            text = rest;
            if last {
                return times;
            }
        }
    }
}

fn percentile(sorted: &[u64], part: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * part) as usize] as f64 / 1_000.0
}

/// Memory of this process in kilobytes, as far as the system says.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

async fn measure(streams: u128) {
    let app = App::with(|settings| settings.streams_per_person = 2_000);
    let person = app.person(1);
    let jobs: Vec<JobId> =
        (0..streams).map(|number| build::kept_job(&app.store, person.user, 10_000 + number).id).collect();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = storywright_web::serve(app.state.clone(), listener).unwrap();
    let handle = server.handle();
    let running = actix_web::rt::spawn(server);
    let (zero, before) = (Instant::now(), resident());
    let (ready, readied) = channel();
    let (their_jobs, token) = (jobs.clone(), person.token.clone());
    let listeners = std::thread::spawn(move || {
        actix_web::rt::Runtime::new().unwrap().block_on(async {
            let all = their_jobs.iter().map(|job| listen(address, &token, *job, zero, ready.clone()));
            futures_util::future::join_all(all).await
        })
    });
    let store = app.store.clone();
    let speaker = std::thread::spawn(move || {
        for _ in &jobs {
            readied.recv().unwrap();
        }
        let opened = resident();
        let begun = Instant::now();
        let (_never, pause) = channel::<()>();
        for round in 0..EVENTS {
            for (index, job) in jobs.iter().enumerate() {
                // Spread evenly over the span, as many writers would be.
                let due = EVERY * u32::try_from(round).unwrap()
                    + EVERY * u32::try_from(index).unwrap() / u32::try_from(jobs.len()).unwrap();
                let early = due.saturating_sub(begun.elapsed());
                if early > Duration::from_micros(500) {
                    let _ = pause.recv_timeout(early);
                }
                let data = format!("{{\"at\":{}}}", zero.elapsed().as_micros());
                store.append(*job, EventKind::Token, &data).unwrap();
            }
        }
        for job in &jobs {
            store.append(*job, EventKind::Done, "{}").unwrap();
        }
        opened
    });
    let both = actix_web::web::block(move || (speaker.join().unwrap(), listeners.join().unwrap()));
    let (opened, times) = both.await.unwrap();
    let each = opened.saturating_sub(before) / u64::try_from(streams).unwrap();
    handle.stop(false).await;
    running.await.unwrap().unwrap();
    assert!(times.iter().all(|times| times.len() == EVENTS), "events were lost");
    let mut all: Vec<u64> = times.concat();
    all.sort_unstable();
    let (middle, high) = (percentile(&all, 0.5), percentile(&all, 0.99));
    println!(
        "{streams} streams: p50 {middle:.2} ms, p99 {high:.2} ms, worst {:.2} ms; {each} KB each, client included",
        percentile(&all, 1.0)
    );
    assert!(middle < 5.0, "far beyond what even a debug build needs");
}

#[actix_web::test]
#[ignore = "measures; the machine must be quiet"]
async fn added_latency() {
    for streams in [50, 200, 1_000] {
        measure(streams).await;
    }
}
