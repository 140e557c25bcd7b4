//! Adapters that call a stub or the pretend company.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use storywright_atlassian::{AtlassianConfluence, AtlassianJira};
use storywright_domain::ports::{Clock, IdSource};
use storywright_domain::remote::{Access, Site, SiteKind, TlsTrust};
use storywright_domain::{Millis, RequestId, Secret, Timestamp, UserId};
use storywright_http::{AllowedOrigin, Egress, EgressOptions, Sleeper};

/// Time that passes only by waiting, so that no test waits.
#[derive(Default)]
pub struct World(AtomicI64);

impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

impl Sleeper for World {
    fn sleep(&self, span: Millis) {
        self.0.fetch_add(span.0, Ordering::SeqCst);
    }
}

impl IdSource for World {
    fn id(&self) -> u128 {
        1
    }

    fn secret(&self) -> [u8; 32] {
        [0; 32]
    }
}

pub const TOKEN: &str = "canary-token-0123456789";

pub fn access(kind: SiteKind, base_url: &str, token: &str) -> Access {
    Access {
        user: UserId(1),
        site: Site {
            id: "site".to_owned(),
            name: "Site".to_owned(),
            kind,
            base_url: base_url.to_owned(),
            allow_http: true,
            allow_loopback: true,
            allow_unverified_tls: false,
            marker_field: None,
            spaces: Vec::new(),
            restricted_spaces: Vec::new(),
            publish_through: None,
        },
        credential: Secret::new(token.to_owned()),
        tls: TlsTrust::default(),
        request_id: RequestId::parse("request-0001").unwrap(),
    }
}

pub fn egress(access: &Access) -> Egress {
    let world = Arc::new(World::default());
    let mut options = EgressOptions::new("1.2.3", world.clone(), world.clone());
    options.sleeper = world;
    options.limits.call = Duration::from_secs(20);
    Egress::new(vec![AllowedOrigin::of_site(&access.site).unwrap()], options)
}

pub fn jira(base_url: &str, token: &str) -> (AtlassianJira, Access) {
    let access = access(SiteKind::Jira, base_url, token);
    (AtlassianJira::new(egress(&access)).with_create_timeout(Duration::from_secs(20)), access)
}

pub fn confluence(base_url: &str, token: &str) -> (AtlassianConfluence, Access) {
    let access = access(SiteKind::Confluence, base_url, token);
    (AtlassianConfluence::new(egress(&access)), access)
}
