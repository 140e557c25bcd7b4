//! What came of a document, as figures.

use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// The head of the table.
pub const HEAD: &str = "\
document                             words  sect  stor   err  warn  hint  covered  required  excluded  re-ask  tokens in/out      s";

/// How the words of a step begin that writes anew what blocked: in a draft of one call, and in sections.
const REWRITTEN: [&str; 2] = ["Change the stories", "Mend "];

/// What the API says of a draft that was written.
pub struct Told {
    /// The draft.
    pub draft: Value,
    /// Its findings.
    pub findings: Value,
    /// What of the requirements is covered.
    pub coverage: Value,
    /// Their sections.
    pub sections: Value,
    /// Steps of the job.
    pub steps: Vec<Value>,
    /// Questions that were answered with the leanest assumption.
    pub questions: usize,
    /// From the first call to the end.
    pub took: Duration,
}

/// A part of a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The part.
    pub of: usize,
    /// The whole.
    pub all: usize,
}

impl Part {
    /// The share from 0 to 1; nothing at all is all of nothing.
    pub fn share(self) -> f64 {
        if self.all == 0 { 1.0 } else { number(self.of) / number(self.all) }
    }

    fn cell(self) -> String {
        format!("{}/{}", self.of, self.all)
    }
}

/// The figures of a document.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Score {
    /// Its name.
    pub name: String,
    /// Words of its text.
    pub words: usize,
    /// Sections that it was written in; 1 when it was written as a whole.
    pub sections: usize,
    /// Stories that were written.
    pub stories: usize,
    /// Findings that block.
    pub errors: usize,
    /// Findings that warn.
    pub warnings: usize,
    /// Hints.
    pub hints: usize,
    /// Findings by code.
    pub codes: std::collections::BTreeMap<String, usize>,
    /// Sentences that ask for something, and how many a story covers.
    pub covered: Part,
    /// Passages that should be covered, and how many are.
    pub required: Part,
    /// Passages that should not be, and how many are nevertheless.
    pub excluded: Part,
    /// Answers that did not fit the schema and were asked for once more.
    pub reasks: usize,
    /// Times that what blocked went back to the model.
    pub rewrites: usize,
    /// Questions of the model.
    pub questions: usize,
    /// Tokens of prompts.
    pub input_tokens: u64,
    /// Tokens of answers.
    pub output_tokens: u64,
    /// Seconds from draft to stories.
    pub seconds: f64,
    /// Why it came to nothing.
    pub problem: Option<String>,
}

impl Score {
    /// The figures of what was told.
    pub fn of(name: &str, facts: &Value, told: &Told) -> Self {
        let text = told.draft["requirements"].as_str().unwrap_or_default();
        let empty = Vec::new();
        let findings = told.findings["findings"].as_array().unwrap_or(&empty);
        let severity = |word: &str| findings.iter().filter(|finding| finding["severity"] == word).count();
        let mut codes = std::collections::BTreeMap::new();
        for finding in findings {
            *codes.entry(finding["code"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
        }
        let sentences = told.coverage["items"].as_array().unwrap_or(&empty);
        let sections = told.sections["items"].as_array().map_or(0, Vec::len).max(1);
        let written = told.steps.iter().filter(|step| step["kind"] == "model" && step["turn"] == 0);
        let (again, writing): (Vec<&Value>, Vec<&Value>) = written.partition(|step| {
            REWRITTEN.iter().any(|words| step["asked"].as_str().is_some_and(|asked| asked.starts_with(words)))
        });
        let tokens = |key: &str| told.steps.iter().filter_map(|step| step[key].as_u64()).sum();
        Self {
            name: name.to_owned(),
            words: text.split_whitespace().count(),
            sections,
            stories: told.draft["document"]["stories"].as_array().map_or(0, Vec::len),
            errors: severity("error"),
            warnings: severity("warning"),
            hints: severity("info"),
            codes,
            covered: Part {
                of: sentences.iter().filter(|sentence| sentence["story"].is_string()).count(),
                all: sentences.len(),
            },
            required: passages(&facts["required"], text, sentences),
            excluded: passages(&facts["excluded"], text, sentences),
            reasks: writing.len().saturating_sub(sections + told.questions),
            rewrites: again.len(),
            questions: told.questions,
            input_tokens: tokens("input_tokens"),
            output_tokens: tokens("output_tokens"),
            seconds: told.took.as_secs_f64(),
            problem: None,
        }
    }

    /// A document that came to nothing.
    pub fn failed(name: &str, text: &str, problem: &str) -> Self {
        Self {
            name: name.to_owned(),
            words: text.split_whitespace().count(),
            problem: Some(problem.to_owned()),
            ..Self::default()
        }
    }

    /// Its line of the table.
    pub fn line(&self) -> String {
        let name: String = self.name.chars().take(34).collect();
        match &self.problem {
            Some(problem) => format!("{name:<36} {:>5}  {problem}", self.words),
            None => format!(
                "{name:<36} {:>5} {:>5} {:>5} {:>5} {:>5} {:>5} {:>8} {:>9} {:>9} {:>7} {:>14} {:>6.1}",
                self.words,
                self.sections,
                self.stories,
                self.errors,
                self.warnings,
                self.hints,
                self.covered.cell(),
                self.required.cell(),
                self.excluded.cell(),
                self.reasks,
                format!("{}/{}", self.input_tokens, self.output_tokens),
                self.seconds,
            ),
        }
    }

    /// Findings of all severities for each story.
    pub fn findings_per_story(&self) -> f64 {
        number(self.errors + self.warnings + self.hints) / number(self.stories.max(1))
    }
}

/// All documents together.
pub fn total(scores: &[Score]) -> Score {
    let add = |one: Part, other: Part| Part { of: one.of + other.of, all: one.all + other.all };
    scores.iter().fold(Score { name: "all".to_owned(), ..Score::default() }, |mut sum, score| {
        sum.words += score.words;
        sum.sections += score.sections;
        sum.stories += score.stories;
        sum.errors += score.errors;
        sum.warnings += score.warnings;
        sum.hints += score.hints;
        for (code, count) in &score.codes {
            *sum.codes.entry(code.clone()).or_default() += count;
        }
        sum.covered = add(sum.covered, score.covered);
        sum.required = add(sum.required, score.required);
        sum.excluded = add(sum.excluded, score.excluded);
        sum.reasks += score.reasks;
        sum.rewrites += score.rewrites;
        sum.questions += score.questions;
        sum.input_tokens += score.input_tokens;
        sum.output_tokens += score.output_tokens;
        sum.seconds += score.seconds;
        sum
    })
}

/// How many passages overlap a sentence that a story covers.
fn passages(list: &Value, text: &str, sentences: &[Value]) -> Part {
    let empty = Vec::new();
    let passages = list.as_array().unwrap_or(&empty);
    let place =
        |key: &str, sentence: &Value| sentence[key].as_u64().and_then(|at| usize::try_from(at).ok()).unwrap_or(0);
    let is_covered = |passage: &Value| {
        let words = passage["passage"].as_str().unwrap_or_default().trim();
        let Some(start) = text.find(words).filter(|_| !words.is_empty()) else { return false };
        let end = start + words.len();
        let overlaps = |sentence: &&Value| place("start", sentence) < end && start < place("end", sentence);
        sentences.iter().filter(overlaps).any(|sentence| sentence["story"].is_string())
    };
    Part { of: passages.iter().filter(|passage| is_covered(passage)).count(), all: passages.len() }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a report")]
pub(super) fn number(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn passages_are_found_by_the_sentences_that_they_overlap() {
        let text = "Refund cards. Ignore vouchers. Pay by debit.";
        let sentences = [
            json!({"start": 0, "end": 13, "story": "s1"}),
            json!({"start": 14, "end": 30, "story": null}),
            json!({"start": 31, "end": 44, "story": "s2"}),
        ];
        let list = json!([{"passage": "cards"}, {"passage": "Ignore vouchers."}, {"passage": "not there"}]);
        assert_eq!(passages(&list, text, &sentences), Part { of: 1, all: 3 });
        assert_eq!(passages(&json!([]), text, &sentences), Part::default());
    }

    #[test]
    fn what_was_asked_once_more_is_counted() {
        let step = |kind: &str| json!({"kind": kind, "turn": 0, "input_tokens": 10, "output_tokens": 5});
        let rewrite = json!({"kind": "model", "turn": 0, "asked": "Change the stories"});
        let told = Told {
            draft: json!({"requirements": "One two", "document": {"stories": [{}, {}]}}),
            findings: json!({"findings": [{"code": "vague_word", "severity": "warning"}]}),
            coverage: json!({"items": []}),
            sections: json!({"items": [{}, {}]}),
            steps: vec![step("model"), step("model"), step("model"), step("tool"), rewrite],
            questions: 0,
            took: Duration::from_secs(1),
        };
        let score = Score::of("x", &json!({}), &told);
        assert_eq!((score.words, score.sections, score.stories, score.reasks, score.warnings), (2, 2, 2, 1, 1));
        assert_eq!((score.input_tokens, score.output_tokens, score.rewrites), (40, 20, 1));
        assert!((score.findings_per_story() - 0.5).abs() < 1e-9);
        assert_eq!(total(&[score.clone(), score]).stories, 4);
    }
}
