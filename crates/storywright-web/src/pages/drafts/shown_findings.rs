//! The findings of a draft as the page lists them.

use super::compare::place;
use serde::Serialize;
use std::collections::HashMap;
use storywright_domain::finding::{Finding, Severity, within};
use storywright_domain::fixing::{is_fixable, is_split};
use storywright_domain::waiver::is_waivable;

/// A finding in the list beside the document.
#[derive(Serialize)]
pub(super) struct ShownFinding {
    /// Its name in the page: stays while its code, its story, the part of the story and the place do, and is no other's.
    key: String,
    code: String,
    severity: Severity,
    path: String,
    place: String,
    message: String,
    cure: String,
    /// Where in the field's text, for the selection.
    start: Option<usize>,
    end: Option<usize>,
    /// Mended by the program itself.
    mechanical: bool,
    /// Mending it makes several stories of one.
    split: bool,
    /// The model can be asked.
    fixable: bool,
    /// A person may let it pass.
    waivable: bool,
    /// Why it may pass.
    waived: Option<String>,
}

/// The findings in their order.
pub(super) fn shown_findings(findings: &[Finding]) -> Vec<ShownFinding> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let shown = |finding: &Finding| {
        let start = finding.place.map(|place| format!("-{}", place.start)).unwrap_or_default();
        // By the story's own reference: its place changes when another one goes, and what is typed here would be about that one.
        let name = format!("{}-{}.{}{start}", finding.code, finding.story, within(&finding.field));
        let number = seen.entry(name.clone()).or_default();
        *number += 1;
        ShownFinding::of(finding, if *number == 1 { name } else { format!("{name}-no-{number}") })
    };
    findings.iter().map(shown).collect()
}

impl ShownFinding {
    fn of(finding: &Finding, key: String) -> Self {
        Self {
            key,
            code: finding.code.clone(),
            severity: finding.severity,
            path: finding.field.clone(),
            place: place(&finding.field),
            message: finding.message.clone(),
            cure: finding.cure.trim_end_matches('.').to_owned() + ".",
            start: finding.place.map(|place| place.start),
            end: finding.place.map(|place| place.end),
            mechanical: is_fixable(finding),
            split: is_split(finding),
            fixable: !finding.field.is_empty(),
            waivable: is_waivable(finding),
            waived: finding.waived.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use storywright_domain::finding::Place;

    #[test]
    fn every_finding_has_a_name_of_its_own() {
        let finding = |start: Option<usize>| Finding {
            code: "vague_word".to_owned(),
            severity: Severity::Warning,
            story: "s1".to_owned(),
            field: "stories.0.summary".to_owned(),
            message: "It is vague.".to_owned(),
            cure: "Say it.".to_owned(),
            criterion: None,
            place: start.map(|start| Place { start, end: start + 4 }),
            waived: None,
        };
        let shown = shown_findings(&[finding(Some(3)), finding(None), finding(None), finding(Some(9))]);
        let names: Vec<&str> = shown.iter().map(|finding| finding.key.as_str()).collect();
        let base = "vague_word-s1.summary";
        assert_eq!(names, [&format!("{base}-3"), base, &format!("{base}-no-2"), &format!("{base}-9")]);
    }
}
