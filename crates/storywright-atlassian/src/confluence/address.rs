//! Addresses of pages in all the forms that Confluence gives out. Only the site's own are read; none is ever called.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::percent_decode_str;
use storywright_domain::remote::RemoteError;
use url::Url;

/// What an address names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// A page by id.
    Id(String),
    /// A page by title in a space.
    Title { space: String, title: String },
    /// The home page of a space.
    Home(String),
    /// No page.
    Nothing,
}

/// Reads an address of a page of the site below `base`, or a bare id.
pub(super) fn read(base: &str, address: &str) -> Result<Named, RemoteError> {
    let address = address.trim();
    if super::cql::is_id(address) {
        return Ok(Named::Id(address.to_owned()));
    }
    let not_allowed = |detail: &str| RemoteError::NotAllowed { detail: detail.to_owned() };
    let base = Url::parse(base).map_err(|_| not_allowed("the site's own address cannot be read"))?;
    let url = if address.starts_with('/') { base.join(address) } else { Url::parse(address) };
    let url = url.map_err(|_| not_allowed("this is no address of a page"))?;
    if url.origin() != base.origin() || !url.username().is_empty() || url.password().is_some() {
        return Err(not_allowed("the address belongs to another site than the connected Confluence"));
    }
    let context = base.path().trim_end_matches('/');
    let path = match url.path().strip_prefix(context) {
        Some(below) if below.is_empty() || below.starts_with('/') => below,
        _ => return Err(not_allowed("the address belongs to another site than the connected Confluence")),
    };
    let by_query = url.query_pairs().find(|(name, _)| name == "pageId" || name == "draftId");
    if let Some((_, id)) = by_query.filter(|(_, id)| super::cql::is_id(id)) {
        return Ok(Named::Id(id.into_owned()));
    }
    let steps: Vec<String> = path.split('/').filter(|step| !step.is_empty()).map(decoded).collect();
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    Ok(named(&steps))
}

fn named(steps: &[&str]) -> Named {
    match steps {
        ["spaces", _, "pages", id, ..] | ["rest", "api", "content", id, ..] if super::cql::is_id(id) => {
            Named::Id((*id).to_owned())
        }
        ["display" | "spaces", space] if super::cql::is_space_key(space) => Named::Home((*space).to_owned()),
        ["spaces", space, "overview"] if super::cql::is_space_key(space) => Named::Home((*space).to_owned()),
        ["display", space, title, ..] if super::cql::is_space_key(space) => {
            Named::Title { space: (*space).to_owned(), title: (*title).to_owned() }
        }
        ["x", tiny] => tiny_id(tiny).map_or(Named::Nothing, |id| Named::Id(id.to_string())),
        _ => Named::Nothing,
    }
}

/// A step of a path as it is meant; a plus is a space.
fn decoded(step: &str) -> String {
    percent_decode_str(&step.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// The id of a tiny link: its bytes, lowest first, in base 64 with characters that suit a path.
fn tiny_id(tiny: &str) -> Option<u64> {
    if tiny.is_empty() || tiny.len() > 11 || !tiny.is_ascii() {
        return None;
    }
    // Eleven characters are eight bytes and two spare bits, which are zero.
    let full = format!("{:A<11}", tiny.replace('-', "/").replace('_', "+"));
    let bytes = STANDARD_NO_PAD.decode(full).ok()?;
    let id = u64::from_le_bytes(bytes.try_into().ok()?);
    (id > 0).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://wiki.corp.example/confluence";

    #[track_caller]
    fn check(address: &str, expected: Named) {
        assert_eq!(read(BASE, address), Ok(expected), "{address}");
    }

    fn id(id: &str) -> Named {
        Named::Id(id.to_owned())
    }

    fn title(space: &str, title: &str) -> Named {
        Named::Title { space: space.to_owned(), title: title.to_owned() }
    }

    #[test]
    fn every_form_is_read() {
        check("98310", id("98310"));
        check(&format!("{BASE}/pages/viewpage.action?pageId=98310#a"), id("98310"));
        check(&format!("  {BASE}/pages/viewpage.action?spaceKey=X&pageId=98310 "), id("98310"));
        check(&format!("{BASE}/spaces/PAY/pages/98310/Card+refunds"), id("98310"));
        check(&format!("{BASE}/spaces/~alice/pages/98310"), id("98310"));
        check(&format!("{BASE}/display/PAY/Card+refunds%3A+requirements"), title("PAY", "Card refunds: requirements"));
        check(&format!("{BASE}/display/PAY/Card%20refunds?src=x"), title("PAY", "Card refunds"));
        check(&format!("{BASE}/display/~alice/Na%C3%AFve"), title("~alice", "Naïve"));
        check(&format!("{BASE}/display/PAY"), Named::Home("PAY".to_owned()));
        check(&format!("{BASE}/x/DgAB"), id("65550"));
        check("/confluence/pages/viewpage.action?pageId=7", id("7"));
        check(&format!("{BASE}/dashboard.action"), Named::Nothing);
        check(&format!("{BASE}/x/!!!"), Named::Nothing);
    }

    #[test]
    fn only_the_listed_site_is_read() {
        for address in [
            "https://evil.example/confluence/pages/viewpage.action?pageId=1",
            "http://wiki.corp.example/confluence/pages/viewpage.action?pageId=1",
            "https://wiki.corp.example:8443/confluence/display/PAY/X",
            "https://wiki.corp.example/confluence2/display/PAY/X",
            "https://wiki.corp.example/display/PAY/X",
            "https://wiki.corp.example@evil.example/confluence/display/PAY/X",
            "https://user:secret@wiki.corp.example/confluence/display/PAY/X",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "not an address",
            "",
        ] {
            assert!(matches!(read(BASE, address), Err(RemoteError::NotAllowed { .. })), "{address}");
        }
        assert_eq!(read("https://wiki.corp.example", "https://wiki.corp.example/x/DgAB"), Ok(id("65550")));
    }
}
