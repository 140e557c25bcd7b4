//! What people get wrong, and what they are told.

use crate::support::{Browser, By, PASSWORD, TestApp, alice_and_bob};
use storywright_application::people::pending_registration;
use storywright_domain::RegistrationId;
use storywright_domain::jira::{AllowedValue, CreateField, FieldKind};
use storywright_domain::person::JiraUser;
use storywright_domain::ports::{Clock as _, StorageExt as _, Usage};
use storywright_domain::remote::RemoteError;
use storywright_testkit::build;

/// Sends the sign-up form as htmx does.
async fn sign_up(visitor: &Browser, site: &str, pat: &str) -> crate::support::Got {
    let token = visitor.token("/sign-up").await;
    let fields = [("jira_site", site), ("jira_pat", pat), ("csrf", token.as_str())];
    visitor.form("/sign-up", By::Htmx, &fields).await
}

#[actix_web::test]
async fn signing_up_step_by_step() {
    let app = TestApp::new().await;
    let mut user = build::jira_user(5);
    user.name = "dora".to_owned();
    user.email = "dora@corp.example".to_owned();
    user.display_name = "Dora <b>Deer</b>".to_owned();
    app.jira.add_person("pat-of-dora-1234567890", user);
    let visitor = Browser::anonymous(&app);
    // Stray white space and line breaks are no part of a token.
    let got = sign_up(&visitor, "jira", "  pat-of-dora-\r\n1234567890 ").await.expect(204);
    let place = got.header("hx-redirect").to_owned();
    visitor
        .get(&place)
        .await
        .expect(200)
        .shows("Dora &lt;b&gt;Deer&lt;")
        .shows("dora@corp.example")
        .shows("Company Jira");
    // The address alone is worth nothing: not the JSON API either takes what stands in it for the id of the sign-up.
    let name = place.strip_prefix("/sign-up/").unwrap();
    let id = RegistrationId::parse(name).unwrap();
    assert!(pending_registration(&app.ports, id).unwrap().is_none());
    visitor.get(&format!("/sign-up/{id}x")).await.expect(404);
    Browser::anonymous(&app).get(&place).await.expect(404);
    let token = visitor.token(&place).await;
    for (password, repeat, text) in [
        ("short", "short", "at least 15"),
        (PASSWORD, "something else", "differ"),
        ("password password 12345", "password password 12345", "easy to guess"),
        ("i am dora and i like tea", "i am dora and i like tea", "your name"),
    ] {
        let fields = [("password", password), ("password_repeat", repeat), ("csrf", token.as_str())];
        visitor.form(&place, By::Htmx, &fields).await.expect(422).shows(text).hides(password);
    }
    let fields = [("password", PASSWORD), ("password_repeat", PASSWORD), ("csrf", token.as_str())];
    let got = visitor.form(&place, By::Page, &fields).await.expect(303);
    assert_eq!(got.header("location"), "/integrations");
    visitor.get("/integrations").await.expect(200).shows("Dora &lt;b&gt;Deer").shows("7890").hides("pat-of-dora");
    // The way back in the browser leads to the start, for others it is gone.
    assert_eq!(visitor.get(&place).await.expect(303).header("location"), "/");
    Browser::anonymous(&app).get(&place).await.expect(404);
    // Nobody signs up twice, and the token that is stored proves nothing.
    let got = sign_up(&Browser::anonymous(&app), "jira", "pat-of-dora-1234567890").await.expect(422);
    got.shows("account").shows("make a new token in Jira");
}

#[actix_web::test]
async fn a_forgotten_password_is_set_anew_with_a_new_jira_token() {
    let (app, alice, _) = alice_and_bob().await;
    let elsewhere = Browser::signed_in(&app, "alice").await;
    app.jira.add_person(
        "a-new-pat-of-alice",
        JiraUser { key: alice.jira_key.clone(), name: alice.employee_id.clone(), ..build::jira_user(1) },
    );
    let visitor = Browser::anonymous(&app);
    visitor.get("/sign-in").await.expect(200).shows("Forgot your password?");
    let place = sign_up(&visitor, "jira", "a-new-pat-of-alice").await.expect(204).header("hx-redirect").to_owned();
    visitor
        .get(&place)
        .await
        .expect(200)
        .shows("You have an account")
        .shows("revokes your API tokens, and stops jobs")
        .shows("removes your Confluence token")
        .shows("Yes, set the new password")
        .hides("Yes, create my account");
    elsewhere.get("/integrations").await.expect(200);
    let token = visitor.token(&place).await;
    let another = "winter marble orchard fifteen";
    let short = [("password", "short"), ("password_repeat", "short"), ("csrf", token.as_str())];
    visitor.form(&place, By::Htmx, &short).await.expect(422).shows("at least 15").shows("Yes, set the new password");
    let fields = [("password", another), ("password_repeat", another), ("csrf", token.as_str())];
    assert_eq!(visitor.form(&place, By::Page, &fields).await.expect(303).header("location"), "/integrations");
    visitor.get("/integrations").await.expect(200).hides("a-new-pat-of-alice");
    visitor.get("/audit").await.expect(200).shows("Set a new password with a Jira token");
    // The other browser is out, and stays out with the old password.
    assert_eq!(elsewhere.get("/integrations").await.status.as_u16(), 303);
    let name = alice.employee_id.as_str();
    for (password, status) in [(PASSWORD, 422), (another, 303)] {
        let browser = Browser::anonymous(&app);
        let token = browser.token("/sign-in").await;
        let fields = [("username", name), ("password", password), ("csrf", token.as_str())];
        browser.form("/sign-in", By::Page, &fields).await.expect(status);
    }
}

#[actix_web::test]
async fn tokens_that_do_not_work_say_what_to_do() {
    let app = TestApp::new().await;
    let mut gone = build::jira_user(6);
    gone.active = false;
    app.jira.add_person("pat-of-inactive-1234", gone);
    let mut deleted = build::jira_user(7);
    deleted.deleted = true;
    app.jira.add_person("pat-of-deleted-1234", deleted);
    let visitor = Browser::anonymous(&app);
    for (site, pat, text) in [
        ("jira", "", "empty"),
        ("jira", "wrong-token-here", "token"),
        ("jira", "pat-of-inactive-1234", "not active"),
        ("jira", "pat-of-deleted-1234", "deleted"),
        ("elsewhere", "wrong-token-here", "not on the administrator"),
        ("jira", "t\u{f6}ken", "characters"),
    ] {
        let got = sign_up(&visitor, site, pat).await.expect(422).shows(text);
        // What was pasted never comes back.
        if !pat.is_empty() {
            got.hides(pat);
        }
    }
    for (failure, text) in [
        (RemoteError::LoginPage { detail: "200 text/html".to_owned() }, "sign-in page"),
        (RemoteError::Captcha { login_url: None }, "CAPTCHA"),
        (RemoteError::Unavailable { detail: "timeout".to_owned() }, "does not answer"),
        (RemoteError::Certificate { detail: "unknown issuer".to_owned() }, "ertificate"),
    ] {
        app.jira.fail(Some(failure));
        sign_up(&visitor, "jira", "pat-of-inactive-1234").await.expect(422).shows(text);
    }
}

#[actix_web::test]
async fn a_new_draft_is_refused_with_all_that_was_typed() {
    let (app, ..) = alice_and_bob().await;
    let alice = Browser::signed_in(&app, "alice").await;
    let good = [
        ("requirements", "Customers want <script>alert(1)</script> & money"),
        ("format", "classic"),
        ("project_key", "PAY"),
        ("issue_type", "10001"),
        ("rule_set", "default"),
        ("prompt", "short"),
    ];
    let with = |name: &str, value: &'static str| {
        good.iter()
            .map(|(field, old)| if *field == name { (*field, value) } else { (*field, *old) })
            .collect::<Vec<_>>()
    };
    for (field, value, text) in [
        ("requirements", " ", "There are no requirements"),
        ("requirements", "\u{0}\u{7}", "There are no requirements"),
        ("format", "haiku", "hoose classic"),
        ("project_key", "pay", "not a project key"),
        ("project_key", "NOPE", "cannot create issues in `NOPE`"),
        ("issue_type", "Wish", "no issue type of PAY"),
        ("issue_type", "", "hoose an issue type"),
        ("rule_set", "none", "no rule set"),
    ] {
        let got = alice.post("/drafts", &with(field, value)).await.expect(422);
        let got = got.shows(text).shows("id=\"draft-form\"").hides("<html").hides("<script>alert");
        if field != "requirements" {
            got.shows("&lt;script&gt;alert(1)");
        }
    }
    let long = "x".repeat(1_100_000);
    let mut fields = good.to_vec();
    fields[0].1 = &long;
    alice.post("/drafts", &fields).await.expect(422).shows("1100000 bytes");
    let huge = "x".repeat(4_300_000);
    fields[0].1 = &huge;
    alice.post("/drafts", &fields).await.expect(413);
    // The longest of all, in letters that a form sends as nine characters each.
    let longest = "退".repeat(1_048_576 / 3);
    fields[0].1 = &longest;
    alice.post("/drafts", &fields).await.expect(204);
    let made = alice.post("/drafts", &good).await.expect(204);
    let place = made.header("hx-redirect").to_owned();
    alice.get(&place).await.expect(200).shows("&lt;script&gt;alert(1)").hides("<script>alert");
    // Asked to write at once, without a way to the model: the draft is kept and says why.
    app.chat.forget_person("cookie-of-alice-5678");
    alice.post("/integrations/llm/test", &[]).await.expect(200);
    let made = alice.post("/drafts", &[good.as_slice(), &[("generate", "1")]].concat()).await.expect(204);
    alice.get(made.header("hx-redirect")).await.expect(200).shows("saved but not written");
}

#[actix_web::test]
async fn a_field_given_twice_is_refused() {
    let (app, ..) = alice_and_bob().await;
    let alice = Browser::signed_in(&app, "alice").await;
    let got = alice.post("/profile/theme", &[("theme", "dark"), ("theme", "light")]).await.expect(400);
    assert_eq!(got.header("x-error-code"), "invalid_body");
    alice.post("/profile/theme", &[("theme", "blue")]).await.expect(400);
    alice.post("/profile/theme", &[("theme", "dark")]).await.expect(204);
    alice.get("/profile").await.expect(200).shows("data-theme=\"dark\"");
    alice.post("/profile/navigation", &[("mode", "pinned"), ("width", "9999")]).await.expect(204);
    alice.get("/profile").await.expect(200).shows("nav-w-320");
}

#[actix_web::test]
async fn connections_are_saved_tested_and_never_shown() {
    let (app, ..) = alice_and_bob().await;
    let alice = Browser::signed_in(&app, "alice").await;
    let save = |site: &'static str, secret: &'static str| [("site", site), ("secret", secret), ("verify_tls", "on")];
    let wiki = "/integrations/confluence";
    alice.post(wiki, &save("confluence", "")).await.expect(422).shows("aste the token");
    alice.post(wiki, &save("elsewhere", "wiki-of-alice-9012")).await.expect(422).shows("not on the administrator");
    let card = alice.post(wiki, &save("confluence", "wiki-of-alice-9012\n")).await.expect(200);
    card.shows("9012").shows("alice").hides("wiki-of-alice");
    // Somebody else's token: both employee IDs are shown, and the connection is off.
    let card = alice.post(wiki, &save("confluence", "wiki-of-bob-9012")).await.expect(200);
    card.shows("bob").shows("expected alice").shows("own account");
    alice.get("/").await.expect(200).shows("belongs to bob");
    // An empty field keeps the token.
    alice.post(wiki, &save("confluence", "")).await.expect(200).shows("belongs to bob");
    alice
        .post("/integrations/llm", &[("site", "company"), ("secret", "expired-cookie-0000")])
        .await
        .expect(200)
        .shows("did not accept the credential")
        .shows("0000");
    alice.post("/integrations/nothing", &save("jira", "x")).await.expect(404);
    alice.post("/integrations/nothing/test", &[]).await.expect(404);
    let page = alice.get("/integrations").await.expect(200);
    for secret in ["pat-of-alice", "wiki-of", "cookie-of", "expired-cookie"] {
        assert!(!page.body.contains(secret), "{secret}");
    }
}

#[actix_web::test]
async fn certificates_are_checked_before_they_are_kept() {
    let (app, ..) = alice_and_bob().await;
    let alice = Browser::signed_in(&app, "alice").await;
    let place = "/integrations/confluence/ca";
    let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
    alice.post(place, &[("ca_pem", pem)]).await.expect(422).shows("Save the connection first");
    let fields = [("site", "confluence"), ("secret", "wiki-of-alice-9012"), ("verify_tls", "on")];
    alice.post("/integrations/confluence", &fields).await.expect(200);
    alice.post(place, &[("ca_pem", "nonsense")]).await.expect(422).shows("private key or no certificate");
    alice.post(place, &[("ca_pem", "-----BEGIN PRIVATE KEY-----")]).await.expect(422);
    let got = alice.post(place, &[("ca_pem", pem)]).await.expect(200);
    got.shows("CN=Company Root").shows("1 Jan 2027").shows("AB:AB:AB");
    alice.post(place, &[("ca_pem", ""), ("remove", "1")]).await.expect(200).hides("CN=Company Root");
    alice.post(place, &[("ca_pem", &"x".repeat(200_000))]).await.expect(413);
}

fn field(id: &str, name: &str, kind: FieldKind, allowed: &[(&str, &str)]) -> CreateField {
    let allowed = allowed.iter().map(|(id, name)| AllowedValue {
        id: (*id).to_owned(),
        name: (*name).to_owned(),
        children: Vec::new(),
    });
    CreateField {
        id: id.to_owned(),
        name: name.to_owned(),
        required: true,
        has_default: false,
        kind,
        allowed: allowed.collect(),
    }
}

#[actix_web::test]
async fn fields_that_jira_asks_for_are_filled_in_before_anything_is_sent() {
    let (app, alice, _) = alice_and_bob().await;
    let made = app.ready_draft(&alice, "Refund");
    let story = storywright_domain::story::Story { subtasks: Vec::new(), ..build::story("Refund") };
    let document = storywright_domain::story::Document::of_stories(vec![story]);
    let change = storywright_application::drafts::DraftChange { document: Some(document), ..Default::default() };
    let made =
        storywright_application::drafts::edit_draft(&app.ports, &app.actor(&alice), made.id, made.version, &change)
            .unwrap();
    let mut fields = vec![
        field("customfield_1", "Business unit", FieldKind::Option, &[("11", "Retail"), ("12", "Wholesale")]),
        field("customfield_2", "Effort in days", FieldKind::Number, &[]),
        field("customfield_3", "Due", FieldKind::Date, &[]),
    ];
    fields.push(CreateField { required: false, ..field("labels", "Labels", FieldKind::Labels, &[]) });
    app.jira.set_fields(fields);
    let browser = Browser::signed_in(&app, "alice").await;
    let plan = format!("/drafts/{}/plan", made.id);
    browser.get(&plan).await.expect(200).shows("Business unit").shows("Retail").shows("disabled");
    let token = browser.token("/jobs").await;
    let version = made.version.to_string();
    let send = |unit: &'static str, days: &'static str, due: &'static str| {
        let form = [
            ("version", version.as_str()),
            ("field.customfield_1", unit),
            ("field.customfield_2", days),
            ("field.customfield_3", due),
        ];
        let req = browser.request("PUT", &format!("/drafts/{}", made.id)).set_form(form);
        browser.send(req.insert_header(("hx-request", "true")).insert_header(("x-csrf-token", token.as_str())))
    };
    let got = send("99", "many", "tomorrow").await.expect(422);
    got.shows("Choose one of the list")
        .shows("Enter a number")
        .shows("is not a date. Enter it as 2026-05-04.")
        .shows("tomorrow")
        .hides("<html");
    let got = send("11", "2,5", "2026-05-04").await.expect(204);
    assert_eq!(got.header("hx-redirect"), plan);
    browser.get(&plan).await.expect(200).shows("Create 1 issue in PAY").hides("Business unit (");
}

#[actix_web::test]
async fn a_refused_credential_is_replaced_where_it_was_typed() {
    let (app, person, _) = alice_and_bob().await;
    let alice = Browser::signed_in(&app, "alice").await;
    let page =
        alice.get("/integrations").await.expect(200).shows("Required · ").shows("Optional · ").hides("autofocus");
    let at = |kind: &str| page.body.find(&format!("id=\"card-{kind}\"")).unwrap();
    assert!(at("jira") < at("llm") && at("llm") < at("confluence"), "in the order in which they are needed");
    let page = page.shows("Write your first draft");
    page.shows("<summary class=\"link w-fit small font-medium\">Company certificate authority</summary>");
    app.ready_draft(&person, "Refund");
    alice.get("/integrations").await.expect(200).hides("Write your first draft").shows("New draft");
    let wrong = [("site", "jira"), ("secret", "wrong-token-here")];
    let got = alice.post("/integrations/jira", &wrong).await.expect(200).shows("Not working").hides("wrong-token");
    let got = got.shows("<details open class=\"group\">").shows("autofocus");
    let told = got.body.split("<strong>").nth(1).unwrap().split('<').next().unwrap();
    assert_eq!(got.body.matches(told).count(), 1, "{told} is told once");
    // Whoever comes back later finds the form open, and the page as it always begins.
    alice.get("/integrations").await.expect(200).shows("<details open class=\"group\">").hides("autofocus");
}

#[actix_web::test]
async fn the_profile_shows_what_was_used_of_the_llm() {
    let (app, alice, bob) = alice_and_bob().await;
    let browser = Browser::signed_in(&app, "alice").await;
    browser
        .get("/profile")
        .await
        .expect(200)
        .shows("Use of the LLM today")
        .shows("0 of 5,000,000")
        .shows("No use on the days before");
    let day = app.clock.now().0.div_euclid(86_400_000);
    let usage = |input: u64| Usage { input, output: 0 };
    app.store
        .write(|tx| {
            tx.add_tokens(alice.id, day - 1, usage(77), 250_000)?;
            tx.add_tokens(alice.id, day, usage(5_000_001), 0)?;
            tx.add_tokens(bob.id, day, usage(424_242), 0)
        })
        .unwrap();
    let page = browser.get("/profile").await.expect(200);
    page.shows("5,000,001 of 5,000,000").shows("limit is reached").shows("77 tokens · 0.25").hides("424,242");
}
