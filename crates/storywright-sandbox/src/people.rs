//! The people of the company: who they are, what they may do, and their credentials.

use serde::{Deserialize, Serialize};

/// One employee with the accounts that the company's services keep for them.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Person {
    /// Short handle used by tests and the back door, as in `alice`.
    pub handle: String,
    /// Employee ID and Jira user name, as in `E10234`.
    pub employee_id: String,
    /// Jira's stable user key, as in `JIRAUSER10100`.
    pub jira_key: String,
    /// Name as people read it.
    pub display_name: String,
    /// Work e-mail address.
    pub email: String,
    /// Time zone that Jira reports.
    pub time_zone: String,
    /// Language that Jira reports, as in `en_US`.
    pub locale: String,
    /// False for people whose Jira account was switched off.
    pub active: bool,
    /// True for people whose Jira account was deleted.
    pub deleted: bool,
    /// Member of `jira-administrators`, may do everything.
    pub admin: bool,
    /// Password for basic authentication on Jira and Confluence.
    pub password: String,
    /// Personal access token of the Jira account; with `-new` behind it, a second one.
    pub jira_pat: String,
    /// The Confluence account; its credential is a PAT.
    pub confluence: Account,
    /// The LLM account; its credential is a cookie as a browser would send it, `name=value`.
    pub llm: Account,
    /// What the person may do, per Jira project.
    pub rights: Vec<ProjectRights>,
}

/// An account in Confluence or the LLM service.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Account {
    /// Employee ID that this service has on file; differs from Jira's for one seeded person.
    pub employee_id: String,
    /// The service's own key of the user.
    pub user_key: String,
    /// PAT or cookie.
    pub credential: String,
}

/// Rights in one Jira project.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct ProjectRights {
    /// Project key.
    pub project: String,
    /// May see the project and its issues.
    pub browse: bool,
    /// May create issues.
    pub create: bool,
    /// May edit, link, comment and move issues through the workflow.
    pub edit: bool,
    /// May delete issues.
    pub delete: bool,
}

impl Person {
    fn right(&self, project: &str, pick: impl Fn(&ProjectRights) -> bool) -> bool {
        self.admin || self.rights.iter().any(|r| r.project == project && pick(r))
    }

    /// May see `project`.
    pub(crate) fn may_browse(&self, project: &str) -> bool {
        self.right(project, |r| r.browse)
    }

    /// May create issues in `project`.
    pub(crate) fn may_create(&self, project: &str) -> bool {
        self.right(project, |r| r.browse && r.create)
    }

    /// May change issues of `project`.
    pub(crate) fn may_edit(&self, project: &str) -> bool {
        self.right(project, |r| r.browse && r.edit)
    }

    /// May delete issues of `project`.
    pub(crate) fn may_delete(&self, project: &str) -> bool {
        self.right(project, |r| r.browse && r.delete)
    }
}

/// Everybody who is seeded, in the order of their employee IDs.
pub(crate) fn seeded() -> Vec<Person> {
    vec![
        Person { admin: true, ..person("ada", 10001, "JIRAUSER10000", "Ada Byron", &[]) },
        person("alice", 10234, "JIRAUSER10100", "Alice Meyer", &[full("PAY"), full("OPS"), full("FR")]),
        person("bob", 10235, "JIRAUSER10101", "Bob Tanaka", &[no_delete("PAY")]),
        Person { active: false, ..person("carol", 10236, "JIRAUSER10102", "Carol Okafor", &[full("PAY")]) },
        Person {
            active: false,
            deleted: true,
            ..person("dave", 10237, "JIRAUSER10103", "Dave Lindqvist", &[full("PAY")])
        },
        with_foreign_accounts(person("erin", 10238, "JIRAUSER10104", "Erin Castellanos", &[full("PAY")])),
        person("frank", 10239, "JIRAUSER10105", "Frank Dubois", &[read_only("PAY"), read_only("OPS"), read_only("FR")]),
    ]
}

fn person(handle: &str, number: u32, jira_key: &str, display_name: &str, rights: &[ProjectRights]) -> Person {
    let employee_id = format!("E{number}");
    let shout = handle.to_ascii_uppercase();
    Person {
        handle: handle.to_owned(),
        jira_key: jira_key.to_owned(),
        display_name: display_name.to_owned(),
        email: format!("{}@example.com", display_name.to_lowercase().replace(' ', ".")),
        time_zone: "UTC".to_owned(),
        locale: "en_US".to_owned(),
        active: true,
        deleted: false,
        admin: false,
        password: format!("{handle}-sandbox-password"),
        jira_pat: format!("SBXJIRA{shout}{number:0>32}"),
        confluence: Account {
            employee_id: employee_id.clone(),
            user_key: format!("8a8181{number:0>26}"),
            credential: format!("SBXCONF{shout}{number:0>32}"),
        },
        llm: Account {
            employee_id: employee_id.clone(),
            user_key: format!("llm-{number}"),
            credential: format!("llm_session=SBXLLM{shout}{number:0>32}"),
        },
        employee_id,
        rights: rights.to_vec(),
    }
}

fn with_foreign_accounts(person: Person) -> Person {
    Person {
        confluence: Account { employee_id: "E20999".to_owned(), ..person.confluence },
        llm: Account { employee_id: "E20998".to_owned(), ..person.llm },
        ..person
    }
}

fn full(project: &str) -> ProjectRights {
    ProjectRights { project: project.to_owned(), browse: true, create: true, edit: true, delete: true }
}

fn no_delete(project: &str) -> ProjectRights {
    ProjectRights { delete: false, ..full(project) }
}

fn read_only(project: &str) -> ProjectRights {
    ProjectRights { create: false, edit: false, delete: false, ..full(project) }
}
