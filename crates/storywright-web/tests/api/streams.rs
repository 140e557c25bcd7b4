//! Event streams: replay, live order, ends, limits, checks.

use crate::support::{App, Call, Client, PASSWORD};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::ServerHandle;
use actix_web::http::header::HeaderMap;
use actix_web::rt::task::JoinHandle;
use actix_web::test::TestRequest;
use std::future::poll_fn;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;
use storywright_domain::JobId;
use storywright_domain::job::{EventKind, JobStatus};
use storywright_domain::ports::{EventLog, StorageError, StorageExt};
use storywright_testkit::build;

/// A stream that is read piece by piece.
struct Stream {
    headers: HeaderMap,
    body: BoxBody,
}

impl Stream {
    async fn open(app: &App, call: Call) -> Self {
        let (status, headers, body) = app.open(call.0).await;
        assert_eq!(status, 200);
        let mut stream = Self { headers, body };
        assert_eq!(stream.next().await.as_deref(), Some("retry: 1000\n\n"));
        stream
    }

    /// The next piece; `None` at the end.
    async fn next(&mut self) -> Option<String> {
        let piece = poll_fn(|cx| self.body.as_pin_mut().poll_next(cx)).await?;
        Some(String::from_utf8(piece.unwrap().to_vec()).unwrap())
    }

    /// Everything up to the end.
    async fn rest(&mut self) -> Vec<String> {
        let mut pieces = Vec::new();
        while let Some(piece) = self.next().await {
            pieces.push(piece);
        }
        pieces
    }
}

fn token(app: &App, job: JobId, text: &str) {
    app.store.append(job, EventKind::Token, &serde_json::json!({"path": "p", "text": text}).to_string()).unwrap();
}

fn done(app: &App, job: JobId) {
    app.store.append(job, EventKind::Done, r#"{"status":"completed"}"#).unwrap();
}

fn frame(seq: u64, text: &str) -> String {
    format!("id: {seq}\nevent: token\ndata: {{\"path\":\"p\",\"text\":\"{text}\"}}\n\n")
}

fn events(person: &Client, job: JobId) -> Call {
    person.get(&format!("/jobs/{job}/events"))
}

fn started(app: &App, number: u128) -> (Client, JobId) {
    let person = app.person(number);
    let job = build::kept_job(&app.store, person.user, number + 500).id;
    (person, job)
}

#[actix_web::test]
async fn what_was_said_is_replayed_then_followed_without_gap_or_double() {
    let app = App::new();
    let (person, job) = started(&app, 1);
    for text in ["a", "b", "c"] {
        token(&app, job, text);
    }
    let mut stream = Stream::open(&app, events(&person, job).header("last-event-id", "1")).await;
    let header = |name: &str| stream.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    assert_eq!(header("content-type").as_deref(), Some("text/event-stream"));
    assert_eq!(header("cache-control").as_deref(), Some("no-store"));
    assert_eq!(header("x-accel-buffering").as_deref(), Some("no"));
    assert_eq!(header("content-encoding").as_deref(), Some("identity"));
    assert_eq!(stream.next().await, Some(frame(2, "b")));
    token(&app, job, "d");
    assert_eq!(stream.next().await, Some(frame(3, "c")));
    assert_eq!(stream.next().await, Some(frame(4, "d")));
    app.store.append(job, EventKind::Error, r#"{"code":"x","message":"y","retry":true}"#).unwrap();
    done(&app, job);
    let rest = stream.rest().await;
    assert_eq!(rest.len(), 2);
    assert!(rest[0].starts_with("id: 5\nevent: error\n") && rest[1].starts_with("id: 6\nevent: done\n"), "{rest:?}");
}

/// One thread speaks while listeners come in mid-stream: each hears every number once and in order.
#[actix_web::test]
async fn listeners_that_come_in_mid_stream_miss_nothing() {
    const EVENTS: u64 = 2_000;
    let app = App::with(|settings| settings.streams_per_person = 50);
    let (person, job) = started(&app, 1);
    let store = app.store.clone();
    let speaker = actix_web::web::block(move || {
        for number in 0..EVENTS {
            store.append(job, EventKind::Token, &format!("{{\"n\":{number}}}")).unwrap();
        }
        store.append(job, EventKind::Done, "{}").unwrap();
    });
    let listeners = (0..20).map(|_| async {
        let mut last = 0;
        // A slow listener is cut off and comes back where it was, as browsers do.
        while last <= EVENTS {
            let call = events(&person, job).header("last-event-id", &last.to_string());
            for piece in Stream::open(&app, call).await.rest().await {
                let id: u64 = piece.strip_prefix("id: ").and_then(|text| text.lines().next()?.parse().ok()).unwrap();
                assert_eq!(id, last + 1);
                last = id;
            }
        }
        last
    });
    let (spoken, heard) = futures_util::future::join(speaker, futures_util::future::join_all(listeners)).await;
    spoken.unwrap();
    assert_eq!(heard, [EVENTS + 1; 20]);
    assert_eq!(app.state.streams.count(), 0);
}

#[actix_web::test]
async fn an_error_without_another_try_is_the_last_event() {
    let app = App::new();
    let (person, job) = started(&app, 1);
    app.store.append(job, EventKind::Error, r#"{"code":"x","message":"y","retry":false}"#).unwrap();
    let rest = Stream::open(&app, events(&person, job)).await.rest().await;
    assert_eq!(rest.len(), 1);
}

#[actix_web::test]
async fn the_address_may_say_where_to_begin() {
    let app = App::new();
    let (person, job) = started(&app, 1);
    for text in ["a", "b"] {
        token(&app, job, text);
    }
    done(&app, job);
    let path = format!("/jobs/{job}/events?after=1");
    let rest = Stream::open(&app, person.get(&path)).await.rest().await;
    assert!(rest.len() == 2 && rest[0].starts_with("id: 2\n"), "{rest:?}");
    let rest = Stream::open(&app, person.get(&path).header("last-event-id", "2")).await.rest().await;
    assert!(rest.len() == 1 && rest[0].starts_with("id: 3\n"), "{rest:?}");
    person.get(&format!("/jobs/{job}/events?after=x")).send(&app).await.problem(400, "invalid_query");
    let wrong = events(&person, job).header("last-event-id", "x").send(&app).await;
    wrong.refused(400, "invalid_query", &[("Last-Event-ID", "field_invalid")]);
}

#[actix_web::test]
async fn a_job_that_ended_long_ago_says_so() {
    let app = App::new();
    let (person, job) = started(&app, 1);
    token(&app, job, "a");
    let status =
        app.store.write(|tx| tx.request_cancel(person.user, job, build::NOW)).map_err(|error: StorageError| error);
    assert_eq!(status, Ok(Some(JobStatus::Cancelled)));
    let rest = Stream::open(&app, events(&person, job).header("last-event-id", "1")).await.rest().await;
    assert_eq!(rest, ["event: done\ndata: {\"status\":\"cancelled\"}\n\n"]);
}

#[actix_web::test]
async fn leaving_frees_the_place() {
    let app = App::with(|settings| settings.streams_per_person = 2);
    let (person, job) = started(&app, 1);
    let (other, other_job) = started(&app, 2);
    let first = Stream::open(&app, events(&person, job)).await;
    let _second = Stream::open(&app, events(&person, job)).await;
    let refused = events(&person, job).send(&app).await;
    refused.problem(429, "too_many_streams");
    assert!(refused.header("retry-after").is_some());
    let _theirs = Stream::open(&app, events(&other, other_job)).await;
    assert_eq!(app.state.streams.count(), 3);
    drop(first);
    assert_eq!(app.state.streams.count(), 2);
    Stream::open(&app, events(&person, job)).await;
    let missing = events(&person, other_job).send(&app).await;
    missing.problem(404, "job_not_found");
    assert_eq!(app.state.streams.count(), 2);
}

#[actix_web::test]
async fn a_client_that_does_not_read_is_let_go() {
    let app = App::new();
    let (person, job) = started(&app, 1);
    let mut stream = Stream::open(&app, events(&person, job)).await;
    let large = "x".repeat(10_000);
    for _ in 0..20 {
        token(&app, job, &large);
    }
    let kept = stream.rest().await;
    assert!(!kept.is_empty() && kept.iter().map(String::len).sum::<usize>() <= 64 * 1_024, "{}", kept.len());
    let again = kept.len().to_string();
    let mut stream = Stream::open(&app, events(&person, job).header("last-event-id", &again)).await;
    assert_eq!(stream.next().await, Some(frame(kept.len() as u64 + 1, &large)));
}

#[actix_web::test]
async fn the_end_of_the_server_ends_streams_at_once() {
    let app = App::new();
    let (person, job) = started(&app, 1);
    let mut stream = Stream::open(&app, events(&person, job)).await;
    app.state.close();
    assert_eq!(stream.next().await, None);
}

#[actix_web::test]
async fn looking_at_the_head_opens_nothing() {
    let app = App::new();
    let (person, job) = started(&app, 1);
    let call = Call(events(&person, job).0.method(actix_web::http::Method::HEAD));
    let reply = call.send(&app).await;
    assert_eq!((reply.status.as_u16(), reply.body.len()), (200, 0));
    assert_eq!(app.state.streams.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn silence_is_broken_within_fifteen_seconds_and_a_revoked_token_ends_the_stream() {
    let app = App::new();
    let (person, job) = started(&app, 1);
    let mut stream = Stream::open(&app, events(&person, job)).await;
    let begun = tokio::time::Instant::now();
    assert_eq!(stream.next().await.as_deref(), Some(": still here\n\n"));
    let mut last = begun.elapsed();
    assert!(last.as_secs_f64() <= 15.1, "{last:?}");
    person.delete("/tokens/current").send(&app).await.good(204);
    while stream.next().await.is_some() {
        last = begun.elapsed();
    }
    assert!(begun.elapsed().as_secs() <= 61, "{:?}, last piece after {last:?}", begun.elapsed());
    assert_eq!(app.state.streams.count(), 1);
    drop(stream);
    assert_eq!(app.state.streams.count(), 0);
}

/// The cookie of a browser that has just signed in.
async fn browser(app: &App, employee_id: &str) -> String {
    let cookie = |headers: &HeaderMap| {
        let mut values = headers.get_all("set-cookie").map(|value| value.to_str().unwrap());
        let session = values.find(|value| value.starts_with("__Host-sid=")).expect("a session cookie");
        session.split(';').next().unwrap().to_owned()
    };
    let form = app.send(TestRequest::get().uri("/sign-in")).await;
    let page = String::from_utf8_lossy(&form.body).into_owned();
    let csrf = page.split_once("name=\"csrf\" value=\"").and_then(|(_, rest)| rest.split('"').next()).expect("a token");
    let fields = [("csrf", csrf), ("username", employee_id), ("password", PASSWORD)];
    let request = TestRequest::post().uri("/sign-in").set_form(fields);
    let request =
        request.insert_header(("cookie", cookie(&form.headers))).insert_header(("sec-fetch-site", "same-origin"));
    let signed_in = app.send(request).await;
    assert_eq!(signed_in.status.as_u16(), 303, "{}", String::from_utf8_lossy(&signed_in.body));
    cookie(&signed_in.headers)
}

#[tokio::test(start_paused = true)]
async fn a_browser_listens_with_its_session_until_that_ends() {
    let app = App::new();
    let (person, job) = started(&app, 1);
    let (other, _) = started(&app, 2);
    let path = format!("/jobs/{job}/events");
    let with = |cookie: &str| TestRequest::get().uri(&path).insert_header(("cookie", cookie.to_owned()));
    let cookie = browser(&app, "emp1").await;
    token(&app, job, "a");
    let mut stream = Stream::open(&app, Call(with(&cookie))).await;
    assert_eq!(stream.next().await, Some(frame(1, "a")));

    let nobody = app.send(TestRequest::get().uri(&path)).await;
    assert!(nobody.status.as_u16() == 401 || nobody.status.is_redirection(), "{nobody:?}");
    let bearer = TestRequest::get().uri(&path).insert_header(("authorization", format!("Bearer {}", person.token)));
    assert!(!app.send(bearer).await.status.is_success());
    let theirs = browser(&app, "emp2").await;
    assert_eq!(app.send(with(&theirs)).await.status.as_u16(), 404, "{}", other.user);

    let sessions = |app: &App| {
        app.store.read(|tx| tx.sessions(person.user, build::NOW)).map_err(|error: StorageError| error).unwrap()
    };
    let before = sessions(&app);
    app.store.write(|tx| tx.end_other_sessions(person.user, None)).map_err(|error: StorageError| error).unwrap();
    assert_eq!((before.len(), sessions(&app).len()), (1, 0));
    let begun = tokio::time::Instant::now();
    while stream.next().await.is_some() {}
    assert!(begun.elapsed() <= Duration::from_secs(61), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_job_whose_worker_died_without_a_word_ends_the_stream() {
    let app = App::new();
    let (person, job) = started(&app, 1);
    let mut stream = Stream::open(&app, events(&person, job)).await;
    let _ = app
        .store
        .write(|tx| tx.request_cancel(person.user, job, build::NOW))
        .map_err(|error: StorageError| error)
        .unwrap();
    let rest = stream.rest().await;
    assert_eq!(rest.last().map(String::as_str), Some("event: done\ndata: {\"status\":\"cancelled\"}\n\n"));
}

/// A server on a real socket.
struct Served {
    address: SocketAddr,
    handle: ServerHandle,
    running: JoinHandle<std::io::Result<()>>,
}

fn serve(app: &App) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = storywright_web::serve(app.state.clone(), listener).unwrap();
    let handle = server.handle();
    Served { address, handle, running: actix_web::rt::spawn(server) }
}

impl Served {
    /// A connection whose stream has begun.
    async fn connect(&self, person: &Client, job: JobId) -> TcpStream {
        let (address, token) = (self.address, person.token.clone());
        let connected = actix_web::web::block(move || {
            let mut socket = TcpStream::connect(address).unwrap();
            write!(socket, "GET /api/v1/jobs/{job}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nAccept-Encoding: gzip, br\r\n\r\n").unwrap();
            let mut lines = BufReader::new(socket.try_clone().unwrap()).lines().map(Result::unwrap);
            assert_eq!(lines.find(|line| line.starts_with("retry:")).as_deref(), Some("retry: 1000"));
            socket
        });
        connected.await.unwrap()
    }

    async fn stop(self) {
        self.handle.stop(false).await;
        self.running.await.unwrap().unwrap();
    }
}

/// Waits until no stream is open.
async fn all_gone(app: &App, within: Duration) {
    let gone = async {
        while app.state.streams.count() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(within, gone).await.expect("the place is given back");
}

/// A browser that goes away is noticed at once, and its listener is forgotten.
#[actix_web::test]
async fn a_closed_connection_frees_the_subscription() {
    let app = App::new();
    let (person, job) = started(&app, 1);
    let server = serve(&app);
    let socket = server.connect(&person, job).await;
    assert_eq!(app.state.streams.count(), 1);
    drop(socket);
    all_gone(&app, Duration::from_secs(5)).await;
    server.stop().await;
}

#[actix_web::test]
#[ignore = "takes the half minute that such a client is given"]
async fn a_connection_that_takes_nothing_is_ended() {
    let app = App::new();
    let (person, job) = started(&app, 1);
    let server = serve(&app);
    let socket = server.connect(&person, job).await;
    socket2::SockRef::from(&socket).set_recv_buffer_size(4_096).unwrap();
    let large = "x".repeat(4_000);
    // More than the system's buffers take, and not faster than a stream passes it on.
    let mut pace = tokio::time::interval(Duration::from_millis(4));
    for _ in 0..1_000 {
        token(&app, job, &large);
        pace.tick().await;
    }
    assert_eq!(app.state.streams.count(), 1);
    all_gone(&app, Duration::from_secs(60)).await;
    server.stop().await;
}
