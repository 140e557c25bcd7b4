//! Scores the story checks against the labelled sets: precision, recall and F1 of each criterion.
//!
//! `cargo xtask eval rules` runs it. With `--misses` it prints every story on which label and check disagree.

#![expect(clippy::unwrap_used, reason = "a report for developers; a labelled set that cannot be read is to be mended")]

use std::collections::BTreeSet;
use std::process::ExitCode;
use storywright_domain::quality::set::Set;
use storywright_domain::quality::{Criterion, StoryReview, check};

const STRUCTURAL: &[Criterion] = &[
    Criterion::WellFormed,
    Criterion::NoRole,
    Criterion::NoMeans,
    Criterion::NoEnds,
    Criterion::Atomic,
    Criterion::Minimal,
    Criterion::Uniform,
    Criterion::Unique,
];

struct Labelled {
    set: String,
    story: String,
    violates: BTreeSet<String>,
}

fn main() -> ExitCode {
    let misses = std::env::args().any(|argument| argument == "--misses");
    if all_targets_are_met(misses) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn all_targets_are_met(misses: bool) -> bool {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/labelled");
    let mut good = true;
    for part in ["written", "held_out", "fresh"] {
        let text = std::fs::read_to_string(format!("{folder}/{part}.jsonl")).unwrap();
        let stories: Vec<Labelled> = text.lines().map(read).collect();
        good &= score(part, &stories, misses);
    }
    good
}

fn read(line: &str) -> Labelled {
    let value: serde_json::Value = serde_json::from_str(line).unwrap();
    Labelled {
        set: value["set"].as_str().unwrap().to_owned(),
        story: value["story"].as_str().unwrap().to_owned(),
        violates: value["violates"].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect(),
    }
}

/// What the checks find, story by story.
fn judge(stories: &[Labelled]) -> Vec<BTreeSet<&'static str>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < stories.len() {
        let mut set: Set<StoryReview> = Set::default();
        let end = at + stories[at..].iter().take_while(|story| story.set == stories[at].set).count();
        for story in &stories[at..end] {
            let review = check(&story.story);
            let profile = review.profile.clone();
            assert!(set.push(review, profile).is_none());
        }
        while let Some((review, more)) = set.finish() {
            found.push(review.findings.iter().chain(&more).map(|finding| finding.code.criterion().as_str()).collect());
        }
        at = end;
    }
    found
}

fn score(part: &str, stories: &[Labelled], misses: bool) -> bool {
    let found = judge(stories);
    println!("{part}: {} stories", stories.len());
    println!(
        "  {:20} {:>4} {:>4} {:>4} {:>9} {:>7} {:>6} {:>7}",
        "criterion", "tp", "fp", "fn", "precision", "recall", "F1", "target"
    );
    let mut good = true;
    for criterion in Criterion::ALL {
        let word = criterion.as_str();
        let count = |labelled: bool, flagged: bool| {
            stories
                .iter()
                .zip(&found)
                .filter(|(story, found)| story.violates.contains(word) == labelled && found.contains(word) == flagged)
                .count()
        };
        let (hit, wrong, missed) = (count(true, true), count(false, true), count(true, false));
        let ratio = |part: usize, whole: usize| {
            if whole == 0 {
                1.0
            } else {
                f64::from(u32::try_from(part).unwrap()) / f64::from(u32::try_from(whole).unwrap())
            }
        };
        let (precision, recall) = (ratio(hit, hit + wrong), ratio(hit, hit + missed));
        let f1 = ratio(2 * hit, 2 * hit + wrong + missed);
        let target = if STRUCTURAL.contains(&criterion) { 0.9 } else { 0.75 };
        let short = if f1 < target { " <" } else { "" };
        good &= f1 >= target;
        println!(
            "  {word:20} {hit:>4} {wrong:>4} {missed:>4} {precision:>9.3} {recall:>7.3} {f1:>6.3} {target:>7.2}{short}"
        );
    }
    if misses {
        for (story, found) in stories.iter().zip(&found) {
            let found: BTreeSet<String> = found.iter().map(|word| (*word).to_owned()).collect();
            let wrong: Vec<String> = found.difference(&story.violates).map(|word| format!("+{word}")).collect();
            let missed: Vec<String> = story.violates.difference(&found).map(|word| format!("-{word}")).collect();
            if !wrong.is_empty() || !missed.is_empty() {
                println!("    {} {}: {}", wrong.join(" "), missed.join(" "), story.story);
            }
        }
    }
    println!();
    good
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_criterion_meets_its_target_on_every_part() {
        assert!(super::all_targets_are_met(true), "the criteria marked `<` are below their targets");
    }
}
