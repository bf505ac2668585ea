//! Signing in and out as old clients do.

use grove_auth::{PasswordHashing, admin};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Row};

use crate::{Auth, CHEAP, PASSWORD, auth, auth_with, person};

#[tokio::test]
async fn a_person_signs_in_and_out() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    let token = auth.token("jsmith2", PASSWORD).await;
    let path = format!("/session/{token}");
    let client = auth.app.client();
    let expected = json!({
        "token": token,
        "user": {
            "name": "jsmith2", "first-name": "Johanna", "last-name": "Smithfield",
            "email": "jsmith2@example.edu", "link": { "rel": "self", "href": "/users/jsmith2" },
        },
        "link": { "rel": "self", "href": path },
    });
    assert_eq!(client.get(&path).await.json::<Value>(), expected);
    let factors = json!({ "validationFactors": [{ "name": "remote_address", "value": "::1" }] });
    assert_eq!(client.post(&path, &factors).await.json::<Value>(), expected);
    assert_eq!(client.send(Method::POST, &path, "").await.json::<Value>(), expected);

    for _ in 0..2 {
        let reply = client.delete(&path).await;
        assert_eq!(
            (reply.status, reply.json::<Value>()),
            (StatusCode::OK, json!({ "message": "OK" }))
        );
    }
    for reply in [client.get(&path).await, client.post(&path, &factors).await] {
        assert_eq!(
            (reply.status, reply.error().as_str()),
            (StatusCode::NOT_FOUND, "Session not found")
        );
    }
    assert!(auth.resolve(&token).await.is_none());
}

#[tokio::test]
async fn the_name_is_taken_from_the_query_and_without_case() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    let body = json!({ "password": PASSWORD, "validation-factors": { "validationFactors": [] } });
    let reply = auth.app.client().post("/session?username=JSmith2", &body).await;
    assert_eq!(reply.json::<Value>()["user"]["name"], "jsmith2");

    let missing = auth.app.client().post("/session", &body).await;
    assert_eq!((missing.status.as_u16(), missing.error().as_str()), (400, "Missing username"));
    let body = json!({ "username": "jsmith2" });
    assert_eq!(auth.app.client().post("/session", &body).await.error(), "Missing password");
    assert_eq!(auth.app.stranger().post("/session", &body).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_mail_address_is_as_good_as_the_name() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    auth.token("JSmith2@example.edu", PASSWORD).await;
    let elsewhere = auth.sign_in("jsmith2@elsewhere.example", PASSWORD).await;
    assert_eq!(elsewhere.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_password_is_hashed_again_when_the_cost_has_changed() {
    let dear = PasswordHashing { iterations: 2, ..CHEAP };
    let auth = auth_with(dear, "").await;
    auth.joined("jsmith2").await;
    let hash = async || -> String {
        let hash = sqlx::query_scalar("SELECT password_hash FROM accounts");
        hash.fetch_one(&auth.db.pool()).await.unwrap()
    };
    let before = hash().await;
    assert!(before.contains("m=8,t=1,"), "{before}");
    assert_eq!(auth.sign_in("jsmith2", "not the right one").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(hash().await, before);
    auth.token("jsmith2", PASSWORD).await;
    let after = hash().await;
    assert!(after.contains("m=8,t=2,"), "{after}");
    auth.token("jsmith2", PASSWORD).await;
    assert_eq!(hash().await, after);
}

#[tokio::test]
async fn every_refusal_of_a_sign_in_looks_the_same() {
    let auth = auth().await;
    for netid in ["jsmith2", "gone1"] {
        auth.joined(netid).await;
    }
    auth.disable("gone1").await;
    admin::add_account(&auth.db.pool(), &person("fresh1"), None, &CHEAP, auth.clock.now())
        .await
        .unwrap();
    let long = "x".repeat(2000);
    let tries = [
        ("jsmith2", "not the right one at all"),
        ("nobody9", PASSWORD),
        ("gone1", PASSWORD),
        ("fresh1", ""),
        ("fresh1", PASSWORD),
        ("no NetID at all", PASSWORD),
        ("jsmíth2", PASSWORD),
        ("jsmith2", &long),
        ("", ""),
    ];
    let mut seen = Vec::new();
    for (netid, password) in tries {
        let reply = auth.sign_in(netid, password).await;
        let mut problem = reply.json::<Value>();
        assert_eq!(problem["error"], "Invalid netid or password");
        problem.as_object_mut().unwrap().remove("request_id").unwrap();
        let mut headers = reply.headers.clone();
        headers.remove("x-request-id").unwrap();
        seen.push((reply.status, headers, problem, reply.body.len()));
    }
    assert_eq!(seen[0].0, StatusCode::BAD_REQUEST);
    assert!(seen.iter().all(|reply| *reply == seen[0]), "{seen:?}");
}

#[tokio::test]
async fn no_token_repeats_and_none_is_in_the_database() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    let first = auth.token("jsmith2", PASSWORD).await;
    let second = auth.token("jsmith2", PASSWORD).await;
    assert_ne!(first, second);
    assert!(auth.forget("jsmith2").await.status.is_success());
    let in_mail = auth.mailed_token().await;
    let in_link =
        admin::activation_link(&auth.db.pool(), &"jsmith2".parse().unwrap(), auth.clock.now())
            .await
            .unwrap();
    let in_link = grove_testing::reveal(&in_link);
    for token in [&first, &second, &in_mail, in_link] {
        assert_eq!(token.len(), 43, "256 bits in base64url");
        assert_eq!(places_of(&auth, token).await, Vec::<String>::new());
    }
    assert_eq!(places_of(&auth, PASSWORD).await, Vec::<String>::new());
    assert!(places_of(&auth, "jsmith2").await.contains(&"accounts.netid".to_owned()));
}

/// The columns of the whole schema that contain a text.
async fn places_of(auth: &Auth, text: &str) -> Vec<String> {
    let columns = "SELECT table_name, column_name FROM information_schema.columns
                   WHERE table_schema = DATABASE() AND table_name <> '_sqlx_migrations'";
    let columns = sqlx::query(columns).fetch_all(&auth.db.pool()).await.unwrap();
    assert!(columns.len() > 30);
    let mut places = Vec::new();
    for column in columns {
        let (table, column): (String, String) = (column.get(0), column.get(1));
        let query =
            format!("SELECT COUNT(*) FROM {table} WHERE LOCATE(?, CAST({column} AS CHAR)) > 0");
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(query))
            .bind(text)
            .fetch_one(&auth.db.pool())
            .await
            .unwrap();
        if count > 0 {
            places.push(format!("{table}.{column}"));
        }
    }
    places
}
