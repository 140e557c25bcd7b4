//! Writing an approved page, once: the intent is kept first, and a lost answer is looked up instead of sent again.

use super::plan::noted;
use super::{StoryPageError, plan_page};
use crate::{Ports, access};
use storywright_domain::confluence::{NewPage, PageUpdate, PageWritten};
use storywright_domain::person::Actor;
use storywright_domain::ports::{Inserted, Saved, StorageExt};
use storywright_domain::remote::Access;
use storywright_domain::story_page::{PagePlan, PageWish, StoryPage, mark};
use storywright_domain::write_state::WriteState;
use storywright_domain::{Millis, RunId};

/// Not earlier than this after a call began, a page that is not there is held for not written: the call may have been waiting somewhere.
pub(super) const LATE: Millis = Millis::minutes(5);

/// Writes the page that was approved under this hash.
///
/// # Errors
/// [`StoryPageError::PlanChanged`] with the plan as it is now; [`StoryPageError::Open`] when another writing is under way. What Confluence
/// says to the writing itself is no error: it stands in the journal's row.
pub fn write_page(
    ports: &Ports,
    actor: &Actor,
    run: RunId,
    wish: &PageWish,
    hash: &str,
) -> Result<StoryPage, StoryPageError> {
    let plan = plan_page(ports, actor, run, wish)?;
    if plan.hash != hash {
        return Err(StoryPageError::PlanChanged(Box::new(plan)));
    }
    let access = access::confluence(ports, actor.user(), actor.request_id())?;
    if access.site.id != plan.site {
        return Err(StoryPageError::PlanChanged(Box::new(plan)));
    }
    let page = intent(ports, actor, &plan);
    let detail = format!("{} {} edition {} plan {hash}", place(&plan), plan.title, plan.edition);
    let entry = ports.audit_entry(
        Some(actor.user()),
        actor.request_id(),
        "story_page_approved",
        format!("run:{run}"),
        detail.chars().take(800).collect(),
    );
    ports.storage.write(|tx| match tx.insert_story_page(&page)? {
        Inserted::New => Ok(tx.audit(&entry)?),
        // Another window was faster.
        Inserted::Exists(_) => Err(StoryPageError::Open(WriteState::Sending)),
    })?;
    let page = outcome(ports, actor, &access, &plan, page);
    if keep(ports, actor, &page, WriteState::Sending)? == Saved::Conflict {
        return newest(ports, actor, run);
    }
    if page.state == WriteState::Unknown {
        // Often the page is there already; when it cannot be seen, it stays unknown.
        return Ok(settle_page(ports, actor, run).unwrap_or(page));
    }
    Ok(page)
}

fn place(plan: &PagePlan) -> String {
    match &plan.over {
        Some(over) => format!("page {} after version {}", over.id, over.version),
        None => format!("new page in {}", plan.space),
    }
}

fn intent(ports: &Ports, actor: &Actor, plan: &PagePlan) -> StoryPage {
    StoryPage {
        run: plan.run,
        user: actor.user(),
        edition: plan.edition,
        site: plan.site.clone(),
        page: plan.over.as_ref().map(|page| page.id.clone()),
        follows: plan.over.as_ref().map(|page| page.version),
        space: plan.space.clone(),
        parent: plan.parent.as_ref().map(|page| page.id.clone()),
        title: plan.title.clone(),
        body: plan.body.clone(),
        plan_hash: plan.hash.clone(),
        state: WriteState::Sending,
        version: None,
        url: String::new(),
        note: String::new(),
        sent_at: ports.clock.now(),
        settled_at: None,
    }
}

/// Sends what the row says, and gives the row with what became of it.
fn outcome(ports: &Ports, actor: &Actor, access: &Access, plan: &PagePlan, page: StoryPage) -> StoryPage {
    let written = match page.page.clone().zip(page.follows) {
        Some((id, follows)) => ports.confluence.update_page(
            access,
            &PageUpdate {
                id,
                follows,
                title: page.title.clone(),
                storage: page.body.clone(),
                note: mark(plan.run, plan.edition),
            },
        ),
        None => ports.confluence.create_page(
            access,
            &NewPage {
                space: page.space.clone(),
                parent: page.parent.clone(),
                title: page.title.clone(),
                storage: page.body.clone(),
            },
        ),
    };
    let settled_at = Some(ports.clock.now());
    let refused = |note: String| StoryPage { state: WriteState::Refused, note, settled_at, ..page.clone() };
    match written {
        Ok(PageWritten::Done(hit)) => StoryPage {
            state: WriteState::Written,
            page: Some(hit.id),
            version: Some(hit.version),
            url: hit.url,
            settled_at,
            ..page
        },
        Ok(PageWritten::TitleTaken(_)) => refused("the space has a page with this title by now".to_owned()),
        Ok(PageWritten::Changed(now)) => refused(match now {
            Some(version) => format!("somebody changed the page meanwhile: it has version {version} now"),
            None => "somebody changed the page meanwhile".to_owned(),
        }),
        Ok(PageWritten::Missing) => {
            refused("the page, the space or the page above is gone, or may not be seen".to_owned())
        }
        Err(error) if error.proves_nothing_written() => refused(error.to_string()),
        // It may have arrived all the same: whoever turns a call away may stand behind the one who does the work.
        Err(error) => {
            crate::integrations::note_refusal(ports, actor.user(), access, &error);
            StoryPage { state: WriteState::Unknown, note: error.to_string(), settled_at, ..page }
        }
    }
}

fn keep(ports: &Ports, actor: &Actor, page: &StoryPage, from: WriteState) -> Result<Saved, StoryPageError> {
    let entry = ports.audit_entry(
        Some(actor.user()),
        actor.request_id(),
        "story_page_settled",
        format!("run:{}", page.run),
        format!("edition {} {} {}", page.edition, page.state.as_str(), page.page.as_deref().unwrap_or("-")),
    );
    ports.storage.write(|tx| {
        let saved = tx.settle_story_page(page, from)?;
        if saved == Saved::Stored {
            tx.audit(&entry)?;
        }
        Ok(saved)
    })
}

/// Looks up what became of a writing whose answer was lost. It is never sent again by itself.
///
/// # Errors
/// [`StoryPageError::NothingOpen`] when nothing is to be looked up, or it is still under way.
pub fn settle_page(ports: &Ports, actor: &Actor, run: RunId) -> Result<StoryPage, StoryPageError> {
    let page = super::story_pages(ports, actor, run)?.into_iter().next().filter(|page| page.state.is_open());
    let page = page.ok_or(StoryPageError::NothingOpen)?;
    let late = page.sent_at + LATE <= ports.clock.now();
    // After a crash the row says that it is being sent; before its time is over, it may be.
    if page.state == WriteState::Sending && !late {
        return Err(StoryPageError::Open(WriteState::Sending));
    }
    let access = access::confluence(ports, actor.user(), actor.request_id())?;
    if access.site.id != page.site {
        return Err(StoryPageError::Access(access::AccessError::NotConnected(
            storywright_domain::integration::IntegrationKind::Confluence,
        )));
    }
    let failed = |error| noted(ports, actor, &access, error);
    let id = match &page.page {
        Some(id) => Some(id.clone()),
        None => ports.confluence.page_by_title(&access, &page.space, &page.title).map_err(failed)?.map(|hit| hit.id),
    };
    let there = match &id {
        Some(id) => ports.confluence.page(&access, id).map_err(failed)?,
        None => None,
    };
    let settled_at = Some(ports.clock.now());
    let from = page.state;
    let ours = there.as_ref().filter(|there| there.markdown.contains(&mark(page.run, page.edition)));
    let settled = match (ours, &there) {
        (Some(ours), _) => StoryPage {
            state: WriteState::Written,
            page: Some(ours.id.clone()),
            version: Some(ours.version),
            url: ours.url.clone(),
            note: "the answer was lost, and the page was found".to_owned(),
            settled_at,
            ..page
        },
        // Titles are unique, and a version follows one other: where another page or version stands, ours never will.
        (None, Some(there)) if page.follows.is_none_or(|follows| there.version > follows) => {
            absent(page, "something else stands there", settled_at)
        }
        (None, _) if late => absent(page, "it was looked for and is not there", settled_at),
        (None, _) => StoryPage { state: WriteState::Unknown, settled_at, ..page },
    };
    match keep(ports, actor, &settled, from)? {
        Saved::Stored => Ok(settled),
        // Another window has settled it.
        Saved::Conflict => newest(ports, actor, run),
    }
}

fn newest(ports: &Ports, actor: &Actor, run: RunId) -> Result<StoryPage, StoryPageError> {
    super::story_pages(ports, actor, run)?.into_iter().next().ok_or(StoryPageError::NothingOpen)
}

fn absent(page: StoryPage, note: &str, settled_at: Option<storywright_domain::Timestamp>) -> StoryPage {
    StoryPage { state: WriteState::Absent, note: note.to_owned(), settled_at, ..page }
}
