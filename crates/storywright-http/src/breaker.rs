//! A site that fails again and again is left alone for a while, then tried by one call.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use storywright_domain::ports::Clock;
use storywright_domain::{Millis, Timestamp};

/// Failures in a row that open the circuit.
const THRESHOLD: u32 = 5;
/// How long it stays open at first, and at most when the probe fails too.
const FIRST_PAUSE: Millis = Millis::seconds(15);
const LONGEST_PAUSE: Millis = Millis::seconds(60);

/// What a call said about the health of its site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It answered.
    Healthy,
    /// It did not, or with a server error.
    Failed,
    /// Nothing: the call ended for reasons of our own.
    Unknown,
}

#[derive(Default)]
struct Circuit {
    failures: u32,
    open_until: Option<Timestamp>,
    pause: Option<Millis>,
    probing: bool,
}

/// The circuits of all sites.
pub(crate) struct Breaker {
    clock: Arc<dyn Clock>,
    circuits: Mutex<HashMap<String, Circuit>>,
}

/// Leave to make one call; says how it went, or gives the leave back when dropped.
pub(crate) struct Permit<'a> {
    breaker: &'a Breaker,
    site: String,
    probe: bool,
    told: bool,
}

impl Breaker {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, circuits: Mutex::new(HashMap::new()) }
    }

    /// Leave to call the site, or the milliseconds to wait for it.
    pub(crate) fn permit(&self, site: &str) -> Result<Permit<'_>, i64> {
        let now = self.clock.now();
        let mut circuits = self.circuits.lock().unwrap_or_else(PoisonError::into_inner);
        let mut probe = false;
        if let Some(circuit) = circuits.get_mut(site)
            && let Some(until) = circuit.open_until
        {
            let left = until.since(now).0;
            if left > 0 {
                return Err(left);
            }
            if circuit.probing {
                return Err(1_000);
            }
            circuit.probing = true;
            probe = true;
        }
        Ok(Permit { breaker: self, site: site.to_owned(), probe, told: false })
    }

    fn tell(&self, site: &str, probe: bool, verdict: Verdict) {
        let now = self.clock.now();
        let mut circuits = self.circuits.lock().unwrap_or_else(PoisonError::into_inner);
        match verdict {
            Verdict::Healthy => {
                circuits.remove(site);
            }
            Verdict::Unknown => {
                if probe && let Some(circuit) = circuits.get_mut(site) {
                    circuit.probing = false;
                }
            }
            Verdict::Failed => {
                let circuit = circuits.entry(site.to_owned()).or_default();
                circuit.failures = circuit.failures.saturating_add(1);
                // Calls that were under way when the circuit opened do not make the pause longer.
                circuit.probing &= !probe;
                if circuit.failures >= THRESHOLD && (probe || circuit.open_until.is_none()) {
                    let pause = match circuit.pause {
                        Some(Millis(last)) => Millis((last * 2).min(LONGEST_PAUSE.0)),
                        None => FIRST_PAUSE,
                    };
                    circuit.pause = Some(pause);
                    circuit.open_until = Some(now + pause);
                    log::warn!(target: "storywright::egress", site = site, pause_ms = pause.0; "site left alone for a while");
                }
            }
        }
    }
}

impl Permit<'_> {
    /// Says how the call went.
    pub(crate) fn tell(mut self, verdict: Verdict) {
        self.told = true;
        self.breaker.tell(&self.site, self.probe, verdict);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if !self.told {
            self.breaker.tell(&self.site, self.probe, Verdict::Unknown);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, Ordering};

    #[derive(Default)]
    struct HandClock(AtomicI64);

    impl Clock for HandClock {
        fn now(&self) -> Timestamp {
            Timestamp(self.0.load(Ordering::SeqCst))
        }
    }

    fn failed(breaker: &Breaker) {
        breaker.permit("jira").expect("open to calls").tell(Verdict::Failed);
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_one_probe_closes_it() {
        let clock = Arc::new(HandClock::default());
        let breaker = Breaker::new(clock.clone());
        (0..4).for_each(|_| failed(&breaker));
        breaker.permit("jira").expect("still closed").tell(Verdict::Healthy);
        (0..5).for_each(|_| failed(&breaker));
        assert_eq!(breaker.permit("jira").err(), Some(15_000));
        assert!(breaker.permit("wiki").is_ok(), "other sites are untouched");

        clock.0.store(15_000, Ordering::SeqCst);
        let probe = breaker.permit("jira").expect("half open");
        assert_eq!(breaker.permit("jira").err(), Some(1_000), "one probe at a time");
        probe.tell(Verdict::Failed);
        assert_eq!(breaker.permit("jira").err(), Some(30_000), "longer after a failed probe");

        clock.0.store(45_000, Ordering::SeqCst);
        breaker.permit("jira").expect("half open").tell(Verdict::Healthy);
        assert!(breaker.permit("jira").is_ok());
    }

    #[test]
    fn a_probe_that_says_nothing_gives_its_turn_back() {
        let clock = Arc::new(HandClock::default());
        let breaker = Breaker::new(clock.clone());
        (0..5).for_each(|_| failed(&breaker));
        clock.0.store(15_000, Ordering::SeqCst);
        drop(breaker.permit("jira").expect("half open"));
        assert!(breaker.permit("jira").is_ok(), "the next may probe");
    }
}
