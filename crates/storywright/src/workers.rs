//! Background workers: one dispatcher a group of job kinds claims what is due and gives each job a thread of its own; one thread
//! renews the leases of all.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use storywright_application::{Ports, worker};
use storywright_domain::Millis;
use storywright_domain::job::JobKind;
use storywright_domain::ports::Claim;

/// Stack of a job's thread. The work is shallow; a thousand streams must not cost gigabytes of address space.
const STACK: usize = 512 * 1_024;

/// How often the queue is looked at when nobody rings.
const LOOK_EVERY: Millis = Millis::seconds(1);

/// A group of workers.
pub struct Group {
    /// Name for logs and leases.
    pub name: &'static str,
    /// What it works on.
    pub kinds: &'static [JobKind],
    /// How many at once.
    pub at_once: usize,
}

/// The running workers of this process.
pub struct Workers {
    ports: Ports,
    slots: Vec<Arc<Slots>>,
    threads: Vec<JoinHandle<()>>,
}

struct Slots {
    busy: Mutex<usize>,
    changed: Condvar,
    limit: usize,
}

impl Slots {
    fn new(limit: usize) -> Self {
        Self { busy: Mutex::new(0), changed: Condvar::new(), limit }
    }

    /// Waits a while for a free slot.
    fn take(&self) -> bool {
        let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut busy, _) = self
            .changed
            .wait_timeout_while(busy, Duration::from_secs(1), |busy| *busy >= self.limit)
            .unwrap_or_else(PoisonError::into_inner);
        let free = *busy < self.limit;
        *busy += usize::from(free);
        free
    }

    fn give_back(&self) {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        *busy = busy.saturating_sub(1);
        self.changed.notify_all();
    }

    /// Waits until none is busy; `false` when it took too long.
    fn drain(&self, at_most: Duration) -> bool {
        let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let (busy, _) =
            self.changed.wait_timeout_while(busy, at_most, |busy| *busy > 0).unwrap_or_else(PoisonError::into_inner);
        *busy == 0
    }
}

impl Workers {
    /// Starts the groups.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(ports: &Ports, groups: Vec<Group>) -> std::io::Result<Self> {
        let mut slots = Vec::new();
        let mut threads = Vec::new();
        for group in groups {
            let own = Arc::new(Slots::new(group.at_once));
            slots.push(Arc::clone(&own));
            let ports = ports.clone();
            threads.push(
                std::thread::Builder::new()
                    .name(format!("dispatch-{}", group.name))
                    .spawn(move || dispatch(&ports, &group, &own))?,
            );
        }
        let renewing = ports.clone();
        threads.push(std::thread::Builder::new().name("leases".to_owned()).spawn(move || renew_leases(&renewing))?);
        Ok(Self { ports: ports.clone(), slots, threads })
    }

    /// Stops claiming, lets running jobs finish for `grace`, then hands them back without counting the attempt.
    pub fn stop(self, grace: Duration) {
        self.ports.running.shut_down();
        self.ports.queue.wake();
        let finished = self.slots.iter().all(|slots| slots.drain(grace));
        if !finished {
            self.ports.running.cancel_all();
            // Cancelling closes sockets, so this is short; what is left after it loses its lease in time.
            let handed_back = self.slots.iter().all(|slots| slots.drain(Duration::from_secs(5)));
            log::info!(handed_back; "jobs handed back");
        }
        for thread in self.threads {
            if thread.join().is_err() {
                log::error!("a dispatcher had panicked");
            }
        }
    }
}

fn dispatch(ports: &Ports, group: &Group, slots: &Arc<Slots>) {
    while !ports.running.is_shutting_down() {
        if !slots.take() {
            continue;
        }
        match ports.queue.claim(group.name, group.kinds, ports.settings.job_lease) {
            Ok(Some(claim)) => run(ports, claim, slots),
            Ok(None) => {
                slots.give_back();
                ports.queue.wait(LOOK_EVERY);
            }
            Err(error) => {
                slots.give_back();
                log::error!(group = group.name, error = error.to_string().as_str(); "no job could be claimed");
                ports.queue.wait(LOOK_EVERY);
            }
        }
    }
}

fn run(ports: &Ports, claim: Claim, slots: &Arc<Slots>) {
    let own_ports = ports.clone();
    let own_slots = Arc::clone(slots);
    let own_claim = claim.clone();
    let spawned = std::thread::Builder::new().name("job".to_owned()).stack_size(STACK).spawn(move || {
        let outcome = catch_unwind(AssertUnwindSafe(|| worker::run_claimed(&own_ports, &own_claim)));
        if outcome.is_err() {
            log::error!(job_id = own_claim.job.id.to_string().as_str(); "a job panicked");
            worker::give_up_attempt(&own_ports, &own_claim);
        }
        own_slots.give_back();
    });
    if let Err(error) = spawned {
        log::error!(error = error.to_string().as_str(); "no thread for a job");
        worker::give_up_attempt(ports, &claim);
        slots.give_back();
    }
}

/// Renews every lease of this process each third of its length, as long as jobs run. A lost lease stops its job at once.
fn renew_leases(ports: &Ports) {
    let pause = Millis((ports.settings.job_lease.0 / 3).max(1_000));
    let mut waited = Millis(0);
    loop {
        let jobs = ports.running.leases();
        if ports.running.is_shutting_down() && jobs.is_empty() {
            return;
        }
        if waited.0 >= pause.0 {
            waited = Millis(0);
            for (job, fence) in jobs {
                match ports.queue.renew(job, fence, ports.settings.job_lease) {
                    Ok(storywright_domain::ports::Held::Yes { cancel_requested: false, .. }) => {}
                    Ok(_) => ports.running.cancel(job),
                    Err(error) => {
                        log::error!(job_id = job.to_string().as_str(), error = error.to_string().as_str(); "a lease could not be renewed")
                    }
                }
            }
        }
        std::thread::park_timeout(Duration::from_millis(500));
        waited = Millis(waited.0 + 500);
    }
}
