//! Cancellation that reaches blocked I/O: a flag that can be asked, and hooks that run when it is raised.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

type Hook = Box<dyn FnOnce() + Send>;

/// Shared between whoever runs a piece of work and whoever may stop it. Cloning shares the same flag.
#[derive(Clone, Default)]
pub struct Cancellation {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    raised: AtomicBool,
    hooks: Mutex<Vec<Hook>>,
}

impl Cancellation {
    /// A flag that nobody has raised.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Raises the flag and runs every hook once; later calls do nothing.
    pub fn cancel(&self) {
        let hooks = {
            let mut hooks = self.shared.hooks.lock().unwrap_or_else(PoisonError::into_inner);
            self.shared.raised.store(true, Ordering::SeqCst);
            std::mem::take(&mut *hooks)
        };
        for hook in hooks {
            hook();
        }
    }

    /// Whether somebody asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.shared.raised.load(Ordering::SeqCst)
    }

    /// Runs `hook` when the flag is raised, or at once when it already is. Adapters close their sockets here.
    pub fn on_cancel(&self, hook: impl FnOnce() + Send + 'static) {
        let mut hooks = self.shared.hooks.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_cancelled() {
            drop(hooks);
            hook();
        } else {
            hooks.push(Box::new(hook));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;

    #[test]
    fn hooks_run_once_and_late_hooks_run_at_once() {
        let count = Arc::new(AtomicU32::new(0));
        let cancellation = Cancellation::new();
        let early = Arc::clone(&count);
        cancellation.on_cancel(move || {
            early.fetch_add(1, Ordering::SeqCst);
        });
        cancellation.cancel();
        cancellation.cancel();
        let late = Arc::clone(&count);
        cancellation.on_cancel(move || {
            late.fetch_add(10, Ordering::SeqCst);
        });
        assert_eq!(count.load(Ordering::SeqCst), 11);
        assert!(cancellation.is_cancelled());
    }
}
