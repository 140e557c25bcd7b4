//! Waking workers that wait for jobs, without losing a call that comes between looking and waiting.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use storywright_domain::Millis;

static NEXT: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Per bell: its count when this thread began to look the last time.
    static LOOKED: RefCell<HashMap<u64, u64>> = RefCell::new(HashMap::new());
}

/// Counts its rings; a thread waits only when it has looked since the last one.
pub struct Bell {
    id: u64,
    rings: Mutex<u64>,
    rung: Condvar,
}

impl Bell {
    /// A bell that was never rung.
    pub fn new() -> Self {
        Self { id: NEXT.fetch_add(1, Ordering::Relaxed), rings: Mutex::new(0), rung: Condvar::new() }
    }

    /// Notes that this thread begins to look: rings from now on end its next wait.
    pub fn look(&self) {
        let rings = *self.lock();
        LOOKED.with_borrow_mut(|looked| looked.insert(self.id, rings));
    }

    /// Wakes everybody.
    pub fn ring(&self) {
        *self.lock() += 1;
        self.rung.notify_all();
    }

    /// Blocks until a ring after the last look, or until the span has passed.
    pub fn wait(&self, at_most: Millis) {
        let span = Duration::from_millis(u64::try_from(at_most.0).unwrap_or(0));
        let rings = self.lock();
        let seen = LOOKED.with_borrow(|looked| looked.get(&self.id).copied()).unwrap_or(*rings);
        let (rings, _) =
            self.rung.wait_timeout_while(rings, span, |rings| *rings == seen).unwrap_or_else(PoisonError::into_inner);
        LOOKED.with_borrow_mut(|looked| looked.insert(self.id, *rings));
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.rings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
