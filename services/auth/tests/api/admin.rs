//! What the `grove` program does to accounts.

use grove_shared::testing::reveal;
use http::StatusCode;

use crate::{OTHER_PASSWORD, PASSWORD, auth, person};

#[tokio::test]
async fn an_account_is_added_once_and_with_a_good_password() {
    let auth = auth().await;
    let admin = auth.admin();
    let weak = admin.add_account(&person("jsmith2"), Some("smithfield johanna")).await;
    assert!(weak.unwrap_err().to_string().contains("your name"));
    admin.add_account(&person("jsmith2"), Some(PASSWORD)).await.unwrap();
    auth.token("jsmith2", PASSWORD).await;
    let again = admin.add_account(&person("jsmith2"), None).await;
    assert_eq!(again.unwrap_err().to_string(), "There is an account jsmith2 already");
}

#[tokio::test]
async fn a_set_password_ends_the_sessions() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    let token = auth.token("jsmith2", PASSWORD).await;
    let netid = "jsmith2".parse().unwrap();
    assert!(auth.admin().set_password(&netid, "too short").await.is_err());
    assert!(auth.resolve(&token).await.is_some());
    auth.admin().set_password(&netid, OTHER_PASSWORD).await.unwrap();
    assert!(auth.resolve(&token).await.is_none());
    auth.token("jsmith2", OTHER_PASSWORD).await;
    let nobody = auth.admin().set_password(&"nobody9".parse().unwrap(), PASSWORD).await;
    assert_eq!(nobody.unwrap_err().to_string(), "There is no account nobody9");
}

#[tokio::test]
async fn a_disabled_account_is_dead_until_it_gets_a_password() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    let token = auth.token("jsmith2", PASSWORD).await;
    let netid = "jsmith2".parse().unwrap();
    auth.admin().disable(&netid).await.unwrap();
    assert!(auth.resolve(&token).await.is_none());
    assert_eq!(auth.sign_in("jsmith2", PASSWORD).await.status, StatusCode::BAD_REQUEST);
    assert!(auth.admin().activation_link(&netid).await.is_err());
    auth.app.service("users").post("/internal/accounts", &person("jsmith2")).await;
    assert!(auth.mails().await.is_empty());

    auth.admin().set_password(&netid, OTHER_PASSWORD).await.unwrap();
    assert!(auth.resolve(&token).await.is_none());
    auth.token("jsmith2", OTHER_PASSWORD).await;
}

#[tokio::test]
async fn a_link_from_the_command_line_activates_an_account() {
    let auth = auth().await;
    auth.admin().add_account(&person("jsmith2"), None).await.unwrap();
    let link = auth.admin().activation_link(&"jsmith2".parse().unwrap()).await.unwrap();
    assert_eq!(auth.use_link(reveal(&link), PASSWORD).await.status, StatusCode::OK);
    auth.token("jsmith2", PASSWORD).await;
    assert_eq!(auth.told("/internal/users/verified").await.len(), 1);
}
