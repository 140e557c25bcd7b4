//! Prompts: kept with a variable, filled in for a draft, and what the writer gets.

use crate::browser::DESKTOP;
use crate::looks::inspect;
use crate::pages;
use crate::stage::play;
use serde_json::json;
use thirtyfour::Key;

#[test]
fn a_prompt_is_kept_and_its_words_go_into_a_new_draft() {
    play("prompts", DESKTOP, async |stage, browser| {
        pages::member(stage, browser, "alice").await;
        browser.goto("/prompts").await;
        browser.see("#list-system", "For everybody").await;
        browser.see("main", "Measurable criteria").await;
        inspect(stage, browser, "prompts").await;

        browser.goto("/prompts/new").await;
        browser.fill("#name", "Audit trail").await;
        browser.fill("#text", "Every change names {{who}} and {{when}}.").await;
        browser.fill("[name='variable.0.name']", "who").await;
        browser.fill("[name='variable.0.description']", "Who is named").await;
        browser.permit(422);
        browser.click("#prompt-form button", "Keep the prompt").await;
        browser.see("#prompt-form .problem", "is not declared").await;
        inspect(stage, browser, "prompt-refused").await;
        browser.fill("[name='variable.1.name']", "when").await;
        browser.fill("[name='variable.1.default']", "the second").await;
        browser.click("#prompt-form button", "Keep the prompt").await;
        browser.see("h1", "Audit trail").await;
        inspect(stage, browser, "prompt").await;

        browser.click("a", "Use it for a draft").await;
        browser.see("#prompt-use", "Who is named").await;
        browser.click("#prompt-use button", "Put these words in").await;
        browser.see("#prompt-use .problem", "has no value").await;
        browser.fill("#value-who", "the clerk").await;
        browser.click("#prompt-use button", "Put these words in").await;
        let words = "Every change names the clerk and the second.";
        browser.until("see the words", &format!("one('#prompt').value === {}", json!(words))).await;
        inspect(stage, browser, "draft-new-prompt").await;
        browser.choose("#prompt_id", "Measurable criteria").await;
        browser.until("see other words", "one('#prompt').value.startsWith('Make every acceptance criterion')").await;
    });
}

#[test]
fn what_goes_for_good_is_asked_first() {
    play("ask-first", DESKTOP, async |stage, browser| {
        pages::member(stage, browser, "alice").await;
        browser.goto("/prompts/new").await;
        browser.fill("#name", "Short lived").await;
        browser.fill("#text", "Write short stories.").await;
        browser.click("#prompt-form button", "Keep the prompt").await;
        browser.see("h1", "Short lived").await;
        let open = "document.querySelector('#ask-remove').matches(':popover-open')";
        let closed = "!document.querySelector('#ask-remove').matches(':popover-open')";
        // By keyboard alone: left with Esc, left with the button that has the focus, then done.
        browser.js("one('[popovertarget=ask-remove]').focus()").await;
        browser.keys(Key::Enter).await;
        browser.until("see the question", open).await;
        browser.until("be on the way back", "document.activeElement.textContent === 'Cancel'").await;
        inspect(stage, browser, "ask-remove").await;
        browser.keys(Key::Escape).await;
        browser.until("see the question go", closed).await;
        let back = "document.activeElement === one('[popovertarget=ask-remove]')";
        browser.until("be where it was asked from", back).await;
        browser.keys(Key::Enter).await;
        browser.until("see the question again", open).await;
        browser.keys(Key::Enter).await;
        browser.until("see the question go again", closed).await;
        browser.until("still be there", "one('h1').textContent === 'Short lived'").await;
        browser.until("be back where it was asked from", back).await;
        browser.keys(Key::Enter).await;
        browser.until("see it a third time", open).await;
        browser.keys(Key::Tab + Key::Enter).await;
        browser.until("see the list", "location.pathname === '/prompts'").await;
        browser.until("see it gone", "!one('main a', 'Short lived')").await;
    });
}
