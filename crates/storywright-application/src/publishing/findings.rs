//! What a person should look at before approving a plan: doubles inside it, what was created a short while ago, long texts, issues
//! that could not be found again. Only what could be created twice blocks.

use super::existing::Existing;
use crate::Ports;
use std::collections::BTreeMap;
use storywright_domain::draft::Draft;
use storywright_domain::finding::{Finding, Severity};
use storywright_domain::jira::Marker;
use storywright_domain::ports::{StorageError, StorageExt};
use storywright_domain::publishing::{ExistingIssue, PlannedIssue};
use storywright_domain::similarity::{ALIKE, IssueProfile, Profile, doubles};
use storywright_domain::{Millis, UserId};

/// Longer descriptions are rarely meant, and some sites refuse them.
const LONG_DESCRIPTION: usize = 20_000;
/// The same content created within this span is asked about.
const RECENTLY: Millis = Millis::hours(24);
/// Pairs that are named for one level of the tree: more than anybody reads.
const MOST: usize = 50;
/// Two issues of a plan that are so much alike are named.
const DOUBLE: f64 = 0.85;

/// Everything that there is to say of a plan.
pub(super) fn of_plan(
    ports: &Ports,
    user: UserId,
    site: &str,
    draft: &Draft,
    issues: &[PlannedIssue],
    existing: &[ExistingIssue],
    known: &Existing,
) -> Result<Vec<Finding>, StorageError> {
    let mut findings = Vec::new();
    perhaps_in_jira(draft, issues, known, &mut findings);
    doubles_inside(issues, &mut findings);
    created_recently(ports, user, site, draft, issues, &mut findings)?;
    changed_since(draft, existing, &mut findings);
    for issue in issues {
        let length = issue.description.chars().count();
        if length > LONG_DESCRIPTION {
            let message = format!("The description has {length} characters; Jira may refuse so long a text.");
            let cure = "Shorten it, or split the issue.";
            findings.push(warning(issue, "description_long", message, cure));
        }
    }
    let mut named: Vec<&str> = Vec::new();
    for issue in issues.iter().filter(|issue| issue.marker == Marker::Manual) {
        if !named.contains(&issue.issue_type.as_str()) {
            named.push(&issue.issue_type);
            let message = format!(
                "The create screen of {} has neither labels nor a description: an issue whose answer is lost cannot be found again by itself.",
                issue.issue_type
            );
            let cure = "You will be asked then. A Jira administrator can add the Labels field to the screen.";
            findings.push(warning(issue, "marker_manual", message, cure));
        }
    }
    Ok(findings)
}

fn warning(issue: &PlannedIssue, code: &str, message: String, cure: &str) -> Finding {
    Finding {
        code: code.to_owned(),
        severity: Severity::Warning,
        story: issue.reference.clone(),
        field: String::new(),
        message,
        cure: cure.to_owned(),
        criterion: None,
        place: None,
        waived: None,
    }
}

/// New issues that may be ones that earlier runs of the draft have created, known by another reference: to create them would double
/// them. What is in Jira and no longer in the draft is named, and is compared less strictly: it may be there under other words.
fn perhaps_in_jira(draft: &Draft, issues: &[PlannedIssue], known: &Existing, findings: &mut Vec<Finding>) {
    let document = &draft.document;
    let new: Vec<(&PlannedIssue, Profile)> =
        issues.iter().filter(|issue| !is_subtask(issue)).map(|issue| (issue, Profile::of(&issue.summary))).collect();
    for item in known.all().iter().filter(|item| !item.reference.contains('.')) {
        let Some(key) = &item.jira_key else { continue };
        let kept =
            document.epic(&item.reference).is_some() || document.stories.iter().any(|story| story.id == item.reference);
        let (profile, least) = (Profile::of(&item.summary), if kept { DOUBLE } else { ALIKE });
        let same_type = new.iter().filter(|(issue, _)| issue.issue_type_id == item.issue_type_id);
        let double = same_type
            .filter(|(_, other)| profile.similarity(other) >= least)
            .max_by(|a, b| profile.similarity(&a.1).total_cmp(&profile.similarity(&b.1)));
        if let Some((issue, _)) = double {
            findings.push(Finding {
                code: "perhaps_in_jira".to_owned(),
                severity: Severity::Error,
                story: issue.reference.clone(),
                field: "summary".to_owned(),
                message: format!(
                    "This may be {key} (“{}”), which an earlier run of this draft has created: it would be there twice.",
                    item.summary
                ),
                cure: "Remove it here if it is the same; otherwise say in its summary what sets it apart.".to_owned(),
                criterion: None,
                place: None,
                waived: None,
            });
        } else if !kept {
            findings.push(Finding {
                code: "in_jira_not_in_draft".to_owned(),
                severity: Severity::Warning,
                story: String::new(),
                field: String::new(),
                message: format!("{key} (“{}”) was created from this draft and is not in it any more.", item.summary),
                cure:
                    "It stays in Jira as it is. Restore an earlier version of the draft if it was removed by mistake."
                        .to_owned(),
                criterion: None,
                place: None,
                waived: None,
            });
        }
    }
}

/// Issues of one level under one parent that say the same. Sub-tasks of different stories may: each story is designed and tested.
fn doubles_inside(issues: &[PlannedIssue], findings: &mut Vec<Finding>) {
    let mut levels: BTreeMap<(&str, Option<&str>), Vec<&PlannedIssue>> = BTreeMap::new();
    for issue in issues {
        let parent = issue.parent.as_deref().or(issue.parent_key.as_deref()).filter(|_| is_subtask(issue));
        levels.entry((issue.issue_type_id.as_str(), parent)).or_default().push(issue);
    }
    for level in levels.into_values() {
        let profiles: Vec<IssueProfile> =
            level.iter().map(|issue| IssueProfile::of(&issue.summary, &issue.markdown)).collect();
        for (first, second, _) in doubles(&profiles, DOUBLE).into_iter().take(MOST) {
            let (first, second) = (level[first.min(second)], level[first.max(second)]);
            let message =
                format!("{} says nearly the same as {} (“{}”).", second.reference, first.reference, first.summary);
            findings.push(warning(second, "plan_duplicate", message, "Remove one of them, unless both are wanted."));
        }
    }
}

fn is_subtask(issue: &PlannedIssue) -> bool {
    issue.reference.contains('.')
}

fn created_recently(
    ports: &Ports,
    user: UserId,
    site: &str,
    draft: &Draft,
    issues: &[PlannedIssue],
    findings: &mut Vec<Finding>,
) -> Result<(), StorageError> {
    // A sub-task says little without what it belongs to, which is asked about itself.
    let asked = || issues.iter().filter(|issue| !is_subtask(issue) || issue.parent.is_none());
    let contents: Vec<String> = asked().map(|issue| issue.content_sha256.clone()).collect();
    let since = ports.clock.now() + Millis(-RECENTLY.0);
    let project = draft.project.as_str();
    let known = ports.storage.read(|tx| tx.items_with_content(user, site, project, &contents, since))?;
    for issue in asked() {
        let Some(item) = known.iter().find(|item| item.content_sha256 == issue.content_sha256) else { continue };
        let message = match &item.jira_key {
            Some(key) => format!("You created the same issue within the last day: {key}."),
            None => "You approved the same issue within the last day, in another run.".to_owned(),
        };
        let cure = "Look whether you want it once more before you approve.";
        findings.push(warning(issue, "created_recently", message, cure));
    }
    Ok(())
}

/// What is in Jira stays as it is there, though its text was changed here.
fn changed_since(draft: &Draft, existing: &[ExistingIssue], findings: &mut Vec<Finding>) {
    for issue in existing {
        let document = &draft.document;
        let story = document.stories.iter().find(|story| story.id == issue.reference).map(|story| &story.summary);
        let epic = || document.epic(&issue.reference).map(|epic| &epic.summary);
        let subtask = || {
            let mut all = document.stories.iter().flat_map(|story| &story.subtasks);
            all.find(|subtask| subtask.id == issue.reference).map(|subtask| &subtask.summary)
        };
        let Some(summary) = story.or_else(epic).or_else(subtask) else { continue };
        if summary.trim() != issue.summary {
            findings.push(Finding {
                code: "in_jira_already".to_owned(),
                severity: Severity::Warning,
                story: issue.reference.clone(),
                field: String::new(),
                message: format!(
                    "{} is in Jira as {} (“{}”): it is not created again, and what was changed here is not sent.",
                    issue.reference, issue.key, issue.summary
                ),
                cure: "Change it in Jira. If it is another issue, remove it here and add it anew.".to_owned(),
                criterion: None,
                place: None,
                waived: None,
            });
        }
    }
}
