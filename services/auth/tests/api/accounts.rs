//! What the `grove` program does to accounts.

use grove_auth::admin;
use grove_testing::reveal;
use http::StatusCode;

use crate::{CHEAP, OTHER_PASSWORD, PASSWORD, auth, person};

#[tokio::test]
async fn an_account_is_added_once_and_with_a_good_password() {
    let auth = auth().await;
    let (db, now, new) = (auth.db.pool(), auth.clock.now(), person("jsmith2"));
    let weak = admin::add_account(&db, &new, Some("smithfield johanna"), &CHEAP, now).await;
    assert!(weak.unwrap_err().to_string().contains("your name"));
    assert!(!admin::account_exists(&db, &new.netid).await.unwrap());
    admin::add_account(&db, &new, Some(PASSWORD), &CHEAP, now).await.unwrap();
    assert!(admin::account_exists(&db, &new.netid).await.unwrap());
    auth.token("jsmith2", PASSWORD).await;
    let again = admin::add_account(&db, &new, None, &CHEAP, now).await;
    assert_eq!(again.unwrap_err().to_string(), "There is an account jsmith2 already");
}

#[tokio::test]
async fn a_set_password_ends_the_sessions() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    let token = auth.token("jsmith2", PASSWORD).await;
    let (db, now, netid) = (auth.db.pool(), auth.clock.now(), person("jsmith2").netid);
    assert!(admin::set_password(&db, &netid, "too short", &CHEAP, now).await.is_err());
    assert!(auth.resolve(&token).await.is_some());
    admin::set_password(&db, &netid, OTHER_PASSWORD, &CHEAP, now).await.unwrap();
    assert!(auth.resolve(&token).await.is_none());
    auth.token("jsmith2", OTHER_PASSWORD).await;
    let nobody = admin::set_password(&db, &person("nobody9").netid, PASSWORD, &CHEAP, now).await;
    assert_eq!(nobody.unwrap_err().to_string(), "There is no account nobody9");
}

#[tokio::test]
async fn a_disabled_account_is_dead_until_it_gets_a_password() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    let token = auth.token("jsmith2", PASSWORD).await;
    auth.disable("jsmith2").await;
    let (db, now, netid) = (auth.db.pool(), auth.clock.now(), person("jsmith2").netid);
    assert!(auth.resolve(&token).await.is_none());
    assert_eq!(auth.sign_in("jsmith2", PASSWORD).await.status, StatusCode::BAD_REQUEST);
    assert!(admin::activation_link(&db, &netid, now).await.is_err());
    auth.app.service("users").post("/internal/accounts", &person("jsmith2")).await;
    assert!(auth.mails().await.is_empty());

    admin::set_password(&db, &netid, OTHER_PASSWORD, &CHEAP, now).await.unwrap();
    assert!(auth.resolve(&token).await.is_none());
    auth.token("jsmith2", OTHER_PASSWORD).await;
}

#[tokio::test]
async fn a_link_from_the_command_line_activates_an_account() {
    let auth = auth().await;
    let (db, now, new) = (auth.db.pool(), auth.clock.now(), person("jsmith2"));
    admin::add_account(&db, &new, None, &CHEAP, now).await.unwrap();
    let link = admin::activation_link(&db, &new.netid, now).await.unwrap();
    assert_eq!(auth.use_link(reveal(&link), PASSWORD).await.status, StatusCode::OK);
    auth.token("jsmith2", PASSWORD).await;
    assert_eq!(auth.verified().await.len(), 1);
}
