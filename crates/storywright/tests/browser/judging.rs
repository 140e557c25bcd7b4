//! Rules that a model judges: made on the page of a rule set, answered after drafting, shown below the findings, and never in the way.

use crate::browser::DESKTOP;
use crate::looks::{inspect, inspect_pane};
use crate::pages::{self, field};
use crate::stage::play;
use crate::support::REQUIREMENTS;

const QUESTIONS: [(&str, &str); 3] = [
    ("Does the story name who benefits?", "Name who has something of it."),
    ("Is there a picture of the screen?", "Ask the designers for one."),
    ("Does it say what goes wrong?", "Add a case that fails."),
];

#[test]
fn a_team_asks_and_the_model_answers_with_words_of_the_story() {
    play("judging", DESKTOP, async |stage, browser| {
        pages::member(stage, browser, "alice").await;
        browser.goto("/rules/new?from=default").await;
        browser.fill("#name", "Payments").await;
        for (number, (question, cure)) in QUESTIONS[..2].iter().enumerate() {
            browser.fill(&format!("[name='judged.{number}.question']"), question).await;
            browser.fill(&format!("[name='judged.{number}.cure']"), cure).await;
        }
        browser.click("#rule-form button", "Store the rule set").await;
        browser.see("h1", "Payments").await;
        let (question, cure) = QUESTIONS[2];
        browser.fill("[name='judged.2.question']", question).await;
        browser.fill("[name='judged.2.cure']", cure).await;
        browser.click("#rule-form button", "Save as version 2").await;
        browser.see(".timeline", "Version 2").await;
        let name = browser.value("[name='judged.0.name']").await;
        assert_eq!(name, "does-the-story-name-who-benefits", "a name is made of the question");
        browser.js("void one('#judged-rules').scrollIntoView({ behavior: 'instant' })").await;
        inspect(stage, browser, "rules-judged").await;

        // What was written is judged without a press.
        browser.goto("/drafts/new").await;
        browser.fill("#requirements", REQUIREMENTS).await;
        browser.choose("#project_key", "PAY · ").await;
        browser.choose("#issue_type", "Story").await;
        browser.choose("#rule_set", "Payments").await;
        browser.click("button", "Write the stories").await;
        let path = browser.arrive_past("/drafts/", "/drafts/new").await;
        pages::written(browser).await;
        browser.see("#judged [data-judgement=finding]", "Is there a picture of the screen?").await;
        browser.see("#judged [data-judged=answered]", "").await;
        browser.see("#judged mark", "").await;
        browser.click("#judged summary", "answered as they should be").await;
        browser.see("#judged [data-judgement=fine]", "Does the story name who benefits?").await;
        browser.js("void one('#judged').scrollIntoView({ behavior: 'instant' })").await;
        inspect_pane(stage, browser, "workspace-judged", "Review").await;
        // Its words are found at a press, and nothing of it keeps the draft from Jira.
        let quote = browser.js("one('#judged [data-judgement=finding] mark').innerText").await;
        browser.click("#judged [data-judgement=finding] .finding-go", "picture").await;
        let chosen = "(() => { const at = document.activeElement; return at.value.slice(at.selectionStart, at.selectionEnd); })()";
        assert_eq!(browser.js(chosen).await, quote);
        browser.see("#create-bar a", "Create").await;

        // Other words let what was said lapse; a press asks again.
        browser.fill(&field("stories.0.summary"), "Attach a picture of the screen").await;
        pages::saved(browser).await;
        browser.click("#judged button", "Ask").await;
        browser.see("#judged [data-judged=answered]", "").await;
        browser.click("#judged summary", "answered as they should be").await;
        browser.see("#judged [data-judgement=fine] mark", "Attach a picture of the screen").await;
        pages::open(browser, path.trim_start_matches("/drafts/")).await;
        browser.see("#judged [data-judged=answered]", "").await;
    });
}
