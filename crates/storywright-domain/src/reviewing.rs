//! Reviews by rule sets whose words and patterns are compiled once and kept.

use crate::finding::Finding;
use crate::review::review_by;
use crate::rules::RuleSet;
use crate::story::{Document, StoryFormat};
use crate::team::{Pattern, TeamRules, TeamRulesError, Weight};
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Rule sets whose checks are kept.
const KEPT: usize = 32;

/// Checks of rule sets, known by what the sets say: a set that is saved anew is compiled anew, two sets that say the same are compiled
/// once. The least recently used goes first.
#[derive(Default)]
pub struct Reviewer {
    kept: Mutex<VecDeque<Arc<Checks>>>,
    compilations: AtomicU64,
}

struct Checks {
    severity: BTreeMap<String, Weight>,
    forbidden_words: Vec<String>,
    patterns: Vec<Pattern>,
    team: Result<TeamRules, TeamRulesError>,
}

impl Checks {
    fn are_of(&self, rules: &RuleSet) -> bool {
        self.severity == rules.severity
            && self.forbidden_words == rules.forbidden_words
            && self.patterns == rules.patterns
    }
}

impl Reviewer {
    /// The same as [`crate::review::review`].
    #[must_use]
    pub fn review(&self, document: &Document, format: StoryFormat, rules: &RuleSet) -> Vec<Finding> {
        review_by(document, format, rules, self.checks(rules).team.as_ref())
    }

    /// How often a rule set was compiled.
    #[must_use]
    pub fn compilations(&self) -> u64 {
        self.compilations.load(Ordering::Relaxed)
    }

    fn checks(&self, rules: &RuleSet) -> Arc<Checks> {
        if let Some(known) = self.used(|kept| kept.are_of(rules)) {
            return known;
        }
        // Compiled outside of the lock: nobody waits for the patterns of others. Two at once cost one compilation more, and nothing else.
        self.compilations.fetch_add(1, Ordering::Relaxed);
        let checks = Arc::new(Checks {
            severity: rules.severity.clone(),
            forbidden_words: rules.forbidden_words.clone(),
            patterns: rules.patterns.clone(),
            team: rules.team(),
        });
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|other| !other.are_of(rules));
        kept.push_front(Arc::clone(&checks));
        kept.truncate(KEPT);
        checks
    }

    /// The first that fits, which is now the most recently used.
    fn used(&self, fits: impl Fn(&Checks) -> bool) -> Option<Arc<Checks>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|checks| fits(checks))?;
        let checks = kept.remove(place)?;
        kept.push_front(Arc::clone(&checks));
        Some(checks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::review;
    use crate::story::Story;

    fn rules(word: &str) -> RuleSet {
        RuleSet { forbidden_words: vec![word.to_owned()], ..RuleSet::default() }
    }

    fn document() -> Document {
        Document::of_stories(vec![Story { summary: "Simply export".to_owned(), ..Story::default() }]).with_references()
    }

    #[test]
    fn the_second_review_compiles_nothing_and_says_the_same() {
        let reviewer = Reviewer::default();
        let rules = rules("simply");
        for _ in 0..3 {
            let found = reviewer.review(&document(), StoryFormat::Classic, &rules);
            assert!(found.iter().any(|finding| finding.code == crate::team::FORBIDDEN_WORD));
            assert_eq!(found, review(&document(), StoryFormat::Classic, &rules));
        }
        assert_eq!(reviewer.compilations(), 1);
        // Name and limits are not compiled; words are.
        let renamed = RuleSet { name: "Other".to_owned(), max_story_points: 8.0, ..rules.clone() };
        let found = reviewer.review(&document(), StoryFormat::Classic, &renamed);
        assert_eq!((reviewer.compilations(), found), (1, review(&document(), StoryFormat::Classic, &renamed)));
        let changed = RuleSet { forbidden_words: vec!["export".to_owned()], ..rules };
        let found = reviewer.review(&document(), StoryFormat::Classic, &changed);
        assert_eq!((reviewer.compilations(), found), (2, review(&document(), StoryFormat::Classic, &changed)));
    }

    #[test]
    fn a_broken_rule_set_is_tried_once() {
        let reviewer = Reviewer::default();
        let broken =
            RuleSet { severity: BTreeMap::from([("no_such_code".to_owned(), Weight::Off)]), ..RuleSet::default() };
        for _ in 0..2 {
            let found = reviewer.review(&document(), StoryFormat::Classic, &broken);
            assert!(found.iter().any(|finding| finding.code == "rule_set_broken"));
        }
        assert_eq!(reviewer.compilations(), 1);
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let reviewer = Reviewer::default();
        let used = |number: usize| {
            let before = reviewer.compilations();
            let _ = reviewer.review(&document(), StoryFormat::Classic, &rules(&format!("word{number}")));
            reviewer.compilations() == before
        };
        for number in 0..KEPT {
            assert!(!used(number));
        }
        assert!(used(0) && !used(KEPT));
        assert!(used(0) && !used(1), "the first was used again, the second was not");
        assert_eq!(reviewer.kept.lock().unwrap().len(), KEPT);
    }
}
