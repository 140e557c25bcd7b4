//! Finishing what is in Jira: reading it back, its epic, the link to its draft, its links to other issues. Every step may be repeated.

use super::execute::{Executor, LONG_WAIT};
use super::finish::Halt;
use storywright_domain::Millis;
use storywright_domain::jira::{Difference, LinkType, NewLink};
use storywright_domain::publishing::{ItemState, PlannedLink, RunItem};
use storywright_domain::remote::RemoteError;
use storywright_domain::story::LinkKind;

/// Tries of one step that the site's troubles make fail.
const TRIES: u32 = 3;

/// The other end of a link.
enum End {
    /// It is there.
    Key(String),
    /// It may come.
    Waits,
    /// It will not come by itself.
    Missing,
}

impl Executor<'_> {
    /// Finishes what is created. What is linked to issues that may still come waits for them.
    pub(super) fn finish_created(&mut self) -> Result<(), Halt> {
        for index in 0..self.items.len() {
            if self.items[index].state != ItemState::Created {
                continue;
            }
            let waits = self.items[index].links.iter().any(|link| matches!(self.end(link), End::Waits));
            if waits {
                continue;
            }
            self.check_stop()?;
            self.finish(index)?;
            self.tell_progress("Checking and linking", |state| {
                matches!(state, ItemState::Linked | ItemState::Unlinked)
            });
        }
        Ok(())
    }

    fn finish(&mut self, index: usize) -> Result<(), Halt> {
        let item = self.items[index].clone();
        let (Some(id), Some(key)) = (item.jira_id.clone(), item.jira_key.clone()) else { return Ok(()) };
        let mut problems: Vec<String> = Vec::new();
        let differences = match self.read_back(index, &item, &id)? {
            Ok(Some(differences)) => Some(differences),
            Ok(None) => return self.finished(index, Some(format!("Jira has no issue {key} any more.")), None),
            Err(error) => {
                problems.push(format!("It could not be read back: {error}."));
                None
            }
        };
        if item.epic_afterwards
            && let Some(epic) = self.key_above(index)
            && let Err(error) = self.step(|this| this.ports.jira.put_in_epic(&this.access, &epic, &key))?
        {
            problems.push(format!("It could not be put into the epic {epic}: {error}."));
        }
        if let Err(error) = self.link_to_draft(&item, &key)? {
            problems.push(format!("It could not be linked to its draft: {error}."));
        }
        for link in &item.links {
            if let Some(problem) = self.link(&key, link)? {
                problems.push(problem);
            }
        }
        let problem = if problems.is_empty() { None } else { Some(problems.join(" ")) };
        self.finished(index, problem, differences)
    }

    fn read_back(
        &mut self,
        index: usize,
        item: &RunItem,
        id: &str,
    ) -> Result<Result<Option<Vec<Difference>>, RemoteError>, Halt> {
        let parent = self.parent_in_payload(index);
        self.step(|this| this.ports.jira.verify(&this.access, id, &item.payload, parent.as_deref()))
    }

    /// The same global id updates the link instead of adding another.
    fn link_to_draft(&mut self, item: &RunItem, key: &str) -> Result<Result<(), RemoteError>, Halt> {
        let Some(public_url) = self.ports.settings.public_url.clone() else { return Ok(Ok(())) };
        let url = format!("{}/drafts/{}", public_url.trim_end_matches('/'), self.run.draft);
        let global_id = format!("storywright:{}:{}", self.ports.settings.instance, item.id);
        let title = format!("Storywright: {}", self.title);
        self.step(|this| this.ports.jira.remote_link(&this.access, key, &global_id, &url, &title))
    }

    fn end(&self, link: &PlannedLink) -> End {
        let Some(other) = self.items.iter().find(|item| item.reference == link.to) else {
            return End::Key(link.to.clone());
        };
        match (&other.jira_key, other.state) {
            (Some(key), state) if state.is_in_jira() => End::Key(key.clone()),
            (_, ItemState::Planned | ItemState::Sending | ItemState::Unknown | ItemState::Reconciling) => End::Waits,
            _ => End::Missing,
        }
    }

    /// Makes a link unless it is there. Gives words when it could not be made.
    fn link(&mut self, key: &str, link: &PlannedLink) -> Result<Option<String>, Halt> {
        let other = match self.end(link) {
            End::Key(other) => other,
            End::Waits | End::Missing => {
                return Ok(Some(format!("It is not linked to {}, which is not in Jira.", link.to)));
            }
        };
        let types = match self.types()? {
            Ok(types) => types,
            Err(error) => return Ok(Some(format!("It is not linked to {other}: {error}."))),
        };
        let Some(link_type) = type_of(&types, link.kind) else {
            let word = link.kind.as_str().replace('_', " ");
            return Ok(Some(format!("It is not linked to {other}: Jira has no link type for “{word}”.")));
        };
        let (from, to) = if link.reversed { (other.clone(), key.to_owned()) } else { (key.to_owned(), other.clone()) };
        let new = NewLink { link_type: link_type.name.clone(), from, to };
        let either_way = link_type.inward == link_type.outward;
        let made = self.step(|this| {
            // Read before every try: a second link of the kind may be a second link.
            let there = this.ports.jira.links(&this.access, key)?.iter().any(|known| {
                known.link_type == new.link_type
                    && (known.other_key == other || known.other_id == other)
                    && (either_way || known.outward != link.reversed)
            });
            if there { Ok(()) } else { this.ports.jira.link(&this.access, &new) }
        })?;
        Ok(made.err().map(|error| format!("It is not linked to {other}: {error}.")))
    }

    fn types(&mut self) -> Result<Result<Vec<LinkType>, RemoteError>, Halt> {
        if let Some(types) = &self.link_types {
            return Ok(Ok(types.clone()));
        }
        let answer = self.step(|this| this.ports.jira.link_types(&this.access))?;
        if let Ok(types) = &answer {
            self.link_types = Some(types.clone());
        }
        Ok(answer)
    }

    /// One step, tried again when the site is in trouble. The inner error is for the person; the outer one ends the job's work.
    fn step<T>(
        &mut self,
        mut call: impl FnMut(&Self) -> Result<T, RemoteError>,
    ) -> Result<Result<T, RemoteError>, Halt> {
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match call(self) {
                Ok(answer) => return Ok(Ok(answer)),
                Err(error) => error,
            };
            self.pause_for(&error)?;
            let wait = match &error {
                RemoteError::RateLimited { retry_after_ms } => Millis(*retry_after_ms),
                RemoteError::Unavailable { .. } => Millis::seconds(1),
                _ => return Ok(Err(error)),
            };
            if tries == TRIES {
                return Ok(Err(error));
            }
            self.ports.running.pause(Millis(wait.0.clamp(0, LONG_WAIT.0)), self.cancellation);
            self.check_stop()?;
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
