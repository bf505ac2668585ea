//! What officers do: see everyone, confirm payments, delete.

use chrono::TimeDelta;
use grove_shared::{Role, envelope::Data, page::Page};
use grove_users_api::{Counts, User, UserState};
use http::{Method, StatusCode, header};
use serde_json::json;

use crate::World;

#[tokio::test]
async fn only_officers_see_everyone_and_change_anything() {
    let world = World::new().await;
    world.join("jsmith2", 100_000_001).await;
    for (method, path) in [
        (Method::GET, "/users"),
        (Method::PUT, "/users/jsmith2/paid"),
        (Method::DELETE, "/users/jsmith2"),
        (Method::PUT, "/users/nobody1/paid"),
    ] {
        for (person, status) in [
            (world.app.member("jsmith2"), StatusCode::FORBIDDEN),
            (world.app.member("mdoe3"), StatusCode::FORBIDDEN),
            (world.app.client(), StatusCode::UNAUTHORIZED),
            (world.app.service("auth"), StatusCode::UNAUTHORIZED),
            (world.app.stranger(), StatusCode::UNAUTHORIZED),
        ] {
            let reply = person.send(method.clone(), path, "{}").await;
            assert_eq!(reply.status, status, "{method} {path}");
            reply.error();
        }
    }
    assert_eq!(world.users().await[0].state, UserState::Unverified);
    assert_eq!(world.effects().await.len(), 2);
}

#[tokio::test]
async fn corporate_officers_do_nothing_with_members() {
    let world = World::new().await;
    world.join("jsmith2", 100_000_001).await;
    let corporate = world.app.person("corp1", &[Role::Corporate]);
    for (method, path, status) in [
        (Method::GET, "/users", 403),
        (Method::GET, "/users/counts", 403),
        (Method::GET, "/users/jsmith2", 404),
        (Method::PUT, "/users/jsmith2/paid", 403),
        (Method::DELETE, "/users/jsmith2", 403),
        (Method::GET, "/outbox/users", 403),
    ] {
        let reply = corporate.send(method, path, "{}").await;
        assert_eq!(reply.status.as_u16(), status, "{path}");
    }
    let chair = world.app.person("chair1", &[Role::Top4]);
    assert_eq!(chair.get("/users").await.status, StatusCode::OK);
}

#[tokio::test]
async fn people_are_counted_and_listed_in_pages() {
    let world = World::new().await;
    for (uin, netid) in (100_000_001..).zip(["one1", "two2", "three3", "four4", "five5"]) {
        world.join(netid, uin).await;
    }
    world.app.service("auth").post("/internal/users/verified", &json!({ "netid": "two2" })).await;
    for netid in ["three3", "four4"] {
        world.pay(netid).await;
    }
    let counts = async || world.officer().get("/users/counts").await.json::<Counts>();
    let expected = Counts { unverified: 2, awaiting_payment: 1, members: 2, expired: 0 };
    assert_eq!(counts().await, expected);
    world.clock.advance(TimeDelta::days(400));
    world.pay("four4").await;
    let expected = Counts { unverified: 2, awaiting_payment: 1, members: 1, expired: 1 };
    assert_eq!(counts().await, expected);

    let first = world.officer().get("/users?limit=2").await;
    let link = first.headers[header::LINK].to_str().unwrap().to_owned();
    let page = first.json::<Page<User>>();
    let netids = |page: &Page<User>| -> Vec<String> {
        page.items.iter().map(|user| user.netid.clone()).collect()
    };
    assert_eq!(netids(&page), ["five5", "four4"]);
    let next = page.next.unwrap();
    assert_eq!(link, format!("</users?after={next}&limit=2>; rel=\"next\""));
    let last = world.officer().get(&format!("/users?after={next}&limit=3")).await;
    let page = last.json::<Page<User>>();
    assert_eq!((netids(&page).len(), page.next), (3, None));
}

#[tokio::test]
async fn a_payment_is_confirmed_once_by_twenty_officers() {
    let world = World::new().await;
    world.join("jsmith2", 100_000_001).await;
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let officer = world.officer();
            tokio::spawn(async move { officer.put("/users/jsmith2/paid", &json!({})).await })
        })
        .collect();
    let mut confirmed = 0;
    for reply in tries {
        let reply = reply.await.unwrap();
        if reply.status == StatusCode::OK {
            confirmed += 1;
            assert!(reply.json::<Data<Vec<User>>>().data[0].is_member);
        } else {
            let refusal = (reply.status.as_u16(), reply.error());
            assert_eq!(refusal, (400, "User is already a member".to_owned()));
        }
    }
    assert_eq!(confirmed, 1);
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
}

#[tokio::test]
async fn the_list_has_non_members_first_and_then_the_newest() {
    let world = World::new().await;
    for (uin, netid) in (100_000_001..).zip(["one1", "two2", "three3", "four4"]) {
        world.join(netid, uin).await;
        world.clock.advance(TimeDelta::seconds(1));
    }
    world.join("same5", 100_000_005).await;
    world.join("same6", 100_000_006).await;
    world.pay("one1").await;
    let list = world.pay("three3").await.json::<Data<Vec<User>>>().data;
    let netids: Vec<_> = list.iter().map(|user| user.netid.as_str()).collect();
    assert_eq!(netids, ["same6", "same5", "four4", "two2", "three3", "one1"]);
    assert_eq!(world.users().await, list);
}

#[tokio::test]
async fn who_was_deleted_is_gone_and_auth_hears_of_it() {
    let world = World::new().await;
    world.join("jsmith2", 100_000_001).await;
    world.join("mdoe3", 100_000_002).await;
    world.pay("jsmith2").await;
    let left = world.officer().delete("/users/jsmith2").await.json::<Data<Vec<User>>>().data;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].netid, "mdoe3");
    assert!(world.effects().await.contains(&"auth /internal/personal-data/forget".to_owned()));

    let again = world.officer().delete("/users/jsmith2").await;
    assert_eq!((again.status.as_u16(), again.error().as_str()), (404, "User not found"));
    world.join("jsmith2", 100_000_001).await;
    assert!(!world.profile("jsmith2").await.user.is_member);
}

#[tokio::test]
async fn odd_paths_name_nobody() {
    let world = World::new().await;
    for netid in ["nobody1", "1", "Jsmith2", "a%20b", "a%0Ab", "..%2f..%2fadmin", "%ff", "jsmith2;"]
    {
        for (method, path) in [
            (Method::GET, format!("/users/{netid}")),
            (Method::DELETE, format!("/users/{netid}")),
            (Method::PUT, format!("/users/{netid}/paid")),
            (Method::GET, format!("/users/{netid}/is_member")),
        ] {
            let reply = world.officer().send(method, &path, "").await;
            assert_eq!((reply.status.as_u16(), reply.error().as_str()), (404, "User not found"));
        }
    }
    assert!(world.effects().await.is_empty());
}
