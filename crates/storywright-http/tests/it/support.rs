//! A clock that stands until somebody waits, countable waits, known randomness, and an egress to a stub.

use crate::stub::Stub;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use storywright_domain::ports::{Clock, IdSource};
use storywright_domain::remote::TlsTrust;
use storywright_domain::{Millis, RequestId, Timestamp};
use storywright_http::{AllowedOrigin, Egress, EgressOptions, Method, OriginRules, Purpose, Request, Sleeper};

/// Time that passes only by waiting.
#[derive(Default)]
pub struct World {
    now: AtomicI64,
    waits: Mutex<Vec<i64>>,
    random: AtomicU64,
}

impl World {
    pub fn waits(&self) -> Vec<i64> {
        self.waits.lock().unwrap().clone()
    }

    pub fn advance(&self, span: Millis) {
        self.now.fetch_add(span.0, Ordering::SeqCst);
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::SeqCst))
    }
}

impl Sleeper for World {
    fn sleep(&self, span: Millis) {
        self.waits.lock().unwrap().push(span.0);
        self.advance(span);
    }
}

impl IdSource for World {
    fn id(&self) -> u128 {
        u128::from(self.random.fetch_add(1, Ordering::SeqCst))
    }

    fn secret(&self) -> [u8; 32] {
        [0; 32]
    }
}

pub const RULES: OriginRules = OriginRules { allow_http: true, allow_loopback: true, allow_unverified_tls: false };

pub fn options(world: &Arc<World>) -> EgressOptions {
    let mut options = EgressOptions::new("1.2.3", world.clone(), world.clone());
    options.sleeper = world.clone();
    // Long enough for a busy machine where time must not run out, short where a test waits for it to.
    options.limits.call = Duration::from_secs(20);
    options.limits.once = Duration::from_secs(20);
    options
}

pub fn origin(base: &str, rules: OriginRules) -> AllowedOrigin {
    AllowedOrigin::parse("jira", Purpose::Jira, base, rules).unwrap()
}

pub fn egress_to(base: &str, world: &Arc<World>) -> Egress {
    Egress::new(vec![origin(base, RULES)], options(world))
}

pub fn request_id() -> RequestId {
    RequestId::parse("request-0001").unwrap()
}

pub fn call(egress: &Egress, method: Method, base: &str, path: &str) -> Request {
    egress.request(Purpose::Jira, method, base, path, &TlsTrust::default(), &request_id())
}

/// A GET to a stub through an egress of its own.
pub fn get(stub: &Stub, world: &Arc<World>) -> Request {
    call(&egress_to(&stub.url(), world), Method::Get, &stub.url(), "/rest/api/2/myself")
}

/// A POST to a stub through an egress of its own.
pub fn post(stub: &Stub, world: &Arc<World>) -> Request {
    call(&egress_to(&stub.url(), world), Method::Post, &stub.url(), "/rest/api/2/issue").json(r#"{"fields":{}}"#)
}
