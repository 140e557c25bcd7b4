//! `ORDER BY`.

use std::cmp::Ordering;

use super::{
    OrderBy,
    fields::{Clause, clause, ids, measure, texts},
};
use crate::jira::store::Issue;

/// A resolved sorting.
#[derive(Debug)]
pub(crate) struct Sorting(Vec<(Clause, bool)>);

/// Looks the fields up; complaints about those that do not exist.
pub(crate) fn resolve_order(order: &[OrderBy]) -> (Sorting, Vec<String>) {
    let mut complaints = Vec::new();
    let mut fields = Vec::new();
    for one in order {
        // Ranks are not kept; age is the nearest thing.
        let known = if one.field.eq_ignore_ascii_case("rank") { Some(Clause::Created) } else { clause(&one.field) };
        match known {
            Some(clause) => fields.push((clause, one.descending)),
            None => complaints
                .push(format!("Field '{}' does not exist or you do not have permission to view it.", one.field)),
        }
    }
    (Sorting(fields), complaints)
}

impl Sorting {
    /// Sorts; issues that are equal come newest first.
    pub(crate) fn sort(&self, issues: &mut [&Issue]) {
        issues.sort_by(|a, b| {
            for (clause, descending) in &self.0 {
                let order = compare(*clause, a, b);
                let order = if *descending { order.reverse() } else { order };
                if order != Ordering::Equal {
                    return order;
                }
            }
            b.id.cmp(&a.id)
        });
    }
}

fn compare(clause: Clause, a: &Issue, b: &Issue) -> Ordering {
    match clause {
        Clause::Key => (&a.project, a.number).cmp(&(&b.project, b.number)),
        Clause::Words(_) => texts(clause, a).cmp(&texts(clause, b)),
        _ => match (measure(clause, a), measure(clause, b)) {
            (None, None) => ids(clause, a).cmp(&ids(clause, b)),
            (a, b) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
        },
    }
}
