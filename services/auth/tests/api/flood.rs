//! More people sign in at once than passwords can be hashed.

use std::time::Duration;

use grove_auth::PasswordHashing;
use grove_testing::Reply;
use http::{StatusCode, header};
use serde_json::json;
use sqlx::{Connection, MySqlConnection};
use tokio::task::JoinSet;

use crate::{Auth, CHEAP, PASSWORD, auth, auth_with};

/// One at a time, and one who waits.
const NARROW: PasswordHashing =
    PasswordHashing { concurrency: Some(1), longest_wait: Duration::ZERO, ..CHEAP };

/// So many people who sign in at once.
fn crowd(auth: &Auth, size: usize) -> JoinSet<Reply> {
    let body = json!({ "username": "jsmith2", "password": PASSWORD });
    let sign_in = |_| {
        let (client, body) = (auth.app.client(), body.clone());
        async move { client.post("/session", &body).await }
    };
    (0..size).map(sign_in).collect()
}

/// Keeps everybody from reading accounts: whoever's turn it is keeps it.
async fn hold_up(auth: &Auth) -> MySqlConnection {
    let url = auth.db.url();
    let mut lock = MySqlConnection::connect(grove_testing::reveal(&url)).await.unwrap();
    sqlx::raw_sql("LOCK TABLES accounts WRITE").execute(&mut lock).await.unwrap();
    lock
}

fn assert_refused(reply: &Reply) {
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.headers[header::RETRY_AFTER], "1");
    assert_eq!(reply.error(), "Too many people are signing in, please try again");
}

#[tokio::test]
async fn many_sign_in_at_once() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    for reply in crowd(&auth, 100).join_all().await {
        assert_eq!(reply.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn who_finds_the_queue_full_is_told_when_to_come_again_and_the_others_are_served() {
    let auth = auth_with(NARROW, "").await;
    auth.joined("jsmith2").await;
    let lock = hold_up(&auth).await;
    let mut crowd = crowd(&auth, 20);
    for _ in 0..18 {
        assert_refused(&crowd.join_next().await.unwrap().unwrap());
    }
    assert!(crowd.try_join_next().is_none());
    lock.close().await.unwrap();
    for reply in crowd.join_all().await {
        assert_eq!(reply.status, StatusCode::OK);
    }
    auth.token("jsmith2", PASSWORD).await;
}

#[tokio::test]
async fn who_gives_up_waiting_leaves_the_queue_to_others() {
    let auth = auth_with(NARROW, "").await;
    auth.joined("jsmith2").await;
    let lock = hold_up(&auth).await;
    let mut impatient = crowd(&auth, 3);
    assert_refused(&impatient.join_next().await.unwrap().unwrap());
    impatient.shutdown().await;
    let mut others = crowd(&auth, 3);
    assert_refused(&others.join_next().await.unwrap().unwrap());
    lock.close().await.unwrap();
    for reply in others.join_all().await {
        assert_eq!(reply.status, StatusCode::OK);
    }
}
