//! Trials of prompts: each seen by its person alone, and only the newest are kept.

use super::{Promise, promises};
use crate::build::{self, NOW, signed_up};
use storywright_domain::draft::Requirements;
use storywright_domain::ports::{Storage, StorageError, StorageExt, Usage};
use storywright_domain::prompt::{ColumnResult, ColumnState, PromptTrial, TrialColumn, TrialSummary};
use storywright_domain::story::{Document, StoryFormat};
use storywright_domain::{JobId, Millis, TrialId, UserId};

pub const ALL: &[Promise<dyn Storage>] = promises![
    a_trial_comes_back_as_it_was,
    a_column_is_replaced_by_itself,
    the_newest_are_kept,
    one_that_is_being_written_is_kept_however_old_it_is,
    trials_of_others_are_out_of_reach,
    a_trial_of_a_stranger_is_refused,
];

fn column(number: u32) -> TrialColumn {
    TrialColumn {
        number,
        job: JobId(5),
        state: ColumnState::Waiting,
        prompt_from: (number > 1).then(build::prompt_origin),
        words: "Be “brief”\n'; DROP TABLE prompt_trials; --".to_owned(),
        problem: String::new(),
        result: ColumnResult::default(),
    }
}

fn done(number: u32) -> TrialColumn {
    TrialColumn { state: ColumnState::Done, ..column(number) }
}

/// A trial that is over.
fn trial(user: UserId, number: u128) -> PromptTrial {
    PromptTrial {
        id: TrialId(number),
        user,
        requirements: Requirements::parse("Customers get their money back.").unwrap(),
        format: StoryFormat::Bdd,
        rule_set: "default".to_owned(),
        columns: vec![done(1), done(2), done(3)],
        created_at: NOW + Millis::minutes(i64::try_from(number).unwrap()),
    }
}

fn keep(storage: &dyn Storage, trial: &PromptTrial) -> Result<(), StorageError> {
    storage.write(|tx| tx.insert_trial(trial, 3))
}

fn of(storage: &dyn Storage, user: UserId, number: u128) -> Option<PromptTrial> {
    storage.read(|tx| tx.trial(user, TrialId(number))).unwrap()
}

fn listed(storage: &dyn Storage, user: UserId) -> Vec<TrialSummary> {
    storage.read(|tx| tx.trials(user, 10)).unwrap()
}

fn a_trial_comes_back_as_it_was(storage: &dyn Storage) {
    let person = signed_up(storage, 1).id;
    let kept = trial(person, 1);
    keep(storage, &kept).unwrap();
    assert_eq!(of(storage, person, 1), Some(kept.clone()));
    assert_eq!(of(storage, person, 2), None);
    let summary = TrialSummary {
        id: kept.id,
        requirements: kept.requirements.clone(),
        columns: kept.columns.iter().map(|column| (column.prompt_from.clone(), column.state)).collect(),
        created_at: kept.created_at,
    };
    assert_eq!(listed(storage, person), [summary]);
    assert!(keep(storage, &kept).is_err(), "an id is taken once");
}

fn a_column_is_replaced_by_itself(storage: &dyn Storage) {
    let person = signed_up(storage, 1).id;
    keep(storage, &trial(person, 1)).unwrap();
    for state in ColumnState::ALL {
        let replaced = TrialColumn {
            job: JobId(6),
            state,
            problem: "llm_refused: no".to_owned(),
            result: ColumnResult {
                document: Document::of_stories(vec![build::story("Refund")]).with_references(),
                errors: 1,
                warnings: 2,
                hints: 3,
                sentences: 4,
                covered: 3,
                usage: Usage { input: 10, output: 20 },
                calls: 2,
                took: Millis(1_500),
                service: "corp".to_owned(),
                model: "model-1".to_owned(),
                prompt_sha256: "ab".repeat(32),
            },
            ..column(2)
        };
        assert_eq!(storage.write(|tx| tx.put_trial_column(person, TrialId(1), &replaced)), Ok(true));
        let columns = of(storage, person, 1).unwrap().columns;
        assert_eq!(columns, [done(1), replaced, done(3)]);
    }
    assert_eq!(storage.write(|tx| tx.put_trial_column(person, TrialId(1), &column(4))), Ok(false));
    assert_eq!(storage.write(|tx| tx.put_trial_column(person, TrialId(2), &column(1))), Ok(false));
}

fn the_newest_are_kept(storage: &dyn Storage) {
    let (person, other) = (signed_up(storage, 1).id, signed_up(storage, 2).id);
    keep(storage, &trial(other, 50)).unwrap();
    for number in [1, 2, 4, 3, 5] {
        keep(storage, &trial(person, number)).unwrap();
    }
    let ids: Vec<u128> = listed(storage, person).iter().map(|trial| trial.id.0).collect();
    assert_eq!(ids, [5, 4, 3]);
    assert_eq!(of(storage, person, 1), None);
    assert_eq!(listed(storage, other).len(), 1, "those of others stay");
    assert_eq!(storage.read(|tx| tx.trials(person, 2)).unwrap().len(), 2);
}

fn one_that_is_being_written_is_kept_however_old_it_is(storage: &dyn Storage) {
    let (person, other) = (signed_up(storage, 1).id, signed_up(storage, 2).id);
    for (number, state) in [(1, ColumnState::Running), (2, ColumnState::Waiting)] {
        let open = TrialColumn { state, ..column(3) };
        keep(storage, &PromptTrial { columns: vec![done(1), done(2), open], ..trial(person, number) }).unwrap();
    }
    keep(storage, &trial(other, 9)).unwrap();
    for number in 3..=7 {
        keep(storage, &trial(person, number)).unwrap();
    }
    let ids = || listed(storage, person).iter().map(|trial| trial.id.0).collect::<Vec<_>>();
    assert_eq!(ids(), [7, 6, 5, 2, 1], "the newest three, and those that are being written");
    assert_eq!(storage.write(|tx| tx.put_trial_column(person, TrialId(1), &done(3))), Ok(true));
    keep(storage, &trial(person, 8)).unwrap();
    assert_eq!(ids(), [8, 7, 6, 2], "once over, it goes like the others");
}

fn trials_of_others_are_out_of_reach(storage: &dyn Storage) {
    let (person, other) = (signed_up(storage, 1).id, signed_up(storage, 2).id);
    let kept = trial(person, 1);
    keep(storage, &kept).unwrap();
    assert_eq!(of(storage, other, 1), None);
    assert_eq!(listed(storage, other), []);
    let foreign = TrialColumn { words: "mine".to_owned(), ..column(1) };
    assert_eq!(storage.write(|tx| tx.put_trial_column(other, kept.id, &foreign)), Ok(false));
    assert_eq!(storage.write(|tx| tx.delete_trial(other, kept.id)), Ok(false));
    assert_eq!(of(storage, person, 1), Some(kept.clone()));
    assert_eq!(storage.write(|tx| tx.delete_trial(person, kept.id)), Ok(true));
    assert_eq!(storage.write(|tx| tx.delete_trial(person, kept.id)), Ok(false));
    assert_eq!(of(storage, person, 1), None);
}

fn a_trial_of_a_stranger_is_refused(storage: &dyn Storage) {
    assert!(keep(storage, &trial(UserId(9), 1)).is_err());
}
