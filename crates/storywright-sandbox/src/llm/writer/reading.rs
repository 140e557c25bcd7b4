//! Reads one statement: who acts, what must or can happen, under which condition, and what it is good for.

use super::actors::{as_verb_phrase, is_determiner, is_pronoun, role_of, without_adverb};
use super::blocks::{self, Statement};
use super::english::{base_form, is_base_verb, is_person, is_plural, is_pure_verb, lower_first};
use super::patterns::{BENEFIT, ENABLE, LEAD, MODAL, NESTED, STORY_FORM, TRAIL};

/// How strongly a statement asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Force {
    /// Must, should, shall, an imperative.
    Must,
    /// Can, may, wants to.
    Can,
    /// Must not, cannot.
    Never,
    /// Says how things are.
    Fact,
    /// Asks something back.
    Question,
}

/// One statement, understood.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// The statement as it was written.
    pub text: String,
    /// The heading it stands under.
    pub section: Option<String>,
    /// Who or what the sentence is about, as written; empty for imperatives.
    pub subject: String,
    /// The person who acts, singular and without article.
    pub role: Option<String>,
    /// How strongly it asks.
    pub force: Force,
    /// Verb phrase from its base verb on, without conditions and benefit.
    pub action: String,
    /// `when …`, `if …`, as written, small first letter.
    pub condition: Option<String>,
    /// The condition stands before the main clause.
    pub leading: bool,
    /// What it is good for, as a clause.
    pub benefit: Option<String>,
}

impl Requirement {
    /// True when it asks for something that can be built.
    pub fn asks(&self) -> bool {
        matches!(self.force, Force::Must | Force::Can)
    }

    /// First word of the action.
    pub fn verb(&self) -> &str {
        self.action.split_whitespace().next().unwrap_or_default()
    }

    /// True for "be refunded", "be visible": something is done to the subject.
    pub fn is_state(&self) -> bool {
        self.verb() == "be"
    }

    /// The section's heading holds one of these words.
    pub fn under(&self, words: &[&str]) -> bool {
        self.section.as_ref().is_some_and(|s| {
            let heading = s.to_lowercase();
            words.iter().any(|word| heading.contains(word))
        })
    }
}

/// Reads a statement.
pub fn read(statement: &Statement) -> Requirement {
    let text = statement.text.trim().trim_end_matches(['.', ';', ',']).to_owned();
    let mut found = Requirement {
        text: text.clone(),
        section: statement.section.clone(),
        subject: String::new(),
        role: None,
        force: Force::Fact,
        action: String::new(),
        condition: None,
        leading: false,
        benefit: None,
    };
    if text.ends_with('?') {
        found.force = Force::Question;
        return found;
    }
    if let Some(story) = STORY_FORM.as_ref().and_then(|form| form.captures(&text)) {
        found.role = Some(role_of(&story[1]).unwrap_or_else(|| lower_first(&story[1])));
        found.subject = format!("the {}", found.role.clone().unwrap_or_default());
        found.force = Force::Can;
        let wish = if story.get(2).is_some() { story[3].to_owned() } else { as_verb_phrase(&story[3]) };
        split_tail(&mut found, &wish);
        return found;
    }
    let main = split_lead(&mut found, &text);
    match MODAL.as_ref().and_then(|modal| modal.find(&main).map(|m| (m.start(), m.end(), m.as_str().to_lowercase()))) {
        Some((start, end, modal)) if start > 0 && plausible_subject(&main[..start]) => {
            read_modal(&mut found, &main, start, end, &modal)
        }
        _ => read_without_modal(&mut found, &main),
    }
    found
}

fn read_modal(found: &mut Requirement, main: &str, start: usize, end: usize, modal: &str) {
    // "We need a page where people can reset their password": the wish is what people can do there.
    if is_pronoun(main[..start].trim())
        && let Some(nested) = NESTED.as_ref().and_then(|n| n.captures(&main[end..]))
        && let Some(role) = role_of(&nested[1])
    {
        nested[1].clone_into(&mut found.subject);
        found.role = Some(role);
        found.force = Force::Can;
        split_tail(found, &nested[2]);
        return;
    }
    found.subject = main[..start].trim().trim_end_matches(',').to_owned();
    found.role = role_of(&found.subject);
    let rest = main[end..].trim();
    let (rest, negated) = match rest.strip_prefix("not ").or_else(|| rest.strip_prefix("never ")) {
        Some(positive) => (positive, true),
        None => (rest, modal.contains("not") || modal.contains("never") || modal.ends_with("n't")),
    };
    let wish = ["want", "can", "may", "like", "able", "allowed"].iter().any(|word| modal.contains(word));
    let asks_for_person = found.role.is_some() && modal.starts_with("need");
    found.force = match (negated, wish || asks_for_person) {
        (true, _) => Force::Never,
        (false, true) => Force::Can,
        (false, false) => Force::Must,
    };
    let thing = matches!(modal, "want" | "wants" | "need" | "needs" | "would like");
    let action = if thing && found.role.is_none() && !is_pronoun(&found.subject) && !rest.starts_with("to ") {
        format!("need {rest}")
    } else if thing {
        as_verb_phrase(rest)
    } else {
        without_adverb(rest).to_owned()
    };
    enable(found, &action);
}

/// "allow customers to cancel orders": the customers are the ones who act.
fn enable(found: &mut Requirement, action: &str) {
    let enabled = ENABLE
        .as_ref()
        .and_then(|e| e.captures(action))
        .filter(|parts| parts[2].split_whitespace().next().is_some_and(is_base_verb));
    if found.force != Force::Never
        && let Some(parts) = enabled
        && let Some(role) = role_of(&parts[1])
    {
        parts[1].clone_into(&mut found.subject);
        found.role = Some(role);
        found.force = Force::Can;
        split_tail(found, &parts[2]);
    } else {
        split_tail(found, action);
    }
}

fn read_without_modal(found: &mut Requirement, main: &str) {
    let words: Vec<String> =
        main.split_whitespace().map(|w| w.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()).collect();
    let first = words.first().cloned().unwrap_or_default();
    let second = words.get(1).cloned().unwrap_or_default();
    // "Refund requests are …" starts with a noun that is also a verb: a later finite verb gives it away.
    let finite_later = words
        .iter()
        .skip(1)
        .take(5)
        .any(|w| matches!(w.as_str(), "is" | "are" | "was" | "were" | "has" | "have" | "does" | "do"));
    let imperative = is_base_verb(&first)
        && !finite_later
        && !matches!(second.as_str(), "of" | "is" | "are" | "")
        && words.len() > if is_pure_verb(&first) { 2 } else { 3 }
        && !main.ends_with("..")
        && !main.ends_with('…');
    if imperative {
        found.force = Force::Must;
        enable(found, &lower_first(main));
        return;
    }
    let relative = words.iter().take(6).position(|w| matches!(w.as_str(), "who" | "which" | "that"));
    let many = relative.filter(|at| *at > 0).is_some_and(|at| is_plural(&words[at - 1]));
    let auxiliary = words.iter().take(9).position(|w| matches!(w.as_str(), "is" | "are" | "has" | "have"));
    let aside = words
        .iter()
        .position(|w| matches!(w.as_str(), "while" | "when" | "if" | "because" | "where"))
        .unwrap_or(usize::MAX);
    let auxiliary = auxiliary.filter(|at| relative.is_none_or(|r| r > *at) && *at < aside);
    let start = relative.map_or(1, |at| at + 3);
    let finite = || {
        words
            .iter()
            .enumerate()
            .skip(start)
            .take(7)
            .find(|(at, w)| is_finite(w, &words[at - 1], many))
            .map(|(at, _)| at)
    };
    if let Some(at) = auxiliary.or_else(finite).filter(|at| *at > 0) {
        found.subject = main.split_whitespace().take(at).collect::<Vec<_>>().join(" ");
        found.role = role_of(&found.subject);
        let rest: Vec<&str> = main.split_whitespace().skip(at + 1).collect();
        split_tail(found, &format!("{} {}", base_form(&words[at]), rest.join(" ")));
    } else {
        take_benefit(found, main);
    }
}

/// A verb in the present tense, not a noun after its determiner.
fn is_finite(word: &str, before: &str, many: bool) -> bool {
    let base = base_form(word);
    !is_determiner(before)
        && !is_person(word)
        && is_base_verb(&base)
        && (base != word || is_plural(before) || many)
        && !word.ends_with("ed")
        && !word.ends_with("ing")
}

/// Splits `When X, Y` into its condition and `Y`.
fn split_lead(found: &mut Requirement, text: &str) -> String {
    let starts = LEAD.as_ref().is_some_and(|lead| lead.is_match(text));
    if starts && let Some((condition, main)) = text.split_once(", ") {
        let main = main.strip_prefix("then ").unwrap_or(main);
        if blocks::has_verb(main) {
            found.condition = Some(lower_first(condition));
            found.leading = true;
            return main.to_owned();
        }
    }
    text.to_owned()
}

/// Takes benefit and trailing condition off the action.
fn split_tail(found: &mut Requirement, action: &str) {
    let rest = take_benefit(found, action);
    let mut action = rest.trim().trim_end_matches(',').to_owned();
    if found.condition.is_none()
        && let Some(tail) = TRAIL.as_ref().and_then(|trail| trail.find(&action))
        && tail.start() > 3
    {
        found.condition = Some(action[tail.start()..].trim_start_matches([',', ' ']).to_owned());
        action.truncate(tail.start());
    }
    found.action = action;
}

fn take_benefit(found: &mut Requirement, text: &str) -> String {
    let Some(mark) = BENEFIT.as_ref().and_then(|benefit| benefit.captures(text)) else { return text.to_owned() };
    let (Some(whole), Some(word)) = (mark.get(0), mark.get(1)) else { return text.to_owned() };
    let after = text[whole.end()..].trim().trim_end_matches('.');
    if whole.start() < 4 || after.split_whitespace().count() < 2 {
        return text.to_owned();
    }
    let joined = word.as_str().to_lowercase();
    let clause = if joined == "so that" {
        after.to_owned()
    } else if joined == "in order to" {
        format!("we can {after}")
    } else if joined == "because" || joined.starts_with("since") {
        format!("it no longer matters that {after}")
    } else if let Some(verb) = joined.strip_prefix("to ") {
        format!("we {verb} {after}")
    } else {
        format!("{} {after}", joined.trim_start_matches("so "))
    };
    found.benefit = Some(clause);
    text[..whole.start()].to_owned()
}

/// A modal counts only with a short subject before it; "needs" and "need" may be nouns.
fn plausible_subject(before: &str) -> bool {
    let words = before.split_whitespace().count();
    (1..=14).contains(&words) && !before.trim_end().ends_with(['.', ':'])
}
