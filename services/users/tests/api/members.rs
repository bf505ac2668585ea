//! Who is a member when, and who may know.

use chrono::{DateTime, TimeDelta, Utc};
use grove_shared::{Role, Standing, envelope::Data};
use grove_users_api::{Profile, User, UserState};
use http::StatusCode;
use serde_json::json;

use crate::World;

#[tokio::test]
async fn a_membership_ends_with_its_term_and_can_be_paid_again() {
    let world = World::new().await;
    world.join("jsmith2", 100_000_001).await;
    assert_eq!(world.pay("jsmith2").await.status, StatusCode::OK);
    let profile = world.profile("jsmith2").await;
    let term = &profile.memberships[0];
    assert_eq!(
        (term.starts_on.to_string().as_str(), term.ends_on.to_string().as_str()),
        ("2026-10-01", "2027-08-31")
    );
    assert_eq!(profile.user.state, UserState::Member);
    assert_eq!((profile.standing, profile.roles.as_slice()), (Standing::Member, &[][..]));
    let officer = world.app.person("jsmith2", &[Role::Top4]);
    let own = officer.get("/users/me").await.json::<Data<Profile>>().data;
    assert_eq!(own.roles, [Role::Top4]);

    // To noon of the last day, and beyond it.
    world.clock.advance(TimeDelta::days(334));
    assert!(world.profile("jsmith2").await.user.is_member);
    assert_eq!(world.pay("jsmith2").await.error(), "User is already a member");
    world.clock.advance(TimeDelta::hours(12));
    let expired = world.profile("jsmith2").await.user;
    assert_eq!((expired.is_member, expired.state), (false, UserState::Expired));
    let check = world.check(&world.app.client(), "jsmith2").await;
    assert_eq!(check["data"]["is_member"], false);
    assert_eq!(world.users().await[0].state, UserState::Expired);

    assert_eq!(world.pay("jsmith2").await.status, StatusCode::OK);
    let profile = world.profile("jsmith2").await;
    let days: Vec<_> = profile.memberships.iter().map(|term| term.starts_on.to_string()).collect();
    assert_eq!(days, ["2027-09-01", "2026-10-01"]);
    assert_eq!(profile.user.state, UserState::Member);
    assert_eq!(world.effects().await.len(), 8);
}

#[tokio::test]
async fn who_is_signed_in_is_not_sent_back_to_the_mail_that_they_came_from() {
    let world = World::new().await;
    world.join("jsmith2", 100_000_001).await;
    assert_eq!(world.profile("jsmith2").await.user.state, UserState::AwaitingPayment);
    // To officers it is so when auth has told.
    assert_eq!(world.users().await[0].state, UserState::Unverified);
}

#[tokio::test]
async fn terms_begin_and_end_at_the_midnight_of_the_chapter() {
    let world = World::in_zone("America/Chicago").await;
    let wait_until = |moment: &str| {
        let moment: DateTime<Utc> = moment.parse().unwrap();
        world.clock.advance(moment - world.clock.now());
    };
    wait_until("2026-10-02T02:00:00Z");
    world.join("jsmith2", 100_000_001).await;
    assert_eq!(world.pay("jsmith2").await.status, StatusCode::OK);
    let profile = world.profile("jsmith2").await;
    let term = &profile.memberships[0];
    assert_eq!(term.starts_on.to_string(), "2026-10-01");
    assert_eq!(term.ends_on.to_string(), "2027-08-31");
    assert!(profile.user.is_member);

    wait_until("2027-09-01T04:59:59Z");
    assert_eq!(world.profile("jsmith2").await.standing, Standing::Member);
    assert_eq!(world.end_expired().await, 0);
    assert_eq!(world.pay("jsmith2").await.error(), "User is already a member");
    wait_until("2027-09-01T05:00:00Z");
    assert_eq!(world.profile("jsmith2").await.standing, Standing::Expired);
    assert_eq!(world.end_expired().await, 1);
}

#[tokio::test]
async fn a_name_is_shown_to_others_when_its_owner_publishes_it() {
    let world = World::new().await;
    world.join("jsmith2", 100_000_001).await;
    let (own, other) = (world.app.member("jsmith2"), world.app.member("mdoe3"));
    let hidden = json!({
        "error": null,
        "data": { "netid": "jsmith2", "first_name": null, "last_name": null, "is_member": false },
        "message": "",
    });
    let mut shown = hidden.clone();
    shown["data"]["first_name"] = json!("Jane");
    shown["data"]["last_name"] = json!("Smith");

    for asker in [&other, &world.app.client(), &world.app.service("groups")] {
        assert_eq!(world.check(asker, "jsmith2").await, hidden);
    }
    for asker in [&own, &world.officer()] {
        assert_eq!(world.check(asker, "jsmith2").await, shown);
    }

    for (published, seen) in [(true, &shown), (true, &shown), (false, &hidden)] {
        let reply = own.put("/users/me", &json!({ "published": published })).await;
        assert_eq!(reply.json::<Data<Profile>>().data.published, published);
        assert_eq!(world.check(&other, "jsmith2").await, *seen);
    }
    assert_eq!(world.app.stranger().get("/users/jsmith2/is_member").await.status, 401);
}

#[tokio::test]
async fn people_see_their_own_record_and_nobody_else_s() {
    let world = World::new().await;
    world.join("jsmith2", 100_000_001).await;
    for person in [world.app.member("jsmith2"), world.officer()] {
        let user = person.get("/users/jsmith2").await.json::<Data<User>>().data;
        assert_eq!((user.netid.as_str(), user.first_name.as_str()), ("jsmith2", "Jane"));
    }
    let refused = world.app.member("mdoe3").get("/users/jsmith2").await;
    assert_eq!((refused.status.as_u16(), refused.error().as_str()), (404, "User not found"));

    let unknown = world.app.member("mdoe3");
    assert_eq!(unknown.get("/users/me").await.error(), "User not found");
    let change = json!({ "published": true });
    assert_eq!(unknown.put("/users/me", &change).await.error(), "User not found");
    let bad = world.app.member("jsmith2").put("/users/me", &json!({})).await;
    assert_eq!((bad.status.as_u16(), bad.error().as_str()), (400, "missing field `published`"));
    assert_eq!(world.app.client().get("/users/me").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn auth_reports_a_proven_mail_address_as_often_as_it_likes() {
    let world = World::new().await;
    world.join("jsmith2", 100_000_001).await;
    let (path, body) = ("/internal/users/verified", json!({ "netid": "jsmith2" }));
    for _ in 0..2 {
        let reply = world.app.service("auth").post(path, &body).await;
        assert_eq!((reply.status, reply.json()), (StatusCode::OK, json!({})));
        assert_eq!(world.users().await[0].state, UserState::AwaitingPayment);
    }
    let gone = world.app.service("auth").post(path, &json!({ "netid": "nobody1" })).await;
    assert_eq!(gone.status, StatusCode::OK);
    for other in [world.officer(), world.app.client(), world.app.service("groups")] {
        assert_eq!(other.post(path, &body).await.status, StatusCode::FORBIDDEN);
    }
}
