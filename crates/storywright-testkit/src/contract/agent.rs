//! Steps of the agent, origins of versions, tokens by day.

use super::{Promise, promises};
use crate::build::{self, NOW, signed_up};
use storywright_domain::agent::{AgentStep, Provenance, StepKind, StepState, UsedSource};
use storywright_domain::meter::DayUse;
use storywright_domain::ports::{Storage, StorageExt, Usage};
use storywright_domain::tool::ToolClass;
use storywright_domain::{Millis, UserId};

pub const ALL: &[Promise<dyn Storage>] = promises![
    steps_come_back_in_order_and_a_step_that_ends_replaces_its_beginning,
    steps_of_others_are_out_of_reach,
    a_version_tells_with_what_it_was_written_and_so_do_those_after_it,
    tokens_add_up_by_person_and_day,
];

fn steps_come_back_in_order_and_a_step_that_ends_replaces_its_beginning(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let job = build::job(person.id, 10);
    storage.write(|tx| tx.insert_job(&job)).unwrap();
    let second = AgentStep {
        state: StepState::Done,
        asked: "Search Confluence".to_owned(),
        call_id: "c1".to_owned(),
        tool: "wiki.search".to_owned(),
        server: "wiki".to_owned(),
        arguments: "{\"query\":\"é\u{1f600}\"}".to_owned(),
        class: Some(ToolClass::ReadOpen),
        approval_hash: "ab".repeat(32),
        result: "line\nline".to_owned(),
        bytes: 70_000,
        cut: true,
        source: "p1".to_owned(),
        problem: "mcp_no_answer: gone".to_owned(),
        took: Millis(1_234),
        prompt_sha256: "cd".repeat(32),
        model: "m".to_owned(),
        service: "corp".to_owned(),
        input_tokens: 5,
        output_tokens: 6,
        ..AgentStep::begun(job.id, person.id, 2, StepKind::Tool, 1, NOW)
    };
    let first = AgentStep::begun(job.id, person.id, 1, StepKind::Model, 1, NOW);
    let ended = AgentStep { state: StepState::Failed, ..first.clone() };
    storage
        .write(|tx| {
            tx.put_step(&second)?;
            tx.put_step(&first)?;
            tx.put_step(&ended)
        })
        .unwrap();
    assert_eq!(storage.read(|tx| tx.steps(person.id, job.id)).unwrap(), [ended, second]);
}

fn steps_of_others_are_out_of_reach(storage: &dyn Storage) {
    let (person, other) = (signed_up(storage, 1), signed_up(storage, 2));
    let job = build::job(person.id, 10);
    storage.write(|tx| tx.insert_job(&job)).unwrap();
    let step = AgentStep::begun(job.id, person.id, 1, StepKind::Question, 1, NOW);
    storage.write(|tx| tx.put_step(&step)).unwrap();
    assert_eq!(storage.read(|tx| tx.steps(other.id, job.id)).unwrap(), []);
    let foreign = AgentStep { user: other.id, ordinal: 2, ..step };
    assert!(storage.write(|tx| tx.put_step(&foreign)).is_err(), "a step belongs to its job's person");
}

fn a_version_tells_with_what_it_was_written_and_so_do_those_after_it(storage: &dyn Storage) {
    let (person, other) = (signed_up(storage, 1), signed_up(storage, 2));
    let draft = build::draft(person.id, 20);
    storage.write(|tx| tx.insert_draft(&draft)).unwrap();
    let source = UsedSource {
        id: "p1".to_owned(),
        kind: "page".to_owned(),
        site: "wiki".to_owned(),
        name: "123".to_owned(),
        revision: "4".to_owned(),
        title: "Refunds".to_owned(),
        url: "https://wiki.corp.example/x".to_owned(),
    };
    let origin = |version: u32, model: &str| Provenance {
        draft: draft.id,
        user: person.id,
        version,
        job: build::job(person.id, 10).id,
        prompt: "draft".to_owned(),
        prompt_sha256: "ab".repeat(32),
        prompt_from: (version > 2).then(build::prompt_origin),
        service: "corp".to_owned(),
        model: model.to_owned(),
        sources: vec![source.clone()],
        at: NOW,
    };
    storage
        .write(|tx| {
            tx.insert_provenance(&origin(2, "a"))?;
            tx.insert_provenance(&origin(5, "b"))?;
            tx.insert_provenance(&origin(5, "c"))
        })
        .unwrap();
    let of = |user: UserId, version: u32| storage.read(|tx| tx.provenance(user, draft.id, version)).unwrap();
    assert_eq!(of(person.id, 1), None);
    assert_eq!(of(person.id, 2), Some(origin(2, "a")));
    assert_eq!(of(person.id, 4), Some(origin(2, "a")), "what people change after it rests on it");
    assert_eq!(of(person.id, 9), Some(origin(5, "b")));
    assert_eq!(of(other.id, 9), None);
}

fn tokens_add_up_by_person_and_day(storage: &dyn Storage) {
    let (person, other) = (signed_up(storage, 1), signed_up(storage, 2));
    let usage = |input: u64, output: u64| Usage { input, output };
    storage
        .write(|tx| {
            tx.add_tokens(person.id, 20_000, usage(10, 1), 7)?;
            tx.add_tokens(person.id, 20_000, usage(5, 2), 5)?;
            tx.add_tokens(person.id, 20_001, usage(7, 7), 0)?;
            tx.add_tokens(other.id, 20_000, usage(100, 100), 900)
        })
        .unwrap();
    assert_eq!(storage.read(|tx| tx.tokens_of(person.id, 20_000)).unwrap(), usage(15, 3));
    assert_eq!(storage.read(|tx| tx.tokens_of(other.id, 20_001)).unwrap(), usage(0, 0));
    assert_eq!(storage.read(|tx| tx.tokens_of_all(20_000)).unwrap(), usage(115, 103));
    let day = |day: i64, usage: Usage, cost_micros: u64| DayUse { day, usage, cost_micros };
    let since = |user: UserId, since: i64| storage.read(|tx| tx.use_by_day(user, since)).unwrap();
    assert_eq!(since(person.id, 19_990), [day(20_001, usage(7, 7), 0), day(20_000, usage(15, 3), 12)]);
    assert_eq!(since(person.id, 20_001), [day(20_001, usage(7, 7), 0)]);
    assert_eq!(since(other.id, 20_000), [day(20_000, usage(100, 100), 900)]);
    assert_eq!(since(person.id, 20_002), []);
}
