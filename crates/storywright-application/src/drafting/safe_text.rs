//! What the model wrote, made harmless before anybody keeps it: links lead to listed places or to those that the requirements name
//! themselves, every other one is written so that nothing follows it; nobody is mentioned.

use storywright_domain::story::{Document, Narrative, Scenario, Section, Story, Subtask};

/// Schemes that carry code instead of an address.
const CODE_SCHEMES: [&str; 3] = ["javascript:", "vbscript:", "data:text/html"];

/// The hosts that links may lead to.
pub(super) struct Hosts(Vec<String>);

impl Hosts {
    /// Hosts of these addresses, and of every address in these texts.
    pub(super) fn of<'a>(addresses: impl Iterator<Item = &'a str>, texts: &[&str]) -> Self {
        let mut hosts: Vec<String> = addresses.filter_map(|address| host_of(address).map(str::to_lowercase)).collect();
        for text in texts {
            for (at, _) in text.match_indices("https://") {
                hosts.extend(host_of(&text[at..]).map(str::to_lowercase));
            }
        }
        hosts.sort();
        hosts.dedup();
        Self(hosts)
    }

    fn has(&self, host: &str) -> bool {
        self.0.binary_search(&host.to_lowercase()).is_ok()
    }
}

/// The host of a text that begins with an address.
fn host_of(text: &str) -> Option<&str> {
    let rest = text.split_once("://")?.1;
    let authority = rest.split(['/', '?', '#', '\\', ' ', '\n', '\t', ')', ']', '>', '"', '\'', '|', '}']).next()?;
    // What stands before `@` is no host, whatever it looks like.
    let host = authority.rsplit('@').next()?.split(':').next()?;
    (!host.is_empty()).then_some(host)
}

/// The document with every text made harmless.
pub(super) fn harmless(document: Document, hosts: &Hosts) -> Document {
    let stories = document.stories.into_iter().map(|story| of_story(story, hosts)).collect();
    Document { stories, ..document }
}

fn of_story(story: Story, hosts: &Hosts) -> Story {
    let one = |text: String| safe(&text, hosts);
    let all = |texts: Vec<String>| texts.into_iter().map(|text| safe(&text, hosts)).collect::<Vec<_>>();
    Story {
        summary: one(story.summary),
        narrative: story.narrative.map(|part| Narrative {
            role: one(part.role),
            goal: one(part.goal),
            benefit: one(part.benefit),
        }),
        scenarios: story
            .scenarios
            .into_iter()
            .map(|part| Scenario {
                title: one(part.title),
                given: all(part.given),
                when: all(part.when),
                then: all(part.then),
            })
            .collect(),
        sections: story
            .sections
            .into_iter()
            .map(|part| Section { heading: one(part.heading), text: one(part.text) })
            .collect(),
        acceptance_criteria: all(story.acceptance_criteria),
        stlc_notes: one(story.stlc_notes),
        subtasks: story
            .subtasks
            .into_iter()
            .map(|part| Subtask { summary: one(part.summary), description: one(part.description), ..part })
            .collect(),
        ..story
    }
}

/// One text made harmless.
fn safe(text: &str, hosts: &Hosts) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = next_risk(rest) {
        safe.push_str(&rest[..at]);
        rest = &rest[at..];
        if starts_with(rest, "[~") {
            safe.push_str("[ ");
            rest = &rest[2..];
        } else if let Some(scheme) = CODE_SCHEMES.iter().find(|scheme| starts_with(rest, scheme)) {
            safe.push_str(&rest[..scheme.len()].replace(':', "[:]"));
            rest = &rest[scheme.len()..];
        } else {
            let host = host_of(rest).unwrap_or_default();
            let scheme = rest.find("://").map_or(rest.len(), |at| at + 3);
            let plain = starts_with(rest, "https") && hosts.has(host);
            safe.push_str(&if plain {
                rest[..scheme].to_owned()
            } else {
                rest[..scheme].to_lowercase().replacen("http", "hxxp", 1)
            });
            rest = &rest[scheme..];
            // The whole authority, user part and port with it.
            let end = rest
                .find(['/', '?', '#', '\\', ' ', '\n', '\t', ')', ']', '>', '"', '\'', '|', '}'])
                .unwrap_or(rest.len());
            // Another risk may begin within it.
            let end = next_risk(rest).map_or(end, |risk| risk.min(end));
            safe.push_str(&if plain { rest[..end].to_owned() } else { rest[..end].replace('.', "[.]") });
            rest = &rest[end..];
        }
    }
    safe.push_str(rest);
    safe
}

/// Where the next thing stands that could lead somewhere.
fn next_risk(text: &str) -> Option<usize> {
    text.char_indices().map(|(at, _)| at).find(|at| {
        let rest = &text[*at..];
        starts_with(rest, "http://")
            || starts_with(rest, "https://")
            || rest.starts_with("[~")
            || CODE_SCHEMES.iter().any(|scheme| starts_with(rest, scheme))
    })
}

fn starts_with(text: &str, head: &str) -> bool {
    text.get(..head.len()).is_some_and(|start| start.eq_ignore_ascii_case(head))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let hosts = Hosts::of(["https://jira.corp.example/x"].into_iter(), &["see https://docs.partner.example/a."]);
        assert_eq!(safe(text, &hosts), expected);
    }

    #[test]
    fn links_lead_to_listed_places_or_nowhere() {
        check(
            "https://jira.corp.example/browse/PAY-1 and [a](https://DOCS.partner.example/b)",
            "https://jira.corp.example/browse/PAY-1 and [a](https://DOCS.partner.example/b)",
        );
        check("![x](https://evil.example/?d=1)", "![x](hxxps://evil[.]example/?d=1)");
        check("http://jira.corp.example/", "hxxp://jira[.]corp[.]example/");
        check("https://jira.corp.example@evil.example/", "hxxps://jira[.]corp[.]example@evil[.]example/");
        check("https://jira.corp.example.evil.example:8/x", "hxxps://jira[.]corp[.]example[.]evil[.]example:8/x");
        check("https://jira.corp.example\\@evil.example/", "https://jira.corp.example\\@evil.example/");
        check("HTTPS://Evil.example", "hxxps://Evil[.]example");
        check("[click](JavaScript:alert(1)) data:text/html,x", "[click](JavaScript[:]alert(1)) data[:]text/html,x");
    }

    #[test]
    fn nobody_is_mentioned() {
        check("[~admin] must approve", "[ admin] must approve");
    }

    proptest! {
        #[test]
        fn no_link_to_an_unlisted_host_is_left(text in "([a-z :/.@é\\\\]|https?://|HTTPS://|evil\\.example|javascript:|\\[~){0,30}") {
            let hosts = Hosts::of(std::iter::empty(), &[]);
            let safe = safe(&text, &hosts).to_lowercase();
            for sign in ["http://", "https://", "javascript:", "[~"] {
                prop_assert!(!safe.contains(sign), "{safe}");
            }
        }
    }
}
