//! The part of the form of a rule set for rules that a model judges.

use super::form::Typed;
use crate::view::Errors;
use serde::Serialize;
use storywright_domain::judged::{Advice, JudgedRule, MOST_JUDGED, YesNo};
use storywright_domain::rule_keeping::id_for;

/// Blank rows for further rules.
const SPARE_ROWS: usize = 2;
/// The parts of a row that can be wrong.
pub(super) const PARTS: [&str; 3] = ["name", "question", "cure"];

const ADVICE: [(Advice, &str); 2] = [(Advice::Warning, "warning"), (Advice::Info, "info")];

/// A row of the form.
#[derive(Serialize)]
pub(super) struct ShownJudged {
    number: usize,
    name: String,
    question: String,
    cure: String,
    finding_when: &'static str,
    severity: &'static str,
    problem: Option<String>,
}

/// The rules as typed. One without a name gets one that is made of its question.
pub(super) fn typed(form: &Typed) -> Vec<JudgedRule> {
    let mut rules: Vec<JudgedRule> = Vec::new();
    for number in form.numbers("judged.", ".question") {
        let part = |name: &str| form.one(&format!("judged.{number}.{name}")).to_owned();
        let (name, question, cure) = (part("name"), part("question"), part("cure"));
        if name.is_empty() && question.is_empty() && cure.is_empty() {
            continue;
        }
        let taken = |id: &str| rules.iter().any(|rule| rule.name == id);
        let name = if name.is_empty() { id_for(&question, taken) } else { name };
        let advice = ADVICE.iter().find(|(_, word)| *word == part("severity"));
        rules.push(JudgedRule {
            name,
            question,
            finding_when: YesNo::parse(&part("finding_when")).unwrap_or(YesNo::No),
            severity: advice.map_or(Advice::Warning, |(advice, _)| *advice),
            cure,
        });
    }
    rules
}

/// The rows of rules, with blank ones while there may be more.
pub(super) fn rows(rules: &[JudgedRule], errors: &Errors) -> Vec<ShownJudged> {
    let problem = |number: usize| PARTS.iter().find_map(|part| errors.get(&format!("judged.{number}.{part}")).cloned());
    let word = |advice: Advice| ADVICE.iter().find(|(one, _)| *one == advice).map_or("", |(_, word)| *word);
    let shown = rules.iter().enumerate().map(|(number, rule)| ShownJudged {
        number,
        name: rule.name.clone(),
        question: rule.question.clone(),
        cure: rule.cure.clone(),
        finding_when: rule.finding_when.as_str(),
        severity: word(rule.severity),
        problem: problem(number),
    });
    let spare = rules.len()..(rules.len() + SPARE_ROWS).min(MOST_JUDGED.max(rules.len()));
    let spare = spare.map(|number| ShownJudged {
        number,
        name: String::new(),
        question: String::new(),
        cure: String::new(),
        finding_when: YesNo::No.as_str(),
        severity: word(Advice::Warning),
        problem: None,
    });
    shown.chain(spare).collect()
}

#[cfg(test)]
pub(super) fn sent(rows: &[ShownJudged]) -> Vec<(String, String)> {
    let parts = |row: &ShownJudged| {
        let parts = [("name", row.name.as_str()), ("question", &row.question), ("cure", &row.cure)];
        let parts = parts.into_iter().chain([("finding_when", row.finding_when), ("severity", row.severity)]);
        parts.map(|(name, value)| (format!("judged.{}.{name}", row.number), value.to_owned())).collect::<Vec<_>>()
    };
    rows.iter().flat_map(parts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_without_a_name_gets_one_of_its_own() {
        let question = "Does the story name who benefits?";
        let pairs = [("0", question), ("1", " "), ("2", question)].map(|(number, question)| {
            [
                (format!("judged.{number}.question"), question.to_owned()),
                (format!("judged.{number}.severity"), "error".to_owned()),
            ]
        });
        let rules = typed(&Typed(pairs.concat()));
        let names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
        assert_eq!(names, ["does-the-story-name-who-benefits", "does-the-story-name-who-benefits-2"]);
        assert!(rules.iter().all(|rule| rule.severity == Advice::Warning), "a form that says error says nothing");
        assert_eq!(
            (rows(&rules, &Errors::new()).len(), rows(&vec![rules[0].clone(); MOST_JUDGED], &Errors::new()).len()),
            (4, MOST_JUDGED)
        );
    }
}
