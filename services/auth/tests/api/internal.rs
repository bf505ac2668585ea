//! What other services may ask for.

use grove_auth_api::{NewSession, create_account, remove_account};
use grove_shared::Client;
use http::StatusCode;
use serde_json::{Value, json};

use crate::{OTHER_PASSWORD, PASSWORD, auth, person};

#[tokio::test]
async fn internal_calls_are_for_the_services_named_only() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    let token = auth.token("jsmith2", PASSWORD).await;
    let app = &auth.app;
    for (path, allowed) in [
        ("/internal/sessions", &["users"][..]),
        ("/internal/sessions/resolve", &["gateway"]),
        ("/internal/sessions/end", &["gateway", "users"]),
        ("/internal/accounts", &["users"]),
        ("/internal/accounts/remove", &["users"]),
        ("/internal/links", &["auth"]),
    ] {
        let body = json!({
            "token": token, "netid": "jsmith2", "password": PASSWORD,
            "first_name": "Jo", "last_name": "Smith", "purpose": "reset",
        });
        let services = ["gateway", "users", "groups", "quotes", "notifications", "auth"];
        let services = services.into_iter().filter(|name| !allowed.contains(name));
        let refused = services.map(|name| app.service(name));
        for person in refused.chain([app.client(), app.member("jsmith2"), app.officer("admin2")]) {
            assert_eq!(person.post(path, &body).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        assert_eq!(app.stranger().post(path, &body).await.status, StatusCode::UNAUTHORIZED);
        assert!(auth.resolve(&token).await.is_some(), "{path}");
    }
    assert!(auth.mails().await.is_empty());
}

#[tokio::test]
async fn the_users_service_signs_people_in_and_out() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    let reply = auth.sign_in_from("192.0.2.7", "jsmith2", PASSWORD).await;
    let session: NewSession = reply.json();
    assert_eq!(session.account, person("jsmith2"));
    assert!(auth.resolve(&session.token).await.is_some());
    let wrong = auth.sign_in_from("192.0.2.7", "jsmith2", OTHER_PASSWORD).await;
    assert_eq!((wrong.status.as_u16(), wrong.error().as_str()), (400, "Invalid netid or password"));

    let body = json!({ "token": session.token });
    for service in ["users", "gateway"] {
        let reply = auth.app.service(service).post("/internal/sessions/end", &body).await;
        assert_eq!((reply.status, reply.json::<Value>()), (StatusCode::OK, json!({})));
    }
    assert!(auth.resolve(&session.token).await.is_none());
}

#[tokio::test]
async fn an_account_is_made_once_and_mailed_while_it_has_no_password() {
    let auth = auth().await;
    let users = auth.app.service("users");
    for mails in [1, 2] {
        let reply = users.post("/internal/accounts", &person("jsmith2")).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(auth.mails().await.len(), mails);
    }
    let token = auth.mailed_token().await;
    assert_eq!(auth.use_link(&token, PASSWORD).await.status, StatusCode::OK);
    users.post("/internal/accounts", &person("jsmith2")).await;
    assert_eq!(auth.mails().await.len(), 2);
    auth.token("jsmith2", PASSWORD).await;

    let mut long = person("long1");
    long.first_name = "é".repeat(256);
    let reply = users.post("/internal/accounts", &long).await;
    assert_eq!(reply.error(), "first_name may have at most 255 characters");
}

#[tokio::test]
async fn a_call_that_is_repeated_has_one_effect() {
    let auth = auth().await;
    for (key, mails) in [("key-1", 1), ("key-1", 1), ("key-2", 2)] {
        auth.users.call(create_account(&person("jsmith2")).once(key)).await.unwrap();
        assert_eq!(auth.mails().await.len(), mails);
    }
}

#[tokio::test]
async fn a_removal_that_comes_again_late_undoes_nothing() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    let removal = || remove_account(&"jsmith2".parse().unwrap()).once("key-1");
    auth.users.call(removal()).await.unwrap();
    auth.users.call(create_account(&person("jsmith2")).once("key-2")).await.unwrap();
    let link = auth.mailed_token().await;
    assert_eq!(auth.use_link(&link, OTHER_PASSWORD).await.status, StatusCode::OK);
    auth.users.call(removal()).await.unwrap();
    auth.token("jsmith2", OTHER_PASSWORD).await;
}

#[tokio::test]
async fn a_removed_account_is_dead_until_its_owner_joins_and_activates_it_again() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    let token = auth.token("jsmith2", PASSWORD).await;
    auth.forget("jsmith2").await;
    let link = auth.mailed_token().await;
    let users = auth.app.service("users");
    for netid in ["jsmith2", "jsmith2", "nobody9"] {
        let reply = users.post("/internal/accounts/remove", &json!({ "netid": netid })).await;
        assert_eq!((reply.status, reply.json::<Value>()), (StatusCode::OK, json!({})));
    }
    assert!(auth.resolve(&token).await.is_none());
    assert_eq!(auth.sign_in("jsmith2", PASSWORD).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(auth.use_link(&link, OTHER_PASSWORD).await.status, StatusCode::NOT_FOUND);

    users.post("/internal/accounts", &person("jsmith2")).await;
    assert_eq!(auth.sign_in("jsmith2", PASSWORD).await.status, StatusCode::BAD_REQUEST);
    let link = auth.mailed_token().await;
    assert_eq!(auth.use_link(&link, OTHER_PASSWORD).await.status, StatusCode::OK);
    auth.token("jsmith2", OTHER_PASSWORD).await;
}
