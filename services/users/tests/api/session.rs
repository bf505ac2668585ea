//! Signing in and out.

use grove_shared::api::users::UserState;
use http::{StatusCode, header};
use serde_json::{Value, json};

use crate::{World, receiver::Receiver};

fn login(netid: &str, password: &str) -> Value {
    json!({ "netid": netid, "password": password })
}

#[tokio::test]
async fn the_first_login_of_someone_unknown_makes_no_member() {
    let auth = Receiver::start().await;
    let world = World::with_peers(&auth.url).await;
    for _ in 0..2 {
        let reply = world.app.client().post("/users/login", &login("ada2", "correct horse")).await;
        assert_eq!(reply.status, StatusCode::OK);
        let data = &reply.json::<Value>()["data"];
        assert_eq!((&data["netid"], &data["token"]), (&json!("ada2"), &json!("a-token")));
        // The family name that auth knows is too long for a name.
        assert_eq!((&data["first_name"], &data["last_name"]), (&json!("Ada"), &json!("ada2")));
        assert_eq!(
            (&data["is_member"], &data["state"]),
            (&json!(false), &json!("awaiting_payment"))
        );
    }
    assert_eq!(world.users().await.len(), 1);
    assert!(world.effects().await.is_empty());
    let call = &auth.calls()[0];
    assert_eq!(call.path, "/internal/sessions");
    assert_eq!(call.body["address"], "127.0.0.1");
}

#[tokio::test]
async fn a_login_proves_the_mail_address_and_brings_the_membership() {
    let auth = Receiver::start().await;
    let world = World::with_peers(&auth.url).await;
    world.join("jsmith2", 100_000_001).await;
    let client = world.app.client();
    client.post("/users/login", &login("jsmith2", "correct horse")).await;
    assert_eq!(world.profile("jsmith2").await.user.state, UserState::AwaitingPayment);
    world.pay("jsmith2").await;
    let reply = client.post("/users/login", &login("jsmith2", "correct horse")).await;
    assert_eq!(reply.json::<Value>()["data"]["is_member"], true);
    assert_eq!(reply.json::<Value>()["data"]["first_name"], "Jane");
}

#[tokio::test]
async fn a_login_that_fails_says_why() {
    let auth = Receiver::start().await;
    let world = World::with_peers(&auth.url).await;
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
    let reply = world.app.client().post("/users/login", &login("jsmith2", "again and again")).await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(reply.headers[header::RETRY_AFTER], "42");
    reply.error();
    auth.set_out_of_order(true);
    let reply = world.app.client().post("/users/login", &login("jsmith2", "correct horse")).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(reply.headers.contains_key(header::RETRY_AFTER));
    assert_eq!(auth.calls().len(), 3);
    assert!(world.users().await.is_empty());
}

#[tokio::test]
async fn a_logout_ends_the_session_at_auth() {
    let auth = Receiver::start().await;
    let world = World::with_peers(&auth.url).await;
    let member = world.app.member("jsmith2");
    let reply = member.post("/users/logout", &json!({ "token": "a-token" })).await;
    assert_eq!(reply.json::<Value>(), json!({ "error": null, "data": {}, "message": "OK" }));
    let call = &auth.calls()[0];
    assert_eq!(call.path, "/internal/sessions/end");
    assert_eq!(call.body, json!({ "token": "a-token" }));

    assert_eq!(member.post("/users/logout", &json!({})).await.error(), "Missing token");
    let client = world.app.client();
    assert_eq!(client.post("/users/logout", &json!({ "token": "a-token" })).await.status, 401);
}
