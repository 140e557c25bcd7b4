//! A story that is kept in parts: told as one sentence, checked, and the places taken back to the parts.

use super::set::{Profile, Set};
use super::{Code, Criterion, Field, Language, StoryFinding, check_in, language_of};
use crate::story::Narrative;
use std::ops::Range;

/// A part of a narrative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NarrativePart {
    /// Who wants it.
    Role,
    /// What is wanted.
    Goal,
    /// What it is good for.
    Benefit,
}

impl NarrativePart {
    /// The name of the field in a story document.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Goal => "goal",
            Self::Benefit => "benefit",
        }
    }
}

/// A finding in one part of a narrative; its places are those of the part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NarrativeFinding {
    /// Number of the narrative, from 0.
    pub narrative: usize,
    /// In which part.
    pub part: NarrativePart,
    /// What was found; `start` and `end` are characters of the part's text.
    pub finding: StoryFinding,
}

/// Checks narratives as a set. Those without role or goal are left out: they are no stories yet.
///
/// What is told by the form (a template, whether parts are there) is not looked at: the form comes from the program.
#[must_use]
pub fn check_narratives<'n>(
    narratives: impl Iterator<Item = (usize, &'n Narrative)>,
    language: Option<Language>,
) -> Vec<NarrativeFinding> {
    let mut set: Set<Told> = Set::default();
    let mut found = Vec::new();
    for (number, narrative) in narratives {
        let Some((told, profile)) = Told::of(number, narrative, language) else { continue };
        if let Some((told, more)) = set.push(told, profile) {
            told.release(more, &mut found);
        }
    }
    while let Some((told, more)) = set.finish() {
        told.release(more, &mut found);
    }
    found.sort_by_key(|finding| finding.narrative);
    found
}

/// A narrative as a sentence.
struct Told {
    number: usize,
    /// Characters of the sentence that come from role, goal and benefit.
    parts: [Range<usize>; 3],
    /// White space at the beginning of each, which the sentence has not, in characters.
    blank: [usize; 3],
    findings: Vec<StoryFinding>,
}

impl Told {
    fn of(number: usize, narrative: &Narrative, language: Option<Language>) -> Option<(Self, Profile)> {
        let raw = [&narrative.role, &narrative.goal, &narrative.benefit];
        let [role, goal, benefit] = raw.map(|part| part.trim());
        let blank = raw.map(|part| part.chars().take_while(|character| character.is_whitespace()).count());
        if role.is_empty() || goal.is_empty() {
            return None;
        }
        let language = language.unwrap_or_else(|| language_of(&format!("{role} {goal} {benefit}")));
        let markers = markers(language, role);
        let mut sentence = String::new();
        let mut length = 0;
        let mut push = |text: &str| {
            sentence.push_str(text);
            let start = length;
            length += text.chars().count();
            start..length
        };
        let mut parts = [0..0, 0..0, 0..0];
        for (place, (marker, part)) in markers.into_iter().zip([role, goal, benefit]).enumerate() {
            if part.is_empty() {
                continue;
            }
            push(marker);
            // What ends a part is no end of the sentence.
            parts[place] = push(part.trim_end_matches(['.', ',', ';']));
        }
        push(".");
        let review = check_in(&sentence, Some(language));
        Some((Self { number, parts, blank, findings: review.findings }, review.profile))
    }

    fn release(mut self, more: Vec<StoryFinding>, into: &mut Vec<NarrativeFinding>) {
        let own = std::mem::take(&mut self.findings);
        for finding in own.into_iter().chain(more) {
            if matches!(
                finding.code.criterion(),
                Criterion::WellFormed
                    | Criterion::NoRole
                    | Criterion::NoMeans
                    | Criterion::NoEnds
                    | Criterion::Uniform
                    | Criterion::FullSentence
            ) && !matches!(finding.code, Code::VerbMissing | Code::Unfinished)
            {
                continue;
            }
            let part = self.part_of(&finding);
            let (range, blank) = (&self.parts[part as usize], self.blank[part as usize]);
            let within = |place: usize| place.clamp(range.start, range.end) - range.start;
            let (start, end) = (within(finding.start), within(finding.end));
            let (start, end) = if start < end { (start, end) } else { (0, range.len()) };
            into.push(NarrativeFinding {
                narrative: self.number,
                part,
                finding: StoryFinding { start: start + blank, end: end + blank, ..finding },
            });
        }
    }

    /// The part in which a finding begins; what is about the whole is about the goal.
    fn part_of(&self, finding: &StoryFinding) -> NarrativePart {
        let [role, goal, benefit] = &self.parts;
        let whole = finding.field == Field::Story && finding.start < role.start;
        if whole || goal.contains(&finding.start) {
            NarrativePart::Goal
        } else if role.contains(&finding.start) {
            NarrativePart::Role
        } else if benefit.contains(&finding.start) {
            NarrativePart::Benefit
        } else {
            match finding.field {
                Field::Role => NarrativePart::Role,
                Field::Ends if !benefit.is_empty() => NarrativePart::Benefit,
                Field::Story | Field::Means | Field::Ends => NarrativePart::Goal,
            }
        }
    }
}

fn markers(language: Language, role: &str) -> [&'static str; 3] {
    match language {
        Language::English => {
            let first = role.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
            let before = match first.as_str() {
                "a" | "an" | "the" | "any" | "every" => "As ",
                other if other.starts_with(['a', 'e', 'i', 'o', 'u']) => "As an ",
                _ => "As a ",
            };
            [before, ", I want ", ", so that "]
        }
        Language::German => ["Als ", " möchte ich ", ", damit "],
        Language::French => ["En tant que ", ", je veux ", ", afin que "],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(role: &str, goal: &str, benefit: &str) -> Narrative {
        Narrative { role: role.to_owned(), goal: goal.to_owned(), benefit: benefit.to_owned() }
    }

    #[track_caller]
    fn check(narratives: &[Narrative], expected: &[(usize, &str, &str, &str)]) {
        let found = check_narratives(narratives.iter().enumerate(), None);
        let shown: Vec<(usize, &str, &str, String)> = found
            .iter()
            .map(|found| {
                let narrative = &narratives[found.narrative];
                let text = match found.part {
                    NarrativePart::Role => &narrative.role,
                    NarrativePart::Goal => &narrative.goal,
                    NarrativePart::Benefit => &narrative.benefit,
                };
                let finding = &found.finding;
                let at = text.chars().skip(finding.start).take(finding.end - finding.start).collect();
                (found.narrative, found.part.as_str(), finding.code.as_str(), at)
            })
            .collect();
        let shown: Vec<(usize, &str, &str, &str)> =
            shown.iter().map(|(number, part, code, at)| (*number, *part, *code, at.as_str())).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_good_narrative_has_no_findings() {
        check(&[told("support agent", "to refund a payment", "customers are paid back")], &[]);
        check(&[told("Sachbearbeiterin", "einen Antrag ablehnen", "der Kunde Bescheid weiß")], &[]);
        check(&[told("comptable", "exporter les factures", "la banque puisse les lire")], &[]);
    }

    #[test]
    fn places_are_those_of_the_part() {
        check(
            &[told("auditor", "to export a user-friendly report (as PDF)", "I can answer questions")],
            &[(0, "goal", "brackets", "(as PDF)"), (0, "goal", "vague_word", "user-friendly")],
        );
        check(
            &[told("auditor", "\u{3000} to export a report (as PDF)", "it is read")],
            &[(0, "goal", "brackets", "(as PDF)")],
        );
        check(&[told("database", "to be searched", "Ü is found")], &[(0, "role", "role_no_person", "database")]);
    }

    #[test]
    fn two_goals_and_the_same_goal_twice_are_seen() {
        let first = told("clerk", "to file a claim and print a receipt", "the customer has a proof");
        let again = told("manager", "to file a claim and print a receipt", "the month can be closed");
        let found = check_narratives([first, again].iter().enumerate(), None);
        let codes: Vec<&str> = found.iter().map(|found| found.finding.code.as_str()).collect();
        assert_eq!(codes, ["several_means", "same_means", "several_means", "same_means"]);
        assert!(found.iter().all(|found| found.part == NarrativePart::Goal), "{found:#?}");
    }

    #[test]
    fn what_is_no_story_yet_is_left_out() {
        check(&[told("", "to file a claim", ""), told("clerk", " ", "x")], &[]);
    }
}
