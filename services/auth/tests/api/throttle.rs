//! How often someone may try a password.

use chrono::TimeDelta;
use http::{StatusCode, header};
use serde_json::json;

use crate::{OTHER_PASSWORD, PASSWORD, auth};

const WRONG: &str = "not the right one at all";

#[tokio::test]
async fn ten_failures_block_an_account_from_one_address_only() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    for netid in ["jsmith2", "nobody9"] {
        for _ in 0..10 {
            let reply = auth.sign_in_from("192.0.2.7", netid, WRONG).await;
            assert_eq!(reply.status, StatusCode::BAD_REQUEST);
            auth.clock.advance(TimeDelta::seconds(30));
        }
        let reply = auth.sign_in_from("192.0.2.7", netid, PASSWORD).await;
        assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(reply.headers[header::RETRY_AFTER], "600");
        assert_eq!(reply.error(), "Too many tries, please wait");
        auth.clock.advance(TimeDelta::minutes(15));
    }
    auth.clock.advance(-TimeDelta::minutes(20));
    assert_eq!(auth.sign_in_from("198.51.100.1", "jsmith2", PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_block_ends_however_often_it_is_tried() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    for _ in 0..10 {
        auth.sign_in_from("192.0.2.7", "jsmith2", WRONG).await;
    }
    for _ in 0..14 {
        auth.clock.advance(TimeDelta::minutes(1));
        let reply = auth.sign_in_from("192.0.2.7", "jsmith2", PASSWORD).await;
        assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    }
    auth.clock.advance(TimeDelta::minutes(1));
    assert_eq!(auth.sign_in_from("192.0.2.7", "jsmith2", PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn of_parallel_tries_no_more_get_through() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    let tries: Vec<_> = (0..50)
        .map(|_| {
            let users = auth.app.service("users");
            let body = json!({ "netid": "jsmith2", "password": WRONG, "address": "192.0.2.7" });
            tokio::spawn(async move { users.post("/internal/sessions", &body).await.status })
        })
        .collect();
    let mut failed = 0;
    for status in tries {
        let status = status.await.unwrap();
        assert!([400, 429].contains(&status.as_u16()), "{status}");
        failed += usize::from(status == StatusCode::BAD_REQUEST);
    }
    assert_eq!(failed, 10);
}

#[tokio::test]
async fn successes_do_not_count() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    for _ in 0..30 {
        assert_eq!(
            auth.sign_in_from("192.0.2.7", "jsmith2", PASSWORD).await.status,
            StatusCode::OK
        );
    }
}

#[tokio::test]
async fn an_address_tries_twenty_passwords_over_all_accounts() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    for n in 0..20 {
        let (netid, address) = (format!("user{n}"), format!("2001:db8::{n}"));
        assert_eq!(
            auth.sign_in_from(&address, &netid, WRONG).await.status,
            StatusCode::BAD_REQUEST
        );
    }
    let reply = auth.sign_in_from("2001:db8::abcd", "jsmith2", PASSWORD).await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(reply.headers[header::RETRY_AFTER], "900");
    assert_eq!(
        auth.sign_in_from("2001:db8:0:1::1", "jsmith2", PASSWORD).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn an_account_takes_a_hundred_failures_a_day_but_its_owner_still_gets_in() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    assert_eq!(auth.sign_in_from("192.0.2.7", "jsmith2", PASSWORD).await.status, StatusCode::OK);
    auth.clock.advance(TimeDelta::days(80));
    for n in 0..100 {
        let reply = auth.sign_in_from(&format!("198.51.100.{n}"), "jsmith2", WRONG).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    }
    let reply = auth.sign_in_from("198.51.100.200", "jsmith2", PASSWORD).await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(reply.headers[header::RETRY_AFTER], (24 * 60 * 60).to_string().as_str());
    assert_eq!(auth.sign_in_from("192.0.2.7", "jsmith2", PASSWORD).await.status, StatusCode::OK);
    auth.clock.advance(TimeDelta::days(1));
    assert_eq!(
        auth.sign_in_from("198.51.100.200", "jsmith2", PASSWORD).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_stolen_session_does_not_guess_the_password() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    let member = auth.app.member("jsmith2");
    let change = |current| json!({ "current": current, "new": OTHER_PASSWORD });
    for _ in 0..10 {
        assert_eq!(member.put("/password", &change(WRONG)).await.status, StatusCode::BAD_REQUEST);
    }
    let reply = member.put("/password", &change(PASSWORD)).await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(reply.headers.contains_key(header::RETRY_AFTER));
    assert_eq!(auth.sign_in("jsmith2", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn wishes_for_resets_are_limited_apart_from_sign_ins() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    for n in 0..20 {
        assert_eq!(auth.forget(&format!("user{n}")).await.status, StatusCode::OK);
    }
    let reply = auth.forget("jsmith2").await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(reply.headers.contains_key(header::RETRY_AFTER));
    auth.token("jsmith2", PASSWORD).await;
}
