//! Finding differences between the group and the members, and mending them.

use chrono::TimeDelta;
use grove_directory::look_after;
use http::StatusCode;
use serde_json::{Value, json};

use crate::{World, slapd::dn};

#[tokio::test]
async fn planted_differences_are_found_and_nothing_is_changed() {
    let world = World::new().await;
    for netid in ["ada", "max", "old1"] {
        world.add(netid).await;
    }
    // Known to Grove, but added by others.
    world.remove("mdoe3").await;
    world.slapd.plant(&dn("mdoe3")).await;
    world.slapd.plant("cn=a stranger,o=Elsewhere").await;
    world.slapd.uproot(&dn("max")).await;
    world.users.set_members(&["ada", "max", "zoe", "nobody1"]);

    let before = world.slapd.listed().await;
    let report = world.reconcile().await;
    let newest = world.officer().get("/directory/report").await.json::<Value>();
    assert_eq!(report, newest);
    assert_eq!((&report["members"], &report["listed"]), (&4.into(), &5.into()));
    assert_eq!(
        report["missing"],
        json!([
            { "netid": "max", "dn": dn("max") },
            { "netid": "nobody1", "dn": null },
            { "netid": "zoe", "dn": dn("zoe") },
        ])
    );
    assert_eq!(
        report["surplus"],
        json!([
            { "netid": "mdoe3", "dn": dn("mdoe3"), "added_by_grove": false },
            { "netid": "old1", "dn": dn("old1"), "added_by_grove": true },
        ])
    );
    assert_eq!(report["unknown"], json!(["cn=a stranger,o=Elsewhere", "cn=placeholder,o=Campus"]));
    assert_eq!(world.slapd.listed().await, before);
}

#[tokio::test]
async fn a_repair_adds_members_and_removes_only_what_grove_added() {
    let world = World::new().await;
    assert_eq!(
        world.officer().post("/directory/repair", &json!({})).await.error(),
        "There is no report yet"
    );
    world.slapd.plant(&dn("mdoe3")).await;
    for netid in ["ada", "old1", "mdoe3"] {
        world.add(netid).await;
    }
    world.slapd.plant("cn=a stranger,o=Elsewhere").await;
    world.slapd.uproot(&dn("ada")).await;
    world.users.set_members(&["ada", "zoe", "nobody1"]);
    world.reconcile().await;

    let repair = world.repair().await;
    assert_eq!((&repair["added"], &repair["removed"]), (&json!(["ada", "zoe"]), &json!(["old1"])));
    let error = "The directory has no entry for nobody1";
    assert_eq!(repair["failed"], json!([{ "netid": "nobody1", "error": error }]));
    assert_eq!(
        (&repair["left"], &repair["report"]["missing"][0]["netid"]),
        (&0.into(), &"nobody1".into())
    );
    assert_eq!(
        world.slapd.listed().await,
        ["cn=a stranger,o=Elsewhere".to_owned(), dn("ada"), dn("mdoe3"), dn("zoe")]
    );
    let repair = world.repair().await;
    assert_eq!((&repair["added"], &repair["removed"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn a_repair_does_only_what_is_still_called_for() {
    let world = World::new().await;
    world.add("old1").await;
    world.users.set_members(&["ada"]);
    world.reconcile().await;
    // Meanwhile one has left and the other has paid.
    world.users.set_members(&["old1"]);
    let repair = world.repair().await;
    assert_eq!((&repair["added"], &repair["removed"]), (&json!([]), &json!([])));
    assert_eq!(world.slapd.listed().await, [dn("old1")]);
}

#[tokio::test]
async fn who_left_the_campus_is_removed_by_the_name_that_was_added() {
    let world = World::new().await;
    world.add("ada").await;
    sqlx::query("UPDATE entries SET netid = 'gone1' WHERE netid = 'ada'")
        .execute(&world.db.pool())
        .await
        .unwrap();
    let report = world.reconcile().await;
    let expected = json!([{ "netid": "gone1", "dn": dn("ada"), "added_by_grove": true }]);
    assert_eq!(report["surplus"], expected);
    assert_eq!(world.repair().await["removed"], json!(["gone1"]));
    assert!(world.slapd.listed().await.is_empty());
}

#[tokio::test]
async fn without_users_nothing_is_compared_or_repaired() {
    let world = World::new().await;
    world.add("ada").await;
    world.reconcile().await;
    world.users.break_down();
    for path in ["/directory/reconcile", "/directory/repair"] {
        let reply = world.officer().post(path, &json!({})).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!(world.slapd.listed().await, [dn("ada")]);
}

#[tokio::test]
async fn of_two_replicas_one_makes_the_report_of_the_day() {
    let world = World::new().await;
    let count = || async {
        sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM reports")
            .fetch_one(&world.db.pool())
            .await
            .unwrap()
    };
    for day in 1..=3 {
        for _ in 0..3 {
            let replicas = tokio::join!(look_after(&world.state), look_after(&world.state));
            assert!(replicas.0.is_ok() && replicas.1.is_ok());
            assert_eq!(count().await, day);
        }
        world.state.clock.advance(TimeDelta::days(1));
    }
}

#[tokio::test]
async fn the_day_of_a_report_is_one_of_the_chapter() {
    let world = World::in_zone("America/Chicago").await;
    let mut made_at = Vec::new();
    // At 7 and at 21 o'clock, when the next day has begun in UTC, and at 1 o'clock of the next day.
    for hours in [0, 14, 4] {
        world.state.clock.advance(TimeDelta::hours(hours));
        look_after(&world.state).await.unwrap();
        let report = world.officer().get("/directory/report").await.json::<Value>();
        made_at.push(report["made_at"].clone());
    }
    let (first, next) = ("2026-10-01T12:00:00Z", "2026-10-02T06:00:00Z");
    assert_eq!(made_at, [first, first, next]);
}

#[tokio::test]
async fn a_report_that_failed_is_made_later_the_same_day() {
    let world = World::new().await;
    world.users.break_down();
    assert!(look_after(&world.state).await.is_err());
    world.users.set_members(&["ada"]);
    look_after(&world.state).await.unwrap();
    assert_eq!(world.officer().get("/directory/report").await.status, StatusCode::NOT_FOUND);
    world.state.clock.advance(TimeDelta::minutes(15));
    look_after(&world.state).await.unwrap();
    let report = world.officer().get("/directory/report").await.json::<Value>();
    assert_eq!(report["made_at"], "2026-10-01T12:15:00Z");
}

#[tokio::test]
async fn the_last_thirty_reports_are_kept() {
    let world = World::new().await;
    world.users.set_members(&["ada"]);
    for _ in 0..32 {
        world.reconcile().await;
    }
    let counts: (i64, i64) = sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM reports), (SELECT COUNT(*) FROM report_lines)",
    )
    .fetch_one(&world.db.pool())
    .await
    .unwrap();
    assert_eq!(counts, (30, 60));
}
