//! A person's picture, as something that a page can hold without asking anybody.

use super::AtlassianJira;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use storywright_domain::remote::{Access, RemoteError};
use storywright_http::{Answer, HttpError};
use url::Url;

/// Longest `data:` URL in bytes.
const LONGEST: usize = 64 * 1_024;

impl AtlassianJira {
    pub(super) fn picture(&self, access: &Access, address: &str) -> Result<Option<String>, RemoteError> {
        let Some(path) = path_on_site(&access.site.base_url, address) else { return Ok(None) };
        let request = self.get(access, &path).header("accept", "image/png, image/jpeg, image/gif, image/webp");
        // Base64 makes four bytes of three.
        match request.body_limit(LONGEST as u64 / 4 * 3).tries(2).send() {
            Ok(answer) => Ok(as_data_url(&answer)),
            Err(HttpError::TooLarge { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// The part of an address below the site's own; `None` when it is elsewhere.
fn path_on_site(base: &str, address: &str) -> Option<String> {
    let base = Url::parse(base).ok()?;
    let address = base.join(address).ok()?;
    let prefix = base.path().trim_end_matches('/');
    let path = address.path().strip_prefix(prefix).filter(|path| path.starts_with('/'))?;
    let same = address.origin() == base.origin() && address.username().is_empty() && address.password().is_none();
    same.then(|| address.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}")))
}

/// The picture when it is one by its own first bytes, whatever the header says; never SVG, which is a program.
fn as_data_url(answer: &Answer) -> Option<String> {
    let kind = match answer.body.as_slice() {
        _ if answer.status != 200 => return None,
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        _ => return None,
    };
    if !answer.headers.media_type().starts_with("image/") {
        return None;
    }
    let url = format!("data:{kind};base64,{}", STANDARD.encode(&answer.body));
    (url.len() <= LONGEST).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_elsewhere_are_not_fetched() {
        let base = "https://jira.corp/jira";
        let here = path_on_site(base, "https://jira.corp/jira/secure/useravatar?size=x&avatarId=1");
        assert_eq!(here.as_deref(), Some("/secure/useravatar?size=x&avatarId=1"));
        for elsewhere in [
            "https://www.gravatar.com/avatar/1",
            "http://jira.corp/jira/secure/useravatar",
            "https://jira.corp:8443/jira/secure/useravatar",
            "https://jira.corp/confluence/x",
            "https://jira.corp/jira/../admin",
            "https://jira.corp@evil.com/jira/x",
            "https://user@jira.corp/jira/x",
            "//evil.com/jira/x",
            "data:image/png;base64,AA",
            "http://169.254.169.254/latest",
            "",
        ] {
            assert_eq!(path_on_site(base, elsewhere), None, "{elsewhere}");
        }
    }
}
