//! While the directory is away, and after it returns.

use std::time::Duration;

use chrono::TimeDelta;
use grove_directory::{Campus, look_after};
use http::{StatusCode, header::RETRY_AFTER};
use tokio::net::TcpListener;

use crate::{
    World, configuration,
    slapd::{Slapd, dn},
    timed,
};

/// Within which everything is answered, whatever the directory does.
const LIMIT: Duration = Duration::from_secs(6);

#[tokio::test]
async fn while_the_directory_is_down_changes_are_refused_for_the_moment() {
    let mut world = World::new().await;
    assert_eq!(world.add("ada").await.status, StatusCode::OK);
    world.slapd.stop();
    for wanted in [true, false] {
        let change =
            async { if wanted { world.add("max").await } else { world.remove("ada").await } };
        let (reply, took) = timed(change).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(reply.headers.contains_key(RETRY_AFTER) && took < LIMIT, "{took:?}");
        assert_eq!(reply.error(), "The directory does not answer, please try again");
    }
    let status = world.status().await;
    assert_eq!((&status["reachable"], &status["waiting"]), (&false.into(), &2.into()));
    let (state, error) = world.entry("max").await;
    assert!(state == "waiting" && error.is_some_and(|error| error.contains("refused")));

    world.slapd.restart().await;
    assert_eq!(world.add("max").await.status, StatusCode::OK);
    assert_eq!(world.remove("ada").await.status, StatusCode::OK);
    assert_eq!(world.slapd.listed().await, [dn("max")]);
    assert_eq!(world.status().await["reachable"], true);
}

#[tokio::test]
async fn a_directory_that_never_answers_holds_nothing_up() {
    let slapd = Slapd::start(&["ada"]).await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    for scheme in ["ldap", "ldaps"] {
        let url = format!("{scheme}://{}", silent.local_addr().unwrap());
        let campus = Campus::new(&configuration(&slapd, &url, &[])).unwrap();
        let world = World::with_campus(Slapd::start(&["ada"]).await, campus).await;
        let (reply, took) = timed(world.add("ada")).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(took < LIMIT, "{took:?}");
        let (status, took) = timed(world.status()).await;
        assert_eq!(status["reachable"], false);
        assert!(took < LIMIT, "{took:?}");
    }
}

#[tokio::test]
async fn twenty_approvals_during_an_outage_are_all_listed_after_it_and_none_twice() {
    let netids: Vec<_> = (10..30).map(|number| format!("member{number}")).collect();
    let netids: Vec<_> = netids.iter().map(String::as_str).collect();
    let mut world = World::with_people(&netids).await;
    world.slapd.stop();
    let mut open = netids.clone();
    let mut rounds = 0;
    while !open.is_empty() {
        rounds += 1;
        let replies = futures_util::future::join_all(open.iter().map(|netid| world.add(netid)));
        let replies = replies.await;
        let statuses = open.iter().zip(replies).map(|(netid, reply)| (*netid, reply.status));
        open = statuses.filter(|(_, status)| *status != 200).map(|(netid, _)| netid).collect();
        match rounds {
            // Delivered again and again while the server is away, and once more than needed after it.
            1 => assert_eq!(open.len(), 20),
            2 => world.slapd.restart().await,
            _ => assert!(rounds < 10),
        }
    }
    for netid in &netids {
        assert_eq!(world.add(netid).await.status, StatusCode::OK);
    }
    let expected: Vec<_> = netids.iter().map(|netid| dn(netid)).collect();
    assert_eq!(world.slapd.listed().await, expected);
    world.users.set_members(&netids);
    let report = world.reconcile().await;
    assert_eq!((&report["members"], &report["missing"]), (&20.into(), &serde_json::json!([])));
}

#[tokio::test]
async fn what_its_caller_gave_up_is_carried_out_when_the_directory_returns() {
    let mut world = World::new().await;
    world.slapd.stop();
    assert_eq!(world.add("ada").await.status, StatusCode::SERVICE_UNAVAILABLE);
    world.state.clock.advance(TimeDelta::minutes(2));
    assert_eq!(look_after(&world.state).await.unwrap_err().status(), 503);
    world.slapd.restart().await;
    look_after(&world.state).await.unwrap();
    assert_eq!(world.slapd.listed().await, [dn("ada")]);
    assert_eq!(world.entry("ada").await, ("done".to_owned(), None));
}
