//! Rule sets with their versions, and those of projects.

use super::SqliteTx;
use crate::error::failed;
use crate::schema::{drafts, project_rule_sets, rule_set_versions, rule_sets};
use crate::text::{Place, count, from_json, page_size, parsed, rows_to_read, slice, to_json};
use diesel::dsl::exists;
use diesel::prelude::*;
use storywright_domain::jira::ProjectKey;
use storywright_domain::ports::{RuleSetRepo, Saved, Slice, StorageError};
use storywright_domain::rule_keeping::{KeptRuleSet, ProjectRuleSet, RuleSetOutline, RuleSetSummary, RuleSetVersion};
use storywright_domain::{Timestamp, UserId};

const ENTITY: &str = "rule set";
const OF_PROJECT: &str = "rule set of a project";

/// Most projects that are listed with a rule set.
const MOST_PROJECTS: i64 = 200;

#[derive(Queryable, Selectable)]
#[diesel(table_name = rule_sets)]
struct Row {
    updated_at: i64,
    rules: String,
    version: i64,
    shipped: bool,
    keeper: Option<String>,
}

impl TryFrom<Row> for KeptRuleSet {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self, StorageError> {
        let keeper = row.keeper.map(|keeper| parsed(ENTITY, "keeper", UserId::parse(&keeper))).transpose()?;
        Ok(Self {
            rules: from_json(ENTITY, "rules", &row.rules)?,
            version: count(ENTITY, "version", row.version)?,
            keeper,
            shipped: row.shipped,
            updated_at: Timestamp(row.updated_at),
        })
    }
}

/// What a list reads: not the rules, which may be long.
#[derive(Queryable, Selectable)]
#[diesel(table_name = rule_sets)]
struct SummaryRow {
    id: String,
    name: String,
    outline: String,
    version: i64,
    keeper: Option<String>,
    shipped: bool,
    updated_at: i64,
}

impl TryFrom<SummaryRow> for RuleSetSummary {
    type Error = StorageError;

    fn try_from(row: SummaryRow) -> Result<Self, StorageError> {
        Ok(Self {
            outline: from_json(ENTITY, "outline", &row.outline)?,
            version: count(ENTITY, "version", row.version)?,
            keeper: row.keeper.map(|keeper| parsed(ENTITY, "keeper", UserId::parse(&keeper))).transpose()?,
            id: row.id,
            name: row.name,
            shipped: row.shipped,
            updated_at: Timestamp(row.updated_at),
        })
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = rule_set_versions)]
struct VersionRow {
    rule_set: String,
    number: i64,
    author: String,
    note: String,
    saved_at: i64,
    rules: String,
}

impl TryFrom<VersionRow> for RuleSetVersion {
    type Error = StorageError;

    fn try_from(row: VersionRow) -> Result<Self, StorageError> {
        Ok(Self {
            number: count(ENTITY, "number", row.number)?,
            rules: from_json(ENTITY, "rules", &row.rules)?,
            rule_set: row.rule_set,
            author: row.author,
            note: row.note,
            saved_at: Timestamp(row.saved_at),
        })
    }
}

impl RuleSetRepo for SqliteTx<'_> {
    fn rule_sets(&mut self, cursor: Option<&str>, limit: u32) -> Result<Slice<RuleSetSummary>, StorageError> {
        // An id holds no dot, a name may hold anything.
        let (id, name) = cursor.and_then(|cursor| cursor.split_once('.')).unwrap_or_default();
        let mut rows: Vec<SummaryRow> = rule_sets::table
            .filter(rule_sets::name.gt(name).or(rule_sets::name.eq(name).and(rule_sets::id.gt(id))))
            .order((rule_sets::name, rule_sets::id))
            .limit(rows_to_read(limit))
            .select(SummaryRow::as_select())
            .load(self.conn)
            .map_err(failed(ENTITY))?;
        let more = rows.len() > page_size(limit);
        rows.truncate(page_size(limit));
        let next = rows.last().filter(|_| more).map(|last| format!("{}.{}", last.id, last.name));
        Ok(Slice { items: rows.into_iter().map(RuleSetSummary::try_from).collect::<Result<_, _>>()?, next })
    }

    fn kept_rule_set(&mut self, id: &str) -> Result<Option<KeptRuleSet>, StorageError> {
        let row: Option<Row> =
            rule_sets::table.find(id).select(Row::as_select()).first(self.conn).optional().map_err(failed(ENTITY))?;
        row.map(KeptRuleSet::try_from).transpose()
    }

    fn save_rule_set(&mut self, kept: &KeptRuleSet, author: &str, note: &str) -> Result<Saved, StorageError> {
        let rules = to_json(ENTITY, &kept.rules)?;
        let values = (
            rule_sets::rules.eq(&rules),
            rule_sets::name.eq(&kept.rules.name),
            rule_sets::outline.eq(to_json(ENTITY, &RuleSetOutline::from(&kept.rules))?),
            rule_sets::updated_at.eq(kept.updated_at.0),
            rule_sets::version.eq(i64::from(kept.version)),
            rule_sets::shipped.eq(kept.shipped),
            rule_sets::keeper.eq(kept.keeper.map(|keeper| keeper.to_string())),
        );
        let stored = if kept.version == 1 {
            diesel::insert_into(rule_sets::table)
                .values((rule_sets::id.eq(&kept.rules.id), values))
                .on_conflict_do_nothing()
                .execute(self.conn)
        } else {
            let before = rule_sets::version.eq(i64::from(kept.version) - 1);
            diesel::update(rule_sets::table.find(&kept.rules.id).filter(before)).set(values).execute(self.conn)
        };
        if stored.map_err(failed(ENTITY))? == 0 {
            return Ok(Saved::Conflict);
        }
        diesel::insert_into(rule_set_versions::table)
            .values((
                rule_set_versions::rule_set.eq(&kept.rules.id),
                rule_set_versions::number.eq(i64::from(kept.version)),
                rule_set_versions::author.eq(author),
                rule_set_versions::note.eq(note),
                rule_set_versions::saved_at.eq(kept.updated_at.0),
                rule_set_versions::rules.eq(&rules),
            ))
            .execute(self.conn)
            .map_err(failed(ENTITY))?;
        Ok(Saved::Stored)
    }

    fn rule_set_versions(
        &mut self,
        id: &str,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Slice<RuleSetVersion>, StorageError> {
        let from = Place::after(cursor);
        let rows: Vec<VersionRow> = rule_set_versions::table
            .filter(rule_set_versions::rule_set.eq(id))
            .filter(rule_set_versions::number.lt(from.number))
            .order(rule_set_versions::number.desc())
            .limit(rows_to_read(limit))
            .select(VersionRow::as_select())
            .load(self.conn)
            .map_err(failed(ENTITY))?;
        slice(rows, limit, |row| (row.number, String::new()), RuleSetVersion::try_from)
    }

    fn rule_set_version(&mut self, id: &str, number: u32) -> Result<Option<RuleSetVersion>, StorageError> {
        let row: Option<VersionRow> = rule_set_versions::table
            .find((id, i64::from(number)))
            .select(VersionRow::as_select())
            .first(self.conn)
            .optional()
            .map_err(failed(ENTITY))?;
        row.map(RuleSetVersion::try_from).transpose()
    }

    fn prune_rule_set_versions(&mut self, keep: u32, most: u32) -> Result<usize, StorageError> {
        let old: Vec<(String, i64)> = rule_set_versions::table
            .inner_join(rule_sets::table.on(rule_sets::id.eq(rule_set_versions::rule_set)))
            .filter(rule_set_versions::number.le(rule_sets::version - i64::from(keep)))
            .order((rule_set_versions::rule_set, rule_set_versions::number))
            .limit(i64::from(most))
            .select((rule_set_versions::rule_set, rule_set_versions::number))
            .load(self.conn)
            .map_err(failed(ENTITY))?;
        for (id, number) in &old {
            let one = rule_set_versions::table.find((id.as_str(), *number));
            diesel::delete(one).execute(self.conn).map_err(failed(ENTITY))?;
        }
        Ok(old.len())
    }

    fn rule_set_in_use(&mut self, id: &str) -> Result<bool, StorageError> {
        let by_draft = diesel::select(exists(drafts::table.filter(drafts::rule_set.eq(id))));
        if by_draft.get_result(self.conn).map_err(failed(ENTITY))? {
            return Ok(true);
        }
        let by_project = diesel::select(exists(project_rule_sets::table.filter(project_rule_sets::rule_set.eq(id))));
        by_project.get_result(self.conn).map_err(failed(ENTITY))
    }

    fn delete_rule_set(&mut self, id: &str, expected: u32) -> Result<Saved, StorageError> {
        let as_expected = rule_sets::table.find(id).filter(rule_sets::version.eq(i64::from(expected)));
        let gone = diesel::delete(as_expected).execute(self.conn).map_err(failed(ENTITY))?;
        Ok(if gone == 0 { Saved::Conflict } else { Saved::Stored })
    }

    fn project_rule_set(&mut self, site: &str, project: &ProjectKey) -> Result<Option<String>, StorageError> {
        project_rule_sets::table
            .find((site, project.as_str()))
            .select(project_rule_sets::rule_set)
            .first(self.conn)
            .optional()
            .map_err(failed(OF_PROJECT))
    }

    fn projects_of_rule_set(&mut self, id: &str) -> Result<Vec<ProjectRuleSet>, StorageError> {
        let rows: Vec<(String, String)> = project_rule_sets::table
            .filter(project_rule_sets::rule_set.eq(id))
            .order((project_rule_sets::site, project_rule_sets::project))
            .limit(MOST_PROJECTS)
            .select((project_rule_sets::site, project_rule_sets::project))
            .load(self.conn)
            .map_err(failed(OF_PROJECT))?;
        let read = |(site, project): (String, String)| {
            let project = parsed(OF_PROJECT, "project", ProjectKey::parse(&project))?;
            Ok(ProjectRuleSet { site, project, rule_set: id.to_owned() })
        };
        rows.into_iter().map(read).collect()
    }

    fn save_project_rule_set(&mut self, chosen: &ProjectRuleSet, at: Timestamp) -> Result<(), StorageError> {
        self.delete_project_rule_set(&chosen.site, &chosen.project)?;
        diesel::insert_into(project_rule_sets::table)
            .values((
                project_rule_sets::site.eq(&chosen.site),
                project_rule_sets::project.eq(chosen.project.as_str()),
                project_rule_sets::rule_set.eq(&chosen.rule_set),
                project_rule_sets::set_at.eq(at.0),
            ))
            .execute(self.conn)
            .map(drop)
            .map_err(failed(OF_PROJECT))
    }

    fn delete_project_rule_set(&mut self, site: &str, project: &ProjectKey) -> Result<(), StorageError> {
        diesel::delete(project_rule_sets::table.find((site, project.as_str())))
            .execute(self.conn)
            .map(drop)
            .map_err(failed(OF_PROJECT))
    }
}
