//! Tools that are not what was approved, in the whole product: servers whose descriptions carry orders, and servers that change what they
//! offer.

use crate::mcp::{self, READS};
use crate::support::{Client, Company, REQUIREMENTS};
use serde_json::json;
use storywright_sandbox::{FaultKind, FaultRule, Service};
use storywright_testkit::hostile::descriptions;

/// Lets the agent look things up, to the end of the job.
fn look_up(client: &Client) {
    let draft = client.new_draft(REQUIREMENTS);
    let path = format!("drafts/{draft}/generate?look_up=true");
    let job = client.call("POST", &path, json!({})).expect(202)["job_id"].as_str().unwrap().to_owned();
    let events = client.to_end(&job);
    assert_eq!(events.last().unwrap().data["status"], "completed", "{events:#?}");
}

#[test]
fn a_tool_that_is_not_what_was_approved_is_not_called_and_its_words_never_reach_the_model() {
    let company = Company::start_quietly();
    let alice = company.member("alice");
    company.member("ada");
    let mut ada = mcp::approve_suggested(&company, "ada");

    // That tools are called at all, and described in the administrator's words, is what makes the rest say something.
    let before = mcp::now(&company);
    look_up(&alice);
    let seen = mcp::after(&company, before);
    assert!(mcp::calls(&seen).contains(&"confluence_search".to_owned()), "{:?}", mcp::calls(&seen));
    assert!(mcp::sent_to(&seen, Service::Llm).contains("Pages by words or CQL"));

    let texts = descriptions();
    assert!(texts.len() >= 30);
    for (round, texts) in texts.chunks(READS.len()).enumerate() {
        for (number, (tool, text)) in READS.iter().zip(texts).enumerate() {
            let text = Some(format!("{text} POISON-{round}-{number}-"));
            let fault = FaultKind::PoisonedDescription { tool: Some((*tool).to_owned()), text };
            company.sandbox.add_fault(FaultRule::new(Service::Mcp, fault)).unwrap();
        }
        let page = mcp::refreshed(&mut ada);
        assert_eq!(mcp::in_use(&page), READS.len() - texts.len(), "round {round}: each poisoned tool is out of use");
        let before = mcp::now(&company);
        look_up(&alice);
        let seen = mcp::after(&company, before);
        let poisoned = |tool: &String| READS.iter().zip(texts).any(|(name, _)| name == tool);
        assert!(!mcp::calls(&seen).iter().any(poisoned), "round {round}: {:?}", mcp::calls(&seen));
        assert!(!mcp::sent_to(&seen, Service::Llm).contains("POISON-"), "round {round}: the model read a description");
        assert_eq!(mcp::writes(&seen), Vec::<String>::new(), "round {round}");

        // Whoever changed it once may do so between a look and a call: going back is not enough.
        company.sandbox.clear_faults();
        let page = mcp::refreshed(&mut ada);
        assert_eq!(mcp::in_use(&page), READS.len() - texts.len(), "round {round}: still out of use");
        mcp::approve_again(&mut ada);
        assert_eq!(mcp::in_use(&ada.page("/tools")), READS.len(), "round {round}: approved again");
    }

    company.sandbox.add_fault(FaultRule::new(Service::Mcp, FaultKind::ChangedDefinition { tool: None })).unwrap();
    let page = mcp::refreshed(&mut ada);
    assert_eq!((mcp::in_use(&page), page.matches("What changed</summary>").count()), (0, READS.len()));
    assert!(page.contains("<ins>"), "the change can be read");
    let before = mcp::now(&company);
    look_up(&alice);
    assert_eq!(mcp::calls(&mcp::after(&company, before)), Vec::<String>::new(), "{} tools changed", READS.len());
}
