//! How much of the sources the model can read at once: in order, whole sources only, and what is left out is said.

use storywright_domain::source::{SourceEntry, SourceState};

/// Sizes of a draft's sources in characters, against what the model reads at once. A token is about four characters of English.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Budget {
    /// Most characters that go to the model.
    pub limit: usize,
    /// Characters of all sources that were read.
    pub total: usize,
    /// Characters that go to the model.
    pub used: usize,
    /// Numbers of the sources that go to the model.
    pub fits: Vec<u32>,
    /// Numbers of the sources that were read and do not fit: the model does not see them.
    pub left_out: Vec<u32>,
    /// Numbers of sources that are not read yet or could not be read.
    pub unread: Vec<u32>,
}

/// Whether a source goes to the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fitting {
    /// It does.
    Fits,
    /// It was read and is too much with those before it.
    LeftOut,
    /// It was not read.
    Unread,
}

impl Budget {
    /// What fits of these, in their order. One that does not fit is left out whole; smaller ones after it still have their chance.
    #[must_use]
    pub fn of(entries: &[SourceEntry], limit: usize) -> Self {
        let mut budget = Self { limit, ..Self::default() };
        for entry in entries {
            if entry.state != SourceState::Read {
                budget.unread.push(entry.number);
                continue;
            }
            budget.total += entry.chars;
            if budget.used + entry.chars <= limit {
                budget.used += entry.chars;
                budget.fits.push(entry.number);
            } else {
                budget.left_out.push(entry.number);
            }
        }
        budget
    }

    /// What becomes of one source.
    #[must_use]
    pub fn of_source(&self, number: u32) -> Fitting {
        if self.fits.contains(&number) {
            Fitting::Fits
        } else if self.left_out.contains(&number) {
            Fitting::LeftOut
        } else {
            Fitting::Unread
        }
    }

    /// About how many tokens the characters are.
    #[must_use]
    pub fn tokens(chars: usize) -> usize {
        chars.div_ceil(4)
    }
}
