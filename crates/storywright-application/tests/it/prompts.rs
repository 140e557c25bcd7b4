//! Prompts that people keep.

use crate::world::World;
use std::collections::BTreeMap;
use storywright_application::prompts::{
    PromptDraft, PromptError, create_prompt, delete_prompt, list_prompts, prompt, prompt_versions, restore_prompt,
    save_prompt, secrets_suspected, take_over_library, words_of_prompt,
};
use storywright_domain::person::{Actor, Person, Role};
use storywright_domain::prompt::{Prompt, PromptScope, PromptVariable, PromptWords};

fn typed(name: &str) -> PromptDraft {
    let days = PromptVariable { name: "days".to_owned(), description: "Days".to_owned(), default: String::new() };
    PromptDraft {
        name: name.to_owned(),
        text: "Keep stories within {{days}} days.".to_owned(),
        variables: vec![days],
        ..PromptDraft::default()
    }
}

fn made(world: &World, name: &str) -> Prompt {
    create_prompt(&world.ports, &world.actor, &typed(name)).unwrap()
}

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn a_prompt_lives_in_versions() {
    let world = World::new();
    let first = made(&world, " Small ");
    assert_eq!((first.name.as_str(), first.version, first.shared), ("Small", 1, false));
    let better = PromptDraft { text: "Be brief.".to_owned(), note: "shorter".to_owned(), ..typed("Brief") };
    let second = save_prompt(&world.ports, &world.actor, first.id, 1, &better).unwrap();
    let late = save_prompt(&world.ports, &world.actor, first.id, 1, &better);
    assert_eq!(late, Err(PromptError::Conflict(Box::new(second.clone()))));
    let third = restore_prompt(&world.ports, &world.actor, first.id, 2, 1).unwrap();
    assert_eq!((third.version, &third.name, &third.body), (3, &first.name, &first.body));
    let versions = prompt_versions(&world.ports, &world.actor, second.id, None).unwrap().items;
    let notes: Vec<&str> = versions.iter().map(|version| version.note.as_str()).collect();
    assert_eq!(notes, ["version 1 restored", "shorter", ""]);
    let missing = restore_prompt(&world.ports, &world.actor, second.id, 3, 9);
    assert_eq!(missing, Err(PromptError::NoSuchVersion(9)));
    let stale = Err(PromptError::Conflict(Box::new(third.clone())));
    assert_eq!(restore_prompt(&world.ports, &world.actor, second.id, 2, 1), stale);
    assert_eq!(delete_prompt(&world.ports, &world.actor, second.id, 2), stale.map(drop));
    assert_eq!(prompt(&world.ports, &world.actor, second.id), Ok(Some(third)), "nothing was done");
    delete_prompt(&world.ports, &world.actor, second.id, 3).unwrap();
    assert_eq!(prompt(&world.ports, &world.actor, second.id), Ok(None));
}

#[test]
fn colleagues_use_what_is_shared_and_change_nothing() {
    let world = World::new();
    let own = made(&world, "Small");
    let colleague = world.colleague();
    assert_eq!(prompt(&world.ports, &colleague, own.id), Ok(None));
    let nothing = words_of_prompt(&world.ports, &colleague, own.id, &values(&[("days", "two")]));
    assert_eq!(nothing, Err(PromptError::NotFound));
    let shared = PromptDraft { shared: true, ..typed("Small") };
    save_prompt(&world.ports, &world.actor, own.id, 1, &shared).unwrap();
    let words = words_of_prompt(&world.ports, &colleague, own.id, &values(&[("days", "two {{days}}")])).unwrap();
    assert_eq!(words, "Keep stories within two {{days}} days.", "values are never read as a template");
    assert_eq!(save_prompt(&world.ports, &colleague, own.id, 2, &shared), Err(PromptError::NotYours));
    assert_eq!(delete_prompt(&world.ports, &colleague, own.id, 2), Err(PromptError::NotYours));
    assert_eq!(restore_prompt(&world.ports, &colleague, own.id, 2, 1), Err(PromptError::NotYours));
    let listed = list_prompts(&world.ports, &colleague, PromptScope::Team, None).unwrap().items;
    assert_eq!(listed.iter().map(|prompt| prompt.id).collect::<Vec<_>>(), [own.id]);
}

#[test]
fn what_is_wrong_is_told_at_once_and_keeps_nothing() {
    let world = World::new();
    let wrong = PromptDraft { name: " ".to_owned(), text: "{{who}} {{".to_owned(), ..PromptDraft::default() };
    let Err(PromptError::Invalid(problems)) = create_prompt(&world.ports, &world.actor, &wrong) else {
        panic!("it was kept")
    };
    let fields: Vec<String> = problems.iter().map(|problem| problem.field()).collect();
    assert_eq!(fields, ["name", "text", "text"]);
    let own = made(&world, "Small");
    let Err(PromptError::Invalid(problems)) = words_of_prompt(&world.ports, &world.actor, own.id, &values(&[])) else {
        panic!("a value is missing")
    };
    assert_eq!(problems[0].field(), "values.days");
    assert_eq!(list_prompts(&world.ports, &world.actor, PromptScope::Mine, None).unwrap().items.len(), 1);
}

#[test]
fn a_prompt_that_looks_like_it_holds_a_secret_is_kept_and_told_about() {
    let world = World::new();
    let token = format!("ghp_{}", "a1B2".repeat(9));
    let with_token = PromptDraft { text: format!("Look at {token}."), variables: Vec::new(), ..typed("Token") };
    let kept = create_prompt(&world.ports, &world.actor, &with_token).unwrap();
    let suspected = secrets_suspected(&kept);
    assert_eq!(suspected.iter().map(|leak| leak.kind).collect::<Vec<_>>(), ["a GitHub token"]);
    assert!(!suspected[0].told().contains(&token), "it is not shown whole");
    assert_eq!(secrets_suspected(&made(&world, "Small")), []);
}

fn offered(name: &str, text: &str) -> PromptWords {
    let days = PromptVariable { name: "days".to_owned(), description: String::new(), default: "two".to_owned() };
    let variables = if text.contains("{{days}}") { vec![days] } else { Vec::new() };
    PromptWords::parse(name, "", text, &variables).unwrap()
}

#[test]
fn the_library_of_the_configuration_is_taken_over_and_followed() {
    let world = World::new();
    let system = || list_prompts(&world.ports, &world.actor, PromptScope::System, None).unwrap().items;
    assert_eq!(take_over_library(&world.ports), Ok(0), "it offers nothing");
    world.chat.will_offer(vec![offered("Small", "At most {{days}} days."), offered("Brief", "Be brief.")]);
    assert_eq!(take_over_library(&world.ports), Ok(2));
    assert_eq!(take_over_library(&world.ports), Ok(0), "all is there");
    let named = |name: &str| system().into_iter().find(|prompt| prompt.name == name).unwrap();
    let small = named("Small");
    assert_eq!(words_of_prompt(&world.ports, &world.actor, small.id, &values(&[])).unwrap(), "At most two days.");
    assert_eq!(save_prompt(&world.ports, &world.actor, small.id, 1, &typed("Small")), Err(PromptError::NotYours));
    // The file changes: what nobody has touched follows it.
    world.chat.will_offer(vec![offered("Small", "Within {{days}} days."), offered("Brief", "Be very brief.")]);
    assert_eq!(take_over_library(&world.ports), Ok(2));
    assert_eq!((named("Small").version, named("Small").body.text()), (2, "Within {{days}} days."));
    // An administrator's words stand above the file.
    let boss = Person { role: Role::Administrator, ..world.person.clone() };
    let boss = Actor::of(&boss, world.actor.request_id().clone());
    let saved = save_prompt(&world.ports, &boss, small.id, 2, &typed("Small")).unwrap();
    assert_eq!((saved.owner, saved.shared, saved.version), (None, true, 3));
    world.chat.will_offer(vec![offered("Small", "In {{days}} days."), offered("Brief", "Be short.")]);
    assert_eq!(take_over_library(&world.ports), Ok(1));
    assert_eq!((named("Small").version, named("Brief").version), (3, 3));
    // It would be back at once; when the file offers it no longer, it stays until somebody removes it.
    assert_eq!(delete_prompt(&world.ports, &boss, small.id, 3), Err(PromptError::Configured));
    world.chat.will_offer(Vec::new());
    assert_eq!(take_over_library(&world.ports), Ok(0));
    assert_eq!(system().len(), 2);
    delete_prompt(&world.ports, &boss, small.id, 3).unwrap();
    assert_eq!(take_over_library(&world.ports), Ok(0));
    assert_eq!(system().len(), 1);
}
