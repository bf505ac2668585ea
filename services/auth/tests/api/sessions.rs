//! What a session lives on and ends by.

use chrono::TimeDelta;
use grove_auth::retention;
use grove_auth_api::{OFFICER_IDLE, Sessions, own_session};
use grove_shared::Client;
use http::StatusCode;
use serde_json::json;

use crate::{Auth, PASSWORD, auth, person};

async fn sessions(auth: &Auth, netid: &str) -> Sessions {
    auth.app.member(netid).get("/sessions").await.json()
}

#[tokio::test]
async fn a_session_ends_twelve_hours_after_its_last_use() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    let token = auth.token("jsmith2", PASSWORD).await;
    for _ in 0..3 {
        auth.clock.advance(TimeDelta::hours(12) - TimeDelta::seconds(1));
        assert!(auth.resolve(&token).await.is_some());
    }
    auth.clock.advance(TimeDelta::hours(12));
    assert!(auth.resolve(&token).await.is_none());
    let path = format!("/session/{token}");
    assert_eq!(auth.app.client().get(&path).await.status, StatusCode::NOT_FOUND);
    assert!(sessions(&auth, "jsmith2").await.sessions.is_empty());
    assert_eq!(
        auth.app.member("jsmith2").delete("/sessions/1").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_session_ends_after_thirty_days_however_it_is_used() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    let token = auth.token("jsmith2", PASSWORD).await;
    for _ in 0..(30 * 24 / 10 - 1) {
        auth.clock.advance(TimeDelta::hours(10));
        assert!(auth.resolve(&token).await.is_some());
    }
    auth.clock.advance(TimeDelta::hours(10));
    assert!(auth.resolve(&token).await.is_none());
}

#[tokio::test]
async fn use_is_noted_once_a_minute_and_not_by_looking() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    let began = auth.clock.now();
    let token = auth.token("jsmith2", PASSWORD).await;
    auth.clock.advance(TimeDelta::seconds(59));
    for _ in 0..2 {
        let session = auth.resolve(&token).await.unwrap();
        assert_eq!((session.created_at, session.last_used_at), (began, began));
        assert_eq!((session.session, session.netid.as_str()), (1, "jsmith2"));
    }
    auth.clock.advance(TimeDelta::seconds(1));
    assert!(auth.app.client().get(&format!("/session/{token}")).await.status.is_success());
    assert_eq!(auth.resolve(&token).await.unwrap().last_used_at, began);
    let noted = auth.resolve(&token).await.unwrap().last_used_at;
    assert_eq!(noted, began + TimeDelta::minutes(1));
}

#[tokio::test]
async fn a_session_that_an_officer_left_idle_is_not_revived_by_validating_it() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    let began = auth.clock.now();
    let token = auth.token("jsmith2", PASSWORD).await;
    auth.clock.advance(OFFICER_IDLE + TimeDelta::seconds(1));
    let client = auth.app.client();
    let validated = client.post(&format!("/session/{token}"), &json!({})).await;
    assert_eq!(validated.status, StatusCode::OK);
    assert_eq!(auth.resolve(&token).await.unwrap().last_used_at, began);
}

#[tokio::test]
async fn a_session_tells_whose_it_is_without_a_token_in_the_path() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    let own = auth.app.member("jsmith2").call(own_session()).await.unwrap();
    assert_eq!(own.account, person("jsmith2"));
    assert_eq!(auth.app.member("nobody9").get("/session").await.error(), "Session not found");
    assert_eq!(auth.app.client().get("/session").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn people_see_their_own_sessions_and_end_them() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    auth.joined("other1").await;
    let first = auth.token("jsmith2", PASSWORD).await;
    auth.clock.advance(TimeDelta::minutes(1));
    let body = json!({ "netid": "jsmith2", "password": PASSWORD, "address": "192.0.2.7",
                       "user_agent": "é".repeat(300) });
    let users = auth.app.service("users");
    assert_eq!(users.post("/internal/sessions", &body).await.status, StatusCode::OK);
    let others = auth.token("other1", PASSWORD).await;

    let member = auth.app.member("jsmith2");
    let list = sessions(&auth, "jsmith2").await.sessions;
    let seen: Vec<_> = list.iter().map(|session| (session.id, session.current)).collect();
    assert_eq!(seen, [(2, false), (1, true)]);
    assert_eq!(list[0].address.as_deref(), Some("192.0.2.7"));
    assert_eq!(list[0].user_agent.as_ref().unwrap().chars().count(), 255);
    assert_eq!(list[1].expires_at, list[1].created_at + TimeDelta::days(30));

    assert_eq!(member.delete("/sessions/3").await.status, StatusCode::NOT_FOUND);
    assert!(auth.resolve(&others).await.is_some());
    assert_eq!(member.delete("/sessions/1").await.status, StatusCode::OK);
    assert_eq!(member.delete("/sessions/1").await.error(), "Session not found");
    assert!(auth.resolve(&first).await.is_none());
    assert_eq!(auth.app.client().get("/sessions").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn every_session_but_the_one_in_use_ends_when_asked_for() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    auth.joined("other1").await;
    let current = auth.token("jsmith2", PASSWORD).await;
    let another = auth.token("jsmith2", PASSWORD).await;
    let others = auth.token("other1", PASSWORD).await;
    assert_eq!(auth.app.member("jsmith2").delete("/sessions").await.status, StatusCode::OK);
    assert!(auth.resolve(&current).await.is_some());
    assert!(auth.resolve(&another).await.is_none());
    assert!(auth.resolve(&others).await.is_some());
}

#[tokio::test]
async fn all_sessions_of_a_person_are_ended_by_them_or_an_officer() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    let token = auth.token("jsmith2", PASSWORD).await;
    let path = "/session?username=jsmith2";
    assert_eq!(auth.app.client().delete(path).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(auth.app.member("other1").delete(path).await.status, StatusCode::FORBIDDEN);
    assert_eq!(auth.app.member("jsmith2").delete("/session").await.error(), "Missing username");
    assert!(auth.resolve(&token).await.is_some());
    assert_eq!(auth.app.officer("admin2").delete(path).await.status, StatusCode::OK);
    assert!(auth.resolve(&token).await.is_none());

    let token = auth.token("jsmith2", PASSWORD).await;
    assert_eq!(auth.app.member("jsmith2").delete(path).await.status, StatusCode::OK);
    assert!(auth.resolve(&token).await.is_none());
}

#[tokio::test]
async fn sessions_are_forgotten_thirty_days_after_their_end() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    auth.token("jsmith2", PASSWORD).await;
    auth.token("jsmith2", PASSWORD).await;
    auth.app.member("jsmith2").delete("/sessions/1").await;
    let delete_old =
        async || retention::delete_old(&auth.db.pool(), auth.clock.now()).await.unwrap();
    auth.clock.advance(TimeDelta::days(30));
    assert_eq!(delete_old().await, 0);
    auth.clock.advance(TimeDelta::seconds(1));
    assert_eq!(delete_old().await, 1);
    auth.clock.advance(TimeDelta::days(30));
    assert_eq!(delete_old().await, 1);
}
