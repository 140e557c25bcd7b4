//! What rules would say of a draft, while they are typed, or as somebody else keeps them.

use super::form::Typed;
use crate::errors::AppError;
use crate::pages::desk::Form;
use crate::pages::drafts::compare::place;
use crate::view::View;
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use serde::Serialize;
use storywright_application::rule_sets::{RuleSetError, RulesPreview, kept_rule_set, preview_rules};
use storywright_domain::DraftId;
use storywright_domain::finding::{Finding, Severity};
use storywright_domain::rule_keeping::RuleSetProblem;
use storywright_domain::rules::RuleSet;

/// Most findings of each kind that are listed.
const MOST_SHOWN: usize = 50;

#[derive(Serialize, Default)]
struct Preview {
    draft: String,
    problem: Option<String>,
    counts: Vec<Count>,
    changes: Vec<Changed>,
    more: usize,
}

impl View for Preview {
    const TEMPLATE: &'static str = "fragments/rules_preview.html";
}

#[derive(Serialize)]
struct Count {
    label: &'static str,
    tone: &'static str,
    before: usize,
    after: usize,
}

/// A finding that comes, goes or weighs otherwise.
#[derive(Serialize)]
struct Changed {
    what: &'static str,
    code: String,
    severity: &'static str,
    message: String,
    place: String,
}

/// The part of the page.
pub async fn preview(me: SignedIn, sent: Form<Vec<(String, String)>>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        let typed = Typed(sent.0);
        let Ok(id) = DraftId::parse(typed.one("draft")) else { return desk.fragment(&Preview::default()) };
        // The form of a rule set that one may not change sends nothing.
        let (rules, unread) = match typed.one("kept") {
            "" => typed_rules(&typed),
            kept => match kept_rule_set(desk.ports, kept)? {
                Some(kept) => (kept.rules, Vec::new()),
                None => return desk.fragment(&Preview::default()),
            },
        };
        let tried = match unread.is_empty() {
            true => preview_rules(desk.ports, &desk.who.actor, &rules, id),
            false => Err(RuleSetError::Invalid(unread)),
        };
        let view = match tried {
            Ok(Some(found)) => Preview::of(&found),
            Ok(None) => Preview::default(),
            Err(error @ RuleSetError::Invalid(_)) => {
                Preview { problem: Some(AppError::from(error).detail()), ..Preview::default() }
            }
            Err(error) => return Err(error.into()),
        };
        desk.fragment(&view)
    })
    .await
}

fn typed_rules(typed: &Typed) -> (RuleSet, Vec<RuleSetProblem>) {
    let (mut rules, unread) = typed.rules("preview");
    if rules.name.is_empty() {
        "Preview".clone_into(&mut rules.name);
    }
    (rules, unread)
}

impl Preview {
    fn of(found: &RulesPreview) -> Self {
        let count = |label, tone, severity| {
            let of = |findings: &[Finding]| findings.iter().filter(|finding| finding.severity == severity).count();
            Count { label, tone, before: of(&found.before), after: of(&found.after) }
        };
        let mut changes = changes(&found.before, &found.after);
        let more = changes.len().saturating_sub(MOST_SHOWN);
        changes.truncate(MOST_SHOWN);
        Self {
            draft: found.draft.title.clone(),
            problem: None,
            counts: vec![
                count("to fix", "bad", Severity::Error),
                count("warnings", "warn", Severity::Warning),
                count("hints", "info", Severity::Info),
            ],
            changes,
            more,
        }
    }
}

fn changes(before: &[Finding], after: &[Finding]) -> Vec<Changed> {
    let same = |one: &Finding, other: &Finding| {
        (&one.code, &one.field, one.place, &one.message) == (&other.code, &other.field, other.place, &other.message)
    };
    let line = |what, finding: &Finding| Changed {
        what,
        code: finding.code.clone(),
        severity: finding.severity.as_str(),
        message: finding.message.clone(),
        place: place(&finding.field),
    };
    let come = after.iter().filter_map(|finding| match before.iter().find(|other| same(finding, other)) {
        None => Some(line("new", finding)),
        Some(other) if other.severity != finding.severity => Some(line("weighs", finding)),
        Some(_) => None,
    });
    let gone = before.iter().filter(|finding| !after.iter().any(|other| same(finding, other)));
    come.chain(gone.map(|finding| line("gone", finding))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(code: &str, severity: Severity) -> Finding {
        Finding {
            code: code.to_owned(),
            severity,
            story: "s1".to_owned(),
            field: "stories.0.summary".to_owned(),
            message: code.to_owned(),
            cure: String::new(),
            criterion: None,
            place: None,
            waived: None,
        }
    }

    #[test]
    fn what_comes_goes_and_weighs_otherwise_is_told_apart() {
        let before =
            [finding("kept", Severity::Error), finding("moved", Severity::Error), finding("gone", Severity::Info)];
        let after =
            [finding("kept", Severity::Error), finding("moved", Severity::Info), finding("came", Severity::Error)];
        let found = changes(&before, &after);
        let told: Vec<(&str, &str)> = found.iter().map(|one| (one.what, one.code.as_str())).collect();
        assert_eq!(told, [("weighs", "moved"), ("new", "came"), ("gone", "gone")]);
    }
}
