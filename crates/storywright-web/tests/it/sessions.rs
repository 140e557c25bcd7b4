//! Signing in, staying signed in, and being signed out.

use crate::support::{Browser, By, PASSWORD, TestApp, alice_and_bob};
use storywright_domain::Millis;
use storywright_web::Network;

async fn try_in(browser: &Browser, name: &str, password: &str) -> crate::support::Got {
    let token = browser.token("/sign-in").await;
    browser.form("/sign-in", By::Htmx, &[("username", name), ("password", password), ("csrf", &token)]).await
}

#[actix_web::test]
async fn a_wrong_name_and_a_wrong_password_look_the_same() {
    let (app, ..) = alice_and_bob().await;
    let visitor = Browser::anonymous(&app);
    let wrong = try_in(&visitor, "alice", "not the password").await.expect(422);
    let unknown = try_in(&visitor, "nobody", "not the password").await.expect(422);
    let message = |text: &str| text.split("role=\"alert\"").nth(1).unwrap().split("</div>").next().unwrap().to_owned();
    assert_eq!(message(&wrong.body), message(&unknown.body));
    wrong.shows("value=\"alice\"").hides("not the password");
    let by_mail = try_in(&visitor, " ALICE@corp.example ", PASSWORD).await.expect(204);
    assert_eq!(by_mail.header("hx-redirect"), "/");
}

#[actix_web::test]
async fn the_cookie_is_locked_to_this_host_and_new_after_signing_in() {
    let app = TestApp::with(|settings| {
        settings.public_url = "https://stories.corp.example".parse().unwrap();
        settings.cookie_secure = true;
    })
    .await;
    app.person("alice", 1);
    let browser = Browser::anonymous(&app);
    let got = browser.get("/sign-in").await.expect(200);
    let before = browser.cookies.borrow()["__Host-sid"].clone();
    let cookie = got.header("set-cookie");
    for part in ["__Host-sid=", "HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert_eq!(got.header("strict-transport-security"), "max-age=31536000; includeSubDomains");
    try_in(&browser, "alice", PASSWORD).await.expect(204);
    let after = browser.cookies.borrow()["__Host-sid"].clone();
    assert_ne!(before, after);
    browser.get("/").await.expect(200);
    // The cookie from before signing in is nobody's, and a forged one is thrown away.
    for value in [before, after.replace("=", "%3D") + "x", "visitor-1".to_owned()] {
        browser.cookies.borrow_mut().insert("__Host-sid".to_owned(), value);
        browser.get("/").await.expect(303);
    }
}

#[actix_web::test]
async fn a_page_of_a_person_sends_visitors_to_the_form_and_back() {
    let (app, ..) = alice_and_bob().await;
    let visitor = Browser::anonymous(&app);
    let got = visitor.get("/drafts?q=a%20b").await.expect(303);
    let place = got.header("location").to_owned();
    assert!(place.starts_with("/sign-in?next=%2Fdrafts"), "{place}");
    let page = visitor.get(&place).await.expect(200).shows("Sign in to go on");
    let next =
        page.body.split("name=\"next\" value=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#x2F;", "/");
    let token = visitor.token(&place).await;
    let fields = [("username", "alice"), ("password", PASSWORD), ("next", next.as_str()), ("csrf", token.as_str())];
    let got = visitor.form("/sign-in", By::Page, &fields).await.expect(303);
    assert!(got.header("location").starts_with("/drafts?q="), "{}", got.header("location"));
    for evil in ["//evil.example", "https://evil.example/", "/\\evil.example"] {
        let browser = Browser::anonymous(&app);
        let token = browser.token("/sign-in").await;
        let fields = [("username", "alice"), ("password", PASSWORD), ("next", evil), ("csrf", token.as_str())];
        assert_eq!(browser.form("/sign-in", By::Page, &fields).await.expect(303).header("location"), "/", "{evil}");
    }
}

#[actix_web::test]
async fn idle_time_slides_with_use_and_not_with_polling() {
    let (app, ..) = alice_and_bob().await;
    let alice = Browser::signed_in(&app, "alice").await;
    for _ in 0..3 {
        app.clock.advance(Millis::minutes(20));
        alice.get("/jobs").await.expect(200);
    }
    // Polling keeps nobody signed in.
    for _ in 0..2 {
        app.clock.advance(Millis::minutes(14));
        alice.fragment("/jobs/indicator", "job-indicator").await.expect(200);
    }
    app.clock.advance(Millis::minutes(3));
    alice.fragment("/jobs/indicator", "job-indicator").await.expect(401);
    alice.get("/jobs").await.expect(303);
}

#[actix_web::test]
async fn a_session_ends_for_good_after_its_absolute_time() {
    let (app, ..) = alice_and_bob().await;
    let alice = Browser::signed_in(&app, "alice").await;
    for _ in 0..35 {
        app.clock.advance(Millis::minutes(20));
        alice.get("/jobs").await.expect(200);
    }
    app.clock.advance(Millis::minutes(21));
    alice.get("/jobs").await.expect(303);
}

#[actix_web::test]
async fn text_survives_an_ended_session() {
    let (app, alice, _) = alice_and_bob().await;
    let draft = app.ready_draft(&alice, "Refund");
    let browser = Browser::signed_in(&app, "alice").await;
    let path = format!("/drafts/{}", draft.id);
    let old = browser.token(&path).await;
    app.clock.advance(Millis::hours(1));
    let body = serde_json::json!({"version": draft.version, "requirements": "typed for an hour"});
    let save = |token: String| {
        let req = browser.request("PUT", &path).set_json(&body).insert_header(("accept", "*/*"));
        browser.send(req.insert_header(("x-csrf-token", token)))
    };
    let refused = save(old.clone()).await.expect(401);
    assert_eq!(refused.header("hx-redirect"), "/sign-in");
    // Inside the page, with the dialog.
    let renew = |password: &'static str, origin: &'static str| {
        let req = browser.request("POST", "/session/renew").set_form([("username", "alice"), ("password", password)]);
        let req = req.insert_header(("hx-request", "true")).insert_header(("origin", origin));
        browser.send(req.insert_header(("host", "127.0.0.1:8080")))
    };
    renew(PASSWORD, "https://evil.example").await.expect(403);
    renew("wrong", "http://127.0.0.1:8080").await.expect(422).shows("renew-password").shows("value=\"alice\"");
    let renewed = renew(PASSWORD, "http://127.0.0.1:8080").await.expect(200);
    let fresh = renewed.header("x-csrf-token").to_owned();
    assert_eq!((renewed.body.as_str(), renewed.header("hx-redirect")), ("", ""));
    save(old).await.expect(403);
    save(fresh).await.expect(200).shows("version");
    browser.get(&path).await.expect(200).shows("typed for an hour");
}

#[actix_web::test]
async fn signing_out_ends_the_session_and_clears_the_browser() {
    let (app, ..) = alice_and_bob().await;
    let alice = Browser::signed_in(&app, "alice").await;
    let kept = alice.cookies.borrow().clone();
    let token = alice.token("/jobs").await;
    let got = alice.form("/sign-out", By::Page, &[("csrf", &token)]).await.expect(303);
    assert!(got.header("clear-site-data").contains("\"storage\""));
    alice.get(got.header("location")).await.expect(200).shows("You are signed out.");
    *alice.cookies.borrow_mut() = kept;
    alice.get("/jobs").await.expect(303);
}

#[actix_web::test]
async fn a_new_password_ends_every_other_session() {
    let (app, ..) = alice_and_bob().await;
    let here = Browser::signed_in(&app, "alice").await;
    let there = Browser::signed_in(&app, "alice").await;
    here.get("/profile").await.expect(200).shows("Firefox on Linux").shows("Sign out the others");
    let change =
        |current: &'static str, new: &'static str| [("current", current), ("password", new), ("password_repeat", new)];
    here.post("/profile/password", &change("wrong", "another lantern meadow train"))
        .await
        .expect(422)
        .shows("current password is wrong");
    here.post("/profile/password", &change(PASSWORD, "short")).await.expect(422).shows("at least 15");
    let differ = [("current", PASSWORD), ("password", "another lantern meadow train"), ("password_repeat", "other")];
    here.post("/profile/password", &differ).await.expect(422).shows("differ");
    there.get("/jobs").await.expect(200);
    here.post("/profile/password", &change(PASSWORD, "another lantern meadow train")).await.expect(204);
    here.get("/jobs").await.expect(200);
    there.get("/jobs").await.expect(303);
    try_in(&there, "alice", PASSWORD).await.expect(422);
    try_in(&there, "alice", "another lantern meadow train").await.expect(204);
}

#[actix_web::test]
async fn sessions_and_tokens_are_listed_and_ended() {
    let (app, ..) = alice_and_bob().await;
    let here = Browser::signed_in(&app, "alice").await;
    let there = Browser::signed_in(&app, "alice").await;
    let page = here.get("/profile").await.expect(200);
    let other = page
        .body
        .split("/profile/sessions/")
        .filter(|part| part.contains("/end\""))
        .find(|part| !part.starts_with("end"))
        .unwrap();
    let id = other[..32].to_owned();
    here.post(&format!("/profile/sessions/{id}/end"), &[]).await.expect(200).hides("Sign out the others");
    there.get("/jobs").await.expect(303);
    here.post(&format!("/profile/sessions/{id}/end"), &[]).await.expect(404);
    here.post("/profile/sessions/end-others", &[]).await.expect(200).shows("This one");
    here.post("/profile/tokens", &[("name", ""), ("days", "7"), ("password", PASSWORD)])
        .await
        .expect(422)
        .shows("Give the token a name");
    here.post("/profile/tokens", &[("name", "x"), ("days", "4000"), ("password", PASSWORD)])
        .await
        .expect(422)
        .shows("lifetime");
    let wish = |password| [("name", "morning script"), ("days", "7"), ("password", password)];
    here.post("/profile/tokens", &wish("")).await.expect(422).shows("not your password").shows("morning script");
    here.get("/profile").await.expect(200).hides("morning script");
    let made = here.post("/profile/tokens", &wish(PASSWORD)).await.expect(200);
    let value =
        made.body.split("id=\"new-token\"").nth(1).unwrap().split('>').nth(1).unwrap().split('<').next().unwrap();
    let value = value.replace("&#x2F;", "/");
    let me = |token: String| {
        let req = here.request("GET", "/api/v1/me").insert_header(("authorization", format!("Bearer {token}")));
        here.send(req)
    };
    me(value.clone()).await.expect(200).shows("alice");
    let page = here.get("/profile").await.expect(200).shows("morning script").hides(&value);
    let id = page.body.split("/profile/tokens/").find(|part| part.contains("/revoke")).unwrap()[..32].to_owned();
    here.post(&format!("/profile/tokens/{id}/revoke"), &[]).await.expect(200).hides("morning script");
    me(value).await.expect(401);
}

#[actix_web::test]
async fn guessing_is_slowed_down_and_keeps_nobody_out() {
    let (app, ..) = alice_and_bob().await;
    let owner = Browser::signed_in(&app, "alice").await;
    let guesser =
        |last: u8| Browser { peer: format!("203.0.113.{last}:5000").parse().unwrap(), ..Browser::anonymous(&app) };
    let mut throttled = 0;
    for round in 0..60 {
        let got = try_in(&guesser(round), "alice", "a guess").await;
        if got.status == 429 {
            throttled += 1;
            assert!(got.header("retry-after").parse::<u32>().unwrap() >= 1);
            assert!(got.body.contains("not locked"), "{}", got.body);
        }
    }
    assert!(throttled >= 25, "{throttled} of 60 guesses were held up");
    // The owner's browser was here before, so strangers do not hold it up.
    owner.post("/sign-out", &[]).await.expect(204);
    try_in(&owner, "alice", PASSWORD).await.expect(204);
    // One address, many names.
    let one = guesser(200);
    let mut refused = 0;
    for number in 0..40 {
        refused += usize::from(try_in(&one, &format!("person{number}"), "a guess").await.status == 429);
    }
    assert!((5..=15).contains(&refused), "{refused}");
    app.clock.advance(Millis::minutes(1));
    try_in(&one, "bob", PASSWORD).await.expect(204);
    app.hasher.set_busy(true);
    let got = try_in(&Browser::anonymous(&app), "bob", PASSWORD).await.expect(503);
    assert!(!got.header("retry-after").is_empty());
}

#[actix_web::test]
async fn only_trusted_proxies_say_who_asks() {
    for (trusted, expected) in [(false, "192.0.2.10"), (true, "198.51.100.7")] {
        let app = TestApp::with(|settings| {
            if trusted {
                settings.trusted_proxies = vec![Network::parse("192.0.2.0/24").unwrap()];
            }
        })
        .await;
        app.person("alice", 1);
        let browser = Browser::anonymous(&app);
        let token = browser.token("/sign-in").await;
        let fields = [("username", "alice"), ("password", PASSWORD), ("csrf", token.as_str())];
        let req = browser.request("POST", "/sign-in").set_form(fields);
        let req = req.insert_header(("x-forwarded-for", "1.2.3.4, 198.51.100.7, 192.0.2.20"));
        browser.send(req).await.expect(303);
        browser.get("/profile").await.expect(200).shows(expected).hides("1.2.3.4");
    }
}

#[actix_web::test]
async fn calls_that_reach_outside_are_limited_per_person() {
    let app = TestApp::with(|settings| settings.rates.outside_per_person = 3).await;
    app.person("alice", 1);
    app.person("bob", 2);
    let alice = Browser::signed_in(&app, "alice").await;
    let bob = Browser::signed_in(&app, "bob").await;
    for _ in 0..3 {
        alice.get("/drafts/new").await.expect(200);
    }
    let got = alice.get("/drafts/new").await.expect(429).shows("too_many_requests");
    assert!(got.header("retry-after").parse::<u32>().unwrap() >= 1);
    alice.get("/drafts").await.expect(200);
    bob.get("/drafts/new").await.expect(200);
    app.clock.advance(Millis::minutes(1));
    alice.get("/drafts/new").await.expect(200);
}

#[actix_web::test]
async fn the_present_password_is_not_guessed_in_a_session() {
    let (app, ..) = alice_and_bob().await;
    let alice = Browser::signed_in(&app, "alice").await;
    let bob = Browser::signed_in(&app, "bob").await;
    let new = "orange tractor window hill";
    let guess = [("current", "a wrong guess"), ("password", new), ("password_repeat", new)];
    for _ in 0..10 {
        alice.post("/profile/password", &guess).await.expect(422);
    }
    alice.post("/profile/password", &guess).await.expect(429);
    // Others behind the same address are not held up.
    bob.post("/profile/password", &guess).await.expect(422);
}
