//! The review: every finding of a document against a rule set, at once and in the order of the document.

mod wording;

use crate::finding::{Finding, Severity};
use crate::rules::{Oversize, ReadyItem, RequiredSection, RuleSet, WEIGHABLE};
use crate::splitting::split_story;
use crate::story::{Document, Epic, Story, StoryFormat, Subtask};
use crate::team::{TeamRules, TeamRulesError};

/// Jira's own limit for a summary, in characters.
pub const JIRA_SUMMARY_CHARS: usize = 255;

/// Reviews a document. An empty result means that it may be created.
#[must_use]
pub fn review(document: &Document, format: StoryFormat, rules: &RuleSet) -> Vec<Finding> {
    review_by(document, format, rules, rules.team().as_ref())
}

/// The same by words and patterns that are compiled already.
pub(crate) fn review_by(
    document: &Document,
    format: StoryFormat,
    rules: &RuleSet,
    team: Result<&TeamRules, &TeamRulesError>,
) -> Vec<Finding> {
    let mut review = Review { rules, findings: Vec::new() };
    let none = TeamRules::default();
    let team = team.unwrap_or_else(|error| {
        let cure = "Mend the rule set, or choose another one.";
        let message = format!("The rule set `{}` is broken: {error}.", rules.name);
        review.add("", String::new(), Severity::Error, "rule_set_broken", message, cure);
        &none
    });
    if document.is_empty() {
        review.add(
            "",
            String::new(),
            Severity::Error,
            "document_empty",
            "The draft has no story yet.",
            "Generate it from the requirements, or add a story by hand.",
        );
    }
    for (index, epic) in document.epics.iter().enumerate() {
        review.epic(index, epic);
    }
    let mut told = review.narratives(document, format);
    for (index, story) in document.stories.iter().enumerate() {
        review.story(index, story, format);
        review.findings.append(&mut told[index]);
        review.testable(index, story, format);
        review.team_patterns(index, story, team);
        review.ready(index, story);
        review.ties(document, index, story);
    }
    review.duplicates(document);
    review.leaks(document);
    at_most(MOST_FINDINGS, weighed(review.findings, team))
}

/// Most findings of one review. Nobody reads more, and what is long in a rule set is multiplied by them.
const MOST_FINDINGS: usize = 2_000;

/// The first findings, those that block before all others.
fn at_most(most: usize, mut findings: Vec<Finding>) -> Vec<Finding> {
    if findings.len() > most {
        findings.sort_by_key(|finding| finding.severity != Severity::Error);
        findings.truncate(most);
    }
    findings
}

/// Findings with the team's severities; what Jira would refuse keeps its own.
fn weighed(mut findings: Vec<Finding>, team: &TeamRules) -> Vec<Finding> {
    findings.retain_mut(|finding| {
        if finding.criterion.is_none() && !WEIGHABLE.contains(&finding.code.as_str()) {
            return true;
        }
        let severity = team.weigh(&finding.code, finding.criterion, finding.severity);
        finding.severity = severity.unwrap_or(finding.severity);
        severity.is_some()
    });
    findings
}

struct Review<'a> {
    rules: &'a RuleSet,
    findings: Vec<Finding>,
}

impl Review<'_> {
    /// What looks like a credential goes to no tracker.
    fn leaks(&mut self, document: &Document) {
        for (story, field, text) in crate::leak::texts(document) {
            for leak in crate::leak::leaks(&text) {
                let id = document.stories.get(story).map(|story| story.id.clone()).unwrap_or_default();
                self.add(&id, field.clone(), Severity::Error, "secret_suspected", leak.told(), crate::leak::Leak::CURE);
            }
        }
    }

    fn add(
        &mut self,
        story: &str,
        field: String,
        severity: Severity,
        code: &str,
        message: impl Into<String>,
        cure: impl Into<String>,
    ) {
        self.findings.push(Finding {
            code: code.to_owned(),
            severity,
            story: story.to_owned(),
            field,
            message: message.into(),
            cure: cure.into(),
            criterion: None,
            place: None,
            waived: None,
        });
    }

    /// The team's definition of ready.
    fn ready(&mut self, index: usize, story: &Story) {
        for item in &self.rules.ready {
            let (has, field, what) = match item {
                ReadyItem::Estimate => (story.story_points.is_some(), "story_points", "an estimate"),
                ReadyItem::Epic => (is_filled(story.epic.as_deref()), "epic", "an epic"),
                ReadyItem::Priority => (is_filled(story.priority.as_deref()), "priority", "a priority"),
                ReadyItem::Component => (!story.components.is_empty(), "components", "a component"),
                ReadyItem::Label => (!story.labels.is_empty(), "labels", "a label"),
                ReadyItem::Source => (!story.citations.is_empty(), "citations", "a source"),
            };
            if !has {
                self.add(
                    &story.id,
                    format!("stories.{index}.{field}"),
                    Severity::Error,
                    "not_ready",
                    format!("The story has no {}.", what.split_once(' ').map_or(what, |(_, noun)| noun)),
                    format!("Give it {what}: the team's definition of ready asks for it."),
                );
            }
        }
    }

    fn story(&mut self, index: usize, story: &Story, format: StoryFormat) {
        let at = |field: &str| format!("stories.{index}.{field}");
        self.summary(&story.id, at("summary"), &story.summary);
        match format {
            StoryFormat::Classic => self.narrative(index, story),
            StoryFormat::Bdd => self.scenarios(index, story),
            StoryFormat::Custom => self.sections(index, story),
        }
        for section in &self.rules.required_sections {
            match section {
                RequiredSection::AcceptanceCriteria => {
                    if story.acceptance_criteria.iter().all(|criterion| criterion.trim().is_empty()) {
                        self.add(
                            &story.id,
                            at("acceptance_criteria"),
                            Severity::Error,
                            "acceptance_criteria_missing",
                            "There are no acceptance criteria.",
                            "Add at least one sentence that a tester can check.",
                        );
                    }
                }
                RequiredSection::StlcNotes => {
                    if story.stlc_notes.trim().is_empty() {
                        self.add(
                            &story.id,
                            at("stlc_notes"),
                            Severity::Error,
                            "stlc_notes_missing",
                            "There are no STLC notes.",
                            "Say which test levels, data and environment the story needs.",
                        );
                    }
                }
            }
        }
        for (number, criterion) in story.acceptance_criteria.iter().enumerate() {
            if criterion.trim().is_empty() && story.acceptance_criteria.len() > 1 {
                self.add(
                    &story.id,
                    at(&format!("acceptance_criteria.{number}")),
                    Severity::Warning,
                    "acceptance_criterion_blank",
                    format!("Acceptance criterion {} is blank.", number + 1),
                    "Fill it in or remove it.",
                );
            }
        }
        self.points(index, story);
        self.labels(&story.id, &at("labels"), &story.labels);
        for (number, subtask) in story.subtasks.iter().enumerate() {
            self.subtask(format!("stories.{index}.subtasks.{number}.summary"), subtask);
        }
    }

    fn epic(&mut self, index: usize, epic: &Epic) {
        self.summary(&epic.id, format!("epics.{index}.summary"), &epic.summary);
        self.labels(&epic.id, &format!("epics.{index}.labels"), &epic.labels);
        if epic.name.chars().count() > JIRA_SUMMARY_CHARS || epic.name.contains(['\n', '\r']) {
            self.add(
                &epic.id,
                format!("epics.{index}.name"),
                Severity::Error,
                "epic_name_too_long",
                format!("The name of the epic is longer than one line of {JIRA_SUMMARY_CHARS} characters."),
                "Shorten it to what fits on a board.",
            );
        }
    }

    /// What the story hangs on: its epic and its links.
    fn ties(&mut self, document: &Document, index: usize, story: &Story) {
        if let Some(epic) = story.epic.as_deref().map(str::trim).filter(|epic| !epic.is_empty())
            && !is_issue_key(epic)
            && document.epic(epic).is_none()
        {
            self.add(
                &story.id,
                format!("stories.{index}.epic"),
                Severity::Error,
                "epic_unknown",
                format!("`{epic}` is neither an epic of this draft nor an issue key."),
                "Choose an epic of the draft, or type a key like PAY-12.",
            );
        }
        for (number, link) in story.links.iter().enumerate() {
            let field = format!("stories.{index}.links.{number}");
            let to = link.to.trim();
            let known = document.epic(to).is_some() || document.stories.iter().any(|other| other.id == to);
            if to == story.id {
                let message = "The story is linked to itself.";
                self.add(&story.id, field, Severity::Error, "link_to_itself", message, "Remove the link.");
            } else if !known && !is_issue_key(to) {
                self.add(
                    &story.id,
                    field,
                    Severity::Error,
                    "link_target_unknown",
                    format!("The story is linked to `{to}`, which is neither a story of this draft nor an issue key."),
                    "Choose a story of the draft, or type a key like PAY-12.",
                );
            } else if story.links[..number].contains(link) {
                let message = format!("The link to {to} is there twice.");
                self.add(&story.id, field, Severity::Warning, "link_duplicate", message, "Remove one of them.");
            }
        }
    }

    fn labels(&mut self, reference: &str, at: &str, labels: &[String]) {
        for (number, label) in labels.iter().enumerate() {
            if label.trim().is_empty() || label.chars().any(char::is_whitespace) {
                self.add(
                    reference,
                    format!("{at}.{number}"),
                    Severity::Error,
                    "label_has_spaces",
                    format!("The label `{label}` is blank or holds a space."),
                    "Jira labels are single words: join the words with a hyphen.",
                );
            } else if !self.rules.labels.is_empty() && !self.rules.labels.contains(label) {
                let near = self.rules.labels.iter().find(|known| known.eq_ignore_ascii_case(label));
                let cure = match near {
                    Some(near) => format!("Write it as `{near}`."),
                    None => {
                        let some: Vec<&str> = self.rules.labels.iter().take(20).map(String::as_str).collect();
                        let more = if self.rules.labels.len() > some.len() { " …" } else { "" };
                        format!("Use one of: {}{more}.", some.join(", "))
                    }
                };
                let message = format!("The team does not use the label `{label}`.");
                self.add(reference, format!("{at}.{number}"), Severity::Warning, "label_unknown", message, cure);
            }
        }
    }

    fn summary(&mut self, story: &str, field: String, summary: &str) {
        let limit = self.rules.max_summary_chars.min(JIRA_SUMMARY_CHARS);
        let length = summary.chars().count();
        if summary.trim().is_empty() {
            self.add(
                story,
                field,
                Severity::Error,
                "summary_missing",
                "The summary is missing.",
                "Say in one line what changes for whom.",
            );
        } else if summary.contains(['\n', '\r']) {
            self.add(
                story,
                field,
                Severity::Error,
                "summary_has_line_break",
                "The summary has more than one line.",
                "Join it to one line; details belong in the description.",
            );
        } else if length > limit {
            // The team's own limit is a rule as others are; Jira's is not.
            let (code, limit, whose) = match length > JIRA_SUMMARY_CHARS {
                true => ("summary_too_long", JIRA_SUMMARY_CHARS, "Jira takes"),
                false => ("summary_over_limit", limit, "the rule set allows"),
            };
            self.add(
                story,
                field,
                Severity::Error,
                code,
                format!("The summary has {length} characters; {whose} at most {limit}."),
                format!("Shorten it by {} characters; details belong in the description.", length - limit),
            );
        }
    }

    fn narrative(&mut self, index: usize, story: &Story) {
        let empty = crate::story::Narrative::default();
        let narrative = story.narrative.as_ref().unwrap_or(&empty);
        let parts = [
            (
                "role",
                &narrative.role,
                Severity::Error,
                "role_missing",
                "Nobody is named who wants this.",
                "Name the role: As a …",
            ),
            (
                "goal",
                &narrative.goal,
                Severity::Error,
                "goal_missing",
                "It is not said what is wanted.",
                "Name the goal: I want …",
            ),
            (
                "benefit",
                &narrative.benefit,
                Severity::Warning,
                "benefit_missing",
                "It is not said what it is good for.",
                "Name the benefit: so that …",
            ),
        ];
        for (part, text, severity, code, message, cure) in parts {
            if text.trim().is_empty() {
                self.add(&story.id, format!("stories.{index}.narrative.{part}"), severity, code, message, cure);
            }
        }
    }

    fn scenarios(&mut self, index: usize, story: &Story) {
        if story.scenarios.is_empty() {
            self.add(
                &story.id,
                format!("stories.{index}.scenarios"),
                Severity::Error,
                "scenarios_missing",
                "There is no scenario.",
                "Add one with Given, When and Then.",
            );
        }
        for (number, scenario) in story.scenarios.iter().enumerate() {
            for (part, steps) in [("given", &scenario.given), ("when", &scenario.when), ("then", &scenario.then)] {
                if steps.iter().all(|step| step.trim().is_empty()) {
                    self.add(
                        &story.id,
                        format!("stories.{index}.scenarios.{number}.{part}"),
                        Severity::Error,
                        &format!("scenario_{part}_missing"),
                        format!("Scenario {} has no {part} step.", number + 1),
                        "A scenario needs at least one Given, one When and one Then.",
                    );
                }
            }
        }
    }

    fn sections(&mut self, index: usize, story: &Story) {
        let present = |heading: &str| {
            story.sections.iter().any(|section| {
                section.heading.trim().eq_ignore_ascii_case(heading.trim()) && !section.text.trim().is_empty()
            })
        };
        let missing: Vec<String> =
            self.rules.custom_sections.iter().filter(|heading| !present(heading)).cloned().collect();
        for heading in missing {
            self.add(
                &story.id,
                format!("stories.{index}.sections"),
                Severity::Error,
                "section_missing",
                format!("The section `{heading}` is missing or blank."),
                "Add it with at least one sentence.",
            );
        }
        if story.sections.iter().all(|section| section.text.trim().is_empty()) && self.rules.custom_sections.is_empty()
        {
            self.add(
                &story.id,
                format!("stories.{index}.sections"),
                Severity::Error,
                "section_missing",
                "There is no section with text.",
                "Add at least one section.",
            );
        }
    }

    fn points(&mut self, index: usize, story: &Story) {
        let field = format!("stories.{index}.story_points");
        let Some(points) = story.story_points else {
            self.add(
                &story.id,
                field,
                Severity::Warning,
                "story_points_missing",
                "There is no estimate.",
                "Estimate it in story points.",
            );
            return;
        };
        let maximum = self.rules.max_story_points;
        if !points.is_finite() || points < 0.0 {
            self.add(
                &story.id,
                field,
                Severity::Error,
                "story_points_invalid",
                "The estimate is not a number from 0 up.",
                "Use whole or half points.",
            );
        } else if points > maximum {
            let (code, cure) = match self.rules.oversize {
                Oversize::Split if split_story(story, maximum).is_some() => (
                    "story_points_split",
                    "Split it by its acceptance criteria: each goes to exactly one of the parts.",
                ),
                Oversize::Split => (
                    "story_points_indivisible",
                    "It has too few acceptance criteria to be split by them: ask for smaller stories, or add criteria.",
                ),
                Oversize::Reject => {
                    ("story_points_exceeded", "Make it smaller: take acceptance criteria out until it fits.")
                }
            };
            self.add(
                &story.id,
                field,
                Severity::Error,
                code,
                format!("The story has {points} points; at most {maximum} are allowed."),
                cure,
            );
        }
    }

    fn subtask(&mut self, field: String, subtask: &Subtask) {
        self.summary(&subtask.id, field, &subtask.summary);
    }

    fn duplicates(&mut self, document: &Document) {
        for (index, story) in document.stories.iter().enumerate() {
            let same = |other: &Story| {
                !story.summary.trim().is_empty() && other.summary.trim().eq_ignore_ascii_case(story.summary.trim())
            };
            if let Some(first) = document.stories[..index].iter().position(same) {
                self.add(
                    &story.id,
                    format!("stories.{index}.summary"),
                    Severity::Error,
                    "summary_duplicate",
                    format!("Story {} has the same summary as story {}.", index + 1, first + 1),
                    "Remove one of them, or say what sets them apart.",
                );
            }
        }
    }
}

fn is_filled(text: Option<&str>) -> bool {
    text.is_some_and(|text| !text.trim().is_empty())
}

/// Whether a text has the shape of an issue key: a project key, a hyphen, a number.
#[must_use]
pub fn is_issue_key(text: &str) -> bool {
    text.rsplit_once('-').is_some_and(|(project, number)| {
        crate::jira::ProjectKey::parse(project).is_ok()
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests;
