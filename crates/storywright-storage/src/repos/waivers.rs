//! Waivers of findings.

use super::SqliteTx;
use crate::error::failed;
use crate::schema::{standing_waivers, waivers};
use crate::text::{parsed, word};
use diesel::prelude::*;
use storywright_domain::finding::Severity;
use storywright_domain::ports::{StorageError, WaiverRepo};
use storywright_domain::waiver::{StandingWaiver, Waiver};
use storywright_domain::{DraftId, Timestamp, UserId};

const ENTITY: &str = "waiver";
const STANDING: &str = "standing waiver";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = waivers)]
struct Row {
    draft_id: String,
    user_id: String,
    fingerprint: String,
    code: String,
    place: String,
    waived_at: i64,
    reason: String,
}

impl From<&Waiver> for Row {
    fn from(waiver: &Waiver) -> Self {
        Self {
            draft_id: waiver.draft.to_string(),
            user_id: waiver.user.to_string(),
            fingerprint: waiver.fingerprint.clone(),
            code: waiver.code.clone(),
            place: waiver.place.clone(),
            waived_at: waiver.at.0,
            reason: waiver.reason.clone(),
        }
    }
}

impl TryFrom<Row> for Waiver {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self, StorageError> {
        Ok(Self {
            draft: parsed(ENTITY, "draft_id", DraftId::parse(&row.draft_id))?,
            user: parsed(ENTITY, "user_id", UserId::parse(&row.user_id))?,
            fingerprint: row.fingerprint,
            code: row.code,
            place: row.place,
            reason: row.reason,
            at: Timestamp(row.waived_at),
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = standing_waivers)]
struct StandingRow {
    draft_id: String,
    user_id: String,
    plan_hash: String,
    ordinal: i64,
    fingerprint: String,
    story: String,
    code: String,
    place: String,
    severity: String,
    message: String,
    reason: String,
    waived_at: i64,
}

impl TryFrom<StandingRow> for StandingWaiver {
    type Error = StorageError;

    fn try_from(row: StandingRow) -> Result<Self, StorageError> {
        Ok(Self {
            severity: word(STANDING, "severity", &row.severity, Severity::parse(&row.severity))?,
            fingerprint: row.fingerprint,
            story: row.story,
            code: row.code,
            place: row.place,
            message: row.message,
            reason: row.reason,
            at: Timestamp(row.waived_at),
        })
    }
}

impl WaiverRepo for SqliteTx<'_> {
    fn waivers(&mut self, user: UserId, draft: DraftId) -> Result<Vec<Waiver>, StorageError> {
        let rows: Vec<Row> = waivers::table
            .filter(waivers::draft_id.eq(draft.to_string()))
            .filter(waivers::user_id.eq(user.to_string()))
            .select(Row::as_select())
            .load(self.conn)
            .map_err(failed(ENTITY))?;
        let mut all = rows.into_iter().map(Waiver::try_from).collect::<Result<Vec<_>, _>>()?;
        // At most some hundreds, so that no index is needed for the order.
        all.sort_by(|one, other| (other.at, &other.fingerprint).cmp(&(one.at, &one.fingerprint)));
        Ok(all)
    }

    fn save_waiver(&mut self, waiver: &Waiver) -> Result<(), StorageError> {
        self.delete_waiver(waiver.user, waiver.draft, &waiver.fingerprint)?;
        diesel::insert_into(waivers::table)
            .values(Row::from(waiver))
            .execute(self.conn)
            .map(drop)
            .map_err(failed(ENTITY))
    }

    fn delete_waiver(&mut self, user: UserId, draft: DraftId, fingerprint: &str) -> Result<bool, StorageError> {
        let one = waivers::table.find((draft.to_string(), fingerprint)).filter(waivers::user_id.eq(user.to_string()));
        diesel::delete(one).execute(self.conn).map(|gone| gone > 0).map_err(failed(ENTITY))
    }

    fn keep_standing_waivers(
        &mut self,
        user: UserId,
        draft: DraftId,
        plan_hash: &str,
        waivers: &[StandingWaiver],
    ) -> Result<(), StorageError> {
        if !self.standing_waivers(user, draft, plan_hash)?.is_empty() {
            return Ok(());
        }
        for (ordinal, waiver) in (0_i64..).zip(waivers) {
            let row = StandingRow {
                draft_id: draft.to_string(),
                user_id: user.to_string(),
                plan_hash: plan_hash.to_owned(),
                ordinal,
                fingerprint: waiver.fingerprint.clone(),
                story: waiver.story.clone(),
                code: waiver.code.clone(),
                place: waiver.place.clone(),
                severity: waiver.severity.as_str().to_owned(),
                message: waiver.message.clone(),
                reason: waiver.reason.clone(),
                waived_at: waiver.at.0,
            };
            diesel::insert_into(standing_waivers::table).values(row).execute(self.conn).map_err(failed(STANDING))?;
        }
        Ok(())
    }

    fn standing_waivers(
        &mut self,
        user: UserId,
        draft: DraftId,
        plan_hash: &str,
    ) -> Result<Vec<StandingWaiver>, StorageError> {
        let rows: Vec<StandingRow> = standing_waivers::table
            .filter(standing_waivers::draft_id.eq(draft.to_string()))
            .filter(standing_waivers::plan_hash.eq(plan_hash))
            .filter(standing_waivers::user_id.eq(user.to_string()))
            .order(standing_waivers::ordinal)
            .select(StandingRow::as_select())
            .load(self.conn)
            .map_err(failed(STANDING))?;
        rows.into_iter().map(StandingWaiver::try_from).collect()
    }
}
