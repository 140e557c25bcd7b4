//! Names become addresses here, once per connection, and only addresses that pass are dialed.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::Lookup;

/// Why an address is never dialed; `None` when it may be. Private networks may be: the list of hosts guards them.
pub(crate) fn refusal(address: IpAddr, allow_loopback: bool) -> Option<&'static str> {
    match address {
        IpAddr::V4(ip) => refusal_v4(ip, allow_loopback),
        IpAddr::V6(ip) => refusal_v6(ip, allow_loopback),
    }
}

fn refusal_v4(ip: Ipv4Addr, allow_loopback: bool) -> Option<&'static str> {
    let [a, b, c, _] = ip.octets();
    if ip.is_loopback() {
        return (!allow_loopback).then_some("it is a loopback address: set allow_loopback if that is meant");
    }
    if a == 0 {
        return Some("it is an unspecified address");
    }
    if ip.is_link_local() {
        return Some("it is a link-local or cloud metadata address");
    }
    // Metadata services of cloud providers outside 169.254/16.
    if ip == Ipv4Addr::new(100, 100, 100, 200) || ip == Ipv4Addr::new(168, 63, 129, 16) || (a, b, c) == (192, 0, 0) {
        return Some("it is a cloud metadata address");
    }
    if ip.is_multicast() || ip.is_broadcast() || a >= 240 {
        return Some("it is a multicast, broadcast or reserved address");
    }
    None
}

fn refusal_v6(ip: Ipv6Addr, allow_loopback: bool) -> Option<&'static str> {
    let segments = ip.segments();
    if ip.is_loopback() {
        return (!allow_loopback).then_some("it is a loopback address: set allow_loopback if that is meant");
    }
    if ip.is_unspecified() {
        return Some("it is an unspecified address");
    }
    if ip.to_ipv4_mapped().is_some() || segments[..6] == [0; 6] {
        return Some("it is an IPv4 address in IPv6 clothes");
    }
    if ip.is_unicast_link_local() || (segments[0] & 0xffc0) == 0xfec0 {
        return Some("it is a link-local or site-local address");
    }
    if ip.is_multicast() {
        return Some("it is a multicast address");
    }
    if ip == Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x254) {
        return Some("it is a cloud metadata address");
    }
    // Translation prefixes carry an IPv4 address that must pass too, loopback never.
    let embedded = if segments[..6] == [0x0064, 0xff9b, 0, 0, 0, 0] {
        Some((segments[6], segments[7]))
    } else if segments[0] == 0x2002 {
        Some((segments[1], segments[2]))
    } else {
        None
    };
    embedded.and_then(|(high, low)| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        refusal_v4(Ipv4Addr::new(a, b, c, d), false)
    })
}

/// The error that a refusal travels in through ureq.
#[derive(Debug, thiserror::Error)]
#[error("the host has an address that is never called: {0}")]
pub(crate) struct Refused(pub &'static str);

/// Resolves, then refuses. One bad address among several refuses all of them: nothing good mixes the two.
pub(crate) struct GuardedResolver {
    pub(crate) allow_loopback: bool,
    pub(crate) lookup: Option<Arc<dyn Lookup>>,
}

impl Resolver for GuardedResolver {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = match &self.lookup {
            _ if literal(uri).is_some() => {
                let mut addresses = self.empty();
                if let Some(ip) = literal(uri) {
                    addresses.push(SocketAddr::new(ip, port(uri)));
                }
                addresses
            }
            None => DefaultResolver::default().resolve(uri, config, timeout)?,
            Some(lookup) => {
                let host = uri.host().ok_or(ureq::Error::HostNotFound)?;
                let mut addresses = self.empty();
                for address in lookup.lookup(host, port(uri))?.into_iter().take(16) {
                    addresses.push(address);
                }
                addresses
            }
        };
        if found.is_empty() {
            return Err(ureq::Error::HostNotFound);
        }
        match found.iter().find_map(|address| refusal(address.ip(), self.allow_loopback)) {
            Some(problem) => Err(ureq::Error::Other(Box::new(Refused(problem)))),
            None => Ok(found),
        }
    }
}

/// The address when the host is one already: no thread need be started to look it up.
fn literal(uri: &Uri) -> Option<IpAddr> {
    uri.host()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn port(uri: &Uri) -> u16 {
    uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 })
}

impl fmt::Debug for GuardedResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedResolver").field("allow_loopback", &self.allow_loopback).finish_non_exhaustive()
    }
}
