//! Header templates: `Token {{jira_pat}}` becomes a header of each request of one person.

use storywright_domain::Secret;
use storywright_domain::ports::{ToolAccess, ToolError};
use storywright_domain::tool::McpServer;

/// Names that a template may hold.
pub(crate) const PLACEHOLDERS: [&str; 5] = ["jira_pat", "jira_url", "confluence_pat", "confluence_url", "request_id"];

/// Headers that belong to HTTP or to the protocol.
const RESERVED: [&str; 10] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "host",
    "last-event-id",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// A piece of a template.
enum Piece<'a> {
    Text(&'a str),
    Value(&'a str),
}

fn pieces(template: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut found = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, next) = after.split_once("}}").ok_or("`{{` without `}}`")?;
        let name = name.trim();
        if !PLACEHOLDERS.contains(&name) {
            return Err(format!("`{{{{{name}}}}}` is not known; use one of {}", PLACEHOLDERS.join(", ")));
        }
        found.extend([Piece::Text(before), Piece::Value(name)]);
        rest = next;
    }
    found.push(Piece::Text(rest));
    Ok(found)
}

fn check_name(name: &str) -> Result<(), String> {
    let lower = name.to_ascii_lowercase();
    let is_token = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if !is_token {
        return Err(format!("`{}` is no header name", name.escape_default()));
    }
    if lower.starts_with("mcp-") || RESERVED.contains(&lower.as_str()) {
        return Err(format!("`{name}` belongs to the protocol and cannot be set"));
    }
    Ok(())
}

/// Whether the headers of a listed server can be used.
///
/// # Errors
/// What is wrong, naming the header.
pub(crate) fn check(server: &McpServer) -> Result<(), String> {
    for (name, template) in &server.headers {
        check_name(name)?;
        pieces(template).map_err(|problem| format!("header `{name}`: {problem}"))?;
        if !is_sendable(template) {
            return Err(format!("header `{name}`: it holds characters that cannot be sent"));
        }
    }
    let lower: std::collections::BTreeSet<_> = server.headers.keys().map(|name| name.to_ascii_lowercase()).collect();
    if lower.len() < server.headers.len() {
        return Err("a header is named twice".to_owned());
    }
    Ok(())
}

fn is_sendable(value: &str) -> bool {
    value.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// The headers of every request of this person to this server.
///
/// # Errors
/// [`ToolError::Unauthorized`] when the person has not connected what a header needs, [`ToolError::NotAllowed`] when a value cannot be
/// sent or the template cannot be used.
pub(crate) fn fill(access: &ToolAccess) -> Result<Vec<(String, Secret)>, ToolError> {
    check(&access.server).map_err(|detail| ToolError::NotAllowed { detail })?;
    access.server.headers.iter().map(|(name, template)| Ok((name.clone(), value(access, name, template)?))).collect()
}

fn value(access: &ToolAccess, header: &str, template: &str) -> Result<Secret, ToolError> {
    let not_allowed = |detail| ToolError::NotAllowed { detail };
    let mut text = String::new();
    for piece in pieces(template).map_err(not_allowed)? {
        let value = match piece {
            Piece::Text(text) => text,
            Piece::Value(name) => look_up(access, name).ok_or_else(|| ToolError::Unauthorized {
                detail: format!("the header `{header}` needs `{name}`, which is not connected"),
            })?,
        };
        if !is_sendable(value) {
            let detail = format!("the value for the header `{header}` holds characters that cannot be sent");
            return Err(not_allowed(detail));
        }
        text.push_str(value);
    }
    Ok(Secret::new(text))
}

fn look_up<'a>(access: &'a ToolAccess, name: &str) -> Option<&'a str> {
    if name == "request_id" {
        return Some(access.request_id.as_str());
    }
    let secret = access.secrets.iter().find(|(known, _)| *known == name).map(|(_, secret)| secret.reveal());
    let value = || access.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
    secret.or_else(value).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use storywright_domain::remote::TlsTrust;
    use storywright_domain::tool::ToolPurpose;
    use storywright_domain::{RequestId, UserId};

    fn access(headers: &[(&str, &str)]) -> ToolAccess {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        ToolAccess {
            user: UserId(1),
            server: McpServer {
                id: "jira".to_owned(),
                name: "Jira".to_owned(),
                purpose: ToolPurpose::Jira,
                url: "https://mcp.corp.example/mcp".to_owned(),
                headers,
                projects: Vec::new(),
                spaces: Vec::new(),
                allow_http: false,
                allow_loopback: false,
            },
            secrets: vec![("jira_pat", Secret::new("pat-1".to_owned()))],
            values: vec![("jira_url", "https://jira.corp.example".to_owned())],
            tls: TlsTrust::default(),
            request_id: RequestId::from_number(7),
        }
    }

    fn filled(headers: &[(&str, &str)]) -> Result<Vec<String>, ToolError> {
        let all = fill(&access(headers))?;
        Ok(all.iter().map(|(name, value)| format!("{name}: {}", value.reveal())).collect())
    }

    #[test]
    fn values_are_put_in() {
        let given = [
            ("Authorization", "Token {{ jira_pat }}"),
            ("X-Atlassian-Jira-Url", "{{jira_url}}"),
            ("X-Trace", "a-{{request_id}}-{{jira_pat}}"),
        ];
        let id = RequestId::from_number(7);
        let expected = [
            "Authorization: Token pat-1".to_owned(),
            "X-Atlassian-Jira-Url: https://jira.corp.example".to_owned(),
            format!("X-Trace: a-{}-pat-1", id.as_str()),
        ];
        assert_eq!(filled(&given).unwrap(), expected);
    }

    #[test]
    fn what_is_missing_or_cannot_be_sent_is_told() {
        let missing = filled(&[("Authorization", "Token {{confluence_pat}}")]).unwrap_err();
        assert!(
            matches!(&missing, ToolError::Unauthorized { detail } if detail.contains("`confluence_pat`")),
            "{missing}"
        );
        for bad in [
            ("Authorization", "Token {{password}}"),
            ("Authorization", "Token {{jira_pat"),
            ("Authorization", "a\r\nX-Other: b"),
            ("Host", "evil.example"),
            ("MCP-Protocol-Version", "1"),
            ("A b", "c"),
        ] {
            assert!(matches!(filled(&[bad]), Err(ToolError::NotAllowed { .. })), "{bad:?}");
        }
        let mut access = access(&[("Authorization", "Token {{jira_pat}}")]);
        access.secrets = vec![("jira_pat", Secret::new("pat\r\nX-Evil: 1".to_owned()))];
        let refused = fill(&access).err().unwrap();
        assert!(matches!(&refused, ToolError::NotAllowed { detail } if !detail.contains("pat\r")), "{refused}");
    }
}
