//! Tool lists of people, and what administrators decided about tools.

use super::{Promise, promises};
use crate::build::{self, NOW, known_tool, signed_up};
use storywright_domain::ports::{Saved, Storage, StorageError, StorageExt};
use storywright_domain::tool::{CachedTools, KnownTools, Quarantine, ToolApproval, ToolClass, ToolHints, ToolProblem};
use storywright_domain::{Millis, Timestamp, UserId};

pub const ALL: &[Promise<dyn Storage>] = promises![
    a_list_comes_back_as_it_was,
    a_list_is_bound_to_its_person_server_and_credential,
    a_problem_keeps_the_list_of_the_same_credential,
    a_problem_with_another_credential_forgets_the_list,
    a_stranger_keeps_no_list,
    lists_are_due_by_time_and_only_of_people_who_are_signed_in,
    the_newest_list_of_a_server_is_known,
    a_refresh_is_taken_once,
    decisions_come_back_in_order,
    a_decision_is_replaced_and_withdrawn,
    a_quarantine_is_of_the_approved_definition,
    a_decision_names_a_definition,
];

fn cached(user: UserId, server: &str) -> CachedTools {
    let hints = ToolHints { read_only: Some(true), destructive: Some(false), idempotent: None, open_world: None };
    let refused = storywright_domain::tool::KnownTool {
        hash: String::new(),
        refused: Some("its name is “odd”".to_owned()),
        ..known_tool("odd")
    };
    let tools = vec![storywright_domain::tool::KnownTool { hints, ..known_tool("search") }, refused];
    let known = KnownTools {
        tools,
        protocol: "2026-07-28".to_owned(),
        introduced_as: "Tools 1.2".to_owned(),
        fetched_at: NOW,
        fresh_until: NOW + Millis::hours(6),
    };
    CachedTools {
        user,
        server: server.to_owned(),
        credential: "digest".to_owned(),
        known: Some(known),
        problem: None,
        refresh_at: NOW + Millis::hours(6),
    }
}

fn definitions() -> Vec<(String, String)> {
    vec![("search".to_owned(), r#"{"name":"search","description":"“Suche” \u0001"}"#.to_owned())]
}

fn save(storage: &dyn Storage, cached: &CachedTools) {
    storage.write(|tx| tx.save_tools(cached, &definitions())).unwrap();
}

fn found(storage: &dyn Storage, user: UserId, server: &str, credential: &str) -> Option<CachedTools> {
    storage.read(|tx| tx.cached_tools(user, server, credential)).unwrap()
}

fn problem() -> ToolProblem {
    ToolProblem { code: "mcp_unreachable".to_owned(), detail: "no route".to_owned(), at: NOW + Millis(5) }
}

fn a_list_comes_back_as_it_was(storage: &dyn Storage) {
    let user = signed_up(storage, 1).id;
    assert_eq!(found(storage, user, "jira", "digest"), None);
    let first = cached(user, "jira");
    save(storage, &first);
    assert_eq!(found(storage, user, "jira", "digest"), Some(first.clone()));
    assert_eq!(storage.read(|tx| tx.tool_definitions(user, "jira", "digest")), Ok(definitions()));
    let newer = CachedTools { problem: Some(problem()), refresh_at: NOW, ..first };
    storage.write(|tx| tx.save_tools(&newer, &[])).unwrap();
    assert_eq!(found(storage, user, "jira", "digest"), Some(newer));
    assert_eq!(storage.read(|tx| tx.tool_definitions(user, "jira", "digest")), Ok(Vec::new()));
}

fn a_list_is_bound_to_its_person_server_and_credential(storage: &dyn Storage) {
    let (user, other) = (signed_up(storage, 1).id, signed_up(storage, 2).id);
    save(storage, &cached(user, "jira"));
    for (user, server, credential) in [(other, "jira", "digest"), (user, "wiki", "digest"), (user, "jira", "newer")] {
        assert_eq!(found(storage, user, server, credential), None);
        assert_eq!(storage.read(|tx| tx.tool_definitions(user, server, credential)), Ok(Vec::new()));
    }
    let newer = CachedTools { credential: "newer".to_owned(), ..cached(user, "jira") };
    save(storage, &newer);
    assert_eq!(found(storage, user, "jira", "digest"), None, "the old credential's list is gone");
    assert_eq!(found(storage, user, "jira", "newer"), Some(newer));
}

fn the_newest_list_of_a_server_is_known(storage: &dyn Storage) {
    let (user, other) = (signed_up(storage, 1).id, signed_up(storage, 2).id);
    let newest = |server: &str| storage.read(|tx| tx.newest_tools(server)).unwrap();
    note(storage, user, "digest");
    assert_eq!(newest("jira"), None, "a problem is no list");
    let older = cached(user, "jira");
    save(storage, &older);
    assert_eq!(newest("jira"), older.known);
    let mut newer = cached(other, "jira");
    newer.known = newer.known.map(|known| KnownTools { fetched_at: NOW + Millis(1), tools: Vec::new(), ..known });
    save(storage, &newer);
    assert_eq!((newest("jira"), newest("wiki")), (newer.known, None));
}

fn note(storage: &dyn Storage, user: UserId, credential: &str) {
    let at = NOW + Millis(9);
    storage.write(|tx| tx.note_tool_problem(user, "jira", credential, &problem(), at)).unwrap();
}

fn a_problem_keeps_the_list_of_the_same_credential(storage: &dyn Storage) {
    let user = signed_up(storage, 1).id;
    let first = cached(user, "jira");
    save(storage, &first);
    note(storage, user, "digest");
    let expected = CachedTools { problem: Some(problem()), refresh_at: NOW + Millis(9), ..first };
    assert_eq!(found(storage, user, "jira", "digest"), Some(expected));
    assert_eq!(storage.read(|tx| tx.tool_definitions(user, "jira", "digest")), Ok(definitions()));
}

fn a_problem_with_another_credential_forgets_the_list(storage: &dyn Storage) {
    let user = signed_up(storage, 1).id;
    save(storage, &cached(user, "jira"));
    note(storage, user, "newer");
    assert_eq!(found(storage, user, "jira", "digest"), None);
    let kept = found(storage, user, "jira", "newer").expect("the problem is kept");
    assert_eq!((kept.known, kept.problem), (None, Some(problem())));
}

fn a_stranger_keeps_no_list(storage: &dyn Storage) {
    let stranger = UserId(99);
    let outcome = storage.write(|tx| tx.save_tools(&cached(stranger, "jira"), &[]));
    assert!(matches!(outcome, Err(StorageError::Corrupt { .. })), "{outcome:?}");
    let outcome = storage.write(|tx| tx.note_tool_problem(stranger, "jira", "digest", &problem(), NOW));
    assert!(matches!(outcome, Err(StorageError::Corrupt { .. })), "{outcome:?}");
}

fn due(storage: &dyn Storage, now: Timestamp, limit: u32) -> Vec<(u128, String)> {
    let due = storage.read(|tx| tx.tools_to_refresh(now, limit)).unwrap();
    due.into_iter().map(|(user, server, _)| (user.0, server)).collect()
}

fn lists_are_due_by_time_and_only_of_people_who_are_signed_in(storage: &dyn Storage) {
    for number in [1, 2, 3] {
        let user = signed_up(storage, number).id;
        if number != 2 {
            storage.write(|tx| tx.insert_session(&build::session(Some(user), number))).unwrap();
        }
        let hour = i64::try_from(10 - number).unwrap();
        save(storage, &CachedTools { refresh_at: NOW + Millis::minutes(hour), ..cached(user, "jira") });
    }
    save(storage, &CachedTools { refresh_at: NOW + Millis::minutes(20), ..cached(UserId(1), "wiki") });
    assert_eq!(due(storage, NOW, 9), []);
    let at = |minutes| NOW + Millis::minutes(minutes);
    assert_eq!(due(storage, at(7), 9), [(3, "jira".to_owned())]);
    assert_eq!(due(storage, at(20), 9), [(3, "jira".to_owned()), (1, "jira".to_owned()), (1, "wiki".to_owned())]);
    assert_eq!(due(storage, at(20), 1), [(3, "jira".to_owned())]);
    assert_eq!(due(storage, at(31), 9), [], "their sessions have ended");
}

fn a_refresh_is_taken_once(storage: &dyn Storage) {
    let user = signed_up(storage, 1).id;
    let first = cached(user, "jira");
    save(storage, &first);
    let (expected, next) = (first.refresh_at, first.refresh_at + Millis::minutes(15));
    let take = |expected| storage.write(|tx| tx.set_tool_refresh(user, "jira", expected, next)).unwrap();
    assert_eq!(take(expected), Saved::Stored);
    assert_eq!(take(expected), Saved::Conflict, "somebody else took it");
    assert_eq!(found(storage, user, "jira", "digest").map(|kept| kept.refresh_at), Some(next));
    assert_eq!(storage.write(|tx| tx.set_tool_refresh(user, "none", expected, next)), Ok(Saved::Conflict));
}

fn approval(server: &str, tool: &str) -> ToolApproval {
    ToolApproval { server: server.to_owned(), ..build::approval(tool, "hash-1") }
}

fn decisions(storage: &dyn Storage) -> Vec<ToolApproval> {
    storage.read(|tx| tx.tool_approvals()).unwrap()
}

fn keep(storage: &dyn Storage, approval: &ToolApproval) {
    storage.write(|tx| tx.save_tool_approval(approval)).unwrap();
}

fn decisions_come_back_in_order(storage: &dyn Storage) {
    assert_eq!(decisions(storage), []);
    let all: Vec<ToolApproval> = ToolClass::ALL
        .into_iter()
        .zip([("wiki", "b"), ("jira", "b"), ("jira", "a"), ("wiki", "a"), ("a", "z")])
        .map(|(class, (server, tool))| ToolApproval {
            class,
            auto_read: class == ToolClass::ReadOpen,
            ..approval(server, tool)
        })
        .collect();
    for one in &all {
        keep(storage, one);
    }
    let mut sorted = all.clone();
    sorted.sort_by_key(|one| (one.server.clone(), one.tool.clone()));
    assert_eq!(decisions(storage), sorted);
    assert_eq!(storage.read(|tx| tx.tool_approval("jira", "b")), Ok(Some(all[1].clone())));
    assert_eq!(storage.read(|tx| tx.tool_approval("jira", "B")), Ok(None), "names differ by case");
}

fn a_decision_is_replaced_and_withdrawn(storage: &dyn Storage) {
    let quarantine = Quarantine { hash: "hash-2".to_owned(), definition: "{}".to_owned(), at: NOW };
    keep(storage, &ToolApproval { quarantine: Some(quarantine), ..approval("jira", "a") });
    let newer = ToolApproval { hash: "hash-2".to_owned(), words: "Newer".to_owned(), ..approval("jira", "a") };
    keep(storage, &newer);
    assert_eq!(decisions(storage), [newer]);
    assert_eq!(storage.write(|tx| tx.delete_tool_approval("jira", "a")), Ok(true));
    assert_eq!(storage.write(|tx| tx.delete_tool_approval("jira", "a")), Ok(false));
    assert_eq!(decisions(storage), []);
}

fn a_quarantine_is_of_the_approved_definition(storage: &dyn Storage) {
    let first = approval("jira", "a");
    keep(storage, &first);
    let quarantine =
        |hash: &str| Quarantine { hash: hash.to_owned(), definition: "{“}".to_owned(), at: NOW + Millis(3) };
    let set = |tool: &str, approved: &str, found: &Quarantine| {
        storage.write(|tx| tx.quarantine_tool("jira", tool, approved, found)).unwrap()
    };
    assert_eq!(set("a", "hash-0", &quarantine("hash-2")), Saved::Conflict, "approved anew meanwhile");
    assert_eq!(set("b", "hash-1", &quarantine("hash-2")), Saved::Conflict);
    assert_eq!(decisions(storage), std::slice::from_ref(&first));
    for hash in ["hash-2", "hash-3"] {
        assert_eq!(set("a", "hash-1", &quarantine(hash)), Saved::Stored);
        assert_eq!(decisions(storage), [ToolApproval { quarantine: Some(quarantine(hash)), ..first.clone() }]);
    }
}

fn a_decision_names_a_definition(storage: &dyn Storage) {
    let empty = ToolApproval { hash: String::new(), ..approval("jira", "a") };
    let outcome = storage.write(|tx| tx.save_tool_approval(&empty));
    assert!(matches!(outcome, Err(StorageError::Corrupt { .. })), "{outcome:?}");
}
