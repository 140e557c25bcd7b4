//! From tree to test: fields and values are looked up once, with Jira's complaints about those that do not exist.

use super::{
    Node, Op, Term, dates,
    fields::{Clause, clause, ids, measure, texts},
    text::TextQuery,
};
use crate::{
    clock::Millis,
    jira::{
        catalog::{self, Choice, Kind, Named},
        desk::Desk,
        store::{Issue, Store},
    },
};

/// Where values are looked up.
pub(crate) struct Env<'a> {
    pub(crate) desk: &'a Desk,
    pub(crate) store: &'a Store,
    pub(crate) now: Millis,
}

/// A test on issues.
#[derive(Debug)]
pub(crate) enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    /// One of the ids, or nothing at all when `or_empty`; `negative` wants none of them, and something.
    Ids {
        clause: Clause,
        wanted: Vec<String>,
        or_empty: bool,
        negative: bool,
    },
    Measure {
        clause: Clause,
        op: Op,
        than: f64,
        project: Option<String>,
    },
    Words {
        clause: Clause,
        query: TextQuery,
        negative: bool,
    },
    Empty {
        clause: Clause,
        negative: bool,
    },
    Never,
}

impl Filter {
    /// Does the issue pass?
    pub(crate) fn passes(&self, issue: &Issue) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.passes(issue)),
            Self::Or(parts) => parts.iter().any(|part| part.passes(issue)),
            Self::Not(part) => !part.passes(issue),
            Self::Ids { clause, wanted, or_empty, negative } => {
                let have = ids(*clause, issue);
                let hit = have.iter().any(|id| wanted.contains(id)) || (*or_empty && have.is_empty());
                if *negative { !hit && !have.is_empty() } else { hit }
            }
            Self::Measure { clause, op, than, project } => {
                let here = project.as_ref().is_none_or(|key| *key == issue.project);
                here && measure(*clause, issue).is_some_and(|have| match op {
                    Op::Gt => have > *than,
                    Op::Ge => have >= *than,
                    Op::Lt => have < *than,
                    Op::Le => have <= *than,
                    Op::Ne => (have - *than).abs() > f64::EPSILON,
                    _ => (have - *than).abs() <= f64::EPSILON,
                })
            }
            Self::Words { clause, query, negative } => {
                let texts = texts(*clause, issue);
                let hit = texts.iter().any(|text| query.found_in(text));
                if *negative { !hit && !texts.is_empty() } else { hit }
            }
            Self::Empty { clause, negative } => {
                let empty = ids(*clause, issue).is_empty()
                    && measure(*clause, issue).is_none()
                    && texts(*clause, issue).is_empty();
                empty != *negative
            }
            Self::Never => false,
        }
    }
}

/// Looks everything up; all complaints at once.
pub(crate) fn resolve(node: &Node, env: &Env<'_>) -> (Filter, Vec<String>) {
    let mut complaints = Vec::new();
    let filter = node_filter(node, env, &mut complaints);
    (filter, complaints)
}

fn node_filter(node: &Node, env: &Env<'_>, complaints: &mut Vec<String>) -> Filter {
    match node {
        Node::And(parts) => Filter::And(parts.iter().map(|part| node_filter(part, env, complaints)).collect()),
        Node::Or(parts) => Filter::Or(parts.iter().map(|part| node_filter(part, env, complaints)).collect()),
        Node::Not(part) => Filter::Not(Box::new(node_filter(part, env, complaints))),
        Node::Clause { field, op, terms } => match clause_filter(field, *op, terms, env) {
            Ok(filter) => filter,
            Err(mut messages) => {
                complaints.append(&mut messages);
                Filter::Never
            }
        },
    }
}

fn clause_filter(field: &str, op: Op, terms: &[Term], env: &Env<'_>) -> Result<Filter, Vec<String>> {
    let Some(clause) = clause(field) else {
        return Err(vec![format!("Field '{field}' does not exist or you do not have permission to view it.")]);
    };
    let unsupported = || vec![format!("The operator '{}' is not supported by the '{field}' field.", op.sign())];
    if matches!(op, Op::Is | Op::IsNot) || (terms == [Term::Empty] && matches!(op, Op::Eq | Op::Ne)) {
        return Ok(Filter::Empty { clause, negative: op.negative() });
    }
    match clause {
        Clause::Words(_) | Clause::AllWords | Clause::Comment => match (op, terms) {
            (Op::Like | Op::NotLike, [Term::Text(text)]) => {
                let query = TextQuery::parse(text, field).map_err(|message| vec![message])?;
                Ok(Filter::Words { clause, query, negative: op == Op::NotLike })
            }
            _ => Err(unsupported()),
        },
        Clause::Created | Clause::Updated | Clause::Resolved | Clause::Day(_) | Clause::Number(_) => {
            measured(clause, field, op, terms, env)
        }
        Clause::Key if matches!(op, Op::Gt | Op::Ge | Op::Lt | Op::Le) => key_measure(field, op, terms, env),
        _ if matches!(op, Op::Eq | Op::Ne | Op::In | Op::NotIn) => listed(clause, field, op, terms, env),
        _ => Err(unsupported()),
    }
}

fn measured(clause: Clause, field: &str, op: Op, terms: &[Term], env: &Env<'_>) -> Result<Filter, Vec<String>> {
    if matches!(op, Op::Like | Op::NotLike) {
        return Err(vec![format!("The operator '{}' is not supported by the '{field}' field.", op.sign())]);
    }
    let (mut parts, mut complaints, mut or_empty) = (Vec::new(), Vec::new(), false);
    for term in terms {
        let value = match (clause, term) {
            (Clause::Number(_), Term::Text(text)) => text
                .parse::<f64>()
                .map(Some)
                .map_err(|_| format!("'{text}' is an invalid value for the field '{field}'; expected a number.")),
            _ => dates::instant(term, field, env.now).map(|at| at.map(|at| at as f64)),
        };
        match value {
            Ok(Some(than)) => {
                let op = if matches!(op, Op::In | Op::NotIn) { Op::Eq } else { op };
                parts.push(Filter::Measure { clause, op, than, project: None });
            }
            Ok(None) => or_empty = true,
            Err(message) => complaints.push(message),
        }
    }
    if !complaints.is_empty() {
        return Err(complaints);
    }
    if or_empty {
        parts.push(Filter::Empty { clause, negative: false });
    }
    let any = Filter::Or(parts);
    Ok(match op {
        Op::NotIn => Filter::And(vec![Filter::Not(Box::new(any)), Filter::Empty { clause, negative: true }]),
        _ => any,
    })
}

/// `key > PAY-5`: greater within the project.
fn key_measure(field: &str, op: Op, terms: &[Term], env: &Env<'_>) -> Result<Filter, Vec<String>> {
    let Some(Term::Text(key)) = terms.first() else {
        return Err(vec![format!("The operator '{}' needs an issue key for field '{field}'.", op.sign())]);
    };
    let issue = visible(key, env).ok_or_else(|| vec![no_issue(key, field)])?;
    let than = issue.number as f64;
    Ok(Filter::Measure { clause: Clause::Key, op, than, project: Some(issue.project.clone()) })
}

fn visible<'a>(key: &str, env: &Env<'a>) -> Option<&'a Issue> {
    env.store.find(key).filter(|issue| env.desk.sees(&issue.project))
}

fn no_issue(key: &str, field: &str) -> String {
    if key.bytes().all(|b| b.is_ascii_digit()) {
        format!("An issue with id '{key}' does not exist for field '{field}'.")
    } else {
        format!("An issue with key '{key}' does not exist for field '{field}'.")
    }
}

fn listed(clause: Clause, field: &str, op: Op, terms: &[Term], env: &Env<'_>) -> Result<Filter, Vec<String>> {
    let (mut wanted, mut or_empty, mut complaints) = (Vec::new(), false, Vec::new());
    for term in terms {
        match term {
            Term::Empty => or_empty = true,
            Term::Call(name, _) if name.eq_ignore_ascii_case("currentUser") && matches!(clause, Clause::Person(_)) => {
                wanted.extend(env.desk.me().map(|person| person.jira_key.clone()));
            }
            Term::Call(name, arguments) => {
                complaints.push(format!("Unable to find JQL function '{name}({})'.", arguments.join(",")));
            }
            Term::Text(text) => match look_up(clause, field, text, env) {
                Ok(mut ids) => wanted.append(&mut ids),
                Err(message) => complaints.push(message),
            },
        }
    }
    if complaints.is_empty() {
        Ok(Filter::Ids { clause, wanted, or_empty, negative: op.negative() })
    } else {
        Err(complaints)
    }
}

/// The ids that a value stands for.
fn look_up(clause: Clause, field: &str, text: &str, env: &Env<'_>) -> Result<Vec<String>, String> {
    let same = |name: &str| name.to_lowercase() == text.to_lowercase();
    let pairs = |list: &[Named]| -> Vec<String> {
        list.iter().filter(|n| n.id == text || same(n.name)).map(|n| n.id.to_owned()).collect()
    };
    let found: Vec<String> = match clause {
        Clause::Labels => return Ok(vec![text.to_lowercase()]),
        Clause::Project => catalog::PROJECTS
            .iter()
            .filter(|p| (same(p.key) || same(p.name) || p.id == text) && env.desk.sees(p.key))
            .map(|p| p.key.to_owned())
            .collect(),
        Clause::Key | Clause::Parent | Clause::EpicLink => {
            return visible(text, env).map(|i| vec![i.id.to_string()]).ok_or_else(|| no_issue(text, field));
        }
        Clause::Type => {
            catalog::issue_types().filter(|t| t.id == text || same(t.name)).map(|t| t.id.to_owned()).collect()
        }
        Clause::Status => {
            catalog::STATUSES.iter().filter(|s| s.id == text || same(s.name)).map(|s| s.id.to_owned()).collect()
        }
        Clause::Category => catalog::CATEGORIES
            .iter()
            .filter(|c| same(c.key) || same(c.name) || c.id.to_string() == text)
            .map(|c| c.id.to_string())
            .collect(),
        Clause::Resolution if same("Unresolved") => {
            return Err("Use 'resolution is EMPTY' for unresolved issues.".to_owned());
        }
        Clause::Resolution => pairs(&catalog::RESOLUTIONS),
        Clause::Priority => pairs(&catalog::PRIORITIES),
        Clause::Components => {
            catalog::PROJECTS.iter().filter(|p| env.desk.sees(p.key)).flat_map(|p| pairs(p.components)).collect()
        }
        Clause::Versions => {
            catalog::PROJECTS.iter().filter(|p| env.desk.sees(p.key)).flat_map(|p| pairs(p.versions)).collect()
        }
        Clause::Person(_) => env
            .desk
            .people
            .iter()
            .filter(|p| same(&p.employee_id) || same(&p.jira_key) || same(&p.email) || same(&p.display_name))
            .map(|p| p.jira_key.clone())
            .collect(),
        Clause::Choice(chosen) => match chosen.kind {
            Kind::Select(choices) | Kind::MultiSelect(choices) | Kind::Cascading(choices) => choice_ids(choices, text),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    if found.is_empty() {
        Err(format!("The value '{text}' does not exist for the field '{field}'."))
    } else {
        Ok(found)
    }
}

fn choice_ids(choices: &[Choice], text: &str) -> Vec<String> {
    let hit = |c: &Choice| c.id == text || c.value.to_lowercase() == text.to_lowercase();
    choices
        .iter()
        .flat_map(|c| std::iter::once(c).chain(c.children))
        .filter(|c| hit(c))
        .map(|c| c.id.to_owned())
        .collect()
}
