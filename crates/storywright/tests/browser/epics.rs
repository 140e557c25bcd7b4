//! Epics, links between stories, and what Jira asks for: from an empty group to a plan, by mouse and by keyboard.

use crate::browser::{Browser, DESKTOP};
use crate::looks::inspect;
use crate::pages::{self, field};
use crate::stage::play;
use crate::support::{Client, REQUIREMENTS};
use serde_json::{Value, json};
use thirtyfour::Key;

/// A draft in this project with the stories that were written and one more by hand.
fn two_stories(client: &Client, project: &str, issue_type: &str) -> String {
    let body = json!({
        "requirements": REQUIREMENTS, "format": "classic", "project_key": project, "issue_type": issue_type,
    });
    let draft = client.call("POST", "drafts", body).expect(201)["id"].as_str().unwrap().to_owned();
    client.to_end(&client.generate(&draft));
    let path = format!("drafts/{draft}");
    let stored = client.get(&path).expect(200);
    let mut document = stored["document"].clone();
    let mut first = document["stories"][0].clone();
    first["story_points"] = json!(1);
    // No sub-tasks: fewer things on the pictures.
    first["subtasks"] = json!([]);
    let second = Value::Object(first.as_object().unwrap().clone().into_iter().filter(|(key, _)| key != "id").collect());
    document["stories"] = json!([first, second]);
    document["stories"][0]["summary"] = json!("Refund a card payment");
    document["stories"][1]["summary"] = json!("Refund a voucher");
    let version = format!("\"{}\"", stored["version"]);
    client.call_with("PUT", &path, &[("If-Match", &version)], json!({ "document": document })).expect(200);
    draft
}

fn document(client: &Client, draft: &str) -> Value {
    client.get(&format!("drafts/{draft}")).expect(200)["document"].clone()
}

async fn says(browser: &Browser, path: &str, text: &str) {
    let what = format!("read {text} in {path}");
    browser.until(&what, &format!("all({})[0]?.value === {}", json!(field(path)), json!(text))).await;
}

#[test]
fn stories_are_grouped_linked_and_planned_in_the_french_project() {
    play("epics", DESKTOP, async |stage, browser| {
        let client = stage.company.member("alice");
        let draft = two_stories(&client, "FR", "Récit");
        pages::sign_in(browser, &stage.company.person("alice")).await;
        pages::open(browser, &draft).await;

        // The first epic takes both stories in; its name follows while it is typed.
        browser.click("#epics button", "Group these stories under a new epic").await;
        browser.see("#toasts", "2 stories are in the new epic.").await;
        browser.keys("Refunds in one place").await;
        says(browser, "stories.1.epic", "Refunds in one place").await;
        browser.fill(&field("epics.0.name"), "Refunds").await;
        says(browser, "stories.0.epic", "Refunds").await;
        browser.fill(&field("epics.0.labels"), "refunds, q4").await;
        browser.see("#epics button", "Add another epic").await;

        // A link by the name of the other story, and one by key, which is removed again.
        browser.click("#story-0 button", "Link").await;
        browser.keys(Key::Tab + "Refund a voucher").await;
        browser.click("#story-0 button", "Link").await;
        browser.choose(&field("stories.0.links.1.kind"), "Relates to").await;
        browser.fill(&field("stories.0.links.1.to"), "pay-7").await;
        pages::saved(browser).await;
        let stored = document(&client, &draft);
        let epic = &stored["epics"][0];
        assert_eq!((&epic["name"], &epic["labels"]), (&json!("Refunds"), &json!(["refunds", "q4"])));
        let (first, second) = (&stored["stories"][0], &stored["stories"][1]);
        assert_eq!((&first["epic"], &second["epic"]), (&epic["id"], &epic["id"]));
        let links = json!([{"kind": "blocks", "to": second["id"]}, {"kind": "relates_to", "to": "PAY-7"}]);
        assert_eq!(first["links"], links);
        browser.click("#story-0 button", "Remove this link").await;
        browser.until("see the other link move up", "all('#story-0 [data-link]').length === 1").await;
        browser.click("#toasts .toast:last-child button", "Undo").await;
        browser.until("see it again", "all('#story-0 [data-link]').length === 2").await;
        says(browser, "stories.0.links.0.to", "Refund a voucher").await;
        browser.fill(&field("stories.0.links.1.to"), "").await;
        pages::saved(browser).await;

        // Without the epic its stories name none; Undo puts it back.
        browser.click("#epic-0 button", "Remove this epic").await;
        says(browser, "stories.1.epic", "").await;
        browser.click("#toasts .toast:last-child button", "Undo").await;
        says(browser, "stories.1.epic", "Refunds").await;
        pages::saved(browser).await;
        browser.see("#doc-tree", "1 epic, 2 stories").await;
        browser.reload().await;
        says(browser, "stories.1.epic", "Refunds").await;
        says(browser, "stories.0.links.0.to", "Refund a voucher").await;
        inspect(stage, browser, "workspace-epics").await;
        assert_eq!(document(&client, &draft)["stories"][0]["links"], json!([links[0]]));

        fill_in(stage, browser, &draft).await;
        let held = document(&client, &draft)["stories"][1]["custom_fields"].clone();
        assert_eq!(held["customfield_10301"], json!({"kind": "text", "value": "C-2026-7"}));
        assert_eq!(held["customfield_10302"], json!({"kind": "date", "value": "2026-12-01"}));
        assert_eq!(held["customfield_10303"]["kind"], "options");
    });
}

/// What the French project asks for, and the plan that follows.
async fn fill_in(stage: &crate::stage::Stage, browser: &Browser, draft: &str) {
    browser.permit(422);
    browser.goto(&format!("/drafts/{draft}/plan")).await;
    browser.see("#required-fields", "Référence contrat").await;
    browser.see("#required-fields", "Jira fills this in itself").await;
    browser.fill("[name='field.customfield_10301']", "C-2026-7").await;
    browser.click("#required-fields button", "Save and check again").await;
    browser.see("#required-fields .problem", "Date souhaitée: Jira does not take the issue without it.").await;
    assert_eq!(browser.value("[name='field.customfield_10301']").await, "C-2026-7", "what was typed stays");
    inspect(stage, browser, "required-fields").await;
    browser.js("all(\"[name='field.customfield_10302']\")[0].value = '2026-12-01'").await;
    browser.click("#required-fields label", "Équipe Nantes").await;
    browser.click("#required-fields button", "Save and check again").await;
    browser.see("article", "Refund a voucher").await;
    browser.see("button[data-main]", "Create 3 issues in FR").await;
    inspect(stage, browser, "plan-epics").await;
}

#[test]
fn people_are_found_while_somebody_types_and_a_second_list_follows_the_first() {
    play("pickers", DESKTOP, async |stage, browser| {
        let client = stage.company.member("alice");
        let draft = two_stories(&client, "OPS", "Story");
        let alice = stage.company.person("alice");
        pages::sign_in(browser, &alice).await;
        browser.goto(&format!("/drafts/{draft}/plan")).await;
        let (place, spot) = ("[name='field.customfield_10201']", "[name='field.customfield_10201.detail']");
        browser.until("see the second list wait", &format!("all({})[0]?.disabled", json!(spot))).await;
        browser.js(&format!("all({})[0].options.length === 1", json!(spot))).await;
        let first = browser.js(&format!("all({})[0].options[1].label", json!(place))).await;
        browser.choose(place, first.as_str().unwrap()).await;
        let parents = format!(
            "[...new Set(all({0} + ' optgroup').map((e) => e.label))].join() === {1} && !all({0})[0].disabled",
            json!(spot),
            first
        );
        browser.until("see only what belongs to the first", &parents).await;
        let second = browser.js(&format!("all({})[0].options[1].label", json!(spot))).await;
        browser.choose(spot, second.as_str().unwrap()).await;
        browser.choose("[name='field.customfield_10200']", "Production").await;

        let (person, words) = ("[name='field.customfield_10202']", alice.display_name.split(' ').next().unwrap());
        browser.fill(person, words).await;
        browser.see(".picker-item", &alice.display_name).await;
        inspect(stage, browser, "picker").await;
        browser.keys(Key::Down + Key::Enter).await;
        browser.until("see the list close", "!one('.picker-item')").await;
        assert_eq!(browser.value("[name='field.customfield_10202.detail']").await, alice.employee_id);
        browser.fill("[name='field.customfield_10100']", "").await;
        browser.see(".picker-item", "OPS-").await;
        browser.keys(Key::Escape).await;
        browser.until("see the list close", "!one('.picker-item')").await;
        browser.keys(Key::Down).await;
        browser.see(".picker-item", "OPS-").await;
        browser.click(".picker-item", "OPS-").await;
        browser.click("#required-fields button", "Save and check again").await;
        browser.see("article", "Refund a voucher").await;
        browser.see("button[data-main]", "Create 2 issues in OPS").await;
        let held = document(&client, &draft)["stories"][0].clone();
        assert_eq!(held["custom_fields"]["customfield_10202"], json!({"kind": "user", "value": alice.employee_id}));
        assert!(held["custom_fields"]["customfield_10201"]["value"][1].is_string(), "{held:#}");
        assert!(held["epic"].as_str().unwrap().starts_with("OPS-"));
    });
}
