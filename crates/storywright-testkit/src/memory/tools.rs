//! Tool lists of people, and what administrators decided about tools.

use super::{MemoryTx, refused};
use storywright_domain::ports::{Saved, StorageError, ToolRepo};
use storywright_domain::tool::{CachedTools, KnownTools, Quarantine, ToolApproval, ToolProblem};
use storywright_domain::{Timestamp, UserId};

/// A list with its definitions.
#[derive(Clone)]
pub(super) struct KeptTools {
    cached: CachedTools,
    definitions: Vec<(String, String)>,
}

impl ToolRepo for MemoryTx<'_> {
    fn cached_tools(
        &mut self,
        user: UserId,
        server: &str,
        credential: &str,
    ) -> Result<Option<CachedTools>, StorageError> {
        let kept = self.state.tools.get(&(user, server.to_owned()));
        Ok(kept.filter(|kept| kept.cached.credential == credential).map(|kept| kept.cached.clone()))
    }

    fn tool_definitions(
        &mut self,
        user: UserId,
        server: &str,
        credential: &str,
    ) -> Result<Vec<(String, String)>, StorageError> {
        let kept = self.state.tools.get(&(user, server.to_owned()));
        let kept = kept.filter(|kept| kept.cached.credential == credential);
        Ok(kept.map(|kept| kept.definitions.clone()).unwrap_or_default())
    }

    fn save_tools(&mut self, cached: &CachedTools, definitions: &[(String, String)]) -> Result<(), StorageError> {
        let state = self.change()?;
        state.must_know("tool list", cached.user)?;
        let kept = KeptTools { cached: cached.clone(), definitions: definitions.to_vec() };
        state.tools.insert((cached.user, cached.server.clone()), kept);
        Ok(())
    }

    fn note_tool_problem(
        &mut self,
        user: UserId,
        server: &str,
        credential: &str,
        problem: &ToolProblem,
        refresh_at: Timestamp,
    ) -> Result<(), StorageError> {
        let state = self.change()?;
        state.must_know("tool list", user)?;
        let place = (user, server.to_owned());
        match state.tools.get_mut(&place).filter(|kept| kept.cached.credential == credential) {
            Some(kept) => {
                kept.cached.problem = Some(problem.clone());
                kept.cached.refresh_at = refresh_at;
            }
            None => {
                let cached = CachedTools {
                    user,
                    server: server.to_owned(),
                    credential: credential.to_owned(),
                    known: None,
                    problem: Some(problem.clone()),
                    refresh_at,
                };
                state.tools.insert(place, KeptTools { cached, definitions: Vec::new() });
            }
        }
        Ok(())
    }

    fn tools_to_refresh(
        &mut self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(UserId, String, Timestamp)>, StorageError> {
        let signed_in = |user: UserId| {
            let mut sessions = self.state.sessions.values();
            sessions.any(|kept| kept.user == Some(user) && kept.idle_expires_at.min(kept.expires_at) >= now)
        };
        let due = self.state.tools.values().map(|kept| &kept.cached);
        let due = due.filter(|cached| cached.refresh_at <= now && signed_in(cached.user));
        let mut due: Vec<_> = due.map(|cached| (cached.user, cached.server.clone(), cached.refresh_at)).collect();
        due.sort_by_key(|(user, server, at)| (*at, *user, server.clone()));
        due.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(due)
    }

    fn newest_tools(&mut self, server: &str) -> Result<Option<KnownTools>, StorageError> {
        let of_server = self.state.tools.iter().filter(|((_, name), _)| name == server);
        let known = of_server.filter_map(|(_, kept)| kept.cached.known.clone());
        Ok(known.max_by_key(|known| known.fetched_at))
    }

    fn set_tool_refresh(
        &mut self,
        user: UserId,
        server: &str,
        expected: Timestamp,
        next: Timestamp,
    ) -> Result<Saved, StorageError> {
        let kept = self.change()?.tools.get_mut(&(user, server.to_owned()));
        let Some(kept) = kept.filter(|kept| kept.cached.refresh_at == expected) else { return Ok(Saved::Conflict) };
        kept.cached.refresh_at = next;
        Ok(Saved::Stored)
    }

    fn tool_approvals(&mut self) -> Result<Vec<ToolApproval>, StorageError> {
        Ok(self.state.tool_approvals.values().cloned().collect())
    }

    fn tool_approval(&mut self, server: &str, tool: &str) -> Result<Option<ToolApproval>, StorageError> {
        Ok(self.state.tool_approvals.get(&(server.to_owned(), tool.to_owned())).cloned())
    }

    fn save_tool_approval(&mut self, approval: &ToolApproval) -> Result<(), StorageError> {
        if approval.hash.is_empty() {
            return refused("tool approval", "it names no definition");
        }
        let place = (approval.server.clone(), approval.tool.clone());
        self.change()?.tool_approvals.insert(place, approval.clone());
        Ok(())
    }

    fn delete_tool_approval(&mut self, server: &str, tool: &str) -> Result<bool, StorageError> {
        Ok(self.change()?.tool_approvals.remove(&(server.to_owned(), tool.to_owned())).is_some())
    }

    fn quarantine_tool(
        &mut self,
        server: &str,
        tool: &str,
        approved: &str,
        quarantine: &Quarantine,
    ) -> Result<Saved, StorageError> {
        let kept = self.change()?.tool_approvals.get_mut(&(server.to_owned(), tool.to_owned()));
        let Some(kept) = kept.filter(|kept| kept.hash == approved) else { return Ok(Saved::Conflict) };
        kept.quarantine = Some(quarantine.clone());
        Ok(Saved::Stored)
    }
}
