//! Who did what, and how it is taken back.

use chrono::TimeDelta;
use grove_directory::look_after;
use grove_shared::{audit::Entry, page::Page};
use grove_testing::Person;
use http::Method;
use serde_json::json;

use crate::{
    World,
    slapd::{Slapd, dn},
};

async fn log(person: &Person, query: &str) -> Vec<Entry> {
    person.get(&format!("/audit/directory{query}")).await.json::<Page<Entry>>().items
}

/// What the log says, the oldest first: `admin2 added ada`.
async fn said(world: &World) -> Vec<String> {
    let log = log(&world.officer(), "").await;
    let said = |entry: &Entry| format!("{} {} {}", entry.actor, entry.action, entry.object);
    log.iter().rev().map(said).collect()
}

async fn ask(person: &Person, what: &str, netid: &str) -> u16 {
    let path = format!("/activedirectory/{what}");
    person.post(&path, &json!({ "netid": netid })).await.status.as_u16()
}

#[tokio::test]
async fn a_change_is_logged_once_and_what_changes_nothing_is_not() {
    let world = World::new().await;
    let officer = world.officer();
    for _ in 0..2 {
        assert_eq!(ask(&officer, "add", "ada").await, 200);
    }
    assert_eq!(world.add("max").await.status, 200);
    // Who was never in the group, whether the campus knows them or not.
    for netid in ["zoe", "nobody1"] {
        assert_eq!(ask(&officer, "remove", netid).await, 200);
    }
    for _ in 0..2 {
        assert_eq!(ask(&officer, "remove", "ada").await, 200);
    }
    let expected = ["admin2 added ada", "service:users added max", "admin2 removed ada"];
    assert_eq!(said(&world).await, expected);

    let entry = &log(&officer, "?about=ada").await[0];
    assert_eq!((entry.kind.as_str(), &entry.about), ("entry", &Some("ada".parse().unwrap())));
    assert_eq!(entry.before, json!({ "listed": true }));
    assert_eq!(entry.after, json!({ "listed": false }));
}

#[tokio::test]
async fn what_is_refused_is_not_logged_and_neither_is_its_end() {
    let world = World::new().await;
    let officer = world.officer();
    assert_eq!(ask(&world.app.member("ada"), "add", "ada").await, 403);
    assert_eq!(ask(&officer, "add", "Ada").await, 400);
    for netid in ["nobody1", "twin1"] {
        for _ in 0..2 {
            assert_eq!(ask(&officer, "add", netid).await, 409);
        }
    }
    assert_eq!(ask(&officer, "remove", "nobody1").await, 200);
    assert!(said(&world).await.is_empty());
}

#[tokio::test]
async fn who_was_in_the_group_before_is_removed_as_a_change() {
    let world = World::new().await;
    world.slapd.plant(&dn("max")).await;
    assert_eq!(ask(&world.officer(), "remove", "max").await, 200);
    assert_eq!(said(&world).await, ["admin2 removed max"]);
}

#[tokio::test]
async fn a_change_is_taken_back_by_what_the_log_says() {
    let world = World::new().await;
    let officer = world.officer();
    for (what, listed) in [("add", vec![dn("ada")]), ("remove", vec![])] {
        let before = world.slapd.listed().await;
        assert_eq!(ask(&officer, what, "ada").await, 200);
        assert_eq!(world.slapd.listed().await, listed);
        let undo = log(&officer, "").await[0].undo.clone().unwrap();
        let method: Method = undo.method.parse().unwrap();
        assert_eq!(officer.send(method, &undo.path, undo.body.to_string()).await.status, 200);
        assert_eq!(world.slapd.listed().await, before);
        // The other way round next.
        assert_eq!(ask(&officer, "add", "ada").await, 200);
    }
}

#[tokio::test]
async fn each_change_of_a_repair_is_logged_and_none_of_a_comparison() {
    let world = World::new().await;
    for netid in ["ada", "old1"] {
        world.add(netid).await;
    }
    world.slapd.uproot(&dn("ada")).await;
    world.users.set_members(&["ada", "zoe", "nobody1"]);
    world.reconcile().await;
    assert_eq!(said(&world).await.len(), 2);
    for _ in 0..2 {
        world.repair().await;
        let expected = ["admin2 added ada", "admin2 added zoe", "admin2 removed old1"];
        assert_eq!(said(&world).await[2..], expected);
    }
}

#[tokio::test]
async fn a_change_that_waited_is_logged_when_it_is_made_as_of_who_asked() {
    let mut world = World::new().await;
    assert_eq!(ask(&world.officer(), "add", "max").await, 200);
    world.slapd.stop();
    assert_eq!(ask(&world.officer(), "add", "ada").await, 503);
    assert_eq!(ask(&world.officer(), "add", "zoe").await, 503);
    // Somebody decides otherwise meanwhile.
    assert_eq!(world.remove("zoe").await.status, 503);
    assert_eq!(said(&world).await, ["admin2 added max", "admin2 added zoe"]);

    world.slapd.restart().await;
    world.state.clock.advance(TimeDelta::minutes(2));
    for _ in 0..2 {
        look_after(&world.state).await.unwrap();
        let mut rest = said(&world).await.split_off(2);
        rest.sort();
        assert_eq!(rest, ["admin2 added ada", "service:users removed zoe"]);
    }
}

#[tokio::test]
async fn of_changes_at_once_each_is_logged() {
    let world = World::new().await;
    for round in 1..=5 {
        let officer = world.officer();
        let (added, removed) = tokio::join!(ask(&officer, "add", "ada"), world.remove("ada"));
        assert_eq!((added, removed.status.as_u16()), (200, 200));
        let listed = !world.slapd.listed().await.is_empty();
        let said = said(&world).await;
        let last = if listed { "admin2 added ada" } else { "service:users removed ada" };
        assert_eq!(said.last().map_or("service:users removed ada", String::as_str), last);
        // The log alternates, so that nothing is missing and nothing is in it twice.
        assert!(said.len() <= 2 * round);
        assert!(said.windows(2).all(|pair| pair[0] != pair[1]), "{said:?}");
    }
}

#[tokio::test]
async fn without_a_directory_what_is_recorded_is_logged() {
    let world = World::with_campus(Slapd::start(&["ada"]).await, None).await;
    for what in ["remove", "add", "add", "remove"] {
        assert_eq!(ask(&world.officer(), what, "ada").await, 200);
    }
    assert_eq!(said(&world).await, ["admin2 added ada", "admin2 removed ada"]);
}

#[tokio::test]
async fn a_person_sees_what_was_done_to_them_and_not_how_to_take_it_back() {
    let world = World::new().await;
    world.add("ada").await;
    let own = log(&world.app.member("ada"), "").await;
    assert!(own.len() == 1 && own[0].undo.is_none());
    assert!(log(&world.app.member("max"), "").await.is_empty());
    let path = format!("/audit/directory/{}", own[0].id);
    assert_eq!(world.app.member("ada").get(&path).await.status, 200);
    assert_eq!(world.app.member("max").get(&path).await.status, 404);
}
