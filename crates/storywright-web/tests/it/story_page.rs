//! "Publish story map to Confluence" on the page of a run.

use crate::sources::connect_confluence;
use crate::support::{Browser, alice_and_bob, hash_of};
use storywright_application::publishing::{make_plan, publish};

#[actix_web::test]
async fn a_story_map_is_shown_approved_and_written_over_what_was_seen() {
    let (app, alice, _) = alice_and_bob().await;
    connect_confluence(&app, &alice);
    let made = app.ready_draft(&alice, "Refund <b>a card</b> payment");
    let actor = app.actor(&alice);
    let plan = make_plan(&app.ports, &actor, made.id).unwrap();
    let run = publish(&app.ports, &actor, made.id, &plan.plan_hash, "key").unwrap();
    while app.work() {}
    let browser = Browser::signed_in(&app, "alice").await;
    browser.get(&format!("/runs/{run}")).await.expect(200).shows("id=\"story-page\"");
    let path = format!("/runs/{run}/page");
    browser.fragment(&path, "story-page").await.expect(200).shows("Show what would be written").hides("<html");
    let typed = [("title", "Map <i>"), ("space", "no space"), ("parent", "")];
    let refused = browser.post_to(&format!("{path}/plan"), "story-page", &typed).await.expect(200);
    refused.shows("is no space that may be written to").shows("Map &lt;i&gt;");

    let fields = [("title", "Map <i>"), ("space", "DOC"), ("parent", "")];
    let planned = browser.post_to(&format!("{path}/plan"), "story-page", &fields).await.expect(200);
    let planned = planned.shows("a new page “Map &lt;i&gt;”").shows("Refund &lt;b&gt;a card").hides("<b>a card");
    let hash = hash_of(&planned.body);
    let approve = [fields.as_slice(), &[("hash", hash.as_str())]].concat();
    browser.post_to(&path, "story-page", &approve).await.expect(200).shows("is in Confluence").shows("version 1");
    let calls = app.confluence.calls().iter().filter(|call| call.starts_with("create_page")).count();
    assert_eq!(calls, 1);

    let again = browser.post_to(&format!("{path}/plan"), "story-page", &fields).await.expect(200);
    again.shows("a page with this title already");
    let id =
        storywright_application::story_pages::story_pages(&app.ports, &actor, run).unwrap()[0].page.clone().unwrap();
    app.confluence.edit_page(&id, "Notes of somebody");
    let over = [("page", id.as_str())];
    let planned = browser.post_to(&format!("{path}/plan"), "story-page", &over).await.expect(200);
    let planned = planned.shows("Somebody has changed the page since version 1").shows("<del>");
    let hash = hash_of(&planned.body);
    let stale = [over.as_slice(), &[("hash", "0")]].concat();
    browser.post_to(&path, "story-page", &stale).await.expect(200).shows("nothing was written").shows(&hash);
    let approve = [over.as_slice(), &[("hash", hash.as_str())]].concat();
    browser.post_to(&path, "story-page", &approve).await.expect(200).shows("version 3");
    let page = app.confluence.stored(&id).unwrap();
    assert!(page.markdown.contains("edition 2."), "{}", page.markdown);

    app.confluence.drop_writes(true);
    let planned = browser.post_to(&format!("{path}/plan"), "story-page", &over).await.expect(200);
    let hash = hash_of(&planned.body);
    let approve = [over.as_slice(), &[("hash", hash.as_str())]].concat();
    let lost = browser.post_to(&path, "story-page", &approve).await.expect(200);
    lost.shows("is not known: the answer was lost").shows("Look it up").hides("Show what would be written");
    browser.post_to(&format!("{path}/settle"), "story-page", &[]).await.expect(200).shows("Look it up");
}

#[actix_web::test]
async fn other_peoples_runs_are_not_there() {
    let (app, alice, _) = alice_and_bob().await;
    let made = app.ready_draft(&alice, "Refund a card payment");
    let plan = make_plan(&app.ports, &app.actor(&alice), made.id).unwrap();
    let run = publish(&app.ports, &app.actor(&alice), made.id, &plan.plan_hash, "key").unwrap();
    let bob = Browser::signed_in(&app, "bob").await;
    bob.fragment(&format!("/runs/{run}/page"), "story-page").await.expect(404);
    for part in ["page/plan", "page", "page/settle"] {
        bob.post_to(&format!("/runs/{run}/{part}"), "story-page", &[]).await.expect(404);
    }
}
