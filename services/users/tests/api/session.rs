//! Signing in and out.

use std::time::Duration;

use grove_auth_api::{NewAccount, fake::FakeAuth};
use grove_users_api::UserState;
use http::{StatusCode, header};
use serde_json::{Value, json};

use crate::World;

fn login(netid: &str, password: &str) -> Value {
    json!({ "netid": netid, "password": password })
}

/// The service beside auth, where Ada and Jane have accounts.
async fn with_auth() -> (World, FakeAuth) {
    let auth = FakeAuth::start().await;
    for (netid, first_name, last_name) in
        [("ada2", "Ada", "L".repeat(60)), ("jsmith2", "Jane", "Smith".to_owned())]
    {
        let (netid, first_name) = (netid.parse().unwrap(), first_name.to_owned());
        auth.account(NewAccount { netid, first_name, last_name }, "correct horse");
    }
    (World::with_peers(&auth.url()).await, auth)
}

#[tokio::test]
async fn the_first_login_of_someone_unknown_makes_no_member() {
    let (world, auth) = with_auth().await;
    for _ in 0..2 {
        let reply = world.app.client().post("/users/login", &login("ada2", "correct horse")).await;
        assert_eq!(reply.status, StatusCode::OK);
        let data = &reply.json::<Value>()["data"];
        assert_eq!(data["netid"], "ada2");
        assert!(auth.is_alive(data["token"].as_str().unwrap()));
        // The family name that auth knows is too long for a name.
        assert_eq!((&data["first_name"], &data["last_name"]), (&json!("Ada"), &json!("ada2")));
        assert_eq!(
            (&data["is_member"], &data["state"]),
            (&json!(false), &json!("awaiting_payment"))
        );
    }
    assert_eq!(world.users().await.len(), 1);
    assert!(world.effects().await.is_empty());
    assert_eq!(auth.signed_in()[0].address, Some([127, 0, 0, 1].into()));
}

#[tokio::test]
async fn a_login_proves_the_mail_address_and_brings_the_membership() {
    let (world, _auth) = with_auth().await;
    world.join("jsmith2", 100_000_001).await;
    let client = world.app.client();
    client.post("/users/login", &login("jsmith2", "correct horse")).await;
    assert_eq!(world.users().await[0].state, UserState::AwaitingPayment);
    world.pay("jsmith2").await;
    let reply = client.post("/users/login", &login("jsmith2", "correct horse")).await;
    assert_eq!(reply.json::<Value>()["data"]["is_member"], true);
    assert_eq!(reply.json::<Value>()["data"]["first_name"], "Jane");
}

#[tokio::test]
async fn a_name_to_sign_in_by_may_be_in_any_case_or_a_mail_address() {
    let (world, _auth) = with_auth().await;
    for name in ["ADA2", " ada2 ", "Ada2@Example.edu"] {
        let reply = world.app.client().post("/users/login", &login(name, "correct horse")).await;
        assert_eq!(reply.json::<Value>()["data"]["netid"], "ada2", "{name}");
    }
    let elsewhere = login("ada2@elsewhere.example", "correct horse");
    let reply = world.app.client().post("/users/login", &elsewhere).await;
    assert_eq!(reply.error(), "A valid netid must be entered");
}

#[tokio::test]
async fn a_login_that_fails_says_why() {
    let (world, auth) = with_auth().await;
    for (body, error) in [
        (json!({ "password": "x" }), "Missing netid"),
        (login("", "x"), "Missing netid"),
        (json!({ "netid": "no one" }), "A valid netid must be entered"),
        (json!({ "netid": "jsmith2" }), "Missing password"),
        (login("jsmith2", ""), "Missing password"),
        (login("jsmith2", "wrong"), "Invalid netid or password"),
    ] {
        let reply = world.app.client().post("/users/login", &body).await;
        assert_eq!((reply.status.as_u16(), reply.error().as_str()), (400, error));
    }
    auth.block_sign_ins(Some(Duration::from_secs(42)));
    let reply = world.app.client().post("/users/login", &login("jsmith2", "correct horse")).await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(reply.headers[header::RETRY_AFTER], "42");
    reply.error();
    auth.block_sign_ins(None);
    auth.fail_next(1);
    let reply = world.app.client().post("/users/login", &login("jsmith2", "correct horse")).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.headers[header::RETRY_AFTER], "7", "it is what auth said");
    assert_eq!(auth.requests(), ["POST /internal/sessions"; 3]);
    assert!(world.users().await.is_empty());
}

#[tokio::test]
async fn a_logout_ends_the_session_at_auth() {
    let (world, auth) = with_auth().await;
    let token = auth.session(&"jsmith2".parse().unwrap(), world.clock.now());
    let member = world.app.member("jsmith2");
    let reply = member.post("/users/logout", &json!({ "token": token })).await;
    assert_eq!(reply.json::<Value>(), json!({ "error": null, "data": {}, "message": "OK" }));
    assert!(!auth.is_alive(&token));

    assert_eq!(member.post("/users/logout", &json!({})).await.error(), "Missing token");
    let client = world.app.client();
    assert_eq!(client.post("/users/logout", &json!({ "token": token })).await.status, 401);
}
