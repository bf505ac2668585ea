//! What other services ask: who is a member, and that someone who paid online becomes one.

use chrono::TimeDelta;
use grove_users_api::CurrentMember;
use http::StatusCode;
use serde_json::json;

use crate::{World, start};

#[tokio::test]
async fn everyone_who_is_a_member_today_is_listed_for_services() {
    let world = World::new().await;
    world.join("mdoe3", 100_000_001).await;
    world.join("jsmith2", 100_000_002).await;
    world.join("zroe", 100_000_003).await;
    world.pay("mdoe3").await;
    world.pay("jsmith2").await;

    for peer in ["directory", "notifications", "merch", "credits"] {
        let reply = world.app.service(peer).get("/internal/members").await;
        let members = reply.json::<Vec<CurrentMember>>();
        let netids: Vec<_> = members.iter().map(|member| member.netid.as_str()).collect();
        assert_eq!(netids, ["jsmith2", "mdoe3"]);
        assert_eq!(
            members[0],
            CurrentMember {
                netid: "jsmith2".parse().unwrap(),
                email: "jsmith2@example.edu".to_owned(),
                first_name: "Jane".to_owned(),
                last_name: "Smith".to_owned(),
                member_until: "2027-08-31".parse().unwrap(),
            }
        );
    }
    for caller in [world.officer(), world.app.client(), world.app.service("gigs")] {
        assert_eq!(caller.get("/internal/members").await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(world.app.stranger().get("/internal/members").await.status, 401);

    world.clock.advance(TimeDelta::days(365));
    let reply = world.app.service("directory").get("/internal/members").await;
    assert!(reply.json::<Vec<CurrentMember>>().is_empty());
}

#[tokio::test]
async fn a_payment_online_makes_a_member_exactly_once() {
    let world = World::new().await;
    world.join("jsmith2", 100_000_001).await;
    let paid = json!({ "netid": "jsmith2", "payment": "payment-1" });
    let tries: Vec<_> = (0..10)
        .map(|_| {
            let (credits, paid) = (world.app.service("credits"), paid.clone());
            tokio::spawn(
                async move { credits.post_once("/internal/memberships", &paid, "key-1").await },
            )
        })
        .collect();
    for reply in tries {
        let reply = reply.await.unwrap();
        assert_eq!(reply.status, StatusCode::OK);
        let member = reply.json::<CurrentMember>();
        assert_eq!(
            (member.netid.as_str(), member.email.as_str()),
            ("jsmith2", "jsmith2@example.edu")
        );
        assert_eq!(member.member_until.to_string(), "2027-08-31");
    }
    assert_eq!(world.profile("jsmith2").await.memberships.len(), 1);
    assert_eq!(
        world.effects().await,
        [
            "auth /internal/accounts",
            "credits /internal/accounts",
            "directory /activedirectory/add",
            "notifications /notification",
            "notifications /notification",
        ]
    );
    let recorded: (Option<String>, Option<String>) =
        sqlx::query_as("SELECT approved_by, payment FROM memberships")
            .fetch_one(&world.db.pool())
            .await
            .unwrap();
    assert_eq!(recorded, (None, Some("payment-1".to_owned())));

    let other = json!({ "netid": "jsmith2", "payment": "payment-2" });
    let credits = world.app.service("credits");
    let reply = credits.post_once("/internal/memberships", &other, "key-2").await;
    assert_eq!((reply.status.as_u16(), reply.error().as_str()), (409, "User is already a member"));
    let reply = credits.post_once("/internal/memberships", &other, "key-1").await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_payment_online_that_makes_no_sense_changes_nothing() {
    let world = World::new().await;
    world.join("jsmith2", 100_000_001).await;
    let credits = world.app.service("credits");
    for (body, status) in [
        (json!({ "netid": "nobody1", "payment": "p" }), 404),
        (json!({ "netid": "no one", "payment": "p" }), 400),
        (json!({ "netid": "jsmith2" }), 400),
        (json!({ "netid": "jsmith2", "payment": "" }), 400),
        (json!({ "netid": "jsmith2", "payment": 7 }), 400),
        (json!({ "netid": "jsmith2", "payment": "a\nb" }), 400),
        (json!({ "netid": "jsmith2", "payment": "p".repeat(201) }), 400),
    ] {
        let reply = credits.post_once("/internal/memberships", &body, "a-key").await;
        assert_eq!(reply.status.as_u16(), status, "{body}");
        reply.error();
    }
    let paid = json!({ "netid": "jsmith2", "payment": "p" });
    assert_eq!(credits.post("/internal/memberships", &paid).await.status, 400);
    for caller in [world.officer(), world.app.client(), world.app.service("gigs")] {
        let reply = caller.post_once("/internal/memberships", &paid, "a-key").await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
    }
    assert!(!world.profile("jsmith2").await.user.is_member);
    assert_eq!(world.effects().await.len(), 2);

    // A refusal is not the reply to keep: the same request succeeds when its cause is gone.
    assert_eq!(credits.post_once("/internal/memberships", &paid, "a-key").await.status, 200);
    assert_eq!(world.profile("jsmith2").await.memberships[0].starts_on, start().date_naive());
}
