//! From which prompt a draft and each of its versions came.

use crate::jobs::answer;
use crate::world::World;
use crate::writing::started;
use storywright_application::agent::{Written, written_with};
use storywright_application::drafts::{
    CreateDraftError, DraftChange, NewDraft, PromptTaken, copy_draft, create_draft, edit_draft, restore_version,
};
use storywright_application::prompts::{PromptDraft, create_prompt, delete_prompt, save_prompt};
use storywright_domain::draft::Draft;
use storywright_domain::job::JobStatus;
use storywright_domain::person::Actor;
use storywright_domain::ports::StorageExt;
use storywright_domain::prompt::{Prompt, PromptOrigin, PromptVariable};
use storywright_testkit::Script;

const WORDS: &str = "Keep stories within two days.";

fn typed(shared: bool) -> PromptDraft {
    let days = PromptVariable { name: "days".to_owned(), description: String::new(), default: String::new() };
    PromptDraft {
        name: "Small".to_owned(),
        text: "Keep stories within {{days}} days.".to_owned(),
        variables: vec![days],
        shared,
        ..PromptDraft::default()
    }
}

fn new(words: &str, prompt: &Prompt, version: Option<u32>) -> NewDraft {
    NewDraft {
        requirements: "Customers get their money back.".to_owned(),
        format: "classic".to_owned(),
        prompt: words.to_owned(),
        prompt_taken: Some(PromptTaken { prompt: prompt.id, version, words: words.to_owned() }),
        project_key: "PAY".to_owned(),
        issue_type: "Story".to_owned(),
        rule_set: String::new(),
    }
}

fn made(world: &World, actor: &Actor, new: &NewDraft) -> Draft {
    create_draft(&world.ports, actor, new).unwrap()
}

fn seen(world: &World, draft: &Draft) -> Written {
    written_with(&world.ports, &world.actor, draft.id).unwrap().unwrap()
}

/// The model writes the draft.
fn generated(world: &World, draft: &Draft, summary: &str) -> Draft {
    started(world, draft);
    world.chat.will_say(Script::text(&answer(&[summary])));
    assert_eq!(world.work().status, JobStatus::Completed);
    world.draft(draft.id)
}

#[test]
fn a_draft_names_its_prompt_and_so_does_what_is_written() {
    let world = World::new();
    let prompt = create_prompt(&world.ports, &world.actor, &typed(false)).unwrap();
    let draft = made(&world, &world.actor, &new(WORDS, &prompt, None));
    let origin = PromptOrigin { prompt: prompt.id, version: 1, name: "Small".to_owned(), changed: false };
    assert_eq!(draft.prompt_from.as_ref(), Some(&origin));
    generated(&world, &draft, "Refund 1");
    // The prompt goes on, the version does not.
    save_prompt(&world.ports, &world.actor, prompt.id, 1, &typed(false)).unwrap();
    let now = seen(&world, &draft);
    assert_eq!(now.made.as_ref().unwrap().prompt_from.as_ref(), Some(&origin));
    assert!(now.made_visible && now.prompt_visible);
    delete_prompt(&world.ports, &world.actor, prompt.id, 2).unwrap();
    let gone = seen(&world, &draft);
    assert_eq!(gone.made, now.made, "what was written stays explained");
    assert!(!gone.made_visible && !gone.prompt_visible);
    assert_eq!(written_with(&world.ports, &world.colleague(), draft.id), Ok(None));
}

#[test]
fn words_that_were_changed_are_told_apart() {
    let world = World::new();
    let prompt = create_prompt(&world.ports, &world.actor, &typed(false)).unwrap();
    let own = made(&world, &world.actor, &new("Keep stories tiny.", &prompt, Some(1)));
    assert!(own.prompt_from.as_ref().unwrap().changed);
    let draft = made(&world, &world.actor, &new(WORDS, &prompt, Some(1)));
    let edit = |draft: &Draft, words: &str| {
        let change = DraftChange { prompt: Some(words.to_owned()), ..DraftChange::default() };
        edit_draft(&world.ports, &world.actor, draft.id, draft.version, &change).unwrap()
    };
    let same = edit(&draft, WORDS);
    assert_eq!(same.prompt_from, draft.prompt_from);
    let changed = edit(&same, "Be brief.");
    assert!(changed.prompt_from.as_ref().unwrap().changed);
    assert_eq!(edit(&changed, "").prompt_from, None);
}

#[test]
fn a_prompt_out_of_reach_is_refused() {
    let world = World::new();
    let prompt = create_prompt(&world.ports, &world.actor, &typed(false)).unwrap();
    let colleague = world.colleague();
    let refused =
        |actor: &Actor, version: Option<u32>| match create_draft(&world.ports, actor, &new(WORDS, &prompt, version)) {
            Err(CreateDraftError::Invalid(problems)) => {
                problems.iter().map(|(field, code, _)| (*field, *code)).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        };
    assert_eq!(refused(&colleague, None), [("prompt", "prompt_unknown")]);
    assert_eq!(refused(&world.actor, Some(9)), [("prompt", "prompt_unknown")]);
    save_prompt(&world.ports, &world.actor, prompt.id, 1, &typed(true)).unwrap();
    assert_eq!(made(&world, &colleague, &new(WORDS, &prompt, None)).prompt_from.unwrap().version, 2);
    let blank = made(&world, &world.actor, &new(" ", &prompt, None));
    assert_eq!(blank.prompt_from, None, "no words come from nowhere");
}

#[test]
fn what_is_restored_or_copied_keeps_what_it_was_written_with() {
    let world = World::new();
    let prompt = create_prompt(&world.ports, &world.actor, &typed(false)).unwrap();
    let draft = generated(&world, &made(&world, &world.actor, &new(WORDS, &prompt, None)), "Refund 1");
    let change = DraftChange { prompt: Some(String::new()), beside: true, ..DraftChange::default() };
    let bare = edit_draft(&world.ports, &world.actor, draft.id, draft.version, &change).unwrap();
    let second = generated(&world, &bare, "Refund 2");
    let from = |draft: &Draft| seen(&world, draft).made.unwrap().prompt_from.map(|from| from.version);
    assert_eq!(from(&second), None);
    let restored = restore_version(&world.ports, &world.actor, draft.id, second.version, draft.version).unwrap();
    assert_eq!(from(&restored), Some(1));
    let copy = copy_draft(&world.ports, &world.actor, draft.id).unwrap().unwrap();
    assert_eq!(from(&copy), Some(1));
    let own = world.store.read(|tx| tx.provenance(world.actor.user(), copy.id, copy.version)).unwrap().unwrap();
    assert_eq!((own.draft, own.version), (copy.id, copy.version));
}
