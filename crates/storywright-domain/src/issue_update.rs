//! Drafts about an issue that is in Jira already: it is written anew, or broken down; and the journal of what was changed there.

use crate::finding::Finding;
use crate::jira::IssueDetail;
use crate::story::{Document, LinkKind, StoryLink};
use crate::waiver::StandingWaiver;
use crate::write_state::WriteState;
use crate::{DraftId, Timestamp, UserId};
use serde::Serialize;

/// Longest summary that Jira takes, in characters.
pub const MAX_SUMMARY: usize = 255;

/// Changes that one draft makes, all of which are kept and listed: each holds the only copy of the words that it took the place of. The last
/// one is left for putting words back.
pub const MAX_EDITIONS: u32 = 50;

/// What a draft is to make of an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IssuePurpose {
    /// The same issue in better words: its one story takes the place of summary and description.
    Improve,
    /// Smaller issues that together cover it: they go into it when it is an epic, else they are linked to it.
    BreakDown,
}

impl IssuePurpose {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Improve, Self::BreakDown];

    /// The word in the database and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Improve => "improve",
            Self::BreakDown => "break_down",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == raw)
    }
}

/// The issue that a draft is about, as it was when the draft was begun. Its text is a source of the draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftIssue {
    /// The draft.
    pub draft: DraftId,
    /// Whose it is.
    pub user: UserId,
    /// What the draft is to make of it.
    pub purpose: IssuePurpose,
    /// Site id.
    pub site: String,
    /// Numeric id in Jira: it stays when the issue moves.
    pub issue_id: String,
    /// Key when the draft was begun.
    pub key: String,
    /// Name of its issue type.
    pub issue_type: String,
    /// Whether other issues live in it.
    pub epic: bool,
    /// Number of the source that holds its text.
    pub source: u32,
    /// When it was changed last, as the site writes it: only ever compared.
    pub updated: String,
    /// When the draft was begun.
    pub created_at: Timestamp,
}

impl DraftIssue {
    /// What the model is told to do, in our own words: nothing of the issue but its source's reference is in them.
    #[must_use]
    pub fn task(&self) -> String {
        let source = self.source;
        match self.purpose {
            IssuePurpose::Improve => format!(
                "Task: improve. Write the issue of source [p{source}] anew, as exactly one story. Every fact, number and name of it stays; nothing is added that it does not say."
            ),
            IssuePurpose::BreakDown => format!(
                "Task: break down. Write several stories, each smaller than the issue of source [p{source}], that together cover all of it. The issue itself is not one of them."
            ),
        }
    }

    /// New stories in their place: in the epic, or linked to the issue that they came from. What says otherwise already stays.
    #[must_use]
    pub fn placed(&self, mut document: Document) -> Document {
        if self.purpose == IssuePurpose::Improve {
            return document;
        }
        for story in &mut document.stories {
            if self.epic {
                story.epic.get_or_insert_with(|| self.key.clone());
            } else if story.links.iter().all(|link| link.to != self.key) {
                story.links.push(StoryLink { kind: LinkKind::RelatesTo, to: self.key.clone() });
            }
        }
        document
    }
}

/// Whose words an issue gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateWish {
    /// Those of the draft's story.
    Rewrite,
    /// Those that stood there before this change of the draft.
    PutBack {
        /// Which change, from 1.
        edition: u32,
    },
}

impl UpdateWish {
    /// Whether a draft may make this change as its edition of that number.
    #[must_use]
    pub fn has_room(self, edition: u32) -> bool {
        match self {
            Self::Rewrite => edition < MAX_EDITIONS,
            Self::PutBack { .. } => edition <= MAX_EDITIONS,
        }
    }
}

/// What would be changed: the person approves exactly this.
#[derive(Debug, Clone, PartialEq)]
pub struct UpdatePlan {
    /// The draft.
    pub draft: DraftId,
    /// Which change of this draft it is, from 1.
    pub edition: u32,
    /// The edition whose words are put back; `None` for the words of the draft.
    pub puts_back: Option<u32>,
    /// Version of the draft that it was made from.
    pub draft_version: u32,
    /// Site id.
    pub site: String,
    /// Name of the site.
    pub site_name: String,
    /// The issue as it is now. Untrusted.
    pub now: IssueDetail,
    /// Summary that it gets.
    pub summary: String,
    /// Description that it gets, as Markdown.
    pub markdown: String,
    /// The same as it will be stored.
    pub description: String,
    /// The bytes that are sent.
    pub payload: String,
    /// Its words are other ones than when the draft was begun or this draft changed it last.
    pub changed_since: bool,
    /// Sentences of the issue that ask for something and that the new words do not cover, by their words alone.
    pub uncovered: Vec<String>,
    /// What the rules say of the new words.
    pub findings: Vec<Finding>,
    /// What the person lets pass, of `findings`; the hash covers it.
    pub waivers: Vec<StandingWaiver>,
    /// SHA-256 over all that is sent, where it goes, and what it takes the place of.
    pub hash: String,
}

/// A row of the journal: one change of an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueUpdate {
    /// The draft.
    pub draft: DraftId,
    /// Whose it is.
    pub user: UserId,
    /// From 1, one more for each change.
    pub edition: u32,
    /// The edition whose words were put back.
    pub puts_back: Option<u32>,
    /// Version of the draft whose words were sent.
    pub draft_version: u32,
    /// Site id.
    pub site: String,
    /// Numeric id of the issue.
    pub issue_id: String,
    /// Its key when it was approved.
    pub key: String,
    /// When it had been changed last, as the site writes it.
    pub follows: String,
    /// The words that it took the place of: summary.
    pub before_summary: String,
    /// The same, description as it was stored.
    pub before_description: String,
    /// Summary that was sent.
    pub summary: String,
    /// Description that was sent, as it was to be stored.
    pub description: String,
    /// The bytes that were approved and sent.
    pub payload: String,
    /// What was approved.
    pub plan_hash: String,
    /// What has become of it.
    pub state: WriteState,
    /// What went wrong, for people.
    pub note: String,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When its state was last found out.
    pub settled_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::Story;

    fn about(purpose: IssuePurpose, epic: bool) -> DraftIssue {
        DraftIssue {
            draft: DraftId(1),
            user: UserId(2),
            purpose,
            site: "jira".to_owned(),
            issue_id: "10042".to_owned(),
            key: "PAY-42".to_owned(),
            issue_type: "Story".to_owned(),
            epic,
            source: 1,
            updated: String::new(),
            created_at: Timestamp(0),
        }
    }

    #[test]
    fn stories_of_an_epic_go_into_it_unless_they_say_otherwise() {
        let document =
            Document::of_stories(vec![Story::default(), Story { epic: Some("PAY-7".to_owned()), ..Story::default() }]);
        let placed = about(IssuePurpose::BreakDown, true).placed(document);
        let epics: Vec<Option<&str>> = placed.stories.iter().map(|story| story.epic.as_deref()).collect();
        assert_eq!(epics, [Some("PAY-42"), Some("PAY-7")]);
    }

    #[test]
    fn parts_of_another_issue_are_linked_to_it_once() {
        let issue = about(IssuePurpose::BreakDown, false);
        let placed = issue.placed(issue.placed(Document::of_stories(vec![Story::default()])));
        let wanted = StoryLink { kind: LinkKind::RelatesTo, to: "PAY-42".to_owned() };
        assert_eq!(placed.stories[0].links, [wanted]);
        assert_eq!(placed.stories[0].epic, None);
    }

    #[test]
    fn an_issue_in_better_words_stays_where_it_is() {
        let document = Document::of_stories(vec![Story::default()]);
        assert_eq!(about(IssuePurpose::Improve, true).placed(document.clone()), document);
    }
}
