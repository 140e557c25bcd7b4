//! Before anything is sent: what a create screen demands, what is known of it beyond its own words, and what exists already.

mod asked;
mod learn;
mod marker;
mod similar;
pub mod values;

pub use asked::{Asked, AskedField, FillError, Level, asked_fields, fill_in, prefilled};
pub use learn::{forget, learn};
pub use marker::MarkerChoice;
pub use similar::{SimilarIssue, similar_issues};

use crate::Ports;
use crate::access;
use crate::catalog::CatalogError;
use std::collections::BTreeMap;
use storywright_domain::Millis;
use storywright_domain::jira::{CreateField, IssueType, ProjectKey};
use storywright_domain::person::Actor;
use storywright_domain::ports::{StorageError, StorageExt, Tx};
use storywright_domain::preflight::{LearnedField, Lesson, ScreenPlace};
use storywright_domain::remote::{Access, RemoteError};
use storywright_domain::story::FieldValue;

/// How long a lesson is believed without being seen again. A validator that looks at other fields (`needed when the priority is
/// Highest`) teaches more than is true; what is asked for is filled in, so nothing would ever disprove it.
const BELIEVED: Millis = Millis::hours(30 * 24);

/// A create screen with everything that is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Screen {
    /// The issue type.
    pub issue_type: IssueType,
    /// The fields, in the site's order: what was learned to be required is required, what was learned to have no place is left out.
    pub fields: Vec<CreateField>,
    /// What only refusals revealed, also of fields that the screen does not have.
    pub learned: Vec<LearnedField>,
    /// What the person filled in the last time.
    pub defaults: BTreeMap<String, FieldValue>,
    /// How an issue will be found again whose answer is lost.
    pub marker: MarkerChoice,
}

/// The create screen of an issue type in a project.
///
/// # Errors
/// [`CatalogError`]; [`RemoteError::NotFound`] when the person may not create the type there.
pub fn screen(ports: &Ports, actor: &Actor, project: &ProjectKey, issue_type: &str) -> Result<Screen, CatalogError> {
    let access = access::jira(ports, actor)?;
    let types = ports.jira.issue_types(&access, project)?;
    let issue_type = types.into_iter().find(|kind| kind.id == issue_type).ok_or(RemoteError::NotFound)?;
    let fields = ports.jira.create_fields(&access, project, &issue_type.id)?;
    let place = place(&access, project, &issue_type.id);
    let (learned, defaults) = ports
        .storage
        .read(|tx| Ok::<_, StorageError>((believed(ports, tx, &place)?, tx.field_defaults(actor.user(), &place)?)))?;
    let fields = merged(fields, &learned);
    let marker = MarkerChoice::of(&access.site, &fields);
    Ok(Screen { issue_type, fields, learned, defaults, marker })
}

/// The fields of a create screen with what was learned of it, for plans and prompts.
///
/// # Errors
/// [`CatalogError`].
pub fn fields(
    ports: &Ports,
    access: &Access,
    project: &ProjectKey,
    issue_type: &str,
) -> Result<Vec<CreateField>, CatalogError> {
    let fields = ports.jira.create_fields(access, project, issue_type)?;
    let place = place(access, project, issue_type);
    let learned = ports.storage.read(|tx| believed(ports, tx, &place))?;
    Ok(merged(fields, &learned))
}

/// Keeps what the person filled in on a create screen, in place of what was kept before.
///
/// # Errors
/// [`StorageError`].
pub fn remember_defaults(
    ports: &Ports,
    actor: &Actor,
    project: &ProjectKey,
    issue_type: &str,
    values: &BTreeMap<String, FieldValue>,
) -> Result<(), StorageError> {
    let now = ports.clock.now();
    ports.storage.write(|tx| {
        // Without a connection there is no site to remember anything of.
        let Some(jira) = tx.integration(actor.user(), storywright_domain::integration::IntegrationKind::Jira)? else {
            return Ok(());
        };
        let place =
            ScreenPlace { site: jira.target, project: project.as_str().to_owned(), issue_type: issue_type.to_owned() };
        tx.set_field_defaults(actor.user(), &place, values, now)
    })
}

fn place(access: &Access, project: &ProjectKey, issue_type: &str) -> ScreenPlace {
    ScreenPlace {
        site: access.site.id.clone(),
        project: project.as_str().to_owned(),
        issue_type: issue_type.to_owned(),
    }
}

fn believed(ports: &Ports, tx: &mut dyn Tx, place: &ScreenPlace) -> Result<Vec<LearnedField>, StorageError> {
    let now = ports.clock.now();
    let mut learned = tx.learned_fields(place)?;
    learned.retain(|known| now.since(known.last_seen) < BELIEVED);
    Ok(learned)
}

fn merged(fields: Vec<CreateField>, learned: &[LearnedField]) -> Vec<CreateField> {
    let lesson = |field: &CreateField| learned.iter().find(|known| known.field == field.id).map(|known| known.lesson);
    fields
        .into_iter()
        .filter_map(|field| match lesson(&field) {
            // The site's own default was no answer either.
            Some(Lesson::Required) => Some(CreateField { required: true, has_default: false, ..field }),
            Some(Lesson::OffScreen) => None,
            None => Some(field),
        })
        .collect()
}
