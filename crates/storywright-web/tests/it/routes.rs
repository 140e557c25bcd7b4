//! Every route of every table against what it declares.

use crate::support::{Browser, TestApp, alice_and_bob};
use actix_web::test::TestRequest;
use storywright_application::drafting::generate;
use storywright_application::people::{list_sessions, register};
use storywright_application::publishing::{make_plan, publish};
use storywright_domain::RequestId;
use storywright_domain::person::Person;
use storywright_domain::ports::StorageExt;
use storywright_web::route::{LARGE, Policy, Route, Verb};
use storywright_web::{api, pages};

/// An id that nobody has.
const NOBODY: &str = "00000000000000000000000000abcdef";

fn all() -> impl Iterator<Item = &'static Route> {
    pages::PLAIN_ROUTES.iter().chain(pages::ROUTES).chain(api::ROUTES)
}

fn method(route: &Route) -> String {
    route.method.method().to_string()
}

/// The path with ids put in.
fn path(route: &Route, id: &str, item: &str) -> String {
    let path = route.path.replace("{id}", id).replace("{item}", item).replace("{number}", "1");
    path.replace("{source}", "p1")
        .replace("{kind}", "jira")
        .replace("{key}", "PAY")
        .replace("{server}", "mcp-jira")
        .replace("{tool}", "jira_search")
        .replace("{hash}/{name:.+}", "000000000000/app.css")
}

/// A body that is refused by nobody for its shape.
fn with_body(route: &Route, req: TestRequest, json: bool) -> TestRequest {
    if route.method == Verb::Get {
        return req;
    }
    if json {
        return req.set_json(serde_json::json!({"version": 1})).insert_header(("if-match", "\"1\""));
    }
    req.set_form([
        ("instructions", "shorter"),
        ("plan_hash", "h"),
        ("idempotency_key", "k"),
        ("decision", "create"),
        ("text", "yes"),
        ("theme", "dark"),
        ("password", "x"),
    ])
}

/// A page that lies open asks every ten seconds: if that counted as use, no session would ever end by itself.
#[test]
fn what_pages_ask_for_by_themselves_is_no_use_of_the_session() {
    let templates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web-assets/templates");
    let mut folders = vec![templates];
    let mut asked = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(path).unwrap();
            for tag in text.split('<').filter(|tag| tag.contains("job-poll from:body")) {
                asked.push(tag.split("hx-get=\"").nth(1).unwrap().split('"').next().unwrap().to_owned());
            }
        }
    }
    assert!(asked.len() >= 4, "{asked:?}");
    for address in asked {
        let parts = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
        let fits = |route: &&Route| {
            let (pattern, address) = (parts(route.path), parts(&address));
            pattern.len() == address.len() && pattern.iter().zip(&address).all(|(a, b)| a == b || a.starts_with('{'))
        };
        let route = pages::ROUTES.iter().filter(|route| route.method == Verb::Get).find(fits);
        assert!(!route.unwrap_or_else(|| panic!("no route {address}")).counts_as_use, "{address}");
    }
}

#[actix_web::test]
async fn no_two_routes_are_the_same() {
    let mut seen = std::collections::BTreeSet::new();
    for route in all() {
        assert!(seen.insert((method(route), route.path)), "{} {} is declared twice", method(route), route.path);
        assert!(route.method != Verb::Get || route.body_limit == 0, "{} takes a body", route.path);
        let protected = route.method == Verb::Get || route.csrf || route.path.starts_with("/api/");
        assert!(protected || route.path == "/session/renew", "{} {} asks for no token", method(route), route.path);
    }
    assert!(seen.len() > 60, "{}", seen.len());
}

#[actix_web::test]
async fn nobody_gets_in_without_a_session_or_token() {
    let app = TestApp::new().await;
    let visitor = Browser::anonymous(&app);
    let token = visitor.token("/sign-in").await;
    for route in all() {
        let req = visitor.request(&method(route), &path(route, NOBODY, NOBODY)).insert_header(("hx-request", "true"));
        let got = visitor.send(with_body(route, req, false).insert_header(("x-csrf-token", token.as_str()))).await;
        let name = format!("{} {}", method(route), route.path);
        match route.policy {
            Policy::SignedIn => {
                assert_eq!((got.status.as_u16(), got.header("hx-redirect")), (401, "/sign-in"), "{name}");
                assert_eq!(got.header("x-error-code"), "sign_in_required", "{name}");
            }
            Policy::Bearer => {
                assert_eq!(got.status.as_u16(), 401, "{name}: {}", got.body);
                assert_eq!(got.header("content-type"), "application/problem+json", "{name}");
                assert!(got.header("www-authenticate").starts_with("Bearer"), "{name}");
            }
            Policy::Public | Policy::PublicApi => assert_ne!(got.header("x-error-code"), "sign_in_required", "{name}"),
        }
    }
}

#[actix_web::test]
async fn a_session_is_no_key_to_the_api() {
    let (app, ..) = alice_and_bob().await;
    let alice = Browser::signed_in(&app, "alice").await;
    for route in all().filter(|route| route.policy == Policy::Bearer) {
        let req = with_body(route, alice.request(&method(route), &path(route, NOBODY, NOBODY)), true);
        assert_eq!(alice.send(req).await.status.as_u16(), 401, "{} {}", method(route), route.path);
    }
}

#[actix_web::test]
async fn an_ended_session_opens_nothing() {
    let (app, ..) = alice_and_bob().await;
    let alice = Browser::signed_in(&app, "alice").await;
    let token = alice.token("/jobs").await;
    let kept = alice.cookies.borrow().clone();
    alice.post("/sign-out", &[]).await.expect(204);
    *alice.cookies.borrow_mut() = kept;
    for route in all().filter(|route| route.policy == Policy::SignedIn) {
        let req = alice.request(&method(route), &path(route, NOBODY, NOBODY)).insert_header(("hx-request", "true"));
        let got = alice.send(with_body(route, req, false).insert_header(("x-csrf-token", token.as_str()))).await;
        // What an address alone rules out may be said to anybody.
        let name = format!("{} {}", method(route), route.path);
        assert!(matches!(got.status.as_u16(), 401), "{name}: {} {}", got.status, got.body);
    }
}

#[actix_web::test]
async fn what_is_for_administrators_is_refused_to_members() {
    let (app, ..) = alice_and_bob().await;
    let alice = Browser::signed_in(&app, "alice").await;
    let token = alice.token("/jobs").await;
    let mut tried = 0;
    for route in pages::ROUTES.iter().filter(|route| route.administrators_only) {
        let req = alice.request(&method(route), &path(route, NOBODY, NOBODY)).insert_header(("hx-request", "true"));
        let got = alice.send(with_body(route, req, false).insert_header(("x-csrf-token", token.as_str()))).await;
        let found = (got.status.as_u16(), got.header("x-error-code"));
        assert_eq!(found, (403, "forbidden"), "{} {}", method(route), route.path);
        tried += 1;
    }
    assert!(tried >= 3, "{tried}");
}

#[actix_web::test]
async fn a_change_without_its_request_token_is_refused() {
    let (app, ..) = alice_and_bob().await;
    let alice = Browser::signed_in(&app, "alice").await;
    let of_another = Browser::signed_in(&app, "bob").await.token("/jobs").await;
    for route in all().filter(|route| route.csrf) {
        for token in ["", "0".repeat(64).as_str(), of_another.as_str()] {
            let req = alice.request(&method(route), &path(route, NOBODY, NOBODY)).insert_header(("hx-request", "true"));
            let req = with_body(route, req, false).insert_header(("x-csrf-token", token));
            let got = alice.send(req).await;
            let found = (got.status.as_u16(), got.header("x-error-code"));
            assert_eq!(found, (403, "cross_site_request"), "{} {} with `{token}`", method(route), route.path);
        }
    }
}

#[actix_web::test]
async fn a_change_from_another_site_is_refused() {
    let (app, ..) = alice_and_bob().await;
    let alice = Browser::signed_in(&app, "alice").await;
    let token = alice.token("/jobs").await;
    for route in all().filter(|route| route.method != Verb::Get && !route.path.starts_with("/api/")) {
        let name = format!("{} {}", method(route), route.path);
        for (header, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let req = alice.request(&method(route), &path(route, NOBODY, NOBODY)).insert_header((header, value));
            let req = with_body(route, req, false).insert_header(("x-csrf-token", token.as_str()));
            assert_eq!(alice.send(req).await.status.as_u16(), 403, "{name} from {header} {value}");
        }
    }
}

#[actix_web::test]
async fn a_body_over_the_limit_is_not_read() {
    let (app, ..) = alice_and_bob().await;
    let alice = Browser::signed_in(&app, "alice").await;
    let token = alice.token("/jobs").await;
    for route in all().filter(|route| route.body_limit > 0) {
        let req =
            alice.request(&method(route), &path(route, NOBODY, NOBODY)).set_payload(vec![b'a'; route.body_limit + 1]);
        let got = alice.send(req.insert_header(("x-csrf-token", token.as_str()))).await;
        let found = (got.status.as_u16(), got.header("x-error-code"));
        // Of somebody unknown, a body with files is not even measured.
        let unknown = route.policy == Policy::Bearer && route.body_limit > LARGE;
        let expected = if unknown { (401, "sign_in_required") } else { (413, "body_too_large") };
        assert_eq!(found, expected, "{} {}", method(route), route.path);
    }
}

#[actix_web::test]
async fn other_methods_are_refused_and_unknown_addresses_are_not_found() {
    let (app, ..) = alice_and_bob().await;
    let alice = Browser::signed_in(&app, "alice").await;
    let got = alice.send(alice.request("DELETE", "/drafts")).await.expect(405);
    assert_eq!(got.header("x-error-code"), "method_not_allowed");
    let got = alice.get("/nowhere").await.expect(404).shows("There is no such page");
    assert_eq!(got.header("x-error-code"), "not_found");
    got.shows("aria-label=\"Main\"").shows("Sign out");
    Browser::anonymous(&app).get("/nowhere").await.expect(404).hides("Sign out");
    alice.fragment("/nowhere", "").await.expect(404).hides("<html");
    let got = alice.send(alice.request("HEAD", "/healthz")).await.expect(200);
    assert_eq!(got.header("x-content-type-options"), "nosniff");
}

/// One of everything that has an id, all of alice's.
struct Belongings {
    draft: String,
    job: String,
    run: String,
    item: String,
    session: String,
    token: String,
    registration: String,
}

fn belongings(app: &TestApp, alice: &Person) -> Belongings {
    let actor = app.actor(alice);
    let draft = app.ready_draft(alice, "Refund a card payment");
    let waiting = app.empty_draft(alice, "Something else");
    let job = generate(&app.ports, &actor, waiting.id).unwrap();
    let published = app.ready_draft(alice, "Refund a voucher");
    let plan = make_plan(&app.ports, &actor, published.id).unwrap();
    let run = publish(&app.ports, &actor, published.id, &plan.plan_hash, "key-1").unwrap();
    let item = app.store.read(|tx| tx.run_items(alice.id, run)).unwrap()[0].id;
    let token = storywright_testkit::build::token(alice.id, 7_001);
    app.store.write(|tx| tx.insert_token(&token)).unwrap();
    let mut newcomer = storywright_testkit::build::jira_user(77);
    newcomer.name = "newcomer".to_owned();
    app.jira.add_person("pat-of-newcomer", newcomer);
    let registration = register(&app.ports, "jira", "pat-of-newcomer", &RequestId::from_number(5)).unwrap();
    Belongings {
        draft: draft.id.to_string(),
        job: job.to_string(),
        run: run.to_string(),
        item: item.to_string(),
        session: list_sessions(&app.ports, &actor).unwrap()[0].id.to_string(),
        token: token.id.to_string(),
        registration: registration.id.to_string(),
    }
}

#[actix_web::test]
async fn another_persons_ids_are_not_found() {
    let (app, alice, _) = alice_and_bob().await;
    let of_alice = Browser::signed_in(&app, "alice").await;
    let things = belongings(&app, &alice);
    let bob = Browser::signed_in(&app, "bob").await;
    let token = bob.token("/jobs").await;
    let mut tried = 0;
    // Rule sets belong to the company and prompts are shared; who may change one has tests of its own.
    let personal = |route: &&Route| {
        route.path.contains("{id}") && !route.path.starts_with("/rules/") && !route.path.starts_with("/prompts/")
    };
    for route in pages::ROUTES.iter().filter(personal) {
        let id = match route.path {
            path if path.starts_with("/drafts/") => &things.draft,
            path if path.starts_with("/runs/") => &things.run,
            path if path.starts_with("/jobs/") => &things.job,
            path if path.starts_with("/profile/sessions/") => &things.session,
            path if path.starts_with("/profile/tokens/") => &things.token,
            path if path.starts_with("/sign-up/") => &things.registration,
            path => panic!("{path}: say whose id this is"),
        };
        let json = route.method == Verb::Put;
        let req = with_body(route, bob.request(&method(route), &path(route, id, &things.item)), json);
        let got =
            bob.send(req.insert_header(("x-csrf-token", token.as_str())).insert_header(("hx-request", "true"))).await;
        assert_eq!(got.status.as_u16(), 404, "{} {}: {}", method(route), route.path, got.body);
        tried += 1;
    }
    assert!(tried > 25, "{tried}");
    // And nothing happened to what is alice's.
    of_alice.get(&format!("/drafts/{}", things.draft)).await.expect(200).shows("Refund a card payment");
    assert_eq!(list_sessions(&app.ports, &app.actor(&alice)).unwrap().len(), 1);
    assert!(
        app.store
            .read(|tx| tx.token(alice.id, storywright_domain::TokenId(7_001)))
            .unwrap()
            .unwrap()
            .revoked_at
            .is_none()
    );
}
