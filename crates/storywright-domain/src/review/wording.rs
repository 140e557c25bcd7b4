//! The quality of what a story says: its narrative as a sentence, its criteria and steps as things that can be tested, and the words and
//! patterns of the team.

use super::Review;
use crate::finding::{Finding, Place, Severity};
use crate::quality::narrative::check_narratives;
use crate::quality::{Criterion, StoryFinding, check_wording};
use crate::story::{Document, Scenario, Story, StoryFormat};
use crate::team::TeamRules;
use regex::Regex;
use std::collections::HashSet;
use std::sync::LazyLock;

/// Longest text that is looked at word by word, in bytes: longer ones are no sentences.
const LONGEST_SENTENCE: usize = 2_000;

/// What says that something is right without saying what is seen then.
static NOT_TESTABLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:as (?:expected|intended|designed)|correctly|flawlessly|successfully works|works(?: fine| well| again)?[ .!]*$",
        r"|wie (?:erwartet|gewünscht|vorgesehen)|korrekt|ordnungsgemäß|einwandfrei|funktioniert(?: gut| wieder)?[ .!]*$",
        r"|comme (?:prévu|attendu)|fonctionne(?: bien)?[ .!]*$)"
    ))
    .ok()
});

impl Review<'_> {
    /// What the narratives say as a set, for each story in the order of the document.
    pub(super) fn narratives(&self, document: &Document, format: StoryFormat) -> Vec<Vec<Finding>> {
        let mut of_story = vec![Vec::new(); document.stories.len()];
        if format != StoryFormat::Classic {
            return of_story;
        }
        let narratives = document
            .stories
            .iter()
            .enumerate()
            .filter_map(|(index, story)| Some((index, story.narrative.as_ref()?)))
            .filter(|(_, told)| {
                [&told.role, &told.goal, &told.benefit].iter().all(|part| part.len() <= LONGEST_SENTENCE)
            });
        for found in check_narratives(narratives, self.rules.language) {
            let Some(story) = document.stories.get(found.narrative) else { continue };
            let field = format!("stories.{}.narrative.{}", found.narrative, found.part.as_str());
            of_story[found.narrative].push(of_quality(&story.id, field, found.finding));
        }
        of_story
    }

    /// Criteria and steps: whether a tester can tell that they hold.
    pub(super) fn testable(&mut self, index: usize, story: &Story, format: StoryFormat) {
        let mut seen = HashSet::new();
        for (number, criterion) in story.acceptance_criteria.iter().enumerate() {
            let field = format!("stories.{index}.acceptance_criteria.{number}");
            let words = criterion.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
            if !words.is_empty() && !seen.insert(words.trim_end_matches('.').to_owned()) {
                self.add(
                    &story.id,
                    field.clone(),
                    Severity::Warning,
                    "acceptance_criterion_duplicate",
                    format!("Acceptance criterion {} is there twice.", number + 1),
                    "Remove one of them.",
                );
            }
            self.sentence(&story.id, &field, criterion);
        }
        if let Some(most) = self.rules.max_acceptance_criteria
            && story.acceptance_criteria.len() > most
        {
            self.add(
                &story.id,
                format!("stories.{index}.acceptance_criteria"),
                Severity::Warning,
                "acceptance_criteria_too_many",
                format!(
                    "There are {} acceptance criteria; at most {most} are wanted.",
                    story.acceptance_criteria.len()
                ),
                "Split the story: each part keeps its criteria.",
            );
        }
        if format == StoryFormat::Bdd {
            for (number, scenario) in story.scenarios.iter().enumerate() {
                let at = format!("stories.{index}.scenarios.{number}");
                for (step, text) in scenario.then.iter().enumerate() {
                    self.sentence(&story.id, &format!("{at}.then.{step}"), text);
                }
                self.gherkin(&story.id, &at, number, scenario);
            }
        }
    }

    fn sentence(&mut self, story: &str, field: &str, text: &str) {
        if text.len() > LONGEST_SENTENCE {
            return;
        }
        let found = check_wording(text, self.rules.language);
        let vague: Vec<(usize, usize)> = found.iter().map(|found| (found.start, found.end)).collect();
        for found in found {
            self.findings.push(of_quality(story, field.to_owned(), found));
        }
        let untested = NOT_TESTABLE.as_ref().and_then(|pattern| pattern.find(text));
        if let Some(found) = untested {
            let start = text[..found.start()].chars().count();
            let words = found.as_str().trim_end_matches([' ', '.', '!']);
            let place = Place { start, end: start + words.chars().count() };
            if !vague.iter().any(|(from, to)| *from < place.end && place.start < *to) {
                self.findings.push(Finding {
                    code: "not_testable".to_owned(),
                    severity: Severity::Warning,
                    story: story.to_owned(),
                    field: field.to_owned(),
                    message: format!("`{words}` does not say what a tester sees."),
                    cure: "Say what can be observed: a value, a message, a state.".to_owned(),
                    criterion: Some(Criterion::Unambiguous),
                    place: Some(place),
                    waived: None,
                });
            }
        }
    }

    /// Whether Cucumber would read the scenario as it is meant: each step one line, nothing that begins another element.
    fn gherkin(&mut self, story: &str, at: &str, number: usize, scenario: &Scenario) {
        if scenario.title.trim().is_empty() {
            self.add(
                story,
                format!("{at}.title"),
                Severity::Warning,
                "scenario_title_missing",
                format!("Scenario {} has no name.", number + 1),
                "Say in a few words what it shows.",
            );
        }
        if !is_gherkin(scenario) {
            self.add(
                story,
                at.to_owned(),
                Severity::Warning,
                "scenario_not_gherkin",
                format!("Scenario {} is not valid Gherkin.", number + 1),
                "Write each step as one line that does not begin with a keyword such as `When` or `Scenario:`.",
            );
        }
    }

    /// The team's words and patterns in all texts of a story.
    pub(super) fn team_patterns(&mut self, index: usize, story: &Story, team: &TeamRules) {
        for (field, text) in texts(index, story) {
            for found in team.matches(text) {
                self.findings.push(Finding {
                    code: found.code.to_owned(),
                    severity: found.severity,
                    story: story.id.clone(),
                    field: field.clone(),
                    message: found.message.to_owned(),
                    cure: found.cure.to_owned(),
                    criterion: Some(found.criterion),
                    place: Some(Place { start: found.place.start, end: found.place.end }),
                    waived: None,
                });
            }
        }
    }
}

/// Nothing of it blocks by itself: a narrative is one part of a story, and parts of a split story share it.
fn of_quality(story: &str, field: String, found: StoryFinding) -> Finding {
    Finding {
        code: found.code.as_str().to_owned(),
        severity: found.severity().max(Severity::Warning),
        story: story.to_owned(),
        field,
        criterion: Some(found.code.criterion()),
        place: Some(Place { start: found.start, end: found.end }),
        waived: None,
        cure: found.cure().to_owned(),
        message: found.message,
    }
}

/// Scenarios without steps are told of elsewhere.
fn is_gherkin(scenario: &Scenario) -> bool {
    let steps = [("Given", &scenario.given), ("When", &scenario.when), ("Then", &scenario.then)];
    if steps.iter().any(|(_, steps)| steps.iter().any(|step| step.trim().is_empty())) {
        return true;
    }
    let mut text = format!("Feature: story\n  Scenario: {}\n", scenario.title.trim());
    let mut expected = Vec::new();
    for (keyword, steps) in steps {
        for (number, step) in steps.iter().enumerate() {
            let keyword = if number == 0 { keyword } else { "And" };
            text.push_str(&format!("    {keyword} {}\n", step.trim()));
            expected.push(step.trim());
        }
    }
    let keyword = |step: &str| {
        let first = step.split_whitespace().next().unwrap_or_default();
        matches!(first, "Given" | "When" | "Then" | "And" | "But")
    };
    let read = gherkin::Feature::parse(&text, gherkin::GherkinEnv::default());
    read.is_ok_and(|feature| {
        let [read] = feature.scenarios.as_slice() else { return false };
        let same = read.steps.iter().map(|step| step.value.trim()).eq(expected.iter().copied());
        same && read.examples.is_empty() && !expected.iter().any(|step| keyword(step))
    })
}

fn texts(index: usize, story: &Story) -> Vec<(String, &str)> {
    let at = |field: &str| format!("stories.{index}.{field}");
    let mut texts = vec![(at("summary"), story.summary.as_str())];
    if let Some(told) = &story.narrative {
        let parts = [("role", &told.role), ("goal", &told.goal), ("benefit", &told.benefit)];
        texts.extend(parts.map(|(part, text)| (at(&format!("narrative.{part}")), text.as_str())));
    }
    for (number, scenario) in story.scenarios.iter().enumerate() {
        texts.push((at(&format!("scenarios.{number}.title")), &scenario.title));
        for (part, steps) in [("given", &scenario.given), ("when", &scenario.when), ("then", &scenario.then)] {
            let steps = steps.iter().enumerate();
            texts.extend(steps.map(|(step, text)| (at(&format!("scenarios.{number}.{part}.{step}")), text.as_str())));
        }
    }
    for (number, section) in story.sections.iter().enumerate() {
        texts.push((at(&format!("sections.{number}.text")), &section.text));
    }
    let criteria = story.acceptance_criteria.iter().enumerate();
    texts.extend(criteria.map(|(number, text)| (at(&format!("acceptance_criteria.{number}")), text.as_str())));
    texts.push((at("stlc_notes"), &story.stlc_notes));
    for (number, subtask) in story.subtasks.iter().enumerate() {
        texts.push((at(&format!("subtasks.{number}.summary")), &subtask.summary));
        texts.push((at(&format!("subtasks.{number}.description")), &subtask.description));
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(given: &str, then: &[&str], expected: bool) {
        let scenario = Scenario {
            title: "Refund".to_owned(),
            given: vec![given.to_owned()],
            when: vec!["the agent refunds it".to_owned()],
            then: then.iter().map(|step| (*step).to_owned()).collect(),
        };
        assert_eq!(is_gherkin(&scenario), expected);
    }

    #[test]
    fn steps_are_lines_that_begin_nothing_else() {
        check("a captured payment", &["the ledger shows it", "the customer gets an e-mail"], true);
        check("a price of 10 € | and a pipe, a # and <angle> brackets", &["done: \"yes\""], true);
        check("a captured payment\nScenario: another", &["the ledger shows it"], false);
        check("a captured payment", &["Given another payment"], false);
        check("a table\n| a | b |\n", &["it is read"], false);
        check("a captured payment", &[""], true);
    }

    #[test]
    fn the_pattern_of_words_that_cannot_be_tested_is_one() {
        let pattern = NOT_TESTABLE.as_ref().expect("it is compiled");
        for text in ["The login works.", "It is rounded correctly", "Der Export funktioniert", "comme prévu"] {
            assert!(pattern.is_match(text), "{text}");
        }
        for text in ["The clerk works in Berlin today", "The total is 12.00 €"] {
            assert!(!pattern.is_match(text), "{text}");
        }
    }
}
