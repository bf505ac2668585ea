//! Passwords chosen through a link in a mail.

use chrono::TimeDelta;
use grove_auth::admin;
use grove_auth_api::{NewSession, PasswordByLink, remove_account, sessions, set_password_by_link};
use grove_shared::Client;
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
    let token = auth.mailed_token().await;
    let tries: Vec<_> = (0..50)
        .map(|n| {
            let client = auth.app.client();
            let password = format!("{OTHER_PASSWORD} {n}");
            let body = json!({ "token": token, "password": password });
            tokio::spawn(async move {
                let reply = client.post("/password/link", &body).await;
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
        for reply in [auth.check_link(token).await, auth.use_link(token, PASSWORD).await] {
            assert_eq!(reply.status, StatusCode::NOT_FOUND);
            assert_eq!(reply.error(), "This link has expired or was used");
        }
    }
    for path in ["/password/link", "/password/link/check"] {
        let body = json!({ "token": "x", "password": PASSWORD });
        assert_eq!(auth.app.stranger().post(path, &body).await.status, 401);
    }
}

#[tokio::test]
async fn a_link_tells_whose_password_it_sets_as_often_as_it_is_asked() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    auth.forget("jsmith2").await;
    let token = auth.mailed_token().await;
    for _ in 0..2 {
        let checked = auth.check_link(&token).await;
        assert_eq!(checked.json::<Value>(), json!({ "netid": "jsmith2" }));
    }
    assert_eq!(auth.use_link(&token, OTHER_PASSWORD).await.status, StatusCode::OK);
    assert_eq!(auth.check_link(&token).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_sets_a_password_by_a_link_is_signed_in_and_nobody_else() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    let before = auth.token("jsmith2", PASSWORD).await;
    auth.forget("jsmith2").await;
    let token = auth.mailed_token().await;
    let website = auth.app.client_at("website", [192, 0, 2, 7].into());
    let password = OTHER_PASSWORD.to_owned();
    let chosen = PasswordByLink { token, password };
    let begun = website.call(set_password_by_link(&chosen)).await.unwrap();
    assert_eq!(begun.account, person("jsmith2"));
    assert_eq!(auth.resolve(&begun.token).await.unwrap().netid, begun.account.netid);
    assert!(auth.resolve(&before).await.is_none());
    let alive = auth.app.member("jsmith2").call(sessions()).await.unwrap().sessions;
    let addresses: Vec<_> = alive.iter().map(|session| session.address.as_deref()).collect();
    assert_eq!(addresses, [Some("192.0.2.7")]);

    // Whoever finds the link later gets nothing by it.
    assert!(website.call(set_password_by_link(&chosen)).await.unwrap_err().is_not_found());
    assert!(auth.resolve(&begun.token).await.is_some());
}

#[tokio::test]
async fn the_address_that_a_link_was_used_from_is_its_owner_s() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    auth.forget("jsmith2").await;
    let token = auth.mailed_token().await;
    let body = json!({ "token": token, "password": OTHER_PASSWORD });
    let website = auth.app.client_at("website", [192, 0, 2, 7].into());
    assert_eq!(website.post("/password/link", &body).await.status, StatusCode::OK);
    // So many failures from everywhere that an unknown address has one try left.
    for n in 0..100 {
        auth.sign_in_from(&format!("198.51.100.{n}"), "jsmith2", PASSWORD).await;
    }
    for (address, status) in [("192.0.2.8", 429), ("192.0.2.7", 200)] {
        assert_eq!(auth.sign_in_from(address, "jsmith2", PASSWORD).await.status, 400);
        assert_eq!(auth.sign_in_from(address, "jsmith2", OTHER_PASSWORD).await.status, status);
    }
}

#[tokio::test]
async fn a_removal_ends_the_session_that_a_link_began() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    auth.forget("jsmith2").await;
    let used = auth.mailed_token().await;
    let reply = auth.use_link(&used, OTHER_PASSWORD).await;
    let session = reply.json::<NewSession>().token;
    auth.forget("jsmith2").await;
    let unused = auth.mailed_token().await;
    auth.users.call(remove_account(&person("jsmith2").netid)).await.unwrap();
    assert!(auth.resolve(&session).await.is_none());
    assert_eq!(auth.check_link(&unused).await.status, StatusCode::NOT_FOUND);
    assert_eq!(auth.use_link(&unused, PASSWORD).await.status, StatusCode::NOT_FOUND);
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
