//! Tool lists of people, and what administrators decided about tools.

use super::SqliteTx;
use crate::error::{corrupt, failed};
use crate::schema::{tool_approvals, tool_cache, user_sessions};
use crate::text::{from_json, parsed, to_json, word};
use diesel::prelude::*;
use storywright_domain::ports::{Saved, StorageError, ToolRepo};
use storywright_domain::tool::{CachedTools, KnownTools, Quarantine, ToolApproval, ToolClass, ToolProblem};
use storywright_domain::{Timestamp, UserId};

const CACHE: &str = "tool list";
const APPROVAL: &str = "tool approval";

/// A list without its definitions.
#[derive(Queryable, Selectable)]
#[diesel(table_name = tool_cache)]
struct CacheRow {
    refresh_at: i64,
    fetched_at: Option<i64>,
    fresh_until: Option<i64>,
    protocol: String,
    introduced_as: String,
    problem_code: Option<String>,
    problem: String,
    problem_at: Option<i64>,
    tools: String,
}

impl CacheRow {
    fn read(self, user: UserId, server: &str, credential: &str) -> Result<CachedTools, StorageError> {
        let known = match (self.fetched_at, self.fresh_until) {
            (Some(fetched_at), Some(fresh_until)) => Some(KnownTools {
                tools: from_json(CACHE, "tools", &self.tools)?,
                protocol: self.protocol,
                introduced_as: self.introduced_as,
                fetched_at: Timestamp(fetched_at),
                fresh_until: Timestamp(fresh_until),
            }),
            _ => None,
        };
        let problem = self.problem_code.zip(self.problem_at).map(|(code, at)| ToolProblem {
            code,
            detail: self.problem,
            at: Timestamp(at),
        });
        Ok(CachedTools {
            user,
            server: server.to_owned(),
            credential: credential.to_owned(),
            known,
            problem,
            refresh_at: Timestamp(self.refresh_at),
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = tool_approvals)]
struct ApprovalRow {
    server: String,
    tool: String,
    hash: String,
    class: String,
    words: String,
    auto_read: bool,
    approved_by: String,
    approved_by_name: String,
    approved_at: i64,
    definition: String,
    quarantine_hash: Option<String>,
    quarantine_definition: String,
    quarantine_at: Option<i64>,
}

impl From<&ToolApproval> for ApprovalRow {
    fn from(approval: &ToolApproval) -> Self {
        let quarantine = approval.quarantine.clone();
        Self {
            server: approval.server.clone(),
            tool: approval.tool.clone(),
            hash: approval.hash.clone(),
            class: approval.class.as_str().to_owned(),
            words: approval.words.clone(),
            auto_read: approval.auto_read,
            approved_by: approval.by.to_string(),
            approved_by_name: approval.by_name.clone(),
            approved_at: approval.at.0,
            definition: approval.definition.clone(),
            quarantine_hash: quarantine.as_ref().map(|found| found.hash.clone()),
            quarantine_at: quarantine.as_ref().map(|found| found.at.0),
            quarantine_definition: quarantine.map(|found| found.definition).unwrap_or_default(),
        }
    }
}

impl TryFrom<ApprovalRow> for ToolApproval {
    type Error = StorageError;

    fn try_from(row: ApprovalRow) -> Result<Self, StorageError> {
        let definition = row.quarantine_definition;
        let quarantine = row.quarantine_hash.zip(row.quarantine_at).map(|(hash, at)| Quarantine {
            hash,
            definition,
            at: Timestamp(at),
        });
        Ok(Self {
            class: word(APPROVAL, "class", &row.class, ToolClass::parse(&row.class))?,
            by: parsed(APPROVAL, "approved_by", UserId::parse(&row.approved_by))?,
            server: row.server,
            tool: row.tool,
            hash: row.hash,
            words: row.words,
            auto_read: row.auto_read,
            by_name: row.approved_by_name,
            at: Timestamp(row.approved_at),
            definition: row.definition,
            quarantine,
        })
    }
}

impl SqliteTx<'_> {
    fn forget_tools(&mut self, user: &str, server: &str) -> Result<(), StorageError> {
        diesel::delete(tool_cache::table.find((user, server))).execute(self.conn).map(drop).map_err(failed(CACHE))
    }
}

impl ToolRepo for SqliteTx<'_> {
    fn cached_tools(
        &mut self,
        user: UserId,
        server: &str,
        credential: &str,
    ) -> Result<Option<CachedTools>, StorageError> {
        let row: Option<CacheRow> = tool_cache::table
            .find((user.to_string(), server))
            .filter(tool_cache::credential.eq(credential))
            .select(CacheRow::as_select())
            .first(self.conn)
            .optional()
            .map_err(failed(CACHE))?;
        row.map(|row| row.read(user, server, credential)).transpose()
    }

    fn tool_definitions(
        &mut self,
        user: UserId,
        server: &str,
        credential: &str,
    ) -> Result<Vec<(String, String)>, StorageError> {
        let text: Option<String> = tool_cache::table
            .find((user.to_string(), server))
            .filter(tool_cache::credential.eq(credential))
            .select(tool_cache::definitions)
            .first(self.conn)
            .optional()
            .map_err(failed(CACHE))?;
        text.map_or(Ok(Vec::new()), |text| from_json(CACHE, "definitions", &text))
    }

    fn save_tools(&mut self, cached: &CachedTools, definitions: &[(String, String)]) -> Result<(), StorageError> {
        let user = cached.user.to_string();
        self.forget_tools(&user, &cached.server)?;
        let known = cached.known.as_ref();
        let tools = known.map(|known| known.tools.as_slice()).unwrap_or_default();
        diesel::insert_into(tool_cache::table)
            .values((
                tool_cache::user_id.eq(&user),
                tool_cache::server.eq(&cached.server),
                tool_cache::credential.eq(&cached.credential),
                tool_cache::refresh_at.eq(cached.refresh_at.0),
                tool_cache::fetched_at.eq(known.map(|known| known.fetched_at.0)),
                tool_cache::fresh_until.eq(known.map(|known| known.fresh_until.0)),
                tool_cache::protocol.eq(known.map(|known| known.protocol.as_str()).unwrap_or_default()),
                tool_cache::introduced_as.eq(known.map(|known| known.introduced_as.as_str()).unwrap_or_default()),
                tool_cache::problem_code.eq(cached.problem.as_ref().map(|problem| problem.code.as_str())),
                tool_cache::problem.eq(cached.problem.as_ref().map_or("", |problem| problem.detail.as_str())),
                tool_cache::problem_at.eq(cached.problem.as_ref().map(|problem| problem.at.0)),
                tool_cache::tools.eq(to_json(CACHE, &tools)?),
                tool_cache::definitions.eq(to_json(CACHE, &definitions)?),
            ))
            .execute(self.conn)
            .map(drop)
            .map_err(failed(CACHE))
    }

    fn note_tool_problem(
        &mut self,
        user: UserId,
        server: &str,
        credential: &str,
        problem: &ToolProblem,
        refresh_at: Timestamp,
    ) -> Result<(), StorageError> {
        let changed = diesel::update(
            tool_cache::table.find((user.to_string(), server)).filter(tool_cache::credential.eq(credential)),
        )
        .set((
            tool_cache::problem_code.eq(Some(&problem.code)),
            tool_cache::problem.eq(&problem.detail),
            tool_cache::problem_at.eq(Some(problem.at.0)),
            tool_cache::refresh_at.eq(refresh_at.0),
        ))
        .execute(self.conn)
        .map_err(failed(CACHE))?;
        if changed > 0 {
            return Ok(());
        }
        let empty = CachedTools {
            user,
            server: server.to_owned(),
            credential: credential.to_owned(),
            known: None,
            problem: Some(problem.clone()),
            refresh_at,
        };
        self.save_tools(&empty, &[])
    }

    fn tools_to_refresh(
        &mut self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(UserId, String, Timestamp)>, StorageError> {
        let signed_in = user_sessions::table
            .filter(user_sessions::user_id.eq(tool_cache::user_id.nullable()))
            .filter(user_sessions::ends_at.ge(now.0));
        let rows: Vec<(String, String, i64)> = tool_cache::table
            .filter(tool_cache::refresh_at.le(now.0))
            .filter(diesel::dsl::exists(signed_in))
            .order((tool_cache::refresh_at, tool_cache::user_id, tool_cache::server))
            .limit(i64::from(limit))
            .select((tool_cache::user_id, tool_cache::server, tool_cache::refresh_at))
            .load(self.conn)
            .map_err(failed(CACHE))?;
        let read = |(user, server, at): (String, String, i64)| {
            Ok((parsed(CACHE, "user_id", UserId::parse(&user))?, server, Timestamp(at)))
        };
        rows.into_iter().map(read).collect()
    }

    fn newest_tools(&mut self, server: &str) -> Result<Option<KnownTools>, StorageError> {
        let row: Option<(String, CacheRow)> = tool_cache::table
            .filter(tool_cache::server.eq(server))
            .filter(tool_cache::fetched_at.is_not_null())
            .order((tool_cache::fetched_at.desc(), tool_cache::user_id))
            .select((tool_cache::user_id, CacheRow::as_select()))
            .first(self.conn)
            .optional()
            .map_err(failed(CACHE))?;
        let Some((user, row)) = row else { return Ok(None) };
        Ok(row.read(parsed(CACHE, "user_id", UserId::parse(&user))?, server, "")?.known)
    }

    fn set_tool_refresh(
        &mut self,
        user: UserId,
        server: &str,
        expected: Timestamp,
        next: Timestamp,
    ) -> Result<Saved, StorageError> {
        let row = tool_cache::table.find((user.to_string(), server)).filter(tool_cache::refresh_at.eq(expected.0));
        let changed =
            diesel::update(row).set(tool_cache::refresh_at.eq(next.0)).execute(self.conn).map_err(failed(CACHE))?;
        Ok(if changed > 0 { Saved::Stored } else { Saved::Conflict })
    }

    fn tool_approvals(&mut self) -> Result<Vec<ToolApproval>, StorageError> {
        let rows: Vec<ApprovalRow> = tool_approvals::table
            .order((tool_approvals::server, tool_approvals::tool))
            .select(ApprovalRow::as_select())
            .load(self.conn)
            .map_err(failed(APPROVAL))?;
        rows.into_iter().map(ToolApproval::try_from).collect()
    }

    fn tool_approval(&mut self, server: &str, tool: &str) -> Result<Option<ToolApproval>, StorageError> {
        let row: Option<ApprovalRow> = tool_approvals::table
            .find((server, tool))
            .select(ApprovalRow::as_select())
            .first(self.conn)
            .optional()
            .map_err(failed(APPROVAL))?;
        row.map(ToolApproval::try_from).transpose()
    }

    fn save_tool_approval(&mut self, approval: &ToolApproval) -> Result<(), StorageError> {
        if approval.hash.is_empty() {
            return Err(corrupt(APPROVAL, "it names no definition"));
        }
        let row = ApprovalRow::from(approval);
        diesel::delete(tool_approvals::table.find((&approval.server, &approval.tool)))
            .execute(self.conn)
            .map_err(failed(APPROVAL))?;
        diesel::insert_into(tool_approvals::table).values(row).execute(self.conn).map(drop).map_err(failed(APPROVAL))
    }

    fn delete_tool_approval(&mut self, server: &str, tool: &str) -> Result<bool, StorageError> {
        let removed = diesel::delete(tool_approvals::table.find((server, tool))).execute(self.conn);
        removed.map(|count| count > 0).map_err(failed(APPROVAL))
    }

    fn quarantine_tool(
        &mut self,
        server: &str,
        tool: &str,
        approved: &str,
        quarantine: &Quarantine,
    ) -> Result<Saved, StorageError> {
        let row = tool_approvals::table.find((server, tool)).filter(tool_approvals::hash.eq(approved));
        let changed = diesel::update(row)
            .set((
                tool_approvals::quarantine_hash.eq(Some(&quarantine.hash)),
                tool_approvals::quarantine_definition.eq(&quarantine.definition),
                tool_approvals::quarantine_at.eq(Some(quarantine.at.0)),
            ))
            .execute(self.conn)
            .map_err(failed(APPROVAL))?;
        Ok(if changed > 0 { Saved::Stored } else { Saved::Conflict })
    }
}
