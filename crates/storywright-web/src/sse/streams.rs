//! How many streams are open, in all and per person.

use crate::errors::{AppError, kinds};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use storywright_domain::{Millis, UserId};

/// The open streams of this process.
#[derive(Default)]
pub struct Streams {
    open: Mutex<HashMap<UserId, usize>>,
    opened: AtomicU64,
}

/// A place among the open streams, given back when dropped.
pub(super) struct Permit {
    streams: Arc<Streams>,
    user: UserId,
    number: u64,
}

impl Streams {
    /// How many are open.
    #[must_use]
    pub fn count(&self) -> usize {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    /// Takes a place for one more stream of a person who may have `most`.
    ///
    /// # Errors
    /// `too_many_streams`.
    pub(super) fn take(self: &Arc<Self>, user: UserId, most: usize) -> Result<Permit, AppError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = open.entry(user).or_default();
        if *mine >= most {
            return Err(AppError::new(
                &kinds::TOO_MANY_STREAMS,
                &format!("You have {mine} event streams open"),
                "Close some of your other windows or programs",
            )
            .with_retry_after(Millis::seconds(5)));
        }
        *mine += 1;
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        Ok(Permit { streams: Arc::clone(self), user, number })
    }
}

impl Permit {
    /// Grows with each stream.
    pub fn number(&self) -> u64 {
        self.number
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self.streams.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mine) = open.get_mut(&self.user) {
            *mine -= 1;
            if *mine == 0 {
                open.remove(&self.user);
            }
        }
    }
}
