//! The administrator's list of places that may be called.

use crate::HttpError;
use crate::resolver::refusal;
use std::net::IpAddr;
use storywright_domain::remote::{Site, SiteKind};
use url::{Host, Url};

/// What a place is for. A credential for one purpose never travels to a place listed for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Jira sites.
    Jira,
    /// Confluence sites.
    Confluence,
    /// LLM services.
    Llm,
    /// MCP servers.
    Tools,
}

impl From<SiteKind> for Purpose {
    fn from(kind: SiteKind) -> Self {
        match kind {
            SiteKind::Jira => Self::Jira,
            SiteKind::Confluence => Self::Confluence,
        }
    }
}

/// What an administrator may relax for one place. Everything is strict by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OriginRules {
    /// Plain HTTP is allowed.
    pub allow_http: bool,
    /// Loopback addresses are allowed.
    pub allow_loopback: bool,
    /// Certificate verification may be turned off.
    pub allow_unverified_tls: bool,
}

/// One allowed place: scheme, host, port, path prefix and purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedOrigin {
    /// Short name for logs: `jira`.
    pub(crate) name: String,
    pub(crate) purpose: Purpose,
    pub(crate) rules: OriginRules,
    /// Path without a slash at the end.
    pub(crate) base: Url,
}

/// An entry of the list cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{address}` cannot be listed: {problem}")]
pub struct BadOrigin {
    /// The address as given, without what could be a password.
    pub address: String,
    /// What is wrong and how to cure it.
    pub problem: &'static str,
}

impl AllowedOrigin {
    /// Reads an entry.
    ///
    /// # Errors
    /// [`BadOrigin`] when it is no plain http(s) address, or needs a leave that `rules` does not give.
    pub fn parse(name: &str, purpose: Purpose, base_url: &str, rules: OriginRules) -> Result<Self, BadOrigin> {
        let shown: String = base_url.rsplit('@').next().unwrap_or_default().chars().take(200).collect();
        let bad = |problem| BadOrigin { address: shown.clone(), problem };
        if base_url.contains('\\') || base_url.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(bad("it holds a backslash or white space: write scheme, host, port and path only"));
        }
        let mut base =
            Url::parse(base_url).map_err(|_| bad("it is no address: write it like https://jira.example.com/jira"))?;
        match base.scheme() {
            "https" => {}
            "http" if rules.allow_http => {}
            "http" => return Err(bad("plain http is not allowed there: use https, or set allow_http")),
            _ => return Err(bad("only https and http can be called")),
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(bad("it holds a user name: write scheme, host, port and path only"));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(bad("it holds a query or fragment: write scheme, host, port and path only"));
        }
        let address = match base.host() {
            None => return Err(bad("it has no host")),
            Some(Host::Domain(_)) => None,
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
        };
        if let Some(problem) = address.and_then(|ip| refusal(ip, rules.allow_loopback)) {
            return Err(bad(problem));
        }
        let path = base.path().trim_end_matches('/').to_owned();
        base.set_path(&path);
        Ok(Self { name: name.to_owned(), purpose, rules, base })
    }

    /// The entry for a listed site.
    ///
    /// # Errors
    /// [`BadOrigin`] as in [`Self::parse`].
    pub fn of_site(site: &Site) -> Result<Self, BadOrigin> {
        let rules = OriginRules {
            allow_http: site.allow_http,
            allow_loopback: site.allow_loopback,
            allow_unverified_tls: site.allow_unverified_tls,
        };
        Self::parse(&site.id, site.kind.into(), &site.base_url, rules)
    }

    /// Whether the address lies in this place: same scheme, host and port, path equal to the prefix or below it.
    pub(crate) fn covers(&self, url: &Url) -> bool {
        let prefix = self.base.path().trim_end_matches('/');
        let below = url.path().strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        url.scheme() == self.base.scheme()
            && url.host() == self.base.host()
            && url.port_or_known_default() == self.base.port_or_known_default()
            && url.username().is_empty()
            && url.password().is_none()
            && below
    }
}

/// The full address of a call and the entry that allows it.
pub(crate) fn find<'a>(
    origins: &'a [AllowedOrigin],
    purpose: Purpose,
    base: &str,
    path: &str,
) -> Result<(&'a AllowedOrigin, Url), HttpError> {
    let refused = |detail: &str| HttpError::NotAllowed { detail: detail.to_owned() };
    if base.contains('\\') || path.contains('\\') || (!path.is_empty() && !path.starts_with(['/', '?'])) {
        return Err(refused("the address is malformed"));
    }
    let base_url = Url::parse(base).map_err(|_| refused("the address is malformed"))?;
    let url = Url::parse(&format!("{}{path}", base.trim_end_matches('/')))
        .map_err(|_| refused("the address is malformed"))?;
    let listed = |origin: &&AllowedOrigin| origin.purpose == purpose && origin.covers(&base_url) && origin.covers(&url);
    // The longest prefix wins, so that a stricter entry for a part of a host is not hidden by a wider one.
    match origins.iter().filter(listed).max_by_key(|origin| origin.base.path().len()) {
        Some(origin) => Ok((origin, url)),
        None => Err(HttpError::NotAllowed {
            detail: format!("{} is not on the list of allowed sites", base_url.host_str().unwrap_or("the address")),
        }),
    }
}

#[cfg(test)]
mod tests;
