//! The story map of a run on the Confluence of the pretend company.

use crate::support::Company;
use serde_json::json;

#[test]
fn a_run_becomes_a_page_that_is_written_over_only_as_it_was_seen() {
    let company = Company::start_quietly();
    let alice = company.member("alice");
    let draft = alice.written("Refund a card payment in full, or a part of it.");
    let run = alice.publish(&draft, "story-page");
    alice.settled(&run);
    let path = format!("runs/{run}/page");
    let place = json!({"space": "PAY", "parent": "65537", "title": "Story map: refunds"});
    let plan = alice.call("POST", &format!("{path}/plan"), place.clone()).expect(200);
    let key = company.created()[0].0.clone();
    assert!(plan["body"].as_str().unwrap().contains(&format!("/browse/{key}\">{key}</a>")), "{plan:#}");
    let approved = json!({"place": place, "hash": plan["hash"]});
    let written = alice.call("POST", &path, approved.clone()).expect(200);
    assert_eq!((written["state"].as_str(), written["version"].as_u64()), (Some("written"), Some(1)), "{written:#}");
    alice.call("POST", &path, approved).problem(409, "page_title_taken");

    // The page as its readers see it names its run and edition: that is how a lost answer is settled.
    let over = json!({"page": written["page_id"]});
    let plan = alice.call("POST", &format!("{path}/plan"), over.clone()).expect(200);
    let stands = plan["stands"].as_str().unwrap();
    assert!(stands.contains(&format!("Storywright, run {run}, edition 1.")), "{stands}");
    assert!(stands.contains(&key), "{stands}");
    assert_eq!((plan["follows"].as_u64(), plan["changed_since"].as_u64()), (Some(1), None));
    let approved = json!({"place": over, "hash": plan["hash"]});
    let written = alice.call("POST", &path, approved.clone()).expect(200);
    assert_eq!((written["state"].as_str(), written["version"].as_u64()), (Some("written"), Some(2)), "{written:#}");
    alice.call("POST", &path, approved).problem(409, "page_plan_changed");
}
