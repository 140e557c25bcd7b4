//! How many streams may be open at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts open streams.
#[derive(Debug, Default, Clone)]
pub(crate) struct Slots(Arc<AtomicUsize>);

/// A place among the open streams, given back when dropped.
#[derive(Debug)]
pub(crate) struct Slot(Arc<AtomicUsize>);

impl Slots {
    /// A place, if fewer than `limit` are taken. The limit comes with each call because the configuration can change.
    pub(crate) fn take(&self, limit: usize) -> Option<Slot> {
        let below = |taken: usize| (taken < limit).then_some(taken + 1);
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, below).ok()?;
        Some(Slot(Arc::clone(&self.0)))
    }

    /// How many are taken.
    pub(crate) fn taken(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_after_its_drop() {
        let slots = Slots::default();
        let first = slots.take(1);
        assert!(first.is_some() && slots.take(1).is_none());
        drop(first);
        assert!(slots.take(1).is_some());
        assert_eq!(slots.taken(), 0);
    }
}
