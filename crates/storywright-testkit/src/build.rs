//! Builders: whole, valid values, told apart by a number. A test changes the fields that it is about.

use crate::FixedClock;
use storywright_domain::draft::{Draft, DraftState, DraftVersion, Origin, Requirements};
use storywright_domain::integration::{Health, Integration, IntegrationKind};
use storywright_domain::jira::{Marker, NewIssue, Placement, ProjectKey};
use storywright_domain::job::{Job, JobKind, JobStatus};
use storywright_domain::person::{ApiToken, AuditEntry, JiraUser, Person, Registration, Role, Session};
use storywright_domain::ports::{Inserted, Storage, StorageError, StorageExt, ToolAccess};
use storywright_domain::prompt::PromptOrigin;
use storywright_domain::publishing::{ItemState, Run, RunItem, RunState};
use storywright_domain::remote::{Access, Site, SiteKind, TlsTrust};
use storywright_domain::rule_keeping::KeptRuleSet;
use storywright_domain::rules::RuleSet;
use storywright_domain::source::{Below, SourceEntry, SourceKind, SourceState};
use storywright_domain::story::{Document, Narrative, Story, StoryFormat, Subtask};
use storywright_domain::tool::{
    CacheScope, KnownTool, McpServer, ToolApproval, ToolClass, ToolDefinition, ToolHints, ToolList, ToolPurpose,
};
use storywright_domain::{
    DraftId, ItemId, JobId, Millis, PromptId, RegistrationId, RequestId, RunId, Secret, SessionId, Timestamp, TokenId,
    UserId,
};

/// When things happen, unless a test says otherwise.
pub const NOW: Timestamp = FixedClock::START;

/// A member with employee ID `emp1`, e-mail `emp1@corp.example`, and so on.
#[must_use]
pub fn person(number: u128) -> Person {
    Person {
        id: UserId(number),
        employee_id: format!("emp{number}"),
        jira_key: format!("JIRAUSER{number}"),
        jira_site: "jira".to_owned(),
        display_name: format!("Person {number}"),
        email: format!("emp{number}@corp.example"),
        avatar: None,
        role: Role::Member,
        active: true,
        security_stamp: format!("stamp{number}"),
        preferences: "{}".to_owned(),
        created_at: NOW,
    }
}

/// A person as Jira shows them, fitting [`person`].
#[must_use]
pub fn jira_user(number: u128) -> JiraUser {
    let person = person(number);
    JiraUser {
        key: person.jira_key,
        name: person.employee_id,
        display_name: person.display_name,
        email: person.email,
        active: true,
        deleted: false,
        avatar_url: None,
    }
}

/// A connection that was tested with success.
#[must_use]
pub fn integration(person: &Person, kind: IntegrationKind) -> Integration {
    let target = match kind {
        IntegrationKind::Jira => person.jira_site.clone(),
        IntegrationKind::Confluence => "confluence".to_owned(),
        IntegrationKind::Llm => "company".to_owned(),
    };
    Integration {
        user: person.id,
        kind,
        target,
        sealed_credential: format!("sealed-{}-{}", kind.as_str(), person.employee_id),
        credential_hint: "abcd".to_owned(),
        tls: TlsTrust::default(),
        health: Health::Ok { employee_id: person.employee_id.clone(), at: NOW },
        updated_at: NOW,
    }
}

/// A sign-up for half an hour.
#[must_use]
pub fn registration(number: u128) -> Registration {
    Registration {
        id: RegistrationId(number),
        site: "jira".to_owned(),
        user: jira_user(number),
        avatar: None,
        sealed_pat: format!("sealed-{number}"),
        pat_hint: "abcd".to_owned(),
        resets: None,
        expires_at: NOW + Millis::minutes(30),
    }
}

/// A session that idles out after half an hour.
#[must_use]
pub fn session(user: Option<UserId>, number: u128) -> Session {
    Session {
        id: SessionId(number),
        token_hash: format!("{number:064x}"),
        user,
        security_stamp: user.map(|user| format!("stamp{}", user.0)).unwrap_or_default(),
        state: "{}".to_owned(),
        user_agent: "Browser".to_owned(),
        address: "192.0.2.1".to_owned(),
        created_at: NOW,
        last_seen_at: NOW,
        idle_expires_at: NOW + Millis::minutes(30),
        expires_at: NOW + Millis::hours(12),
    }
}

/// A token for an hour.
#[must_use]
pub fn token(user: UserId, number: u128) -> ApiToken {
    ApiToken {
        id: TokenId(number),
        user,
        name: format!("token {number}"),
        created_at: NOW,
        expires_at: NOW + Millis::hours(1),
        last_used_at: None,
        revoked_at: None,
    }
}

/// A story with a narrative, criteria, notes, an estimate and two sub-tasks: the default rules find nothing.
#[must_use]
pub fn story(summary: &str) -> Story {
    let subtask = |summary: &str| Subtask { summary: summary.to_owned(), ..Subtask::default() };
    Story {
        summary: summary.to_owned(),
        narrative: Some(Narrative {
            role: "customer".to_owned(),
            goal: "my money back".to_owned(),
            benefit: "I trust the shop".to_owned(),
        }),
        acceptance_criteria: vec!["A refund shows within a day".to_owned()],
        stlc_notes: "Regression: payments".to_owned(),
        story_points: Some(2.0),
        subtasks: vec![subtask("Design"), subtask("Build")],
        ..Story::default()
    }
}

/// A draft that is being edited, with one story.
#[must_use]
pub fn draft(user: UserId, number: u128) -> Draft {
    let document = Document::of_stories(vec![story(&format!("Refund {number}"))]).with_references();
    Draft {
        id: DraftId(number),
        user,
        title: format!("Refund {number}"),
        requirements: Requirements::parse("Customers get their money back.").unwrap(),
        format: StoryFormat::Classic,
        prompt: String::new(),
        prompt_from: None,
        project: ProjectKey::parse("PAY").unwrap(),
        issue_type: "10001".to_owned(),
        issue_type_name: "Story".to_owned(),
        rule_set: "default".to_owned(),
        state: DraftState::Editing,
        version: 1,
        document,
        deleted_at: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

/// Where words came from: the third version of a prompt, as it stands.
#[must_use]
pub fn prompt_origin() -> PromptOrigin {
    PromptOrigin { prompt: PromptId(77), version: 3, name: "Small stories".to_owned(), changed: false }
}

/// The default rule set as it comes with the configuration.
#[must_use]
pub fn kept_rule_set() -> KeptRuleSet {
    KeptRuleSet { rules: RuleSet::default(), version: 1, keeper: None, shipped: true, updated_at: NOW }
}

/// A version of a draft as it stands.
#[must_use]
pub fn version(draft: &Draft) -> DraftVersion {
    DraftVersion {
        draft: draft.id,
        number: draft.version,
        origin: Origin::Edited,
        note: String::new(),
        document: draft.document.clone(),
        created_at: draft.updated_at,
    }
}

/// A pending job that is due.
#[must_use]
pub fn job(user: UserId, number: u128) -> Job {
    Job {
        id: JobId(number),
        user,
        kind: JobKind::Generate,
        subject: "draft".to_owned(),
        payload: "{}".to_owned(),
        status: JobStatus::Pending,
        attempts: 0,
        run_at: NOW,
        question: None,
        cancel_requested: false,
        error: None,
        fence: 0,
        created_at: NOW,
        finished_at: None,
        request_id: "request-1".to_owned(),
    }
}

/// An active run of a draft.
#[must_use]
pub fn run(draft: &Draft, number: u128) -> Run {
    Run {
        id: RunId(number),
        user: draft.user,
        draft: draft.id,
        version: draft.version,
        site: "jira".to_owned(),
        project: draft.project.as_str().to_owned(),
        plan_hash: format!("{number:064x}"),
        run_label: format!("sw-{number}"),
        marker_mode: "run_label".to_owned(),
        idempotency_key: format!("key-{number}"),
        state: RunState::Active,
        reason: None,
        job: JobId(number),
        approved_at: NOW,
        finished_at: None,
        newest_before: None,
        sweep_at: None,
        sweeps: 0,
    }
}

/// A planned item of a run.
#[must_use]
pub fn item(run: &Run, ordinal: u32) -> RunItem {
    RunItem {
        id: ItemId(run.id.0 * 1_000 + u128::from(ordinal)),
        run: run.id,
        ordinal,
        reference: format!("s{}", ordinal + 1),
        parent: None,
        parent_key: None,
        issue_type_id: "10001".to_owned(),
        issue_type: "Story".to_owned(),
        summary: format!("Item {ordinal}"),
        payload: r#"{"fields":{}}"#.to_owned(),
        payload_sha256: "0".repeat(64),
        content_sha256: format!("{ordinal:064x}"),
        marker: Marker::RunLabel(run.run_label.clone()),
        epic_afterwards: false,
        links: Vec::new(),
        state: ItemState::Planned,
        attempts: 0,
        sent_at: None,
        jira_id: None,
        jira_key: None,
        problem: None,
        fields: Vec::new(),
        differences: Vec::new(),
        duplicates: Vec::new(),
        probes: 0,
        next_probe_at: None,
    }
}

/// An entry of the audit log.
#[must_use]
pub fn audit(user: Option<UserId>, action: &str) -> AuditEntry {
    AuditEntry {
        at: NOW,
        user,
        action: action.to_owned(),
        subject: "draft:1".to_owned(),
        detail: String::new(),
        request_id: "request-1".to_owned(),
    }
}

/// A page that was read: number `n` is page `100n` of space `DOC`, version 3.
#[must_use]
pub fn source(number: u32) -> SourceEntry {
    SourceEntry {
        number,
        kind: SourceKind::Page,
        state: SourceState::Read,
        job: None,
        below: Below::None,
        site: "confluence".to_owned(),
        name: format!("{}", 100 * number),
        revision: "3".to_owned(),
        title: format!("Page {number}"),
        space: "DOC".to_owned(),
        url: format!("https://confluence.corp.example/pages/viewpage.action?pageId={}", 100 * number),
        restricted: false,
        chars: 4,
        note: String::new(),
        read_at: NOW,
        rereads: 0,
        removed_at: None,
        checked_at: None,
        newer: None,
        suspicions: Vec::new(),
    }
}

/// Access to the site `jira` with a token.
#[must_use]
pub fn access(user: UserId, credential: &str) -> Access {
    Access {
        user,
        site: Site {
            id: "jira".to_owned(),
            name: "Jira".to_owned(),
            kind: SiteKind::Jira,
            base_url: "https://jira.corp.example/jira".to_owned(),
            allow_http: false,
            allow_loopback: false,
            allow_unverified_tls: false,
            marker_field: None,
            spaces: Vec::new(),
            restricted_spaces: Vec::new(),
            publish_through: None,
        },
        credential: Secret::new(credential.to_owned()),
        tls: TlsTrust::default(),
        request_id: RequestId::from_number(1),
    }
}

/// Puts [`person`] with their Jira connection into a storage.
///
/// # Panics
/// When the storage fails or knows the person.
pub fn signed_up(storage: &dyn Storage, number: u128) -> Person {
    let person = person(number);
    let jira = integration(&person, IntegrationKind::Jira);
    let inserted = storage.write(|tx| tx.insert_person(&person, &format!("hash{number}"), &jira));
    assert_eq!(inserted, Ok::<_, StorageError>(Inserted::New));
    person
}

/// Puts a draft into a storage.
///
/// # Panics
/// When the storage fails.
pub fn kept_draft(storage: &dyn Storage, user: UserId, number: u128) -> Draft {
    let draft = draft(user, number);
    storage.write(|tx| tx.insert_draft(&draft)).unwrap();
    draft
}

/// Puts a job into a storage.
///
/// # Panics
/// When the storage fails.
pub fn kept_job(storage: &dyn Storage, user: UserId, number: u128) -> Job {
    let job = job(user, number);
    storage.write(|tx| tx.insert_job(&job)).unwrap();
    job
}

/// An MCP server over the company's Jira, `mcp-jira`, that takes each person's token.
#[must_use]
pub fn mcp_server(id: &str, purpose: ToolPurpose) -> McpServer {
    let template = if purpose == ToolPurpose::Confluence { "Token {{confluence_pat}}" } else { "Token {{jira_pat}}" };
    McpServer {
        id: id.to_owned(),
        name: format!("Company tools ({id})"),
        purpose,
        url: format!("https://{id}.corp.example/mcp"),
        headers: [("Authorization".to_owned(), template.to_owned())].into(),
        allow_http: false,
        allow_loopback: false,
        projects: Vec::new(),
        spaces: Vec::new(),
    }
}

/// Access of a person to the MCP server `mcp-jira` with this Jira token.
#[must_use]
pub fn tool_access(person: u128, jira_pat: &str) -> ToolAccess {
    ToolAccess {
        user: UserId(person),
        server: mcp_server("mcp-jira", ToolPurpose::Jira),
        secrets: vec![("jira_pat", Secret::new(jira_pat.to_owned()))],
        values: vec![("jira_url", "https://jira.corp.example".to_owned())],
        tls: TlsTrust::default(),
        request_id: RequestId::from_number(1),
    }
}

/// A tool that takes any object.
#[must_use]
pub fn tool(name: &str, description: &str) -> ToolDefinition {
    let schema = r#"{"type":"object"}"#;
    let text = |raw: &str| serde_json::Value::from(raw).to_string();
    ToolDefinition {
        name: name.to_owned(),
        title: String::new(),
        description: description.to_owned(),
        input_schema: schema.to_owned(),
        hints: ToolHints::default(),
        canonical: format!(r#"{{"description":{},"inputSchema":{schema},"name":{}}}"#, text(description), text(name)),
    }
}

/// What a server offers that sets no time and speaks to nobody else.
#[must_use]
pub fn tool_list(tools: Vec<ToolDefinition>) -> ToolList {
    ToolList {
        tools,
        refused: Vec::new(),
        ttl_ms: None,
        scope: CacheScope::Private,
        protocol: "2026-07-28".to_owned(),
        server: "Company tools 1.0".to_owned(),
    }
}

/// A tool of a kept list, with one argument.
#[must_use]
pub fn known_tool(name: &str) -> KnownTool {
    KnownTool {
        name: name.to_owned(),
        hash: format!("hash-of-{name}"),
        hints: ToolHints::default(),
        parameters: r#"{"type":"object","properties":{"query":{"type":"string"}},"required":["query"]}"#.to_owned(),
        refused: None,
    }
}

/// A tool of the server `jira` that an administrator approved for reading, in the definition with this hash.
#[must_use]
pub fn approval(tool: &str, hash: &str) -> ToolApproval {
    ToolApproval {
        server: "jira".to_owned(),
        tool: tool.to_owned(),
        hash: hash.to_owned(),
        class: ToolClass::Read,
        words: format!("What “{tool}” does"),
        auto_read: false,
        by: UserId(1),
        by_name: "Person 1 (emp1)".to_owned(),
        at: NOW,
        definition: format!(r#"{{"name":"{tool}"}}"#),
        quarantine: None,
    }
}

/// An issue as somebody writes it into Jira by hand: no mark, no proof.
#[must_use]
pub fn issue_by_hand(issue_type: &str, summary: &str, description: &str) -> NewIssue {
    NewIssue {
        project: "PAY".to_owned(),
        issue_type: issue_type.to_owned(),
        summary: summary.to_owned(),
        description: description.to_owned(),
        labels: Vec::new(),
        components: Vec::new(),
        priority: None,
        story_points: None,
        epic: None,
        placement: Placement::Alone,
        custom_fields: Vec::new(),
        marker: Marker::Manual,
        property: None,
    }
}
