//! Splitting a story that is too large into stories that keep every acceptance criterion exactly once.

use crate::story::Story;
use std::collections::BTreeMap;

/// Most stories that one story is split into.
const MOST_PARTS: usize = 50;

/// Why stories are no split of a story.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SplitFault {
    /// Fewer than two stories.
    #[error("a split needs at least two stories")]
    TooFew,
    /// A criterion of the story is in none of them.
    #[error("the acceptance criterion `{0}` is lost")]
    Lost(String),
    /// A criterion is in them more often than in the story.
    #[error("the acceptance criterion `{0}` is kept more than once")]
    Repeated(String),
    /// A criterion that the story does not have.
    #[error("the acceptance criterion `{0}` is new")]
    Added(String),
}

/// Checks that stories keep every acceptance criterion of the story that they come from exactly once. White space does not count.
///
/// # Errors
/// The first fault.
pub fn check_split(whole: &Story, parts: &[Story]) -> Result<(), SplitFault> {
    if parts.len() < 2 {
        return Err(SplitFault::TooFew);
    }
    let wanted = counted(&whole.acceptance_criteria);
    let mut kept: BTreeMap<String, usize> = BTreeMap::new();
    for part in parts {
        for (criterion, count) in counted(&part.acceptance_criteria) {
            *kept.entry(criterion).or_default() += count;
        }
    }
    for (criterion, count) in &wanted {
        match kept.get(criterion).copied().unwrap_or(0) {
            found if found < *count => return Err(SplitFault::Lost(criterion.clone())),
            found if found > *count => return Err(SplitFault::Repeated(criterion.clone())),
            _ => {}
        }
    }
    match kept.into_keys().find(|criterion| !wanted.contains_key(criterion)) {
        Some(criterion) => Err(SplitFault::Added(criterion)),
        None => Ok(()),
    }
}

/// Splits a story by its acceptance criteria, in order, into as many stories as bring each to at most `most_points`, as far as there are
/// criteria. Scenarios and sub-tasks are shared out like criteria, each once; the first part keeps reference and links. `None` when it is
/// not too large, or has too few criteria to be split: then a person decides.
#[must_use]
pub fn split_story(whole: &Story, most_points: f64) -> Option<Vec<Story>> {
    let points = whole.story_points.filter(|points| points.is_finite() && *points > most_points)?;
    let criteria = whole.acceptance_criteria.len();
    if criteria < 2 || !most_points.is_finite() || most_points <= 0.0 {
        return None;
    }
    let most = criteria.min(MOST_PARTS);
    let count = (2..=most).find(|count| points_of_part(points, *count) <= most_points).unwrap_or(most);
    let parts = (0..count).map(|place| {
        let first = place == 0;
        Story {
            id: if first { whole.id.clone() } else { String::new() },
            summary: format!("{} ({} of {count})", whole.summary, place + 1),
            scenarios: share(&whole.scenarios, place, count),
            acceptance_criteria: share(&whole.acceptance_criteria, place, count),
            subtasks: share(&whole.subtasks, place, count),
            story_points: Some(points_of_part(points, count)),
            links: if first { whole.links.clone() } else { Vec::new() },
            ..whole.clone()
        }
    });
    Some(parts.collect())
}

/// Points of one of `count` parts, rounded up to half points.
fn points_of_part(points: f64, count: usize) -> f64 {
    let count = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    (points / count * 2.0).ceil() / 2.0
}

/// The entries that fall to the part at `place` of `count`: runs as even as can be, each entry in exactly one.
fn share<T: Clone>(entries: &[T], place: usize, count: usize) -> Vec<T> {
    let from = entries.len() * place / count;
    let to = entries.len() * (place + 1) / count;
    entries.get(from..to).unwrap_or_default().to_vec()
}

fn counted(criteria: &[String]) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for criterion in criteria {
        *counted.entry(criterion.split_whitespace().collect::<Vec<_>>().join(" ")).or_default() += 1;
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::{Scenario, Subtask};
    use proptest::prelude::*;

    fn story(points: f64, criteria: &[&str]) -> Story {
        Story {
            id: "s1".to_owned(),
            summary: "Refunds".to_owned(),
            story_points: Some(points),
            acceptance_criteria: criteria.iter().map(|text| (*text).to_owned()).collect(),
            ..Story::default()
        }
    }

    #[test]
    fn eight_points_become_parts_within_the_maximum() {
        let parts = split_story(&story(8.0, &["a", "b", "c", "d"]), 3.0).unwrap();
        let told: Vec<(&str, Vec<String>, Option<f64>)> = parts
            .iter()
            .map(|part| (part.summary.as_str(), part.acceptance_criteria.clone(), part.story_points))
            .collect();
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            told,
            [
                ("Refunds (1 of 3)", owned(&["a"]), Some(3.0)),
                ("Refunds (2 of 3)", owned(&["b"]), Some(3.0)),
                ("Refunds (3 of 3)", owned(&["c", "d"]), Some(3.0)),
            ]
        );
    }

    #[test]
    fn what_cannot_be_split_is_left_to_a_person() {
        assert_eq!(split_story(&story(5.0, &["a", "b"]), 5.0), None);
        assert_eq!(split_story(&story(8.0, &["a"]), 5.0), None);
        assert_eq!(split_story(&story(8.0, &["a", "b"]), 0.0), None);
        assert_eq!(split_story(&story(f64::NAN, &["a", "b"]), 5.0), None);
    }

    #[test]
    fn the_check_names_what_is_wrong() {
        let whole = story(8.0, &["a", "b", "b"]);
        let check = |parts: &[&[&str]]| {
            check_split(&whole, &parts.iter().map(|criteria| story(3.0, criteria)).collect::<Vec<_>>())
        };
        assert_eq!(check(&[&["b", "a"], &[" b "]]), Ok(()));
        assert_eq!(check(&[&["a", "b", "b"]]), Err(SplitFault::TooFew));
        assert_eq!(check(&[&["a"], &["b"]]), Err(SplitFault::Lost("b".to_owned())));
        assert_eq!(check(&[&["a", "b"], &["a", "b"]]), Err(SplitFault::Repeated("a".to_owned())));
        assert_eq!(check(&[&["a", "b"], &["b", "c"]]), Err(SplitFault::Added("c".to_owned())));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]
        #[test]
        fn every_criterion_is_kept_exactly_once(
            criteria in proptest::collection::vec("[ a-zA-Z0-9äß.]{0,24}", 2..60),
            scenarios in 0_usize..9,
            subtasks in 0_usize..9,
            points in prop_oneof![Just(8.0), 5.5_f64..100.0],
            most in 1.0_f64..5.5,
        ) {
            let whole = Story {
                acceptance_criteria: criteria,
                scenarios: (0..scenarios).map(|place| Scenario { title: place.to_string(), ..Scenario::default() }).collect(),
                subtasks: (0..subtasks).map(|place| Subtask { summary: place.to_string(), ..Subtask::default() }).collect(),
                ..story(points, &[])
            };
            let parts = split_story(&whole, most).unwrap();
            prop_assert_eq!(check_split(&whole, &parts), Ok(()));
            let joined: Vec<_> = parts.iter().flat_map(|part| part.acceptance_criteria.clone()).collect();
            prop_assert_eq!(joined, whole.acceptance_criteria);
            prop_assert_eq!(parts.iter().flat_map(|part| part.scenarios.clone()).collect::<Vec<_>>(), whole.scenarios);
            prop_assert_eq!(parts.iter().flat_map(|part| part.subtasks.clone()).collect::<Vec<_>>(), whole.subtasks);
            prop_assert!(parts.iter().all(|part| !part.acceptance_criteria.is_empty()));
        }
    }
}
