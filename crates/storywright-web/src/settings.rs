//! What the server needs to know about its place in the world. Read by the binary; nothing here reads the environment.

use actix_web::cookie::Key;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

/// Settings of pages, API and streams.
#[derive(Clone)]
pub struct WebSettings {
    /// Address under which people reach the server: `https://stories.corp.example`. Requests that change something must come from
    /// pages of this origin.
    pub public_url: Url,
    /// Cookies are `Secure` and carry the `__Host-` prefix, and HSTS is sent. Off only for plain HTTP on the same machine.
    pub cookie_secure: bool,
    /// Signs the session cookie; from the keyring, the same for all replicas and across restarts.
    pub cookie_key: Key,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Templates and static files are read from this folder (`web-assets`) with each start instead of from the binary.
    pub dev_assets: Option<PathBuf>,
    /// Threads that serve requests; at least one.
    pub workers: usize,
    /// Threads per worker that run use cases.
    pub blocking_threads: usize,
    /// Open connections per worker.
    pub max_connections: usize,
    /// Time that open requests have at shutdown.
    pub shutdown: Duration,
    /// Limits on how often something may be asked.
    pub rates: Rates,
    /// Event streams that one person may have open at a time.
    pub streams_per_person: usize,
    /// Shown in the footer and in `/healthz`.
    pub version: String,
}

/// How often something may be asked. Each is a bucket that refills evenly.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// Sign-ins and sign-ups per network address and minute.
    pub sign_in_per_address: u32,
    /// Sign-ins for one name from one address and minute.
    pub sign_in_per_name_and_address: u32,
    /// Sign-ins for one name from all unknown browsers together within any hour, three in ten of them at once; browsers that signed in
    /// before are not counted, so that a stranger cannot keep a person out.
    pub sign_in_per_name: u32,
    /// Requests per person and minute that call Jira, Confluence or the LLM.
    pub outside_per_person: u32,
    /// Requests per person and minute that keep a processor busy: rules that are tried while they are typed.
    pub costly_per_person: u32,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            sign_in_per_address: 30,
            sign_in_per_name_and_address: 10,
            sign_in_per_name: 100,
            outside_per_person: 60,
            costly_per_person: 60,
        }
    }
}

impl WebSettings {
    /// Settings for a server at `public_url`; cookies are secure exactly when it is `https`.
    #[must_use]
    pub fn new(public_url: Url, cookie_key: Key) -> Self {
        Self {
            cookie_secure: public_url.scheme() == "https",
            public_url,
            cookie_key,
            trusted_proxies: Vec::new(),
            dev_assets: None,
            workers: 2,
            blocking_threads: 64,
            max_connections: 10_000,
            shutdown: Duration::from_secs(30),
            rates: Rates::default(),
            streams_per_person: 20,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// A range of network addresses: `10.0.0.0/8`, `::1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// The text is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a network: use an address or an address with a prefix length, as in `10.0.0.0/8`")]
pub struct BadNetwork(String);

impl Network {
    /// Reads an address, or an address with a prefix length.
    ///
    /// # Errors
    /// [`BadNetwork`].
    pub fn parse(raw: &str) -> Result<Self, BadNetwork> {
        let bad = || BadNetwork(raw.chars().take(60).collect());
        let (address, prefix) = raw.trim().split_once('/').map_or((raw.trim(), None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(text) => text.parse::<u8>().ok().filter(|prefix| *prefix <= most).ok_or_else(bad)?,
            None => most,
        };
        Ok(Self { address, prefix })
    }

    /// Whether an address belongs to it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                let shift = 32 - u32::from(self.prefix);
                let bits = |ip: std::net::Ipv4Addr| u32::from(ip).checked_shr(shift).unwrap_or(0);
                bits(ours) == bits(theirs)
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                let shift = 128 - u32::from(self.prefix);
                let bits = |ip: std::net::Ipv6Addr| u128::from(ip).checked_shr(shift).unwrap_or(0);
                bits(ours) == bits(theirs)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_addresses_and_no_others() {
        for (network, address, expected) in [
            ("10.0.0.0/8", "10.200.3.4", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("fd00::/8", "fd12::1", true),
            ("fd00::/8", "2001:db8::1", false),
        ] {
            let contains = Network::parse(network).unwrap().contains(address.parse().unwrap());
            assert_eq!(contains, expected, "{address} in {network}");
        }
        for raw in ["", "10.0.0.0/33", "proxy", "10.0.0.0/-1"] {
            assert!(Network::parse(raw).is_err(), "{raw}");
        }
    }
}
