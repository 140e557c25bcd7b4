//! Rule sets, their versions, and those of projects.

use super::{Promise, promises};
use crate::build::{self, NOW, kept_rule_set, signed_up};
use std::collections::BTreeMap;
use storywright_domain::jira::ProjectKey;
use storywright_domain::judged::{Advice, JudgedRule, YesNo};
use storywright_domain::ports::{Saved, Slice, Storage, StorageExt};
use storywright_domain::quality::{Criterion, Language};
use storywright_domain::rule_keeping::{KeptRuleSet, ProjectRuleSet, RuleSetSummary, RuleSetVersion};
use storywright_domain::rules::{Oversize, ReadyItem, RequiredSection, RuleSet, SchemaAddress};
use storywright_domain::team::{Pattern, Weight};
use storywright_domain::{Millis, UserId};

pub const ALL: &[Promise<dyn Storage>] = promises![
    rule_sets_come_back_by_name,
    rule_sets_come_in_parts,
    only_old_versions_of_rule_sets_go,
    every_saving_is_a_version,
    whoever_comes_second_stores_nothing,
    versions_come_in_parts_and_by_number,
    a_removed_rule_set_takes_everything_along,
    a_rule_set_in_use_is_known,
    a_project_begins_with_one_rule_set,
];

fn rules(id: &str, name: &str) -> RuleSet {
    RuleSet {
        schema: SchemaAddress,
        id: id.to_owned(),
        name: name.to_owned(),
        max_story_points: 2.5,
        oversize: Oversize::Reject,
        max_summary_chars: 80,
        required_sections: vec![RequiredSection::StlcNotes],
        custom_sections: vec!["Context".to_owned()],
        language: Some(Language::German),
        severity: BTreeMap::from([("minimal".to_owned(), Weight::Off)]),
        forbidden_words: vec!["simply".to_owned()],
        patterns: vec![Pattern {
            pattern: "T[B8]D".to_owned(),
            message: "It is open.".to_owned(),
            cure: "Decide it.".to_owned(),
            criterion: Criterion::Estimable,
            severity: Weight::Error,
        }],
        labels: vec!["payments".to_owned()],
        max_acceptance_criteria: Some(9),
        ready: vec![ReadyItem::Epic],
        rewrites: 1,
        judged: vec![JudgedRule {
            name: "names-who-benefits".to_owned(),
            question: "Does the story name who benefits?".to_owned(),
            finding_when: YesNo::No,
            severity: Advice::Info,
            cure: "Name them.".to_owned(),
        }],
    }
}

fn kept(id: &str, name: &str, keeper: Option<UserId>) -> KeptRuleSet {
    KeptRuleSet { rules: rules(id, name), keeper, shipped: keeper.is_none(), ..kept_rule_set() }
}

#[track_caller]
fn save(storage: &dyn Storage, kept: &KeptRuleSet) {
    assert_eq!(storage.write(|tx| tx.save_rule_set(kept, "Ada", "first")), Ok(Saved::Stored));
}

fn rule_sets_come_back_by_name(storage: &dyn Storage) {
    let person = signed_up(storage, 1);
    let all = |storage: &dyn Storage| storage.read(|tx| tx.rule_sets(None, 10)).unwrap();
    assert_eq!(all(storage), Slice { items: Vec::new(), next: None });
    let (payments, accounts) = (kept("pay", "Payments", Some(person.id)), kept("acc", "Accounts", None));
    save(storage, &payments);
    save(storage, &kept_rule_set());
    save(storage, &accounts);
    assert_eq!(storage.read(|tx| tx.kept_rule_set("pay")), Ok(Some(payments.clone())));
    assert_eq!(storage.read(|tx| tx.rule_set("pay")), Ok(Some(payments.rules.clone())));
    assert_eq!(storage.read(|tx| tx.kept_rule_set("none")), Ok(None));
    let listed: Vec<RuleSetSummary> = [&accounts, &payments, &kept_rule_set()].map(RuleSetSummary::from).into();
    assert_eq!(all(storage), Slice { items: listed, next: None });
}

fn rule_sets_come_in_parts(storage: &dyn Storage) {
    // Names that two sets share, that hold what cursors are made of, and that differ by case.
    for (id, name) in
        [("b", "Team 1.2/3"), ("a", "Team 1.2/3"), ("c", "Zebra"), ("d", "alpha"), ("e", "É"), ("f", "Team")]
    {
        save(storage, &kept(id, name, None));
    }
    let mut ids = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let part = storage.read(|tx| tx.rule_sets(cursor.as_deref(), 2)).unwrap();
        assert!(part.items.len() <= 2);
        ids.extend(part.items.iter().map(|one| one.id.clone()));
        cursor = part.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(ids, ["f", "a", "b", "c", "d", "e"]);
    let other = storage.read(|tx| tx.rule_sets(Some("no cursor of ours"), 1)).unwrap();
    assert_eq!(other.items.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["f"]);
}

fn only_old_versions_of_rule_sets_go(storage: &dyn Storage) {
    for version in 1..=7 {
        save(storage, &KeptRuleSet { version, ..kept_rule_set() });
    }
    save(storage, &kept("pay", "Payments", None));
    let numbers = |id: &str| {
        let versions = storage.read(|tx| tx.rule_set_versions(id, None, 20)).unwrap().items;
        versions.iter().map(|version| version.number).collect::<Vec<_>>()
    };
    let prune = |keep, most| storage.write(|tx| tx.prune_rule_set_versions(keep, most)).unwrap();
    assert_eq!((prune(7, 100), prune(50, 100)), (0, 0));
    assert_eq!(prune(3, 3), 3);
    assert_eq!(numbers("default"), [7, 6, 5, 4]);
    assert_eq!((prune(3, 3), prune(3, 3)), (1, 0));
    assert_eq!((numbers("default"), numbers("pay")), (vec![7, 6, 5], vec![1]));
    // Saving goes on as if nothing had gone.
    save(storage, &KeptRuleSet { version: 8, ..kept_rule_set() });
    assert_eq!(numbers("default"), [8, 7, 6, 5]);
}

fn every_saving_is_a_version(storage: &dyn Storage) {
    save(storage, &kept_rule_set());
    let newer = KeptRuleSet {
        rules: RuleSet { max_story_points: 8.0, ..RuleSet::default() },
        version: 2,
        updated_at: NOW + Millis::minutes(1),
        ..kept_rule_set()
    };
    assert_eq!(storage.write(|tx| tx.save_rule_set(&newer, "", "larger stories")), Ok(Saved::Stored));
    let listed = storage.read(|tx| tx.rule_sets(None, 10)).unwrap().items;
    assert_eq!(listed, [RuleSetSummary::from(&newer)]);
    let first = RuleSetVersion {
        rule_set: "default".to_owned(),
        number: 1,
        author: "Ada".to_owned(),
        note: "first".to_owned(),
        saved_at: NOW,
        rules: RuleSet::default(),
    };
    let second = RuleSetVersion {
        number: 2,
        author: String::new(),
        note: "larger stories".to_owned(),
        saved_at: newer.updated_at,
        rules: newer.rules,
        ..first.clone()
    };
    let versions = storage.read(|tx| tx.rule_set_versions("default", None, 10)).unwrap();
    assert_eq!((versions.items, versions.next), (vec![second, first], None));
}

fn whoever_comes_second_stores_nothing(storage: &dyn Storage) {
    let later = |version: u32| KeptRuleSet { version, ..kept_rule_set() };
    assert_eq!(storage.write(|tx| tx.save_rule_set(&later(2), "", "")), Ok(Saved::Conflict));
    save(storage, &kept_rule_set());
    for version in [1, 3] {
        assert_eq!(storage.write(|tx| tx.save_rule_set(&later(version), "", "")), Ok(Saved::Conflict), "{version}");
    }
    assert_eq!(storage.write(|tx| tx.delete_rule_set("default", 2)), Ok(Saved::Conflict));
    assert_eq!(storage.read(|tx| tx.rule_set_versions("default", None, 10)).unwrap().items.len(), 1);
}

fn versions_come_in_parts_and_by_number(storage: &dyn Storage) {
    save(storage, &kept("acc", "Accounts", None));
    for version in 1..=5 {
        save(storage, &KeptRuleSet { version, ..kept_rule_set() });
    }
    let mut numbers = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let part = storage.read(|tx| tx.rule_set_versions("default", cursor.as_deref(), 2)).unwrap();
        numbers.extend(part.items.iter().map(|version| version.number));
        match part.next {
            Some(next) => cursor = Some(next.to_string()),
            None => break,
        }
    }
    assert_eq!(numbers, [5, 4, 3, 2, 1]);
    assert_eq!(storage.read(|tx| tx.rule_set_version("default", 3)).unwrap().map(|found| found.number), Some(3));
    assert_eq!(storage.read(|tx| tx.rule_set_version("default", 6)), Ok(None));
}

fn a_removed_rule_set_takes_everything_along(storage: &dyn Storage) {
    save(storage, &kept_rule_set());
    let chosen = of_project("PAY", "default");
    storage.write(|tx| tx.save_project_rule_set(&chosen, NOW)).unwrap();
    assert_eq!(storage.write(|tx| tx.delete_rule_set("default", 1)), Ok(Saved::Stored));
    assert_eq!(storage.read(|tx| tx.kept_rule_set("default")), Ok(None));
    assert_eq!(storage.read(|tx| tx.rule_set_version("default", 1)), Ok(None));
    assert_eq!(storage.read(|tx| tx.project_rule_set("jira", &chosen.project)), Ok(None));
    save(storage, &kept_rule_set());
}

fn a_rule_set_in_use_is_known(storage: &dyn Storage) {
    save(storage, &kept_rule_set());
    save(storage, &kept("pay", "Payments", None));
    assert_eq!(storage.read(|tx| tx.rule_set_in_use("default")), Ok(false));
    let person = signed_up(storage, 1);
    storage.write(|tx| tx.insert_draft(&build::draft(person.id, 1))).unwrap();
    assert_eq!(storage.read(|tx| tx.rule_set_in_use("default")), Ok(true));
    assert_eq!(storage.read(|tx| tx.rule_set_in_use("pay")), Ok(false));
    storage.write(|tx| tx.save_project_rule_set(&of_project("PAY", "pay"), NOW)).unwrap();
    assert_eq!(storage.read(|tx| tx.rule_set_in_use("pay")), Ok(true));
}

fn of_project(project: &str, rule_set: &str) -> ProjectRuleSet {
    let project = ProjectKey::parse(project).unwrap();
    ProjectRuleSet { site: "jira".to_owned(), project, rule_set: rule_set.to_owned() }
}

fn a_project_begins_with_one_rule_set(storage: &dyn Storage) {
    save(storage, &kept_rule_set());
    save(storage, &kept("pay", "Payments", None));
    let (pay, crm) = (of_project("PAY", "default"), of_project("CRM", "default"));
    for chosen in [&pay, &crm] {
        storage.write(|tx| tx.save_project_rule_set(chosen, NOW)).unwrap();
    }
    assert_eq!(storage.read(|tx| tx.projects_of_rule_set("default")), Ok(vec![crm.clone(), pay.clone()]));
    let moved = of_project("PAY", "pay");
    storage.write(|tx| tx.save_project_rule_set(&moved, NOW)).unwrap();
    assert_eq!(storage.read(|tx| tx.project_rule_set("jira", &pay.project)), Ok(Some("pay".to_owned())));
    assert_eq!(storage.read(|tx| tx.project_rule_set("other", &pay.project)), Ok(None));
    assert_eq!(storage.read(|tx| tx.projects_of_rule_set("default")), Ok(vec![crm.clone()]));
    storage.write(|tx| tx.delete_project_rule_set("jira", &crm.project)).unwrap();
    assert_eq!(storage.read(|tx| tx.project_rule_set("jira", &crm.project)), Ok(None));
}
