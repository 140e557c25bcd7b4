//! The promises of [`Jira`], for every site: Data Center, Cloud, and the fake.

use storywright_domain::jira::{
    CreateOutcome, FieldKind, IssueLink, IssueText, IssueWords, Marker, NewIssue, NewLink, Placement, ProjectKey,
};
use storywright_domain::ports::Jira;
use storywright_domain::remote::{Access, RemoteError};
use storywright_domain::story::FieldValue;

/// A site with a person who may create issues in a project.
pub struct JiraFixture {
    /// Access of the person.
    pub access: Access,
    /// The same with a credential that is nobody's.
    pub wrong: Access,
    /// A project in which the person may create; issues of an earlier run may be there.
    pub project: ProjectKey,
    /// Id of a type whose create screen has labels, a description, a priority, and a place for an epic.
    pub story: String,
    /// Id of a type for sub-tasks.
    pub subtask: String,
    /// Id of a type for epics.
    pub epic: String,
    /// Field of the story that names its epic: Epic Link, or `parent`.
    pub epic_field: String,
    /// Text field for marks on the screen of the story, when there is one.
    pub mark_field: Option<String>,
    /// Beginning of a name, and the display name of the one person that it finds.
    pub somebody: (String, String),
}

/// Name of the property that the contract uses.
const PROPERTY: &str = "origin.storywright";

/// Checks that a [`Jira`] keeps its promises.
///
/// # Panics
/// When a promise is broken.
pub fn jira_contract(jira: &dyn Jira, site: &JiraFixture) {
    a_wrong_credential_is_nobody(jira, site);
    types_and_fields_are_told(jira, site);
    issues_are_created_found_and_read(jira, site);
    marks_are_found(jira, site);
    what_is_not_there_is_none(jira, site);
    web_links_are_upserted(jira, site);
    words_of_an_issue_change_once(jira, site);
    issues_are_linked_in_one_direction(jira, site);
    epics_hold_issues(jira, site);
    what_was_dropped_or_changed_is_told(jira, site);
    words_are_searched_as_they_stand(jira, site);
    people_are_picked(jira, site);
}

fn issue(site: &JiraFixture, summary: &str, run: &str, item: &str) -> NewIssue {
    NewIssue {
        project: site.project.as_str().to_owned(),
        issue_type: site.story.clone(),
        summary: summary.to_owned(),
        description: "**As a** tester, **I want** {braces}\n\n- one\n- two".to_owned(),
        labels: vec!["contract".to_owned()],
        components: Vec::new(),
        priority: None,
        story_points: None,
        epic: None,
        placement: Placement::Alone,
        custom_fields: Vec::new(),
        marker: Marker::RunLabel(run.to_owned()),
        property: Some((PROPERTY.to_owned(), format!(r#"{{"v":1,"run":"{run}","item":"{item}"}}"#))),
    }
}

#[track_caller]
fn create(jira: &dyn Jira, site: &JiraFixture, issue: &NewIssue, parent: Option<&str>) -> (String, String, String) {
    let (payload, _) = jira.render(issue);
    match jira.create(&site.access, &payload, parent) {
        CreateOutcome::Created { id, key } => (id, key, payload),
        other => panic!("not created: {other:?}\n{payload}"),
    }
}

fn number(key: &str) -> u64 {
    key.rsplit_once('-').unwrap().1.parse().unwrap()
}

fn a_wrong_credential_is_nobody(jira: &dyn Jira, site: &JiraFixture) {
    let (wrong, project) = (&site.wrong, site.project.as_str());
    let first = format!("{project}-1");
    let user = jira.current_user(&site.access).expect("the person");
    assert!(user.active && !user.deleted && !user.key.is_empty() && !user.name.is_empty());
    let link = NewLink { link_type: "Blocks".to_owned(), from: first.clone(), to: first.clone() };
    let refusals: Vec<(&str, Option<RemoteError>)> = vec![
        ("current_user", jira.current_user(wrong).err()),
        ("projects", jira.projects(wrong).err()),
        ("issue_types", jira.issue_types(wrong, &site.project).err()),
        ("create_fields", jira.create_fields(wrong, &site.project, &site.story).err()),
        ("issue", jira.issue(wrong, &first, None).err()),
        ("issue_detail", jira.issue_detail(wrong, &first).err()),
        ("update", jira.update(wrong, "10001", r#"{"fields":{"summary":"x"}}"#).err()),
        ("marked", jira.marked(wrong, project, &label("x")).err()),
        ("newest_number", jira.newest_number(wrong, project).err()),
        ("verify", jira.verify(wrong, "10001", r#"{"fields":{"summary":"x"}}"#, None).err()),
        ("link_types", jira.link_types(wrong).err()),
        ("links", jira.links(wrong, &first).err()),
        ("link", jira.link(wrong, &link).err()),
        ("put_in_epic", jira.put_in_epic(wrong, &first, &first).err()),
        ("similar", jira.similar(wrong, project, &["x".to_owned()], 5).err()),
        ("users", jira.users(wrong, project, "").err()),
        ("epics", jira.epics(wrong, project, "").err()),
        ("remote_link", jira.remote_link(wrong, &first, "g", "https://wiki.corp/x", "t").err()),
    ];
    for (call, error) in refusals {
        let error = error.unwrap_or_else(|| panic!("{call} was answered to nobody"));
        assert_eq!(error.code(), "credential_refused", "{call}: {error:?}");
    }
    let (payload, _) = jira.render(&issue(site, "Nobody's", "aid-nobody", "s1"));
    let outcome = jira.create(wrong, &payload, None);
    assert!(matches!(outcome, CreateOutcome::AuthLost { .. }), "{outcome:?}");
    assert!(jira.marked(&site.access, project, &label("aid-nobody")).unwrap().is_empty());
}

fn label(text: &str) -> Marker {
    Marker::RunLabel(text.to_owned())
}

fn types_and_fields_are_told(jira: &dyn Jira, site: &JiraFixture) {
    let projects = jira.projects(&site.access).expect("projects");
    assert!(projects.iter().any(|project| project.key == site.project.as_str()));
    assert!(projects.is_sorted_by(|a, b| a.key <= b.key));
    let types = jira.issue_types(&site.access, &site.project).expect("types");
    let find = |id: &str| types.iter().find(|kind| kind.id == id).expect("the type");
    assert!(!find(&site.story).subtask && find(&site.subtask).subtask && !find(&site.epic).subtask);
    let fields = jira.create_fields(&site.access, &site.project, &site.story).expect("fields");
    let kind = |id: &str| fields.iter().find(|field| field.id == id).map(|field| &field.kind);
    assert_eq!(kind("summary"), Some(&FieldKind::Text));
    assert_eq!(kind("labels"), Some(&FieldKind::Labels));
    assert!(matches!(kind(&site.epic_field), Some(FieldKind::EpicLink | FieldKind::Parent)), "{fields:?}");
    let ids: Vec<&str> = fields.iter().map(|field| field.id.as_str()).collect();
    assert!(ids.iter().enumerate().all(|(place, id)| !ids[..place].contains(id)), "each field once: {ids:?}");
    let subtask = jira.create_fields(&site.access, &site.project, &site.subtask).expect("fields");
    assert!(subtask.iter().any(|field| field.kind == FieldKind::Parent));
    // An epic is known by its type or by the field that only epics have.
    let epic = jira.create_fields(&site.access, &site.project, &site.epic).expect("fields");
    assert!(find(&site.epic).epic || epic.iter().any(|field| field.kind == FieldKind::EpicName));
    assert!(!find(&site.story).epic && fields.iter().all(|field| field.kind != FieldKind::EpicName));
}

fn issues_are_created_found_and_read(jira: &dyn Jira, site: &JiraFixture) {
    let run = "aid-contract0001";
    let story = issue(site, "Contract story", run, "s1");
    let (payload, description) = jira.render(&story);
    assert_eq!(jira.render(&story), (payload.clone(), description.clone()), "the same issue gives the same bytes");
    assert!(!payload.contains("@parent"));
    let (id, key, _) = create(jira, site, &story, None);

    let child = NewIssue {
        issue_type: site.subtask.clone(),
        placement: Placement::UnderParent,
        ..issue(site, "Child", run, "s1.1")
    };
    let (payload, _) = jira.render(&child);
    assert!(payload.contains(r#""parent":{"key":"@parent"}"#), "{payload}");
    assert!(matches!(jira.create(&site.access, &payload, None), CreateOutcome::NotSent { .. }), "no parent yet");
    let (child_id, child_key, payload) = create(jira, site, &child, Some(&key));
    assert_eq!(jira.verify(&site.access, &child_id, &payload, Some(&key)), Ok(Some(Vec::new())));

    let read = jira.issue(&site.access, &key, Some(PROPERTY)).unwrap().expect("the story");
    assert_eq!((read.id.as_str(), read.key.as_str()), (id.as_str(), key.as_str()));
    assert_eq!((read.summary.as_str(), read.description.as_str()), ("Contract story", description.as_str()));
    assert!(read.labels.iter().any(|label| label == run) && read.labels.iter().any(|label| label == "contract"));
    let property: serde_json::Value = serde_json::from_str(&read.property.expect("the proof")).unwrap();
    assert_eq!(property["item"], "s1");
    assert_eq!(jira.issue(&site.access, &id, None).unwrap().expect("by id").key, key);
    let child = jira.issue(&site.access, &child_key, None).unwrap().expect("the child");
    assert_eq!((child.parent.as_deref(), child.property), (Some(key.as_str()), None));

    let found = jira.marked(&site.access, site.project.as_str(), &label(run)).unwrap();
    let keys: Vec<&str> = found.iter().map(|issue| issue.key.as_str()).collect();
    assert_eq!(keys, [child_key.as_str(), key.as_str()], "newest first");
    let newest = jira.newest_number(&site.access, site.project.as_str()).unwrap();
    assert_eq!(newest, Some(number(&child_key)));
}

/// More issues than a small page holds, so that pages are followed.
fn marks_are_found(jira: &dyn Jira, site: &JiraFixture) {
    let project = site.project.as_str();
    let mut marks = vec![Marker::RunLabel("aid-marks0001".to_owned()), Marker::Footer("aidmarks0002".to_owned())];
    marks.extend(site.mark_field.iter().map(|id| Marker::Field { id: id.clone(), value: "aidmarks0003".to_owned() }));
    for mark in &marks {
        let marked = NewIssue { marker: mark.clone(), ..issue(site, "Marked", "", "s1") };
        let created: Vec<String> = (0..5).map(|_| create(jira, site, &marked, None).1).collect();
        let found = jira.marked(&site.access, project, mark).unwrap();
        let keys: Vec<&str> = found.iter().map(|issue| issue.key.as_str()).collect();
        assert_eq!(keys, created.iter().rev().map(String::as_str).collect::<Vec<_>>(), "{mark:?}");
    }
    assert!(jira.marked(&site.access, project, &Marker::Footer("aidnone".to_owned())).unwrap().is_empty());
    assert!(jira.marked(&site.access, project, &Marker::Manual).unwrap().is_empty());
}

fn what_is_not_there_is_none(jira: &dyn Jira, site: &JiraFixture) {
    let project = site.project.as_str();
    let missing = format!("{project}-999999");
    assert_eq!(jira.issue(&site.access, &missing, None).unwrap(), None);
    assert!(jira.marked(&site.access, project, &label("aid-none")).unwrap().is_empty());
    let (payload, _) = jira.render(&issue(site, "x", "aid-none", "s1"));
    assert_eq!(jira.verify(&site.access, "99999999", &payload, None), Ok(None));
    assert_eq!(jira.links(&site.access, &missing), Err(RemoteError::NotFound));
    assert!(jira.put_in_epic(&site.access, &missing, &missing).is_err());
}

fn web_links_are_upserted(jira: &dyn Jira, site: &JiraFixture) {
    let found = jira.marked(&site.access, site.project.as_str(), &label("aid-contract0001")).unwrap();
    for title in ["first", "second"] {
        jira.remote_link(&site.access, &found[0].key, "inst:item", "https://wiki.corp/x", title).expect("linked");
    }
    let missing = format!("{}-999999", site.project.as_str());
    let error = jira.remote_link(&site.access, &missing, "inst:item", "https://wiki.corp/x", "t").unwrap_err();
    assert_eq!(error, RemoteError::NotFound);
}

fn words_of_an_issue_change_once(jira: &dyn Jira, site: &JiraFixture) {
    let (id, key, _) = create(jira, site, &issue(site, "Old words", "aid-words-of", "s1"), None);
    let before = jira.issue_detail(&site.access, &key).unwrap().expect("by key");
    assert_eq!((before.issue.id.as_str(), before.project.as_str()), (id.as_str(), site.project.as_str()));
    assert_eq!((before.issue_type.id.as_str(), before.issue_type.subtask), (site.story.as_str(), false));
    assert!(before.editable && !before.issue_type.epic && !before.updated.is_empty(), "{before:?}");
    assert!(before.markdown.contains("- one\n- two"), "{}", before.markdown);

    let words = IssueWords {
        summary: "New words".to_owned(),
        description: IssueText::Markdown("Now with **emphasis**, {braces} and\n\n- a list".to_owned()),
    };
    let (payload, description) = jira.render_words(&words);
    assert_eq!(jira.render_words(&words), (payload.clone(), description.clone()), "the same words give the same bytes");
    assert!(!jira.verify(&site.access, &id, &payload, None).unwrap().expect("there").is_empty(), "not yet");
    jira.update(&site.access, &id, &payload).expect("changed");
    assert_eq!(jira.verify(&site.access, &id, &payload, None), Ok(Some(Vec::new())));
    let after = jira.issue_detail(&site.access, &id).unwrap().expect("by id");
    assert_eq!((after.issue.summary.as_str(), after.issue.description.as_str()), ("New words", description.as_str()));
    assert_ne!(after.updated, before.updated, "a change is told");
    assert_eq!(after.issue.labels, before.issue.labels, "nothing else is touched");

    // What was there goes back as it was, byte for byte.
    let old = IssueWords {
        summary: before.issue.summary.clone(),
        description: IssueText::Stored(before.issue.description.clone()),
    };
    let (payload, stored) = jira.render_words(&old);
    assert_eq!(stored, before.issue.description);
    jira.update(&site.access, &id, &payload).expect("put back");
    let back = jira.issue_detail(&site.access, &key).unwrap().expect("there");
    assert_eq!(back.issue, before.issue);

    let missing = format!("{}-999999", site.project.as_str());
    assert_eq!(jira.issue_detail(&site.access, &missing), Ok(None));
    assert_eq!(jira.update(&site.access, "99999999", &payload), Err(RemoteError::NotFound));
}

fn issues_are_linked_in_one_direction(jira: &dyn Jira, site: &JiraFixture) {
    let types = jira.link_types(&site.access).unwrap();
    let blocks = types.iter().find(|kind| kind.outward == "blocks").expect("a type that blocks");
    assert_eq!(blocks.inward, "is blocked by");
    let (one_id, one, _) = create(jira, site, &issue(site, "First", "aid-links", "s1"), None);
    let (other_id, other, _) = create(jira, site, &issue(site, "Second", "aid-links", "s2"), None);
    assert_eq!(jira.links(&site.access, &one), Ok(Vec::new()));
    let link = NewLink { link_type: blocks.name.clone(), from: one.clone(), to: other.clone() };
    jira.link(&site.access, &link).expect("linked");
    let seen = |outward, key: &str, id: &str| IssueLink {
        link_type: blocks.name.clone(),
        outward,
        other_key: key.to_owned(),
        other_id: id.to_owned(),
    };
    assert_eq!(jira.links(&site.access, &one), Ok(vec![seen(true, &other, &other_id)]), "the first blocks the second");
    assert_eq!(jira.links(&site.access, &other), Ok(vec![seen(false, &one, &one_id)]), "the second is blocked");
    assert!(jira.link(&site.access, &NewLink { link_type: "No Such Type".to_owned(), ..link.clone() }).is_err());
    let missing = format!("{}-999999", site.project.as_str());
    assert!(jira.link(&site.access, &NewLink { to: missing, ..link }).is_err());
    assert_eq!(jira.links(&site.access, &one).unwrap().len(), 1);
}

fn epics_hold_issues(jira: &dyn Jira, site: &JiraFixture) {
    let fields = jira.create_fields(&site.access, &site.project, &site.epic).unwrap();
    let name = fields.iter().find(|field| field.kind == FieldKind::EpicName);
    let name = |text: &str| -> Vec<(String, FieldKind, FieldValue)> {
        let value = FieldValue::Text(text.to_owned());
        name.iter().map(|field| (field.id.clone(), field.kind.clone(), value.clone())).collect()
    };
    let epic = |summary: &str| NewIssue {
        issue_type: site.epic.clone(),
        custom_fields: name(summary),
        ..issue(site, summary, "aid-epics", "e1")
    };
    let (_, one, _) = create(jira, site, &epic("Zebra crossings everywhere"), None);
    let (_, other, _) = create(jira, site, &epic("Zebra stables"), None);
    let project = site.project.as_str();
    let found = |query: &str| -> Vec<String> {
        jira.epics(&site.access, project, query).unwrap().into_iter().map(|epic| epic.key).collect()
    };
    assert_eq!(found("zebra"), [other.clone(), one.clone()], "newest first");
    assert_eq!(found("CROSS"), std::slice::from_ref(&one));
    assert_eq!(found(&one), std::slice::from_ref(&one));
    assert!(found("zebra unicorn").is_empty() && found(&format!("{project}-999999")).is_empty());
    assert_eq!(found("")[..2], [other.clone(), one.clone()]);
    assert_eq!(found("(zebra* OR \"x"), Vec::<String>::new(), "no query of its own");

    // In the same call, as the plan has it.
    let placement = Placement::InEpic { field: Some(site.epic_field.clone()) };
    let inside = NewIssue { placement, ..issue(site, "Inside", "aid-epics", "s1") };
    let (id, _, payload) = create(jira, site, &inside, Some(&one));
    assert_eq!(jira.verify(&site.access, &id, &payload, Some(&one)), Ok(Some(Vec::new())));
    let told = jira.verify(&site.access, &id, &payload, Some(&other)).unwrap().expect("it is there");
    let told: Vec<&str> = told.iter().map(|difference| difference.field.as_str()).collect();
    assert_eq!(told, [site.epic_field.as_str()]);

    // Afterwards, and once more.
    let alone = NewIssue { placement: Placement::InEpic { field: None }, ..issue(site, "Later", "aid-epics", "s2") };
    let (id, key, _) = create(jira, site, &alone, None);
    let in_epic = NewIssue { epic: Some((site.epic_field.clone(), one.clone())), ..alone };
    let (wanted, _) = jira.render(&in_epic);
    assert_eq!(jira.verify(&site.access, &id, &wanted, None).unwrap().expect("it is there").len(), 1);
    for _ in 0..2 {
        jira.put_in_epic(&site.access, &one, &key).expect("put in");
        assert_eq!(jira.verify(&site.access, &id, &wanted, None), Ok(Some(Vec::new())));
    }
    assert!(jira.put_in_epic(&site.access, &key, &one).is_err(), "a story is no epic");
}

fn what_was_dropped_or_changed_is_told(jira: &dyn Jira, site: &JiraFixture) {
    let sent = NewIssue { priority: Some("High".to_owned()), ..issue(site, "As sent", "aid-verify", "s1") };
    let (id, _, payload) = create(jira, site, &sent, None);
    assert_eq!(jira.verify(&site.access, &id, &payload, None), Ok(Some(Vec::new())));
    let other = NewIssue {
        summary: "Not as sent".to_owned(),
        priority: Some("Low".to_owned()),
        labels: vec!["contract".to_owned(), "dropped".to_owned()],
        ..sent
    };
    let (payload, _) = jira.render(&other);
    let mut told = jira.verify(&site.access, &id, &payload, None).unwrap().expect("it is there");
    told.sort_by(|a, b| a.field.cmp(&b.field));
    let fields: Vec<&str> = told.iter().map(|difference| difference.field.as_str()).collect();
    assert_eq!(fields, ["labels", "priority", "summary"]);
    assert!(told.iter().all(|difference| !difference.name.is_empty()));
    assert!(told[0].sent.contains("dropped") && !told[0].stored.contains("dropped"), "{told:?}");
    assert_eq!((told[1].sent.as_str(), told[1].stored.as_str()), ("Low", "High"));
    assert_eq!((told[2].sent.as_str(), told[2].stored.as_str()), ("Not as sent", "As sent"));
}

fn words_are_searched_as_they_stand(jira: &dyn Jira, site: &JiraFixture) {
    let (_, key, _) = create(jira, site, &issue(site, "Quokka crossing in C++ [beta]", "aid-words", "s1"), None);
    let find = |words: &[&str]| -> Vec<String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let found = jira.similar(&site.access, site.project.as_str(), &words, 10).unwrap();
        found.into_iter().map(|issue| issue.key).collect()
    };
    assert_eq!(find(&["quokka"]), std::slice::from_ref(&key));
    assert_eq!(find(&["unheard", "QUOKKA"]), std::slice::from_ref(&key), "one of them is enough");
    for special in
        ["quokka?", "(quokka)", "[quokka", "\"quokka", "quokka:", "quokka\\", "~quokka", "+quokka", "quokka!"]
    {
        assert_eq!(find(&[special]), std::slice::from_ref(&key), "{special}");
    }
    for nothing in ["", "()", "\" OR project is not EMPTY OR summary ~ \"zzz", "unheard", "*", "AND"] {
        assert!(!find(&[nothing]).contains(&key), "{nothing}");
    }
    assert!(find(&[]).is_empty());
    assert_eq!(jira.similar(&site.access, site.project.as_str(), &["quokka".to_owned()], 0), Ok(Vec::new()));
}

fn people_are_picked(jira: &dyn Jira, site: &JiraFixture) {
    let project = site.project.as_str();
    let (beginning, name) = &site.somebody;
    let found = jira.users(&site.access, project, beginning).unwrap();
    assert_eq!(found.iter().map(|user| user.display_name.as_str()).collect::<Vec<_>>(), [name.as_str()]);
    assert!(found[0].active && !found[0].name.is_empty());
    assert!(jira.users(&site.access, project, "nobody is called so").unwrap().is_empty());
    let all = jira.users(&site.access, project, "").unwrap();
    assert!(all.contains(&found[0]) && all.len() <= 20);
    // A name that was picked is a value that the site takes.
    let fields = jira.create_fields(&site.access, &site.project, &site.story).unwrap();
    let Some(field) = fields.iter().find(|field| field.id == "assignee") else { return };
    let value = FieldValue::User(found[0].name.clone());
    let assigned = NewIssue {
        custom_fields: vec![(field.id.clone(), field.kind.clone(), value)],
        ..issue(site, "Assigned", "aid-people", "s1")
    };
    let (id, _, payload) = create(jira, site, &assigned, None);
    assert_eq!(jira.verify(&site.access, &id, &payload, None), Ok(Some(Vec::new())));
}
