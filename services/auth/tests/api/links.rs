//! Passwords chosen through a link in a mail.

use chrono::TimeDelta;
use grove_auth::admin;
use http::StatusCode;
use serde_json::{Value, json};

use crate::{CHEAP, OTHER_PASSWORD, PASSWORD, auth, person};

#[tokio::test]
async fn who_joins_activates_the_account_through_a_mail() {
    let auth = auth().await;
    let users = auth.app.service("users");
    let reply = users.post("/internal/accounts", &person("jsmith2")).await;
    assert_eq!((reply.status, reply.json::<Value>()), (StatusCode::OK, json!({})));

    let token = auth.mailed_token().await;
    let mails = auth.mails().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0]["services"][0]["recipients"], json!(["jsmith2@example.edu"]));
    assert_eq!(mails[0]["services"][0]["subject"], "Activate your Chapter of Testing account");
    // Notifications keeps no link that it has delivered, and shows none.
    assert_eq!(mails[0]["kind"], "account");
    assert!(auth.verified().await.is_empty());

    auth.clock.advance(TimeDelta::hours(72) - TimeDelta::seconds(1));
    let reply = auth.use_link(&token, PASSWORD).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(reply.json::<Value>()["message"].is_string());
    auth.token("jsmith2", PASSWORD).await;
    assert_eq!(auth.verified().await, ["jsmith2"]);
    assert!(auth.mails().await.iter().all(|mail| !mail.to_string().contains(PASSWORD)));
}

#[tokio::test]
async fn a_reset_leaves_the_old_password_until_the_link_is_used() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    let session = auth.token("jsmith2", PASSWORD).await;
    assert_eq!(auth.forget("JSmith2 ").await.status, StatusCode::OK);
    let token = auth.mailed_token().await;
    auth.token("jsmith2", PASSWORD).await;

    let weak = auth.use_link(&token, "password123456789").await;
    assert_eq!(weak.status, StatusCode::BAD_REQUEST);
    assert!(auth.resolve(&session).await.is_some());
    assert_eq!(auth.use_link(&token, OTHER_PASSWORD).await.status, StatusCode::OK);
    assert!(auth.resolve(&session).await.is_none());
    assert_eq!(auth.sign_in("jsmith2", PASSWORD).await.status, StatusCode::BAD_REQUEST);
    auth.token("jsmith2", OTHER_PASSWORD).await;
    assert!(auth.verified().await.is_empty());
}

#[tokio::test]
async fn a_link_works_once_under_parallel_tries() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    auth.forget("jsmith2").await;
    let path = format!("/password/link/{}", auth.mailed_token().await);
    let tries: Vec<_> = (0..50)
        .map(|n| {
            let (client, path) = (auth.app.client(), path.clone());
            let password = format!("{OTHER_PASSWORD} {n}");
            tokio::spawn(async move {
                let reply = client.post(&path, &json!({ "password": password })).await;
                (reply.status, password)
            })
        })
        .collect();
    let mut set = Vec::new();
    for done in tries {
        let (status, password) = done.await.unwrap();
        assert!([StatusCode::OK, StatusCode::NOT_FOUND].contains(&status), "{status}");
        if status == StatusCode::OK {
            set.push(password);
        }
    }
    assert_eq!(set.len(), 1);
    auth.token("jsmith2", &set[0]).await;
}

#[tokio::test]
async fn a_link_that_is_unknown_used_or_old_is_refused_alike() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    auth.forget("jsmith2").await;
    let used = auth.mailed_token().await;
    assert_eq!(auth.use_link(&used, OTHER_PASSWORD).await.status, StatusCode::OK);
    auth.forget("jsmith2").await;
    let old = auth.mailed_token().await;
    auth.clock.advance(TimeDelta::minutes(10));
    auth.forget("jsmith2").await;
    let disabled = auth.mailed_token().await;
    auth.disable("jsmith2").await;
    for token in [used.as_str(), &old, &disabled, "nonsense"] {
        let reply = auth.use_link(token, PASSWORD).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND);
        assert_eq!(reply.error(), "This link has expired or was used");
    }
    assert_eq!(auth.app.stranger().post("/password/link/x", &json!({})).await.status, 401);
}

#[tokio::test]
async fn one_used_link_ends_the_others_of_the_account() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    auth.forget("jsmith2").await;
    let first = auth.mailed_token().await;
    auth.forget("jsmith2").await;
    let second = auth.mailed_token().await;
    assert_ne!(first, second);
    assert_eq!(auth.use_link(&first, OTHER_PASSWORD).await.status, StatusCode::OK);
    assert_eq!(auth.use_link(&second, PASSWORD).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn asking_for_a_reset_tells_nothing_of_the_account() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    auth.joined("gone1").await;
    auth.disable("gone1").await;
    let known = auth.forget("jsmith2").await;
    for netid in ["nobody9", "gone1", "no NetID at all"] {
        let reply = auth.forget(netid).await;
        assert_eq!((reply.status, &reply.body), (StatusCode::OK, &known.body));
        assert_eq!(reply.headers.len(), known.headers.len());
    }
    let mails = auth.mails().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0]["services"][0]["recipients"], json!(["jsmith2@example.edu"]));
    let nothing = auth.forget(" ").await;
    assert_eq!((nothing.status.as_u16(), nothing.error().as_str()), (400, "Missing netid"));
}

#[tokio::test]
async fn a_reset_takes_the_mail_address_too() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    for name in ["JSmith2@Example.edu", "jsmith2@elsewhere.example"] {
        assert_eq!(auth.forget(name).await.status, StatusCode::OK);
    }
    assert_eq!(auth.mails().await.len(), 1);
}

#[tokio::test]
async fn a_link_mail_whose_answer_is_lost_is_sent_again_as_the_same_mail() {
    let auth = auth().await;
    let users = auth.app.service("users");
    users.post("/internal/accounts", &person("jsmith2")).await;
    auth.notifications.lose_next_answer();
    auth.deliver().await;
    auth.clock.advance(TimeDelta::minutes(5));
    auth.deliver().await;
    assert_eq!((auth.notifications.calls(), auth.mails().await.len()), (2, 1));
    let effects = auth.app.officer("admin2").get("/outbox/auth").await.json::<Value>();
    assert_eq!((&effects["pending"], &effects["dead"]), (&json!(0), &json!(0)));
    let token = auth.mailed_token().await;
    assert_eq!(auth.use_link(&token, PASSWORD).await.status, StatusCode::OK);
    auth.token("jsmith2", PASSWORD).await;
}

#[tokio::test]
async fn a_link_that_was_mailed_before_something_changed_is_not_mailed_for_ever() {
    let auth = auth().await;
    let users = auth.app.service("users");
    users.post("/internal/accounts", &person("jsmith2")).await;
    auth.notifications.lose_next_answer();
    auth.deliver().await;
    sqlx::query("UPDATE accounts SET netid = 'jsmith3'").execute(&auth.db.pool()).await.unwrap();
    sqlx::query("UPDATE outbox SET body = REPLACE(body, 'jsmith2', 'jsmith3')")
        .execute(&auth.db.pool())
        .await
        .unwrap();
    auth.clock.advance(TimeDelta::minutes(5));
    assert_eq!(auth.worker.deliver_due().await.unwrap(), 1);
}

#[tokio::test]
async fn who_has_not_proven_the_address_is_not_greeted_by_name() {
    let auth = auth().await;
    auth.app.service("users").post("/internal/accounts", &person("jsmith2")).await;
    let mail = auth.mails().await[0].to_string();
    assert!(!mail.contains("Johanna") && mail.contains("jsmith2"), "{mail}");
}

#[tokio::test]
async fn a_reset_before_activation_is_an_activation() {
    let auth = auth().await;
    admin::add_account(&auth.db.pool(), &person("jsmith2"), None, &CHEAP, auth.clock.now())
        .await
        .unwrap();
    auth.forget("jsmith2").await;
    let token = auth.mailed_token().await;
    auth.clock.advance(TimeDelta::hours(71));
    assert_eq!(auth.use_link(&token, PASSWORD).await.status, StatusCode::OK);
    assert_eq!(auth.verified().await.len(), 1);
}

#[tokio::test]
async fn an_account_gets_five_reset_mails_an_hour() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    for _ in 0..7 {
        assert_eq!(auth.forget("jsmith2").await.status, StatusCode::OK);
    }
    assert_eq!(auth.mails().await.len(), 5);
    auth.clock.advance(TimeDelta::hours(1));
    assert_eq!(auth.forget("jsmith2").await.status, StatusCode::OK);
    assert_eq!(auth.mails().await.len(), 6);
}
