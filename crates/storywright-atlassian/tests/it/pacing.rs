//! A site that limits calls: nobody is turned away, since an empty bucket is waited for.

use crate::support::{World, access};
use std::sync::Arc;
use storywright_atlassian::AtlassianJira;
use storywright_domain::Millis;
use storywright_domain::jira::CreateOutcome;
use storywright_domain::ports::Jira;
use storywright_domain::remote::SiteKind;
use storywright_http::{AllowedOrigin, Egress, EgressOptions, Sleeper};
use storywright_sandbox::{Options, Running, Sandbox, Settings};

/// Waiting moves the company's clock and ours.
struct Waiting {
    company: Arc<Running>,
    world: Arc<World>,
}

impl Sleeper for Waiting {
    fn sleep(&self, span: Millis) {
        self.company.advance_clock(span.0);
        self.world.sleep(span);
    }
}

#[test]
fn no_create_call_is_turned_away() {
    let company = Arc::new(Sandbox::start(Options::default()).expect("the company opens"));
    company.set_settings(Settings { jira_requests_per_second: Some(3), ..Settings::default() });
    let access = access(SiteKind::Jira, &company.jira_url(), &company.person("alice").unwrap().jira_pat);
    let world = Arc::new(World::default());
    let mut options = EgressOptions::new("1.2.3", world.clone(), world.clone());
    options.sleeper = Arc::new(Waiting { company: company.clone(), world });
    let egress = Egress::new(vec![AllowedOrigin::of_site(&access.site).unwrap()], options);
    let jira = AtlassianJira::new(egress);
    for number in 0..12 {
        let payload = format!(
            r#"{{"fields":{{"project":{{"key":"PAY"}},"issuetype":{{"id":"10001"}},"summary":"Story {number}"}}}}"#
        );
        let outcome = jira.create(&access, &payload, None);
        assert!(matches!(outcome, CreateOutcome::Created { .. }), "{number}: {outcome:?}");
    }
    let requests = company.requests();
    assert_eq!(requests.iter().filter(|request| request.method == "POST").count(), 12, "one call for each issue");
    assert!(requests.iter().all(|request| request.status != Some(429)), "nobody was turned away");
}
