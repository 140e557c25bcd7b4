//! The story map of a run, written to Confluence.

use crate::world::World;
use storywright_application::story_pages::{
    StoryPageError, last_wish, plan_page, settle_page, story_pages, write_page,
};
use storywright_domain::remote::RemoteError;
use storywright_domain::story_page::{PagePlan, PageWish, mark};
use storywright_domain::write_state::WriteState;
use storywright_domain::{Millis, RunId};

/// A draft in Jira.
fn published(world: &World) -> RunId {
    let draft = world.draft_with(&["Refund in full", "Refund <in> part"]);
    let run = world.approved(draft.id);
    world.work();
    run
}

fn wish(title: &str) -> PageWish {
    PageWish::New { space: "DOC".to_owned(), parent: String::new(), title: title.to_owned() }
}

fn plan(world: &World, run: RunId, wish: &PageWish) -> PagePlan {
    plan_page(&world.ports, &world.actor, run, wish).expect("it can be planned")
}

fn state(world: &World, run: RunId) -> Vec<WriteState> {
    story_pages(&world.ports, &world.actor, run).unwrap().into_iter().map(|page| page.state).collect()
}

fn writes(world: &World) -> usize {
    let calls = world.confluence.calls();
    calls.iter().filter(|call| call.starts_with("create_page") || call.starts_with("update_page")).count()
}

#[test]
fn exactly_what_was_approved_is_written_once() {
    let world = World::new();
    let run = published(&world);
    let suggested = last_wish(&world.ports, &world.actor, run).unwrap();
    assert!(matches!(&suggested, PageWish::New { title, .. } if title.starts_with("Story map: ")), "{suggested:?}");
    let wish = wish(" Story  map ");
    let planned = plan(&world, run, &wish);
    assert_eq!((planned.title.as_str(), planned.edition, planned.over.clone()), ("Story map", 1, None));
    assert!(planned.shows.contains("- PAY-1 Refund in full"), "{}", planned.shows);
    assert!(planned.shows.contains(&mark(run, 1)), "{}", planned.shows);
    assert_eq!(writes(&world), 0, "a plan writes nothing");
    let stale = write_page(&world.ports, &world.actor, run, &wish, "another");
    assert!(matches!(stale, Err(StoryPageError::PlanChanged(now)) if now.hash == planned.hash));
    let written = write_page(&world.ports, &world.actor, run, &wish, &planned.hash).unwrap();
    assert_eq!((written.state, written.version), (WriteState::Written, Some(1)));
    let page = world.confluence.stored(&written.page.clone().unwrap()).unwrap();
    assert_eq!((page.title.as_str(), page.markdown.as_str()), ("Story map", planned.body.as_str()));
    let again = write_page(&world.ports, &world.actor, run, &wish, &planned.hash);
    assert!(matches!(again, Err(StoryPageError::TitleTaken(Some(_)))), "{again:?}");
    assert_eq!(writes(&world), 1);
    let told: Vec<String> = world.audited().into_iter().map(|entry| entry.action).collect();
    assert!(told.contains(&"story_page_approved".to_owned()) && told.contains(&"story_page_settled".to_owned()));
}

#[test]
fn a_page_that_somebody_changed_is_written_over_only_when_that_was_seen() {
    let world = World::new();
    let run = published(&world);
    let first = plan(&world, run, &wish("Map"));
    let written = write_page(&world.ports, &world.actor, run, &wish("Map"), &first.hash).unwrap();
    let id = written.page.unwrap();
    let over = last_wish(&world.ports, &world.actor, run).unwrap();
    assert_eq!(over, PageWish::Over { page: id.clone() });
    let second = plan(&world, run, &over);
    assert_eq!(
        (second.edition, second.changed_since, second.over.as_ref().map(|page| page.version)),
        (2, None, Some(1))
    );
    world.confluence.edit_page(&id, "somebody's own notes");
    let stale = write_page(&world.ports, &world.actor, run, &over, &second.hash);
    let Err(StoryPageError::PlanChanged(now)) = stale else { panic!("{stale:?}") };
    assert_eq!((now.changed_since, now.stands.as_str()), (Some(1), "somebody's own notes"));
    let written = write_page(&world.ports, &world.actor, run, &over, &now.hash).unwrap();
    assert_eq!((written.state, written.version), (WriteState::Written, Some(3)));
    assert_eq!(writes(&world), 2);
}

#[test]
fn a_lost_answer_is_looked_up_and_never_sent_again_by_itself() {
    let world = World::new();
    let run = published(&world);
    let planned = plan(&world, run, &wish("Map"));
    world.confluence.lose_answers(true);
    let lost = write_page(&world.ports, &world.actor, run, &wish("Map"), &planned.hash).unwrap();
    assert_eq!(lost.state, WriteState::Written, "it is there, and was found: {}", lost.note);
    assert_eq!(writes(&world), 1);

    let over = last_wish(&world.ports, &world.actor, run).unwrap();
    let planned = plan(&world, run, &over);
    world.confluence.fail(None);
    world.confluence.lose_answers(false);
    world.confluence.drop_writes(true);
    let lost = write_page(&world.ports, &world.actor, run, &over, &planned.hash).unwrap();
    assert_eq!(lost.state, WriteState::Unknown);
    let blocked = plan_page(&world.ports, &world.actor, run, &over);
    assert_eq!(blocked, Err(StoryPageError::Open(WriteState::Unknown)));
    assert_eq!(
        settle_page(&world.ports, &world.actor, run).unwrap().state,
        WriteState::Unknown,
        "it may be on its way"
    );
    world.clock.advance(Millis::minutes(6));
    assert_eq!(settle_page(&world.ports, &world.actor, run).unwrap().state, WriteState::Absent);
    assert_eq!(writes(&world), 2, "nothing is sent again by itself");
    assert_eq!(settle_page(&world.ports, &world.actor, run), Err(StoryPageError::NothingOpen));
    world.confluence.drop_writes(false);
    let planned = plan(&world, run, &over);
    assert_eq!(planned.edition, 3);
    write_page(&world.ports, &world.actor, run, &over, &planned.hash).unwrap();
    assert_eq!(state(&world, run), [WriteState::Written, WriteState::Absent, WriteState::Written]);
}

#[test]
fn nothing_is_planned_for_what_is_open_or_of_others() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let run = world.approved(draft.id);
    let refused = |wish: &PageWish| plan_page(&world.ports, &world.actor, run, wish).unwrap_err();
    assert_eq!(refused(&wish("Map")), StoryPageError::NotFinished);
    world.work();
    assert_eq!(plan_page(&world.ports, &world.colleague(), run, &wish("Map")), Err(StoryPageError::NotFound));
    assert_eq!(refused(&wish("  ")), StoryPageError::BadTitle);
    assert_eq!(refused(&wish(&"x".repeat(256))), StoryPageError::BadTitle);
    let space = PageWish::New { space: "a b".to_owned(), parent: String::new(), title: "Map".to_owned() };
    assert_eq!(refused(&space), StoryPageError::BadSpace { space: "a b".to_owned() });
    let elsewhere = "https://evil.example/pages/viewpage.action?pageId=7".to_owned();
    let over = PageWish::Over { page: elsewhere.clone() };
    assert_eq!(refused(&over), StoryPageError::NoSuchPage { address: elsewhere });
    world.confluence.add_page("9", "map", "theirs");
    assert!(matches!(refused(&wish("Map")), StoryPageError::TitleTaken(Some(page)) if page.id == "9"));
    world.confluence.fail(Some(RemoteError::Unauthorized { detail: "status 401".to_owned() }));
    assert!(matches!(refused(&wish("Other")), StoryPageError::Remote(RemoteError::Unauthorized { .. })));
    assert_eq!(writes(&world), 0);
}
