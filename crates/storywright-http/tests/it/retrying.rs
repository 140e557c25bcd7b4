//! Calls that may be repeated, and sites that are left alone.

use crate::stub::{Step, Stub, Then};
use crate::support::{World, call, egress_to, get, post};
use std::sync::Arc;
use storywright_domain::Millis;
use storywright_http::{HttpError, Method};

#[test]
fn passing_trouble_is_waited_out() {
    let trouble = [502, 503, 504].map(|status| Step::answer(status, &[], ""));
    let stub = Stub::start(trouble.into_iter().chain([Step::json(200, "{}")]));
    let world = Arc::new(World::default());
    assert_eq!(get(&stub, &world).send().unwrap().status, 200);
    assert_eq!(stub.seen().len(), 4);
    assert_eq!(world.waits().len(), 3);
}

#[test]
fn broken_connections_are_tried_again() {
    let stub = Stub::start([Step::raw("", Then::Close), Step::json(200, "{}")]);
    assert_eq!(get(&stub, &Arc::default()).send().unwrap().status, 200);
}

#[test]
fn a_rate_limit_is_obeyed_and_tries_end() {
    for (header, least) in [("0", 1_000), ("3", 3_000), ("garbage", 1_000)] {
        let busy = || Step::answer(429, &[("Retry-After", header)], "");
        let stub = Stub::start((0..9).map(|_| busy()));
        let world = Arc::new(World::default());
        assert_eq!(get(&stub, &world).send().unwrap().status, 429, "{header}");
        assert_eq!(stub.seen().len(), 5, "{header}");
        assert!(world.waits().iter().all(|wait| *wait >= least), "{header}: {:?}", world.waits());
    }
}

#[test]
fn a_wait_longer_than_the_budget_is_not_begun() {
    let stub = Stub::start([Step::answer(429, &[("Retry-After", "99999999999")], "")]);
    let world = Arc::new(World::default());
    let answer = get(&stub, &world).send().unwrap();
    assert_eq!((answer.status, answer.headers.retry_after_ms()), (429, Some(120_000)));
    assert!(world.waits().is_empty());
}

#[test]
fn a_post_is_repeated_only_when_told_that_it_may_be() {
    let stub = Stub::start([Step::answer(503, &[], ""), Step::json(200, "{}"), Step::answer(503, &[], "")]);
    let world = Arc::new(World::default());
    assert_eq!(post(&stub, &world).repeatable().send().unwrap().status, 200);
    assert_eq!(stub.seen().len(), 2);
    assert_eq!(post(&stub, &world).send().unwrap().status, 503);
    assert_eq!(stub.seen().len(), 3);
}

#[test]
fn a_failing_site_is_left_alone_and_then_probed() {
    let stub = Stub::start((0..6).map(|_| Step::answer(500, &[], "")));
    let world = Arc::new(World::default());
    let egress = egress_to(&stub.url(), &world);
    let get = || call(&egress, Method::Get, &stub.url(), "/x").send();
    for _ in 0..5 {
        assert_eq!(get().unwrap().status, 500);
    }
    assert_eq!(get().err(), Some(HttpError::CircuitOpen { retry_after_ms: 15_000 }));
    assert_eq!(stub.seen().len(), 5, "the sixth call sent nothing");

    world.advance(Millis(15_000));
    assert_eq!(get().unwrap().status, 500, "one probe");
    assert!(matches!(get(), Err(HttpError::CircuitOpen { retry_after_ms: 30_000 })));
    stub.push(Step::json(200, "{}"));
    world.advance(Millis(30_000));
    assert_eq!(get().unwrap().status, 200);
    stub.push(Step::json(200, "{}"));
    assert_eq!(get().unwrap().status, 200, "closed again");
}

#[test]
fn refused_credentials_and_captchas_never_leave_a_site_alone() {
    let stub = Stub::start((0..20).map(|n| Step::answer(if n % 2 == 0 { 401 } else { 403 }, &[], "")));
    let world = Arc::new(World::default());
    let egress = egress_to(&stub.url(), &world);
    for _ in 0..20 {
        assert!(call(&egress, Method::Get, &stub.url(), "/x").send().is_ok());
    }
}
