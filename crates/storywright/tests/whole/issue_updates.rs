//! Issues that are in Jira, improved and broken down, on the Jira of the pretend company.

use crate::backlog::{edit_issue, new_issue, read_issue};
use crate::support::{Client, Company};
use serde_json::{Value, json};

const TEXT: &str = "Support agents *must* be able to refund a card payment from the order page.\n\nA refund above 500 EUR needs the approval of a team lead.\n\n||Limit||Who||\n|500 EUR|Team lead|";

fn begun(client: &Client, key: &str, purpose: &str) -> String {
    let body = json!({"issue": key, "purpose": purpose, "format": "classic"});
    let draft = client.call("POST", "drafts/from-issue", body).expect(201);
    let draft = format!("drafts/{}", draft["id"].as_str().unwrap());
    let job = client.call("POST", &format!("{draft}/generate"), json!({})).expect(202);
    client.to_end(job["job_id"].as_str().unwrap());
    draft
}

#[test]
fn an_issue_is_improved_as_approved_and_put_back_byte_for_byte() {
    let company = Company::start_quietly();
    let alice = company.member("alice");
    let key = new_issue(&company, "Story", "refunds!!", TEXT, &json!({"labels": ["keep"]}));
    let draft = begun(&alice, &key, "improve");
    let written = alice.get(&draft).expect(200);
    let stories = written["document"]["stories"].as_array().unwrap();
    assert_eq!(stories.len(), 1, "{written:#}");
    assert_eq!(stories[0]["citations"][0]["source"], "p1", "it rests on the issue: {written:#}");
    alice.get(&format!("{draft}/plan")).problem(409, "changes_an_issue");

    let issue = format!("{draft}/issue");
    let plan = alice.call("POST", &format!("{issue}/plan"), json!({})).expect(200);
    assert_eq!((plan["summary_now"].as_str(), plan["description_now"].as_str()), (Some("refunds!!"), Some(TEXT)));
    assert_eq!(plan["changed_since"], false);
    let done = alice.call("POST", &issue, json!({"hash": plan["hash"]})).expect(200);
    assert_eq!((done["state"].as_str(), done["note"].as_str()), (Some("written"), Some("")), "{done:#}");
    let stored = read_issue(&company, &key);
    assert_eq!(stored["fields"]["summary"], plan["summary"]);
    assert_eq!(stored["fields"]["description"], plan["description"]);
    assert_eq!(stored["fields"]["labels"], json!(["keep"]), "nothing else is touched");
    alice.call("POST", &issue, json!({"hash": plan["hash"]})).problem(409, "nothing_changes");

    // Somebody else's words are shown before they go.
    let back = json!({"puts_back": 1});
    let plan = alice.call("POST", &format!("{issue}/plan"), back.clone()).expect(200);
    edit_issue(&company, &key, &json!({"description": "Agreed with finance."}));
    let approved = json!({"puts_back": 1, "hash": plan["hash"]});
    alice.call("POST", &issue, approved).problem(409, "update_plan_changed");
    let plan = alice.call("POST", &format!("{issue}/plan"), back).expect(200);
    assert_eq!(
        (plan["changed_since"].as_bool(), plan["description_now"].as_str()),
        (Some(true), Some("Agreed with finance."))
    );
    alice.call("POST", &issue, json!({"puts_back": 1, "hash": plan["hash"]})).expect(200);
    let stored = read_issue(&company, &key);
    assert_eq!(
        (stored["fields"]["summary"].as_str(), stored["fields"]["description"].as_str()),
        (Some("refunds!!"), Some(TEXT))
    );
    let journal = alice.get(&issue).expect(200);
    let states: Vec<&Value> = journal["updates"].as_array().unwrap().iter().map(|update| &update["state"]).collect();
    assert_eq!(states, ["written", "written"]);

    // Who may not change it is told before anything is drafted.
    let mallory = json!({"issue": "https://evil.example/browse/PAY-1", "purpose": "improve", "format": "classic"});
    let refused = alice.call("POST", "drafts/from-issue", mallory).problem(422, "invalid_input");
    assert_eq!(refused["errors"][0]["code"], "issue_elsewhere");
}

#[test]
fn an_epic_is_broken_down_into_stories_that_live_in_it() {
    let company = Company::start_quietly();
    let alice = company.member("alice");
    let text = "Support agents must be able to refund a card payment from the order page.\n\nAccountants must be able to export all refunds of a month as a file.\n\nShoppers must be told by e-mail when a refund is on its way.\n\nManagers must be able to see how many refunds were made in a week.";
    let epic = new_issue(&company, "Epic", "Refunds", text, &json!({"customfield_10101": "Refunds of 2026"}));
    let draft = begun(&alice, &epic, "break_down");
    let written = alice.get(&draft).expect(200);
    let stories = written["document"]["stories"].as_array().unwrap();
    assert!(stories.len() > 1, "{written:#}");
    assert!(stories.iter().all(|story| story["epic"] == epic.as_str()), "{written:#}");
    let run = alice.publish(draft.trim_start_matches("drafts/"), "break-down");
    let view = alice.settled(&run);
    assert_eq!(view["state"], "completed", "{view:#}");
    let created: Vec<String> =
        view["items"].as_array().unwrap().iter().map(|item| item["key"].as_str().unwrap().to_owned()).collect();
    let in_epic =
        created.iter().filter(|key| read_issue(&company, key)["fields"]["customfield_10100"] == epic.as_str());
    assert_eq!(in_epic.count(), stories.len(), "{view:#}");
    assert_eq!(read_issue(&company, &epic)["fields"]["description"], text, "the epic stays as it is");
}
