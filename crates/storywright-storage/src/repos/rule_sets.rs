//! Rule sets.

use super::SqliteTx;
use crate::error::failed;
use crate::schema::rule_sets;
use crate::text::{from_json, to_json};
use diesel::prelude::*;
use storywright_domain::Timestamp;
use storywright_domain::ports::{RuleSetRepo, StorageError};
use storywright_domain::rules::RuleSet;

const ENTITY: &str = "rule set";

impl RuleSetRepo for SqliteTx<'_> {
    fn rule_sets(&mut self) -> Result<Vec<RuleSet>, StorageError> {
        let rows: Vec<String> = rule_sets::table.select(rule_sets::rules).load(self.conn).map_err(failed(ENTITY))?;
        let mut all =
            rows.iter().map(|rules| from_json(ENTITY, "rules", rules)).collect::<Result<Vec<RuleSet>, _>>()?;
        // Here and not in SQL, so that the order is the same on every database.
        all.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
        Ok(all)
    }

    fn rule_set(&mut self, id: &str) -> Result<Option<RuleSet>, StorageError> {
        let row: Option<String> =
            rule_sets::table.find(id).select(rule_sets::rules).first(self.conn).optional().map_err(failed(ENTITY))?;
        row.map(|rules| from_json(ENTITY, "rules", &rules)).transpose()
    }

    fn save_rule_set(&mut self, rule_set: &RuleSet, at: Timestamp) -> Result<(), StorageError> {
        let values = (rule_sets::rules.eq(to_json(ENTITY, rule_set)?), rule_sets::updated_at.eq(at.0));
        let changed = diesel::update(rule_sets::table.find(&rule_set.id))
            .set(values.clone())
            .execute(self.conn)
            .map_err(failed(ENTITY))?;
        if changed == 0 {
            diesel::insert_into(rule_sets::table)
                .values((rule_sets::id.eq(&rule_set.id), values))
                .execute(self.conn)
                .map_err(failed(ENTITY))?;
        }
        Ok(())
    }
}
