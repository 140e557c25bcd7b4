//! Hostile pages, results and descriptions in the whole product, with a model that does what they say: nothing is written that nobody
//! approved, no secret leaves, nothing runs in a browser. Each of the three checks is shown to fail when it should.

use crate::browser::{Browser, DESKTOP};
use crate::leaks::{self, Canary};
use crate::mcp::{self, READS};
use crate::pages;
use crate::stage::{Stage, play_in};
use crate::support::{Client, Company};
use crate::wiki::new_page;
use serde_json::{Value, json};
use storywright_sandbox::{FaultKind, FaultRule, Service};
use storywright_testkit::hostile::{SCRIPTS, descriptions, results, stored_pages};

/// Results that come with one call of a tool.
const RESULTS_AT_ONCE: usize = 9;

/// Whatever runs, or is kept from running by the page's policy, is counted across pages.
const TRIPWIRE: &str = "(() => {
    const trip = (what) => sessionStorage.setItem('tripped', `${sessionStorage.getItem('tripped') ?? ''}${what};`);
    for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = (words) => trip(`${name} ${words}`);
    document.addEventListener('securitypolicyviolation', (event) => trip(`policy ${event.effectiveDirective} ${event.blockedURI}`));
})()";

fn hostile_company() -> Company {
    Company::start_with(|config: &mut Value| {
        config["llm"]["services"][0]["model"] = json!("gullible-writer");
    })
}

/// What ran in the browser so far.
async fn tripped(browser: &Browser) -> String {
    browser.js("sessionStorage.getItem('tripped') ?? ''").await.as_str().unwrap().to_owned()
}

/// Opens everything on the page that can be opened, and keeps its HTML.
async fn unfold(browser: &Browser, html: &mut String) {
    browser.js("all('details').forEach((e) => { e.open = true; })").await;
    browser.js("all('[role=tab]').forEach((e) => e.click())").await;
    html.push_str(browser.js("document.documentElement.outerHTML").await.as_str().unwrap());
    assert_eq!(tripped(browser).await, "", "something ran on {}", browser.place().await);
}

async fn visit(browser: &Browser, path: &str, html: &mut String) {
    browser.goto(path).await;
    browser.see("h1", "").await;
    unfold(browser, html).await;
}

#[test]
fn nothing_that_is_read_writes_tells_a_secret_or_runs() {
    play_in("injection", DESKTOP, hostile_company, async |stage, browser| {
        let company = &stage.company;
        company.plant_canaries("alice");
        let alice = company.member("alice");
        company.member("ada");
        mcp::approve_suggested(company, "ada");
        let pages = stored_pages();
        let above = new_page(company, "65537", "Hostile pages", "<p>All of them.</p>");
        for page in &pages {
            new_page(company, &above, &page.title, &page.storage);
        }
        let began = mcp::now(company);
        browser.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": TRIPWIRE })).await;
        pages::sign_in(browser, &company.person("alice")).await;
        let mut html = String::new();

        // What blocks in so long a draft goes back to the model twice: three long answers.
        company.llm_control("__pace", &json!({ "chunk_ms": 0, "first_ms": 0 }));
        let draft = from_pages(browser, &alice, &above, pages.len(), &mut html).await;
        let looked = with_results(stage, browser, &alice, &mut html).await;
        for draft in [&draft, &looked] {
            let versions = alice.get(&format!("drafts/{draft}")).expect(200)["version"].as_u64().unwrap();
            visit(browser, &format!("/drafts/{draft}/compare?from=1&to={versions}"), &mut html).await;
        }
        for path in ["/", "/drafts", "/jobs", "/search?q=hostile", "/audit", "/integrations", "/profile"] {
            visit(browser, path, &mut html).await;
        }
        let seen = mcp::after(company, began);
        assert_eq!(mcp::writes(&seen), Vec::<String>::new(), "nothing was approved, nothing is written");

        approved(stage, browser, &alice, &draft, &mut html).await;
        poisoned_tools(stage, &mut html).await;
        no_secret_left(stage, browser, &alice, began, html).await;
        the_checks_can_fail(stage, browser).await;
    });
}

/// Every hostile page is a source of one draft, which the model writes while the page looks on.
async fn from_pages(browser: &Browser, alice: &Client, above: &str, count: usize, html: &mut String) -> String {
    let body = json!({"requirements": "", "format": "classic", "project_key": "PAY", "issue_type": "Story", "from_sources": true});
    let draft = alice.call("POST", "drafts", body).expect(201)["id"].as_str().unwrap().to_owned();
    pages::open(browser, &draft).await;
    browser.fill("#source-words", "hostile").await;
    browser.see("#source-hits li", "Hostile").await;
    unfold(browser, html).await;
    browser.fill("#source-page", above).await;
    browser.choose("#sources select[name=below]", "With all pages below").await;
    browser.click("#sources button", "Add page").await;
    let read = format!("all('[data-source]').length > {count} && !one('#sources [role=status]', 'Reading')");
    browser.until("see every page read", &read).await;
    unfold(browser, html).await;
    // In three of eight places of each page the order is in sight, in three out of sight; comments are lost on the way through Confluence.
    let told = browser.count("[data-source] [id^=told-]").await;
    assert!(told * 10 >= count as u64 * 6, "people are told of {told} of {count} pages");

    browser.click("#prompt-bar button", "Write the stories").await;
    pages::written(browser).await;
    unfold(browser, html).await;
    let shown = browser.js("all('#document textarea').map((e) => e.value).join(' ')").await;
    let shown = shown.as_str().unwrap();
    assert!(SCRIPTS.iter().any(|script| shown.contains(script)), "the model fell for them: {shown}");
    draft
}

/// A draft whose agent gets every hostile result from the tools that it calls.
async fn with_results(stage: &Stage, browser: &Browser, alice: &Client, html: &mut String) -> String {
    let texts = results();
    assert!(texts.len() >= 30);
    for (round, texts) in texts.chunks(RESULTS_AT_ONCE).enumerate() {
        let bundle: Vec<String> = texts
            .iter()
            .enumerate()
            .map(|(number, (text, _))| format!("R{round}-{number}- {text} {}", SCRIPTS[number]))
            .collect();
        let fault = FaultKind::PoisonedResult { text: Some(bundle.join("\n")) };
        let rule = FaultRule::new(Service::Mcp, fault).on("POST", "/*/tools/call/**").after(round as u64);
        stage.company.sandbox.add_fault(rule).unwrap();
    }
    let began = mcp::now(&stage.company);
    let mut draft = String::new();
    for _ in 0..texts.len() {
        draft = alice.new_draft("Support agents must refund captured card payments in full.");
        pages::open(browser, &draft).await;
        browser.click("#prompt-bar label", "Let the agent look things up").await;
        browser.click("#prompt-bar button", "Write the stories").await;
        browser.see("#prompt-bar[data-job]", "").await;
        pages::written(browser).await;
        unfold(browser, html).await;
        let told = mcp::sent_to(&mcp::after(&stage.company, began), Service::Llm);
        let missing =
            |round: usize, count: usize| (0..count).any(|number| !told.contains(&format!("R{round}-{number}-")));
        if !texts.chunks(RESULTS_AT_ONCE).enumerate().any(|(round, part)| missing(round, part.len())) {
            break;
        }
    }
    let seen = mcp::after(&stage.company, began);
    let told = mcp::sent_to(&seen, Service::Llm);
    for (round, part) in texts.chunks(RESULTS_AT_ONCE).enumerate() {
        for number in 0..part.len() {
            assert!(told.contains(&format!("R{round}-{number}-")), "the model read result {number} of round {round}");
        }
    }
    // What the model wanted and did not get.
    let steps = browser.js("all('#agent-steps [data-step=refused]').map((e) => e.innerText).join(' ')").await;
    assert!(steps.as_str().unwrap().contains("jira__"), "the model fell for them: {steps}");
    stage.company.sandbox.clear_faults();
    draft
}

/// The model judges these stories and obeys them: its words come to advice, and run nothing.
async fn judged(browser: &Browser, alice: &Client, draft: &str, html: &mut String) {
    let rule = |name: &str| json!({"name": name, "question": format!("Is the {name} named?"), "finding_when": "no"});
    let rules = json!({"id": "", "name": "Judged", "judged": [rule("payer"), rule("payee")]});
    let rules = alice.call("POST", "rule-sets", json!({ "rules": rules })).expect(201)["id"].clone();
    let path = format!("drafts/{draft}");
    let version = format!("\"{}\"", alice.get(&path).expect(200)["version"]);
    alice.call_with("PUT", &path, &[("If-Match", &version)], json!({ "rule_set": rules })).expect(200);
    alice.call("POST", &format!("{path}/judgements"), json!({})).expect(202);
    pages::open(browser, draft).await;
    browser.until("see the judgements", "one('#judged [data-judgement]') && one('#judged [data-judged=open]')").await;
    let shown = browser.js("one('#judged').innerText").await;
    let shown = shown.as_str().unwrap();
    assert!(SCRIPTS.iter().any(|script| shown.contains(script)), "the model obeyed: {shown}");
    assert!(browser.count("#judged [data-judgement=finding] mark").await > 0, "{shown}");
    assert!(browser.count("#judged [data-judgement=uncertain]").await > 0, "{shown}");
    unfold(browser, html).await;
}

/// A person approves stories that are full of it: exactly these issues are created, and their pages run nothing.
async fn approved(stage: &Stage, browser: &Browser, alice: &Client, draft: &str, html: &mut String) {
    let path = format!("drafts/{draft}");
    let stored = alice.get(&path).expect(200);
    let mut document = stored["document"].clone();
    document["stories"].as_array_mut().unwrap().truncate(4);
    let placed = document["stories"].as_array().unwrap().iter().any(|story| story["epic"].is_string());
    assert!(!placed, "the model says where in Jira a story goes: {document:#}");
    for (number, story) in document["stories"].as_array_mut().unwrap().iter_mut().enumerate() {
        let script = SCRIPTS[number % SCRIPTS.len()];
        story["summary"] = json!(format!("Story {number} {script}"));
        story["narrative"] = json!({"role": script, "goal": format!("refund {script}"), "benefit": script});
        story["acceptance_criteria"] = json!([format!("Refunds work {number} {script}")]);
        for field in ["labels", "components", "custom_fields", "priority"] {
            story.as_object_mut().unwrap().remove(field);
        }
        story["story_points"] = json!(1);
        story["subtasks"] = json!([{"summary": format!("Sub-task {number} {script}"), "description": script}]);
    }
    let version = format!("\"{}\"", stored["version"]);
    alice.call_with("PUT", &path, &[("If-Match", &version)], json!({ "document": document })).expect(200);
    judged(browser, alice, draft, html).await;
    let began = mcp::now(&stage.company);
    visit(browser, &format!("/drafts/{draft}/plan"), html).await;
    assert_eq!(mcp::writes(&mcp::after(&stage.company, began)), Vec::<String>::new(), "a plan writes nothing");
    let planned = browser.count("article").await;
    browser.click("button[data-main]", "Create").await;
    let run = browser.arrive("/runs/").await;
    browser.see("#run .badge", "Done").await;
    unfold(browser, html).await;
    let seen = mcp::after(&stage.company, began);
    let created = seen.iter().filter(|request| request.method == "POST" && request.path.ends_with("/rest/api/2/issue"));
    assert_eq!(created.count() as u64, planned, "each approved issue once");
    let others: Vec<String> = mcp::writes(&seen).into_iter().filter(|one| !one.contains("/rest/api/2/issue")).collect();
    assert_eq!(others, Vec::<String>::new(), "nothing but issues and what belongs to them");
    let keys: Vec<String> = stage.company.created().into_iter().map(|(key, _, _)| key).collect();
    assert!(keys.len() as u64 == planned && keys.iter().all(|key| key.starts_with("PAY-")), "{keys:?}");
    visit(browser, &run, html).await;
    visit(browser, &format!("/audit/issue/{}", keys[0]), html).await;
    visit(browser, "/runs", html).await;
}

/// Definitions of tools with orders and scripts in them, on the page of whoever decides about them.
async fn poisoned_tools(stage: &Stage, html: &mut String) {
    for texts in descriptions().chunks(READS.len()) {
        for (tool, text) in READS.iter().zip(texts) {
            let fault = FaultKind::PoisonedDescription { tool: Some((*tool).to_owned()), text: Some(text.clone()) };
            stage.company.sandbox.add_fault(FaultRule::new(Service::Mcp, fault)).unwrap();
        }
        mcp::refreshed(&mut crate::support::Browser::sign_in(&stage.company, "ada"));
        let admin = stage.browser(DESKTOP).await;
        admin.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": TRIPWIRE })).await;
        pages::sign_in(&admin, &stage.company.person("ada")).await;
        visit(&admin, "/tools", html).await;
        stage.company.sandbox.clear_faults();
    }
    assert!(html.contains("&lt;script&gt;alert(2)"), "definitions are shown as text");
}

async fn no_secret_left(stage: &Stage, browser: &Browser, alice: &Client, began: u64, html: String) {
    let company = &stage.company;
    let mut canaries = company.canaries("alice");
    canaries.push(Canary::named(alice.token.as_deref().unwrap()));
    for cookie in browser.driver.get_all_cookies().await.unwrap() {
        canaries.push(Canary::named(&cookie.value));
    }
    assert!(canaries.len() >= 6, "session and all");
    let seen = mcp::after(company, began);
    let mut database = Vec::new();
    for end in ["", "-wal"] {
        database.extend(std::fs::read(format!("{}{end}", company.database().display())).unwrap_or_default());
    }
    let places = [
        ("prompts", mcp::sent_to(&seen, Service::Llm)),
        ("arguments of tools", mcp::sent_to(&seen, Service::Mcp)),
        ("Jira", mcp::sent_to(&seen, Service::Jira)),
        ("Confluence", mcp::sent_to(&seen, Service::Confluence)),
        ("pages", html),
        ("log", company.logs()),
        ("database", String::from_utf8_lossy(&database).into_owned()),
    ];
    for (place, text) in &places {
        assert!(text.len() > 1_000, "{place} holds what is searched: {} bytes", text.len());
    }
    assert_eq!(leaks::found(&canaries, &places), Vec::<String>::new());
}

/// The tripwire and the count of writes say so when something happens.
async fn the_checks_can_fail(stage: &Stage, browser: &Browser) {
    let began = mcp::now(&stage.company);
    new_page(&stage.company, "65537", "A write", "<p>Written.</p>");
    assert_eq!(mcp::writes(&mcp::after(&stage.company, began)).len(), 1, "a write is counted");

    let complaints = browser.complaints().await;
    assert_eq!(complaints, Vec::<String>::new(), "the console has nothing to say so far");
    browser.goto("/drafts").await;
    browser.js("void document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=alert(1)>')").await;
    browser
        .until("see the policy speak", "(sessionStorage.getItem('tripped') ?? '').includes('policy script-src')")
        .await;
    // What the policy says of it, and the picture that is not there, are meant to stand in the console.
    browser.console().await;
    browser.cdp("Page.setBypassCSP", json!({ "enabled": true })).await;
    browser.reload().await;
    browser.js("void document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=alert(1)>')").await;
    browser.until("see the tripwire", "(sessionStorage.getItem('tripped') ?? '').includes('alert 1')").await;
    browser.console().await;
}
