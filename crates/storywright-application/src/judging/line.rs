//! What is known of each story by each judged rule.

use crate::Ports;
use std::collections::BTreeMap;
use storywright_domain::DraftId;
use storywright_domain::draft::Draft;
use storywright_domain::finding::Place;
use storywright_domain::job::{Job, JobKind, JobStatus};
use storywright_domain::judged::{JudgedRule, YesNo};
use storywright_domain::judgement::{Judgement, Passage, Verdict, passages, quoted, subject};
use storywright_domain::person::Actor;
use storywright_domain::ports::{Sha256, StorageError, StorageExt, Tx};
use storywright_domain::story::Document;

/// The person's last jobs among which that of a draft is looked for.
const RECENT_JOBS: u32 = 30;
/// Characters that are shown before and after a quote.
const AROUND: usize = 60;

/// What is known of a story by a rule.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// The answer is the one that is worth telling.
    Finding {
        /// Where the quote stands: path in the document, and characters.
        quote: Quote,
    },
    /// The other answer.
    Fine {
        /// The same.
        quote: Quote,
    },
    /// The model's quote does not stand in the story, so its answer is not relied on.
    Uncertain {
        /// What it answered.
        answer: YesNo,
        /// What it gave as words of the story. Untrusted.
        quote: String,
    },
    /// It gave no answer that could be used.
    NotJudged {
        /// Why: stable code, colon, words.
        problem: String,
    },
    /// It was not asked yet, or the words or the question have changed since.
    Open,
}

impl State {
    /// The word in the API and in pages.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Finding { .. } => "finding",
            Self::Fine { .. } => "fine",
            Self::Uncertain { .. } => "uncertain",
            Self::NotJudged { .. } => "not_judged",
            Self::Open => "open",
        }
    }
}

/// Words of the story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Path in the document: `stories.0.summary`.
    pub field: String,
    /// Where in that text.
    pub place: Place,
    /// The words as they stand there.
    pub words: String,
    /// Some words before and after them in the same text.
    pub around: [String; 2],
}

impl Quote {
    fn of(index: usize, passage: &Passage, place: Place) -> Self {
        let letters: Vec<char> = passage.text.chars().collect();
        let (before, rest) = letters.split_at(place.start.min(letters.len()));
        let (words, after) = rest.split_at((place.end - place.start).min(rest.len()));
        let near = &before[before.len().saturating_sub(AROUND)..];
        let cut = |there: bool| if there { "…" } else { "" };
        let around = [
            format!("{}{}", cut(before.len() > AROUND), near.iter().collect::<String>()),
            format!("{}{}", after.iter().take(AROUND).collect::<String>(), cut(after.len() > AROUND)),
        ];
        let field = format!("stories.{index}.{}", passage.field);
        Self { field, place, words: words.iter().collect(), around }
    }
}

/// A story and a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The rule.
    pub rule: JudgedRule,
    /// Local reference of the story.
    pub story: String,
    /// Its place in the document.
    pub index: usize,
    /// What is known.
    pub state: State,
    /// What was said, while it counts.
    pub judgement: Option<Judgement>,
}

impl Judged {
    /// What the model answered, if it answered.
    #[must_use]
    pub fn answer(&self) -> Option<YesNo> {
        match self.judgement.as_ref()?.verdict {
            Verdict::Answered { answer, .. } | Verdict::NotQuoted { answer, .. } => Some(answer),
            Verdict::NotJudged { .. } => None,
        }
    }

    /// Whether asking would bring something new.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !matches!(self.state, State::Finding { .. } | State::Fine { .. })
    }
}

/// A draft with what the model said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedDraft {
    /// The draft.
    pub draft: Draft,
    /// Whether its rule set has judged rules.
    pub has_rules: bool,
    /// Every story by every rule, in order.
    pub lines: Vec<Judged>,
    /// The job that asks at present, or the last one where that has failed.
    pub job: Option<Job>,
}

/// What the model said of one of the person's drafts outside the bin; `None` when there is no such draft.
///
/// # Errors
/// [`StorageError`].
pub fn judged_draft(ports: &Ports, actor: &Actor, id: DraftId) -> Result<Option<JudgedDraft>, StorageError> {
    let user = actor.user();
    let read = ports.storage.read(|tx| {
        let Some(draft) = tx.draft(user, id)?.filter(|draft| draft.deleted_at.is_none()) else { return Ok(None) };
        let rules = tx.rule_set(&draft.rule_set)?.unwrap_or_default().judged;
        let known = if rules.is_empty() { Vec::new() } else { tx.judgements(user, id)? };
        let last = last_job(tx, &draft)?.filter(|job| !job.status.is_final() || job.status == JobStatus::Failed);
        Ok::<_, StorageError>(Some((draft, rules, known, last)))
    })?;
    let Some((draft, rules, known, job)) = read else { return Ok(None) };
    let lines = lines(ports.sha256.as_ref(), &draft.document, &rules, known);
    Ok(Some(JudgedDraft { draft, has_rules: !rules.is_empty(), lines, job }))
}

/// The newest job that judged the draft, among the person's last jobs.
fn last_job(tx: &mut dyn Tx, draft: &Draft) -> Result<Option<Job>, StorageError> {
    let subject = draft.id.to_string();
    let is_it = |job: &Job| job.kind == JobKind::Judge && job.subject == subject;
    if let Some(open) = tx.open_jobs(draft.user)?.into_iter().find(is_it) {
        return Ok(Some(open));
    }
    Ok(tx.jobs(draft.user, None, RECENT_JOBS)?.items.into_iter().find(is_it))
}

/// Every story by every rule, with those judgements that are about the present words and question.
pub(super) fn lines(
    sha256: &dyn Sha256,
    document: &Document,
    rules: &[JudgedRule],
    known: Vec<Judgement>,
) -> Vec<Judged> {
    let mut known: BTreeMap<(String, String), Judgement> =
        known.into_iter().map(|one| ((one.story.clone(), one.rule.clone()), one)).collect();
    let mut lines = Vec::with_capacity(document.stories.len() * rules.len());
    for (index, story) in document.stories.iter().enumerate() {
        let passages = passages(story);
        for rule in rules {
            let judgement = known.remove(&(story.id.clone(), rule.name.clone()));
            let judgement = judgement.filter(|one| one.fingerprint == sha256.hex(subject(rule, &passages).as_bytes()));
            let state = judgement.as_ref().map_or(State::Open, |one| match &one.verdict {
                Verdict::Answered { answer, quote } => match quoted(quote, &passages) {
                    Some((passage, place)) => {
                        let quote = Quote::of(index, passage, place);
                        if *answer == rule.finding_when { State::Finding { quote } } else { State::Fine { quote } }
                    }
                    // Kept by another program than this one: what is read is checked again.
                    None => State::Uncertain { answer: *answer, quote: quote.clone() },
                },
                Verdict::NotQuoted { answer, quote } => State::Uncertain { answer: *answer, quote: quote.clone() },
                Verdict::NotJudged { problem } => State::NotJudged { problem: problem.clone() },
            });
            lines.push(Judged { rule: rule.clone(), story: story.id.clone(), index, state, judgement });
        }
    }
    lines
}
