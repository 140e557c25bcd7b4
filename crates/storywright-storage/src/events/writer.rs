//! The thread that writes what jobs say, for all of them.

use super::Shared;
use super::channel::Channel;
use super::rows::{self, Kept};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use storywright_domain::job::JobEvent;
use storywright_domain::ports::StorageError;

/// Between the beginnings of two transactions: at most 20 rows a second and job.
const PACE: Duration = Duration::from_millis(50);
/// Before a write that failed is tried again.
const AFTER_FAILURE: Duration = Duration::from_millis(250);
/// Between two looks for channels that nobody needs.
const TIDY: Duration = Duration::from_secs(5);
/// Looks without an event after which a channel is forgotten.
const QUIET_ROUNDS: u32 = 12;

/// One batch of one job on its way to the disk.
type Batch = (Arc<Channel>, Arc<Vec<JobEvent>>);

/// Runs until the log is dropped.
pub fn run(shared: &Shared) {
    let mut rows: Vec<Batch> = Vec::new();
    let mut began = None;
    let mut tidied = monotonic();
    loop {
        let stop = wait(shared, &rows, began);
        began = Some(monotonic());
        collect(shared, &mut rows);
        if !rows.is_empty() {
            match write(shared, &rows) {
                Ok(kept) => settle(shared, rows.drain(..).zip(kept)),
                Err(error) => fail(shared, &rows, error),
            }
        }
        if tidied.elapsed() >= TIDY {
            tidied = monotonic();
            tidy(shared);
        }
        if stop {
            if !rows.is_empty() {
                log::error!(jobs = rows.len(); "what jobs said last could not be written");
            }
            return;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "paces the writing; no span of it is stored or shown")]
pub fn monotonic() -> Instant {
    Instant::now()
}

/// Waits for something to write, and until the pace allows it. Says whether the log is being dropped.
fn wait(shared: &Shared, unwritten: &[Batch], began: Option<Instant>) -> bool {
    let mut work = shared.lock_work();
    if unwritten.is_empty() {
        work.idle = work.dirty.is_empty();
        let woken = shared.work_came.wait_timeout_while(work, TIDY, |work| work.dirty.is_empty() && !work.stop);
        work = woken.unwrap_or_else(PoisonError::into_inner).0;
        work.idle = false;
    }
    let pace = if unwritten.is_empty() { PACE } else { AFTER_FAILURE };
    if let Some(left) = began.and_then(|began| pace.checked_sub(began.elapsed())) {
        let paced = shared.work_came.wait_timeout_while(work, left, |work| !work.stop);
        work = paced.unwrap_or_else(PoisonError::into_inner).0;
    }
    work.stop
}

fn collect(shared: &Shared, rows: &mut Vec<Batch>) {
    let dirty = std::mem::take(&mut shared.lock_work().dirty);
    rows.extend(dirty.into_iter().filter_map(|channel| {
        let batch = channel.lock().take_batch()?;
        Some((channel, batch))
    }));
}

fn write(shared: &Shared, rows: &[Batch]) -> Result<Vec<Kept>, StorageError> {
    shared.storage.writing(|conn| rows.iter().map(|(channel, batch)| rows::write(conn, channel.job, batch)).collect())
}

/// Notes what is on disk.
fn settle(shared: &Shared, rows: impl Iterator<Item = (Batch, Kept)>) {
    let recovered = shared.failing.swap(false, Ordering::SeqCst);
    *shared.failure.lock().unwrap_or_else(PoisonError::into_inner) = None;
    if recovered {
        log::warn!("job events are written again");
    }
    for ((channel, _), kept) in rows {
        let mut state = channel.lock();
        shared.waiting_bytes.fetch_sub(state.batch_done(), Ordering::Relaxed);
        if kept == Kept::JobIsGone {
            state.lost = true;
            state.ended = true;
        }
        state.forget_ended_listeners();
        shared.retire_if_idle(&channel, &mut state, false);
        drop(state);
        channel.changed.notify_all();
    }
    // Under the lock that waiting speakers hold while they look, so that none misses it.
    drop(shared.failure.lock().unwrap_or_else(PoisonError::into_inner));
    shared.written.notify_all();
}

/// Notes that nothing could be written; the rows stay for the next try.
fn fail(shared: &Shared, rows: &[Batch], error: StorageError) {
    if !shared.failing.swap(true, Ordering::SeqCst) {
        log::error!(error:% = error; "job events cannot be written");
    }
    *shared.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    for (channel, _) in rows {
        channel.lock().failures += 1;
        channel.changed.notify_all();
    }
    shared.written.notify_all();
}

/// Forgets what nobody needs.
fn tidy(shared: &Shared) {
    for shard in &shared.shards {
        let channels: Vec<Arc<Channel>> =
            shard.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        for channel in channels {
            let Some(mut state) = channel.try_lock() else { continue };
            state.forget_ended_listeners();
            state.quiet_rounds = state.quiet_rounds.saturating_add(1);
            let unused = state.quiet_rounds >= QUIET_ROUNDS;
            shared.retire_if_idle(&channel, &mut state, unused);
        }
    }
}
