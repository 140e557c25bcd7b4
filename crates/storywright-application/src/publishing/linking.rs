//! Finishing what is in Jira: reading it back, its epic, the link to its draft, its links to other issues. Every step may be repeated.
//! Nothing here writes the journal: that is the executor's, which gets an [`Outcome`] for each [`Task`].

use super::execute::LONG_WAIT;
use crate::Ports;
use std::sync::{Mutex, PoisonError};
use storywright_domain::Millis;
use storywright_domain::cancel::Cancellation;
use storywright_domain::jira::{Difference, LinkType, NewLink};
use storywright_domain::remote::{Access, RemoteError};
use storywright_domain::source::CitedPage;
use storywright_domain::story::LinkKind;

/// Tries of one step that the site's troubles make fail.
const TRIES: u32 = 3;

/// What is to be done for one issue.
#[derive(Debug, Clone)]
pub(super) struct Task {
    /// Place of the item in its run.
    pub(super) index: usize,
    pub(super) id: String,
    pub(super) key: String,
    /// What was sent, and the key that stood for `@parent`.
    pub(super) payload: String,
    pub(super) parent: Option<String>,
    /// Epic into which it is put afterwards.
    pub(super) epic: Option<String>,
    /// Global id of the link to its draft.
    pub(super) global_id: String,
    pub(super) links: Vec<LinkTask>,
    /// Pages that its story cites, with the global ids of their links.
    pub(super) pages: Vec<(String, CitedPage)>,
}

/// A link to be made.
#[derive(Debug, Clone)]
pub(super) struct LinkTask {
    pub(super) kind: LinkKind,
    pub(super) reversed: bool,
    /// Key of the other end, or its reference when it is not in Jira.
    pub(super) other: Result<String, String>,
}

/// What finishing one issue came to.
pub(super) enum Outcome {
    /// Finished, or as finished as it gets: the problem says what is missing.
    Done { index: usize, problem: Option<String>, differences: Option<Vec<Difference>> },
    /// The job is to stop: nothing is known of this issue.
    Interrupted,
    /// The person must do something first, or the site asks to wait long.
    Halted(RemoteError),
}

/// Why a step was not done.
enum Stop {
    Interrupted,
    Halted(RemoteError),
}

/// Everything that finishing needs; shared by the threads that do it.
pub(super) struct Finishing {
    pub(super) ports: Ports,
    pub(super) access: Access,
    pub(super) cancellation: Cancellation,
    /// Address and title of the draft, when people can reach Storywright by an address.
    pub(super) draft: Option<(String, String)>,
    link_types: Mutex<Option<Vec<LinkType>>>,
}

impl Finishing {
    pub(super) fn new(
        ports: &Ports,
        access: &Access,
        cancellation: &Cancellation,
        draft: Option<(String, String)>,
    ) -> Self {
        let (ports, access, cancellation) = (ports.clone(), access.clone(), cancellation.clone());
        Self { ports, access, cancellation, draft, link_types: Mutex::default() }
    }

    /// Does all steps for one issue.
    pub(super) fn finish(&self, task: &Task) -> Outcome {
        match self.steps(task) {
            Ok((problem, differences)) => Outcome::Done { index: task.index, problem, differences },
            Err(Stop::Interrupted) => Outcome::Interrupted,
            Err(Stop::Halted(error)) => Outcome::Halted(error),
        }
    }

    fn steps(&self, task: &Task) -> Result<(Option<String>, Option<Vec<Difference>>), Stop> {
        let (jira, access, key) = (&self.ports.jira, &self.access, task.key.as_str());
        let mut problems: Vec<String> = Vec::new();
        let read_back = self.step(|| jira.verify(access, &task.id, &task.payload, task.parent.as_deref()))?;
        let differences = match read_back {
            Ok(Some(differences)) => Some(differences),
            Ok(None) => return Ok((Some(format!("Jira has no issue {key} any more.")), None)),
            Err(error) => {
                problems.push(format!("It could not be read back: {error}."));
                None
            }
        };
        if let Some(epic) = &task.epic
            && let Err(error) = self.step(|| jira.put_in_epic(access, epic, key))?
        {
            problems.push(format!("It could not be put into the epic {epic}: {error}."));
        }
        // The same global id updates the link instead of adding another.
        if let Some((url, title)) = &self.draft
            && let Err(error) = self.step(|| jira.remote_link(access, key, &task.global_id, url, title))?
        {
            problems.push(format!("It could not be linked to its draft: {error}."));
        }
        for (global_id, page) in &task.pages {
            if let Err(error) = self.step(|| jira.remote_link(access, key, global_id, &page.url, &page.title))? {
                problems.push(format!("It could not be linked to the page “{}”: {error}.", page.title));
            }
        }
        for link in &task.links {
            problems.extend(self.link(key, link)?);
        }
        let problem = if problems.is_empty() { None } else { Some(problems.join(" ")) };
        Ok((problem, differences))
    }

    /// Makes a link unless it is there. Gives words when it could not be made.
    fn link(&self, key: &str, link: &LinkTask) -> Result<Option<String>, Stop> {
        let other = match &link.other {
            Ok(other) => other,
            Err(reference) => return Ok(Some(format!("It is not linked to {reference}, which is not in Jira."))),
        };
        let types = match self.types()? {
            Ok(types) => types,
            Err(error) => return Ok(Some(format!("It is not linked to {other}: {error}."))),
        };
        let Some(link_type) = type_of(&types, link.kind) else {
            let word = link.kind.as_str().replace('_', " ");
            return Ok(Some(format!("It is not linked to {other}: Jira has no link type for “{word}”.")));
        };
        let (from, to) = if link.reversed { (other.as_str(), key) } else { (key, other.as_str()) };
        let new = NewLink { link_type: link_type.name.clone(), from: from.to_owned(), to: to.to_owned() };
        let either_way = link_type.inward == link_type.outward;
        let made = self.step(|| {
            // Read before every try: a second link of the kind may be a second link.
            let there = self.ports.jira.links(&self.access, key)?.iter().any(|known| {
                known.link_type == new.link_type
                    && (known.other_key == *other || known.other_id == *other)
                    && (either_way || known.outward != link.reversed)
            });
            if there { Ok(()) } else { self.ports.jira.link(&self.access, &new) }
        })?;
        Ok(made.err().map(|error| format!("It is not linked to {other}: {error}.")))
    }

    fn types(&self) -> Result<Result<Vec<LinkType>, RemoteError>, Stop> {
        // Held while the site is asked: one thread asks for all.
        let mut known = self.link_types.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(types) = known.as_ref() {
            return Ok(Ok(types.clone()));
        }
        let answer = self.step(|| self.ports.jira.link_types(&self.access))?;
        if let Ok(types) = &answer {
            *known = Some(types.clone());
        }
        Ok(answer)
    }

    /// One step, tried again when the site is in trouble. The inner error is for the person; the outer one ends the work.
    fn step<T>(&self, mut call: impl FnMut() -> Result<T, RemoteError>) -> Result<Result<T, RemoteError>, Stop> {
        let mut tries = 0;
        loop {
            if self.cancellation.is_cancelled() {
                return Err(Stop::Interrupted);
            }
            tries += 1;
            let error = match call() {
                Ok(answer) => return Ok(Ok(answer)),
                Err(error) => error,
            };
            let wait = match &error {
                RemoteError::Unauthorized { .. }
                | RemoteError::LoginPage { .. }
                | RemoteError::Captcha { .. }
                | RemoteError::Certificate { .. }
                | RemoteError::NotAllowed { .. } => return Err(Stop::Halted(error)),
                RemoteError::RateLimited { retry_after_ms } if *retry_after_ms > LONG_WAIT.0 => {
                    return Err(Stop::Halted(error));
                }
                RemoteError::RateLimited { retry_after_ms } => Millis(*retry_after_ms),
                RemoteError::Unavailable { .. } => Millis::seconds(1),
                RemoteError::Forbidden { .. }
                | RemoteError::NotFound
                | RemoteError::Rejected { .. }
                | RemoteError::Malformed { .. } => return Ok(Err(error)),
            };
            if tries == TRIES {
                return Ok(Err(error));
            }
            self.ports.running.pause(wait, &self.cancellation);
        }
    }
}

/// The site's link type for a kind: names are set by the site, what they read like is more often left alone.
fn type_of(types: &[LinkType], kind: LinkKind) -> Option<&LinkType> {
    let (outward, name) = match kind {
        LinkKind::Blocks => ("blocks", "blocks"),
        LinkKind::RelatesTo => ("relates to", "relates"),
    };
    let by = |text: fn(&LinkType) -> &str, word: &str| {
        types.iter().find(|known| text(known).trim().eq_ignore_ascii_case(word))
    };
    by(|known| &known.outward, outward).or_else(|| by(|known| &known.name, name))
}
