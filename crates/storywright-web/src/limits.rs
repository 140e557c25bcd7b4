//! How often something may be asked. Buckets refill evenly; nobody is locked out for longer than a bucket takes to refill.

use crate::errors::{AppError, kinds};
use crate::settings::Rates;
use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use storywright_domain::ports::Clock;
use storywright_domain::{Millis, UserId};

/// After so many questions, buckets that are full again are forgotten.
const TIDY_EVERY: u32 = 4_096;

/// All limits of the server.
pub struct Limits {
    addresses: Buckets<IpAddr>,
    names_from: Buckets<(IpAddr, String)>,
    names: Buckets<String>,
    people: Buckets<UserId>,
    costly: Buckets<UserId>,
}

impl Limits {
    /// Limits with full buckets.
    #[must_use]
    pub fn new(rates: Rates, clock: Arc<dyn Clock>) -> Self {
        Self {
            addresses: Buckets::new(rates.sign_in_per_address, &clock),
            names_from: Buckets::new(rates.sign_in_per_name_and_address, &clock),
            names: Buckets::hourly(rates.sign_in_per_name, &clock),
            people: Buckets::new(rates.outside_per_person, &clock),
            costly: Buckets::new(rates.costly_per_person, &clock),
        }
    }

    /// Another sign-in for `name` from `address`. A browser that this person has signed in with before (`known`) is not held up
    /// by what strangers try elsewhere.
    ///
    /// # Errors
    /// `too_many_sign_ins` with the time to wait.
    pub fn sign_in(&self, address: IpAddr, name: &str, known: bool) -> Result<(), AppError> {
        let network = network_of(address);
        let name: String = name.trim().to_lowercase().chars().take(254).collect();
        let wait = self
            .addresses
            .take(network)
            .or_else(|| self.names_from.take((network, name.clone())))
            .or_else(|| if known { None } else { self.names.take(name) });
        wait.map_or(Ok(()), |wait| Err(too_many_sign_ins(wait)))
    }

    /// Another sign-up from `address`.
    ///
    /// # Errors
    /// `too_many_sign_ins` with the time to wait.
    pub fn sign_up(&self, address: IpAddr) -> Result<(), AppError> {
        self.addresses.take(network_of(address)).map_or(Ok(()), |wait| Err(too_many_sign_ins(wait)))
    }

    /// Another request of this person to a route that calls Jira, Confluence or the LLM (`outside`), or keeps a processor busy (`costly`).
    ///
    /// # Errors
    /// `too_many_requests` with the time to wait.
    pub fn of_route(&self, user: UserId, outside: bool, costly: bool) -> Result<(), AppError> {
        let kinds = [
            (outside, &self.people, "You have asked Jira, Confluence or the LLM very often within a minute"),
            (costly, &self.costly, "You have tried rules very often within a minute"),
        ];
        for (asked, buckets, what) in kinds {
            if asked && let Some(wait) = buckets.take(user) {
                return Err(too_many_requests(what, wait));
            }
        }
        Ok(())
    }
}

fn too_many_requests(what: &str, wait: Millis) -> AppError {
    AppError::new(&kinds::TOO_MANY_REQUESTS, what, &format!("Wait {} seconds, then try again", seconds(wait)))
        .with_retry_after(wait)
}

fn too_many_sign_ins(wait: Millis) -> AppError {
    AppError::new(
        &kinds::TOO_MANY_SIGN_INS,
        "There were many attempts within a short time",
        &format!("Wait {} seconds, then try again; the account is not locked", seconds(wait)),
    )
    .with_retry_after(wait)
}

fn seconds(wait: Millis) -> i64 {
    ((wait.0 + 999) / 1_000).max(1)
}

/// One household or company holds a whole /64 of IPv6.
fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let mut octets = v6.octets();
            octets[8..].fill(0);
            IpAddr::from(octets)
        }
    }
}

/// The time of the [`Clock`] port for the buckets.
#[derive(Clone)]
struct PortClock(Arc<dyn Clock>);

impl GovernorClock for PortClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let millis = u64::try_from(self.0.now().0).unwrap_or(0);
        Nanos::new(millis.saturating_mul(1_000_000))
    }
}

type Limiter<K> = RateLimiter<K, DashMapStateStore<K>, PortClock, NoOpMiddleware<Nanos>>;

/// Buckets by key; none at all for a limit of zero.
struct Buckets<K: Hash + Eq + Clone> {
    limiter: Option<Limiter<K>>,
    clock: PortClock,
    asked: AtomicU32,
}

impl<K: Hash + Eq + Clone> Buckets<K> {
    fn new(per_minute: u32, clock: &Arc<dyn Clock>) -> Self {
        Self::with(NonZeroU32::new(per_minute).map(Quota::per_minute), clock)
    }

    /// At most so many within any hour, three in ten of them at once.
    fn hourly(most: u32, clock: &Arc<dyn Clock>) -> Self {
        let at_once = NonZeroU32::new((most / 10).saturating_mul(3)).unwrap_or(NonZeroU32::MIN);
        let evenly = NonZeroU32::new(most.saturating_sub(at_once.get())).unwrap_or(NonZeroU32::MIN);
        Self::with((most > 0).then(|| Quota::per_hour(evenly).allow_burst(at_once)), clock)
    }

    fn with(quota: Option<Quota>, clock: &Arc<dyn Clock>) -> Self {
        let clock = PortClock(Arc::clone(clock));
        let limiter = quota.map(|quota| RateLimiter::dashmap_with_clock(quota, clock.clone()));
        Self { limiter, clock, asked: AtomicU32::new(0) }
    }

    /// Takes one; gives the time to wait when the bucket is empty.
    fn take(&self, key: K) -> Option<Millis> {
        let limiter = self.limiter.as_ref()?;
        if self.asked.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            limiter.retain_recent();
        }
        let until = limiter.check_key(&key).err()?;
        let wait = until.wait_time_from(self.clock.now());
        Some(Millis(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX).max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicI64;

    #[derive(Default)]
    struct HandClock(AtomicI64);

    impl Clock for HandClock {
        fn now(&self) -> storywright_domain::Timestamp {
            storywright_domain::Timestamp(self.0.load(Ordering::Relaxed))
        }
    }

    #[test]
    fn one_name_is_guessed_at_most_a_hundred_times_an_hour_from_everywhere_together() {
        let clock = Arc::new(HandClock::default());
        let limits = Limits::new(Rates::default(), Arc::clone(&clock) as Arc<dyn Clock>);
        let mut let_through = 0;
        for second in 0..3_600_u32 {
            clock.0.store(i64::from(second) * 1_000, Ordering::Relaxed);
            // Always another address, so that only the name is counted.
            let [_, _, high, low] = second.to_be_bytes();
            let address = IpAddr::from([203, 0, high, low]);
            let_through += usize::from(limits.sign_in(address, "Alice ", false).is_ok());
        }
        assert!((60..=100).contains(&let_through), "{let_through}");
        assert!(
            limits.sign_in(IpAddr::from([198, 51, 100, 1]), "alice", true).is_ok(),
            "a browser that was here before"
        );
        assert!(limits.sign_in(IpAddr::from([198, 51, 100, 1]), "bob", false).is_ok());
    }
}
