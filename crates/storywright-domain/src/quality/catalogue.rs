//! Criteria and codes: the words that programs and documents rely on.

use crate::finding::Severity;
use serde::{Deserialize, Serialize};

/// What a story is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// A story has at least a role and a means.
    WellFormed,
    /// A story says who wants it.
    NoRole,
    /// A story says what is wanted.
    NoMeans,
    /// A story says what it is good for.
    NoEnds,
    /// A story asks for one thing.
    Atomic,
    /// A story holds role, means and ends and nothing else.
    Minimal,
    /// All stories of a set follow one template.
    Uniform,
    /// No story of a set is there twice.
    Unique,
    /// A story is a whole sentence.
    FullSentence,
    /// A story can be read in one way only.
    Unambiguous,
    /// The means is a feature and the ends a reason.
    ConceptuallySound,
    /// A story says what is needed, not how it is built.
    ProblemOriented,
    /// A story is small and clear enough to be estimated.
    Estimable,
    /// A story stands by itself.
    Independent,
}

impl Criterion {
    /// All criteria in their order.
    pub const ALL: [Self; 14] = [
        Self::WellFormed,
        Self::NoRole,
        Self::NoMeans,
        Self::NoEnds,
        Self::Atomic,
        Self::Minimal,
        Self::Uniform,
        Self::Unique,
        Self::FullSentence,
        Self::Unambiguous,
        Self::ConceptuallySound,
        Self::ProblemOriented,
        Self::Estimable,
        Self::Independent,
    ];

    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WellFormed => "well_formed",
            Self::NoRole => "no_role",
            Self::NoMeans => "no_means",
            Self::NoEnds => "no_ends",
            Self::Atomic => "atomic",
            Self::Minimal => "minimal",
            Self::Uniform => "uniform",
            Self::Unique => "unique",
            Self::FullSentence => "full_sentence",
            Self::Unambiguous => "unambiguous",
            Self::ConceptuallySound => "conceptually_sound",
            Self::ProblemOriented => "problem_oriented",
            Self::Estimable => "estimable",
            Self::Independent => "independent",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|criterion| criterion.as_str() == raw)
    }

    /// What it asks for, as a sentence.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::WellFormed => "A story has at least a role and a means.",
            Self::NoRole => "A story says who wants it.",
            Self::NoMeans => "A story says what is wanted.",
            Self::NoEnds => "A story says what it is good for.",
            Self::Atomic => "A story asks for one thing.",
            Self::Minimal => "A story holds role, means and ends and nothing else.",
            Self::Uniform => "All stories of a set follow one template.",
            Self::Unique => "No story of a set is there twice.",
            Self::FullSentence => "A story is a whole sentence.",
            Self::Unambiguous => "A story can be read in one way only.",
            Self::ConceptuallySound => "The means is a feature and the ends a reason.",
            Self::ProblemOriented => "A story says what is needed, not how it is built.",
            Self::Estimable => "A story is small and clear enough to be estimated.",
            Self::Independent => "A story stands by itself.",
        }
    }

    /// The name in the literature.
    #[must_use]
    pub fn reference(self) -> &'static str {
        match self {
            Self::WellFormed => "QUS well-formed",
            Self::NoRole => "QUS well-formed (role)",
            Self::NoMeans => "QUS well-formed (means)",
            Self::NoEnds => "QUS well-formed (ends); INVEST valuable",
            Self::Atomic => "QUS atomic; INVEST small",
            Self::Minimal => "QUS minimal",
            Self::Uniform => "QUS uniform",
            Self::Unique => "QUS unique",
            Self::FullSentence => "QUS full sentence",
            Self::Unambiguous => "QUS unambiguous; INVEST testable",
            Self::ConceptuallySound => "QUS conceptually sound",
            Self::ProblemOriented => "QUS problem-oriented; INVEST negotiable",
            Self::Estimable => "QUS estimatable; INVEST estimable, small",
            Self::Independent => "QUS independent; INVEST independent",
        }
    }
}

/// What a check found; the order is that of the criteria.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// `not_well_formed`.
    NotWellFormed,
    /// `role_absent`.
    RoleAbsent,
    /// `means_absent`.
    MeansAbsent,
    /// `ends_absent`.
    EndsAbsent,
    /// `several_means`.
    SeveralMeans,
    /// `brackets`.
    Brackets,
    /// `note`.
    Note,
    /// `further_sentence`.
    FurtherSentence,
    /// `example`.
    Example,
    /// `reference`.
    Reference,
    /// `heading`.
    Heading,
    /// `other_template`.
    OtherTemplate,
    /// `duplicate`.
    Duplicate,
    /// `same_means`.
    SameMeans,
    /// `near_duplicate`.
    NearDuplicate,
    /// `fragment`.
    Fragment,
    /// `unfinished`.
    Unfinished,
    /// `verb_missing`.
    VerbMissing,
    /// `vague_word`.
    VagueWord,
    /// `weak_verb`.
    WeakVerb,
    /// `open_quantity`.
    OpenQuantity,
    /// `open_list`.
    OpenList,
    /// `unclear_pronoun`.
    UnclearPronoun,
    /// `role_no_person`.
    RoleNoPerson,
    /// `means_no_feature`.
    MeansNoFeature,
    /// `ends_no_reason`.
    EndsNoReason,
    /// `ends_repeat_means`.
    EndsRepeatMeans,
    /// `technology`.
    Technology,
    /// `widget`.
    Widget,
    /// `too_wide`.
    TooWide,
    /// `undecided`.
    Undecided,
    /// `too_long`.
    TooLong,
    /// `other_story`.
    OtherStory,
}

impl Code {
    /// All codes in their order.
    pub const ALL: [Self; 33] = [
        Self::NotWellFormed,
        Self::RoleAbsent,
        Self::MeansAbsent,
        Self::EndsAbsent,
        Self::SeveralMeans,
        Self::Brackets,
        Self::Note,
        Self::FurtherSentence,
        Self::Example,
        Self::Reference,
        Self::Heading,
        Self::OtherTemplate,
        Self::Duplicate,
        Self::SameMeans,
        Self::NearDuplicate,
        Self::Fragment,
        Self::Unfinished,
        Self::VerbMissing,
        Self::VagueWord,
        Self::WeakVerb,
        Self::OpenQuantity,
        Self::OpenList,
        Self::UnclearPronoun,
        Self::RoleNoPerson,
        Self::MeansNoFeature,
        Self::EndsNoReason,
        Self::EndsRepeatMeans,
        Self::Technology,
        Self::Widget,
        Self::TooWide,
        Self::Undecided,
        Self::TooLong,
        Self::OtherStory,
    ];

    /// The stable word in JSON and in rule sets.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotWellFormed => "not_well_formed",
            Self::RoleAbsent => "role_absent",
            Self::MeansAbsent => "means_absent",
            Self::EndsAbsent => "ends_absent",
            Self::SeveralMeans => "several_means",
            Self::Brackets => "brackets",
            Self::Note => "note",
            Self::FurtherSentence => "further_sentence",
            Self::Example => "example",
            Self::Reference => "reference",
            Self::Heading => "heading",
            Self::OtherTemplate => "other_template",
            Self::Duplicate => "duplicate",
            Self::SameMeans => "same_means",
            Self::NearDuplicate => "near_duplicate",
            Self::Fragment => "fragment",
            Self::Unfinished => "unfinished",
            Self::VerbMissing => "verb_missing",
            Self::VagueWord => "vague_word",
            Self::WeakVerb => "weak_verb",
            Self::OpenQuantity => "open_quantity",
            Self::OpenList => "open_list",
            Self::UnclearPronoun => "unclear_pronoun",
            Self::RoleNoPerson => "role_no_person",
            Self::MeansNoFeature => "means_no_feature",
            Self::EndsNoReason => "ends_no_reason",
            Self::EndsRepeatMeans => "ends_repeat_means",
            Self::Technology => "technology",
            Self::Widget => "widget",
            Self::TooWide => "too_wide",
            Self::Undecided => "undecided",
            Self::TooLong => "too_long",
            Self::OtherStory => "other_story",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == raw)
    }

    /// The criterion that it belongs to.
    #[must_use]
    pub fn criterion(self) -> Criterion {
        match self {
            Self::NotWellFormed => Criterion::WellFormed,
            Self::RoleAbsent => Criterion::NoRole,
            Self::MeansAbsent => Criterion::NoMeans,
            Self::EndsAbsent => Criterion::NoEnds,
            Self::SeveralMeans => Criterion::Atomic,
            Self::Brackets => Criterion::Minimal,
            Self::Note => Criterion::Minimal,
            Self::FurtherSentence => Criterion::Minimal,
            Self::Example => Criterion::Minimal,
            Self::Reference => Criterion::Minimal,
            Self::Heading => Criterion::Minimal,
            Self::OtherTemplate => Criterion::Uniform,
            Self::Duplicate => Criterion::Unique,
            Self::SameMeans => Criterion::Unique,
            Self::NearDuplicate => Criterion::Unique,
            Self::Fragment => Criterion::FullSentence,
            Self::Unfinished => Criterion::FullSentence,
            Self::VerbMissing => Criterion::FullSentence,
            Self::VagueWord => Criterion::Unambiguous,
            Self::WeakVerb => Criterion::Unambiguous,
            Self::OpenQuantity => Criterion::Unambiguous,
            Self::OpenList => Criterion::Unambiguous,
            Self::UnclearPronoun => Criterion::Unambiguous,
            Self::RoleNoPerson => Criterion::ConceptuallySound,
            Self::MeansNoFeature => Criterion::ConceptuallySound,
            Self::EndsNoReason => Criterion::ConceptuallySound,
            Self::EndsRepeatMeans => Criterion::ConceptuallySound,
            Self::Technology => Criterion::ProblemOriented,
            Self::Widget => Criterion::ProblemOriented,
            Self::TooWide => Criterion::Estimable,
            Self::Undecided => Criterion::Estimable,
            Self::TooLong => Criterion::Estimable,
            Self::OtherStory => Criterion::Independent,
        }
    }

    /// How much it weighs unless a rule set says otherwise: a story that cannot be read as one, or is there twice, is an error.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::NotWellFormed | Self::RoleAbsent | Self::MeansAbsent | Self::Duplicate => Severity::Error,
            _ => Severity::Warning,
        }
    }

    /// What to do, as a sentence.
    #[must_use]
    pub fn cure(self) -> &'static str {
        match self {
            Self::NotWellFormed => "Write it as: As a …, I want …, so that ….",
            Self::RoleAbsent => "Say who wants it: As a ….",
            Self::MeansAbsent => "Say what is wanted, with a verb: I want to ….",
            Self::EndsAbsent => "Say what it is good for: so that ….",
            Self::SeveralMeans => "Split it: one story for each thing that is wanted.",
            Self::Brackets => "Move what is in brackets to the description or the acceptance criteria.",
            Self::Note => "Move the note to the description.",
            Self::FurtherSentence => "Move what follows the story to the description.",
            Self::Example => "Move the example to the acceptance criteria.",
            Self::Reference => "Move the reference to the links or the description.",
            Self::Heading => "Move the heading to the summary.",
            Self::OtherTemplate => "Use the template that most stories of the set use.",
            Self::Duplicate => "Remove one of them.",
            Self::SameMeans => "Merge them, or say what sets them apart.",
            Self::NearDuplicate => "Merge them, or say what sets them apart.",
            Self::Fragment => "Write a whole sentence with a subject and a verb.",
            Self::Unfinished => "Finish the sentence.",
            Self::VerbMissing => "Say what is to be done, with a verb.",
            Self::VagueWord => "Say what it means here, in a way that can be checked.",
            Self::WeakVerb => "Name the steps: create, change, remove, ….",
            Self::OpenQuantity => "Give a number or a limit.",
            Self::OpenList => "Name everything that belongs to the list.",
            Self::UnclearPronoun => "Name what is meant.",
            Self::RoleNoPerson => "Name the person who wants it.",
            Self::MeansNoFeature => "Name the feature; the wish belongs behind “so that”.",
            Self::EndsNoReason => "Give a reason; what the system does is a story of its own.",
            Self::EndsRepeatMeans => "Say what the means is good for.",
            Self::Technology => "Say what is needed and leave to the team how it is built.",
            Self::Widget => "Say what is to be done and leave to the team what the screen looks like.",
            Self::TooWide => "Name the first part that is of use, and make it a story.",
            Self::Undecided => "Decide it, or make a spike of it.",
            Self::TooLong => "Split it, or move details to the acceptance criteria.",
            Self::OtherStory => "Say it without the other story; what must come first is a link.",
        }
    }

    /// An example.
    #[must_use]
    pub fn example(self) -> &'static str {
        match self {
            Self::NotWellFormed => "The login page",
            Self::RoleAbsent => "I want to reset my password, so that I can sign in again.",
            Self::MeansAbsent => "As a reader, so that I miss no event.",
            Self::EndsAbsent => "As a reader, I want to rate a book.",
            Self::SeveralMeans => "As a clerk, I want to file a claim and print a receipt, so that …",
            Self::Brackets => "As a clerk, I want to file a claim (by e-mail), so that …",
            Self::Note => "As a clerk, I want to file a claim - ask Tom first",
            Self::FurtherSentence => "As a clerk, I want to file a claim, so that …. It must be fast.",
            Self::Example => "As a clerk, I want to file a claim, e.g. for a bicycle, so that …",
            Self::Reference => "As a clerk, I want to file a claim as shown in the mockup, so that …",
            Self::Heading => "Claims: As a clerk, I want to file a claim, so that …",
            Self::OtherTemplate => "I'd like, as a clerk, …, among stories with “As a …, I want to …”",
            Self::Duplicate => "the same story twice",
            Self::SameMeans => "two stories that want the same for different reasons or roles",
            Self::NearDuplicate => "two stories that differ in a word that hardly matters",
            Self::Fragment => "Password reset",
            Self::Unfinished => "As a clerk, I want to file a claim so that",
            Self::VerbMissing => "As a clerk, I want to claim overview of customers",
            Self::VagueWord => "As a clerk, I want a user-friendly form, so that …",
            Self::WeakVerb => "As a clerk, I want to handle claims, so that …",
            Self::OpenQuantity => "As a clerk, I want to upload several files, so that …",
            Self::OpenList => "As a clerk, I want to enter name, address, etc., so that …",
            Self::UnclearPronoun => "As a clerk, I want to delete it, so that …",
            Self::RoleNoPerson => "As a database, I want …",
            Self::MeansNoFeature => "As a clerk, I want to be happy, so that …",
            Self::EndsNoReason => "As a clerk, I want to file a claim, so that the system stores the claim.",
            Self::EndsRepeatMeans => "As a clerk, I want to file claims, so that I can file claims.",
            Self::Technology => "As a clerk, I want claims to be stored in PostgreSQL, so that …",
            Self::Widget => "As a clerk, I want a green button, so that …",
            Self::TooWide => "As a clerk, I want the whole system to be replaced, so that …",
            Self::Undecided => "As a clerk, I want to file a claim with the fields TBD, so that …",
            Self::TooLong => "a means of more than 45 words",
            Self::OtherStory => "As a clerk, I want the form from US-12 to be printed, so that …",
        }
    }
}
