//! Rule sets: the list, the page of one with its form, versions and projects, and what may be done with them.

mod form;
mod judged;
mod preview;

pub use preview::preview;

use super::desk::{Answer, Desk, Form, Params, encoded, part};
use crate::errors::{AppError, FieldProblem, kinds, sentence};
use crate::view::{Choice, Errors, Page, Time, View, errors_of};
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use form::{Shown, Typed, fields};
use serde::{Deserialize, Serialize};
use storywright_application::catalog::list_sites;
use storywright_application::drafts::list_drafts;
use storywright_application::rule_sets::{
    MAX_IMPORT_BYTES, RuleSetError, choose_for_project, create_rule_set, delete_rule_set, kept_rule_set,
    list_rule_sets, may_change, projects_of_rule_set, read_rule_set, restore_rule_set, rule_set_versions,
    save_rule_set,
};
use storywright_domain::jira::ProjectKey;
use storywright_domain::remote::SiteKind;
use storywright_domain::rule_keeping::{KeptRuleSet, RuleSetSummary, RuleSetVersion};
use storywright_domain::rules::RuleSet;

/// The schema of exported rule sets.
const SCHEMA: &str = include_str!("../../../../../config/rule-set.schema.json");

#[derive(Serialize)]
struct RulesPage {
    rule_sets: Vec<Line>,
    next_url: Option<String>,
    import: String,
    errors: Errors,
}

impl View for RulesPage {
    const TEMPLATE: &'static str = "rules.html";
}

impl Page for RulesPage {
    const ACTIVE: &'static str = "rules";
}

#[derive(Serialize)]
struct Line {
    id: String,
    name: String,
    about: String,
    version: u32,
    shipped: bool,
    mine: bool,
    updated: Time,
}

impl Line {
    fn of(desk: &Desk<'_>, kept: RuleSetSummary) -> Self {
        let told = kept.outline;
        let mut about = vec![format!("at most {} points", told.max_story_points)];
        let counts = [
            (told.severities, "severities set"),
            (told.forbidden_words, "words not used"),
            (told.patterns, "patterns"),
            (told.labels, "labels"),
            (told.ready, "conditions of ready"),
        ];
        about.extend(counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
        Self {
            id: kept.id,
            name: kept.name,
            about: about.join(" · "),
            version: kept.version,
            shipped: kept.shipped,
            mine: kept.keeper == Some(desk.who.actor.user()),
            updated: desk.time(kept.updated_at),
        }
    }
}

#[derive(Serialize)]
struct RulePage {
    /// Empty for a new one.
    id: String,
    form: Shown,
    version: u32,
    shipped: bool,
    changeable: bool,
    errors: Errors,
    versions: Vec<VersionLine>,
    projects: Vec<ProjectLine>,
    sites: Vec<Choice>,
    administrator: bool,
    drafts: Vec<Choice>,
}

impl View for RulePage {
    const TEMPLATE: &'static str = "rule_set.html";
}

impl Page for RulePage {
    const ACTIVE: &'static str = "rules";
}

/// The form alone.
#[derive(Serialize)]
#[serde(transparent)]
struct RuleForm(RulePage);

impl View for RuleForm {
    const TEMPLATE: &'static str = "fragments/rule_form.html";
}

#[derive(Serialize)]
struct VersionLine {
    number: u32,
    author: String,
    note: String,
    at: Time,
    current: bool,
}

#[derive(Serialize)]
struct ProjectLine {
    site: String,
    site_name: String,
    project: String,
}

/// Where a new rule set begins.
#[derive(Deserialize)]
pub struct From {
    #[serde(default)]
    from: String,
}

/// Where a part of the list begins.
#[derive(Deserialize)]
pub struct Place {
    cursor: Option<String>,
}

/// The version that the person saw.
#[derive(Deserialize)]
pub struct Seen {
    #[serde(default)]
    version: u32,
}

/// A text to be imported.
#[derive(Deserialize)]
pub struct Imported {
    #[serde(default)]
    json: String,
}

/// A project and what it begins with.
#[derive(Deserialize)]
pub struct Chosen {
    #[serde(default)]
    site: String,
    #[serde(default)]
    project: String,
    #[serde(default)]
    remove: String,
}

/// The list.
pub async fn list(me: SignedIn, place: Params<Place>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| desk.page(&lines(desk, place.0.cursor.as_deref(), String::new(), Errors::new())?)).await
}

fn lines(desk: &Desk<'_>, cursor: Option<&str>, import: String, errors: Errors) -> Result<RulesPage, AppError> {
    let found = list_rule_sets(desk.ports, cursor)?;
    let next_url = found.next.map(|next| format!("/rules?cursor={}", encoded(&next)));
    Ok(RulesPage {
        rule_sets: found.items.into_iter().map(|kept| Line::of(desk, kept)).collect(),
        next_url,
        import,
        errors,
    })
}

/// The form of a new one, blank or as another.
pub async fn new(me: SignedIn, from: Params<From>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        let copied = kept_rule_set(desk.ports, &from.0.from)?;
        let name = copied.as_ref().map(|kept| format!("{} (copy)", kept.rules.name)).unwrap_or_default();
        let rules = copied.map(|kept| kept.rules).unwrap_or_default();
        desk.page(&of_new(desk, &RuleSet { id: String::new(), name, ..rules }, Errors::new())?)
    })
    .await
}

fn of_new(desk: &Desk<'_>, rules: &RuleSet, errors: Errors) -> Result<RulePage, AppError> {
    Ok(RulePage {
        id: String::new(),
        form: Shown::of(rules, &errors),
        version: 0,
        shipped: false,
        changeable: true,
        errors,
        versions: Vec::new(),
        projects: Vec::new(),
        sites: Vec::new(),
        administrator: false,
        drafts: drafts_to_try(desk)?,
    })
}

/// The page of one.
pub async fn page(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = part(me.request(), "id");
    me.serve(move |desk| {
        let kept = kept_rule_set(desk.ports, &id)?.ok_or(RuleSetError::NotFound)?;
        desk.page(&of_kept(desk, &kept, &kept.rules, Errors::new())?)
    })
    .await
}

fn of_kept(desk: &Desk<'_>, kept: &KeptRuleSet, rules: &RuleSet, errors: Errors) -> Result<RulePage, AppError> {
    let id = kept.rules.id.as_str();
    let sites = list_sites(desk.ports, SiteKind::Jira);
    let line = |version: RuleSetVersion| VersionLine {
        current: version.number == kept.version,
        number: version.number,
        author: if version.author.is_empty() { "The configuration".to_owned() } else { version.author },
        note: version.note,
        at: desk.time(version.saved_at),
    };
    let name = |site: &str| sites.iter().find(|one| one.id == site).map_or(site, |one| &one.name).to_owned();
    Ok(RulePage {
        id: id.to_owned(),
        form: Shown::of(rules, &errors),
        version: kept.version,
        shipped: kept.shipped,
        changeable: may_change(&desk.who.actor, kept.shipped, kept.keeper),
        errors,
        versions: rule_set_versions(desk.ports, id, None)?.items.into_iter().map(line).collect(),
        projects: projects_of_rule_set(desk.ports, id)?
            .into_iter()
            .map(|one| ProjectLine {
                site_name: name(&one.site),
                site: one.site,
                project: one.project.as_str().to_owned(),
            })
            .collect(),
        sites: sites.iter().map(|site| Choice::new(&site.id, &site.name)).collect(),
        administrator: desk.who.actor.as_administrator().is_some(),
        drafts: drafts_to_try(desk)?,
    })
}

fn drafts_to_try(desk: &Desk<'_>) -> Result<Vec<Choice>, AppError> {
    let drafts = list_drafts(desk.ports, &desk.who.actor, None, None)?.items;
    Ok(drafts.iter().map(|draft| Choice::new(&draft.id.to_string(), &draft.title)).collect())
}

/// Stores a new one.
pub async fn create(me: SignedIn, sent: Form<Vec<(String, String)>>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        let typed = Typed(sent.0);
        let (rules, unread) = typed.rules("");
        let made = match unread.is_empty() {
            true => create_rule_set(desk.ports, &desk.who.actor, rules.clone(), typed.one("note")),
            false => Err(RuleSetError::Invalid(unread)),
        };
        match made {
            Ok(kept) => desk.go_and_say(&format!("/rules/{}", kept.rules.id), "ok", "The rule set is stored."),
            Err(error) => {
                let view = of_new(desk, &rules, problems(error, &rules)?)?;
                refused(desk, view, &typed)
            }
        }
    })
    .await
}

/// Saves the next version.
pub async fn save(me: SignedIn, sent: Form<Vec<(String, String)>>) -> Result<HttpResponse, AppError> {
    let id = part(me.request(), "id");
    me.serve(move |desk| {
        let typed = Typed(sent.0);
        let (rules, unread) = typed.rules(&id);
        let expected = typed.one("version").parse().unwrap_or(0);
        let saved = match unread.is_empty() {
            true => save_rule_set(desk.ports, &desk.who.actor, rules.clone(), expected, typed.one("note")),
            false => Err(RuleSetError::Invalid(unread)),
        };
        match saved {
            Ok(kept) => {
                let words = format!("Version {} counts from now on, also for drafts that exist.", kept.version);
                desk.go_and_say(&format!("/rules/{id}"), "ok", &words)
            }
            Err(error @ (RuleSetError::Invalid(_) | RuleSetError::Conflict(_))) => {
                let kept = kept_rule_set(desk.ports, &id)?.ok_or(RuleSetError::NotFound)?;
                let view = of_kept(desk, &kept, &rules, problems(error, &rules)?)?;
                refused(desk, view, &typed)
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

/// The messages of what was wrong with a form; other failures have a page of their own.
fn problems(error: RuleSetError, rules: &RuleSet) -> Result<Errors, AppError> {
    match error {
        RuleSetError::Conflict(stored) => {
            let words = format!(
                "Version {} was saved meanwhile. Nothing of yours is lost: look at what is stored in another tab, then save again \
                 to put this in its place.",
                stored.version
            );
            Ok(Errors::from([("form".to_owned(), words)]))
        }
        error @ (RuleSetError::Invalid(_) | RuleSetError::TooMany) => {
            let names = fields(rules);
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            Ok(errors_of(&error.into(), &names))
        }
        error => Err(error.into()),
    }
}

/// The form with its problems and everything that was typed.
fn refused(desk: &Desk<'_>, mut view: RulePage, typed: &Typed) -> Result<Answer, AppError> {
    view.form = view.form.with_typed(typed);
    let answer = if desk.visit.htmx { desk.fragment(&RuleForm(view))? } else { desk.page(&view)? };
    Ok(answer.with_status(StatusCode::UNPROCESSABLE_ENTITY))
}

/// Stores what was exported somewhere.
pub async fn import(me: SignedIn, sent: Form<Imported>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        let read = read_rule_set(desk.ports, &sent.0.json);
        match read.and_then(|rules| create_rule_set(desk.ports, &desk.who.actor, rules, "imported")) {
            Ok(kept) => desk.go_and_say(&format!("/rules/{}", kept.rules.id), "ok", "The rule set is imported."),
            Err(error @ (RuleSetError::Invalid(_) | RuleSetError::Conflict(_) | RuleSetError::TooMany)) => {
                let error = AppError::from(error);
                let message = |problem: &FieldProblem| match problem.field.as_str() {
                    "json" => problem.message.clone(),
                    key => format!("{key}: {}", problem.message),
                };
                let mut words: Vec<String> = error.errors.iter().map(message).collect();
                if words.is_empty() {
                    words.push(error.detail());
                }
                let errors = Errors::from([("json".to_owned(), words.join(" "))]);
                let view = lines(desk, None, sent.0.json, errors)?;
                Ok(desk.page(&view)?.with_status(StatusCode::UNPROCESSABLE_ENTITY))
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

/// A rule set as a file.
pub async fn export(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = part(me.request(), "id");
    let rules = me
        .run(move |ports, _| match kept_rule_set(ports, &id)? {
            Some(kept) => Ok(kept.rules),
            None => Err(AppError::from(RuleSetError::NotFound)),
        })
        .await?;
    let text = serde_json::to_string_pretty(&rules).map_err(AppError::internal)?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}.json\"", rules.id)))
        .body(text + "\n"))
}

/// The schema of such files.
pub async fn schema(me: SignedIn) -> Result<HttpResponse, AppError> {
    me.run(|_, _| Ok::<_, AppError>(())).await?;
    Ok(HttpResponse::Ok().content_type("application/schema+json").body(SCHEMA))
}

/// Makes an older version the newest.
pub async fn restore(me: SignedIn, seen: Form<Seen>) -> Result<HttpResponse, AppError> {
    let (id, number) = (part(me.request(), "id"), part(me.request(), "number"));
    me.serve(move |desk| {
        let number = number.parse().map_err(|_| AppError::from(RuleSetError::NoSuchVersion(0)))?;
        let (tone, words) = match restore_rule_set(desk.ports, &desk.who.actor, &id, seen.0.version, number) {
            Ok(kept) => ("ok", format!("Version {number} counts again, as version {}.", kept.version)),
            Err(error @ RuleSetError::Conflict(_)) => ("bad", AppError::from(error).detail()),
            Err(error) => return Err(error.into()),
        };
        desk.go_and_say(&format!("/rules/{id}"), tone, &words)
    })
    .await
}

/// Removes one that nothing has.
pub async fn delete(me: SignedIn, seen: Form<Seen>) -> Result<HttpResponse, AppError> {
    let id = part(me.request(), "id");
    me.serve(move |desk| match delete_rule_set(desk.ports, &desk.who.actor, &id, seen.0.version) {
        Ok(()) => desk.go_and_say("/rules", "ok", "The rule set is removed."),
        Err(error @ (RuleSetError::InUse | RuleSetError::Conflict(_))) => {
            desk.go_and_say(&format!("/rules/{id}"), "bad", &sentence(&error.to_string()))
        }
        Err(error) => Err(error.into()),
    })
    .await
}

/// Lets new drafts of a project begin with it, or no more.
pub async fn choose(me: SignedIn, chosen: Form<Chosen>) -> Result<HttpResponse, AppError> {
    let id = part(me.request(), "id");
    me.serve(move |desk| {
        let by = desk.who.actor.as_administrator().ok_or_else(AppError::administrators_only)?;
        let Chosen { site, project, remove } = chosen.0;
        let place = format!("/rules/{id}");
        if !list_sites(desk.ports, SiteKind::Jira).iter().any(|one| one.id == site) {
            return Err(AppError::new(&kinds::INVALID_BODY, "There is no such site", "Choose one of the list"));
        }
        let project = match ProjectKey::parse(project.trim()) {
            Ok(project) => project,
            Err(error) => return desk.go_and_say(&place, "bad", &sentence(&error.to_string())),
        };
        let rule_set = remove.is_empty().then_some(id.as_str());
        choose_for_project(desk.ports, by, &site, &project, rule_set)?;
        let words = match rule_set {
            Some(_) => format!("New drafts of {} begin with this rule set.", project.as_str()),
            None => format!("{} begins with the default again.", project.as_str()),
        };
        desk.go_and_say(&place, "ok", &words)
    })
    .await
}

/// Largest body of an import: the text, percent-encoded.
pub const IMPORT: usize = 3 * MAX_IMPORT_BYTES;
