//! Calls to sites that limit how many one person may make.

use crate::stub::{Step, Stub};
use crate::support::{World, call, egress_to};
use std::sync::Arc;
use storywright_domain::{Millis, UserId};
use storywright_http::{Egress, HttpError, Method, Request, SendOnceError};

fn empty_bucket(interval: &str) -> Step {
    let headers = [
        ("Content-Type", "application/json"),
        ("X-RateLimit-Limit", "10"),
        ("X-RateLimit-Remaining", "0"),
        ("X-RateLimit-Interval-Seconds", interval),
        ("X-RateLimit-FillRate", "10"),
        ("Retry-After", "0"),
    ];
    Step::answer(200, &headers, "{}")
}

fn get(egress: &Egress, stub: &Stub, person: u128) -> Request {
    call(egress, Method::Get, &stub.url(), "/x").on_behalf_of(UserId(person))
}

fn post(egress: &Egress, stub: &Stub, person: u128) -> Request {
    call(egress, Method::Post, &stub.url(), "/x").json("{}").on_behalf_of(UserId(person))
}

#[test]
fn an_empty_bucket_is_waited_for_before_the_next_call() {
    let stub = Stub::start([empty_bucket("2"), Step::json(200, "{}"), Step::json(200, "{}")]);
    let world = Arc::new(World::default());
    let egress = egress_to(&stub.url(), &world);
    get(&egress, &stub, 1).send().unwrap();
    assert!(world.waits().is_empty());
    get(&egress, &stub, 2).send().unwrap();
    assert!(world.waits().is_empty(), "another person has a bucket of their own");
    get(&egress, &stub, 1).send().unwrap();
    assert_eq!(world.waits(), [2_000]);
}

#[test]
fn a_call_that_must_not_be_repeated_waits_a_little_and_says_when_it_would_be_long() {
    let stub = Stub::start([empty_bucket("3"), empty_bucket("90"), Step::json(201, "{}")]);
    let world = Arc::new(World::default());
    let egress = egress_to(&stub.url(), &world);
    get(&egress, &stub, 1).send().unwrap();
    post(&egress, &stub, 1).send_once().unwrap();
    assert_eq!(world.waits(), [3_000]);
    let refused = post(&egress, &stub, 1).send_once().unwrap_err();
    assert_eq!(refused, SendOnceError::NotSent { error: HttpError::RateLimited { retry_after_ms: 90_000 } });
    assert_eq!(stub.seen().len(), 2, "nothing was sent");
    assert_eq!(get(&egress, &stub, 1).send().unwrap_err(), HttpError::RateLimited { retry_after_ms: 90_000 });
    world.advance(Millis(90_000));
    assert_eq!(post(&egress, &stub, 1).send_once().unwrap().status, 201);
    assert_eq!((stub.seen().len(), world.waits().len()), (3, 1));
}

#[test]
fn a_create_call_that_was_turned_away_is_not_repeated_and_holds_the_next_one_back() {
    for (asked, wait) in [("4", 4_000), ("0", 1_000), ("garbage", 1_000)] {
        let stub = Stub::start([Step::answer(429, &[("Retry-After", asked)], ""), Step::json(201, "{}")]);
        let world = Arc::new(World::default());
        let egress = egress_to(&stub.url(), &world);
        assert_eq!(post(&egress, &stub, 1).send_once().unwrap().status, 429);
        assert_eq!((stub.seen().len(), world.waits().len()), (1, 0), "{asked}");
        assert_eq!(post(&egress, &stub, 1).send_once().unwrap().status, 201);
        assert_eq!(world.waits(), [wait], "{asked}");
    }
}

#[test]
fn one_person_who_is_turned_away_holds_nobody_else_back() {
    let stub =
        Stub::start((0..8).map(|_| Step::answer(429, &[("Retry-After", "100")], "")).chain([Step::json(200, "{}")]));
    let world = Arc::new(World::default());
    let egress = egress_to(&stub.url(), &world);
    for person in 1..=8 {
        assert_eq!(get(&egress, &stub, person).send().unwrap().status, 429);
    }
    assert_eq!(get(&egress, &stub, 9).send().unwrap().status, 200, "no circuit opens");
    assert!(world.waits().is_empty());
}
