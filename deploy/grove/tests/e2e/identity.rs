//! Nobody is anyone but themselves.

use grove_gateway::clients::Scope;
use grove_identity::IDENTITY;
use grove_shared::Role;
use serde_json::json;

use crate::world::{Caller, World, http_client};

#[tokio::test]
async fn a_session_of_one_member_never_acts_as_another() {
    let world = World::start().await;
    let officer = world.person("officer1", &[Role::Admin]).await;
    let member = world.person("member1", &[]).await;

    let as_officer = Caller { netid_header: Some("officer1".to_owned()), ..member.clone() };
    assert_eq!(as_officer.get("/users").await.status, 403);
    assert_eq!(as_officer.get("/quotes").await.status, 403);
    let as_self = Caller { netid_header: Some("member1".to_owned()), ..member.clone() };
    assert_eq!(as_self.get("/quotes").await.status, 200);

    let quote = json!({ "text": "Not mine.", "source": "x", "author": "officer1" });
    assert_eq!(member.post("/quotes", &quote).await.status, 403);
    assert_eq!(officer.get("/quotes").await.json["data"], json!([]));
    world.end().await;
}

#[tokio::test]
async fn a_service_believes_only_what_the_gateway_signed_for_it() {
    let world = World::start().await;
    let http = http_client();
    for forged in ["", "officer1", "eyJhbGciOiJub25lIn0.e30."] {
        for (service, path) in [("quotes", "/quotes"), ("users", "/users"), ("auth", "/sessions")] {
            let url = format!("{}{path}", world.url(service));
            let request = http.get(url).header("Netid", "officer1").header(IDENTITY, forged);
            assert_eq!(request.send().await.unwrap().status(), 401, "{service}");
        }
    }
    let internal = world.client().post("/internal/roles", &json!({ "netid": "officer1" })).await;
    assert_eq!(internal.status, 404);
    world.end().await;
}

#[tokio::test]
async fn an_application_speaks_for_members_only_with_the_scope() {
    let world = World::start().await;
    world.add_account("member1", &[]).await;
    let plain = Caller { netid_header: Some("member1".to_owned()), ..world.client() };
    assert_eq!(plain.get("/quotes").await.status, 401);

    let token = world.register_client("kiosk", &[Scope::ActAs]).await;
    let kiosk = Caller { client_token: Some(token), ..plain.clone() };
    assert_eq!(kiosk.get("/quotes").await.status, 200);
    assert_eq!(kiosk.get("/users").await.status, 403);

    let stranger = Caller { client_token: None, ..plain };
    assert_eq!(stranger.get("/groups/sigs").await.status, 403);
    let forged = Caller { client_token: Some("x".repeat(43)), ..stranger };
    assert_eq!(forged.get("/groups/sigs").await.status, 403);
    world.end().await;
}
