//! What the model wrote, made harmless before anybody keeps it: links lead to listed places or to those that the requirements name
//! themselves, every other one is written so that nothing follows it; nobody is mentioned; no epic is named that nobody gave.

use std::collections::BTreeSet;
use storywright_domain::story::{Document, Narrative, Scenario, Section, Story, Subtask};

/// Schemes that carry code instead of an address.
const CODE_SCHEMES: [&str; 3] = ["javascript:", "vbscript:", "data:text/html"];

/// What the administrator and the person have named themselves: hosts that links may lead to, and keys of issues.
pub(super) struct Named {
    hosts: Vec<String>,
    keys: BTreeSet<String>,
}

impl Named {
    /// Hosts of these addresses, and of every address in these texts; keys of issues in these texts.
    pub(super) fn of<'a>(addresses: impl Iterator<Item = &'a str>, texts: &[&str]) -> Self {
        let mut hosts: Vec<String> = addresses.filter_map(|address| host_of(address).map(str::to_lowercase)).collect();
        let mut keys = BTreeSet::new();
        for text in texts {
            for (at, _) in text.match_indices("https://") {
                hosts.extend(host_of(&text[at..]).map(str::to_lowercase));
            }
            let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
            keys.extend(words.filter(|word| is_key(word)).map(str::to_owned));
        }
        hosts.sort();
        hosts.dedup();
        Self { hosts, keys }
    }

    fn has(&self, host: &str) -> bool {
        self.hosts.binary_search(&host.to_lowercase()).is_ok()
    }

    /// Whether an epic may be what the model says: a key only when somebody named it, for it says where in Jira the story goes.
    fn may_be_epic(&self, epic: &str) -> bool {
        !is_key(epic) || self.keys.contains(epic)
    }
}

/// Whether a word has the form of an issue key.
fn is_key(word: &str) -> bool {
    let Some((project, number)) = word.rsplit_once('-') else { return false };
    let named = project.starts_with(|c: char| c.is_ascii_uppercase())
        && project.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    named && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
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
pub(super) fn harmless(document: Document, named: &Named) -> Document {
    let stories = document.stories.into_iter().map(|story| of_story(story, named)).collect();
    Document { stories, ..document }
}

fn of_story(story: Story, named: &Named) -> Story {
    let one = |text: String| safe(&text, named);
    let all = |texts: Vec<String>| texts.into_iter().map(|text| safe(&text, named)).collect::<Vec<_>>();
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
        epic: story.epic.filter(|epic| named.may_be_epic(epic)),
        ..story
    }
}

/// One text made harmless.
fn safe(text: &str, named: &Named) -> String {
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
            let plain = starts_with(rest, "https") && named.has(host);
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
        let named = Named::of(["https://jira.corp.example/x"].into_iter(), &["see https://docs.partner.example/a."]);
        assert_eq!(safe(text, &named), expected);
    }

    #[test]
    fn an_epic_is_a_key_only_when_somebody_named_it() {
        let named = Named::of(std::iter::empty(), &["Below PAY-12, like OPS_2-7."]);
        let kept = |epic: &str| {
            let story = Story { epic: Some(epic.to_owned()), ..Story::default() };
            of_story(story, &named).epic.is_some()
        };
        for (epic, stays) in [("PAY-12", true), ("OPS_2-7", true), ("PAY-1", false), ("HR-666", false), ("e1", true)] {
            assert_eq!(kept(epic), stays, "{epic}");
        }
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
            let named = Named::of(std::iter::empty(), &[]);
            let safe = safe(&text, &named).to_lowercase();
            for sign in ["http://", "https://", "javascript:", "[~"] {
                prop_assert!(!safe.contains(sign), "{safe}");
            }
        }
    }
}
