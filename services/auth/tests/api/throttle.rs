//! How often someone may try a password.

use chrono::TimeDelta;
use http::{StatusCode, header};
use serde_json::json;

use crate::{CHEAP, OTHER_PASSWORD, PASSWORD, auth, auth_with};

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
async fn an_address_tries_twenty_passwords_over_all_accounts_that_anyone_failed_at() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    auth.sign_in_from("192.0.2.1", "jsmith2", WRONG).await;
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
async fn an_address_that_tried_too_often_lets_the_others_behind_it_in() {
    let auth = auth().await;
    for netid in ["jsmith2", "mdoe3", "known1"] {
        auth.joined(netid).await;
    }
    assert_eq!(auth.sign_in_from("192.0.2.7", "known1", PASSWORD).await.status, StatusCode::OK);
    for n in 0..30 {
        auth.sign_in_from("192.0.2.7", &format!("user{n}"), WRONG).await;
    }
    // Nobody failed at it; the owner is known here, although somebody fails.
    assert_eq!(auth.sign_in_from("192.0.2.7", "jsmith2", PASSWORD).await.status, StatusCode::OK);
    assert_eq!(auth.sign_in_from("198.51.100.1", "known1", WRONG).await.status, 400);
    assert_eq!(auth.sign_in_from("192.0.2.7", "known1", PASSWORD).await.status, StatusCode::OK);
    // One wrong try, and the account is one that somebody failed at.
    assert_eq!(auth.sign_in_from("192.0.2.7", "mdoe3", WRONG).await.status, 400);
    assert_eq!(auth.sign_in_from("192.0.2.7", "mdoe3", PASSWORD).await.status, 429);

    for n in 0..200 {
        auth.sign_in_from("192.0.2.7", &format!("person{}", n % 100), WRONG).await;
    }
    auth.joined("late1").await;
    assert_eq!(auth.sign_in_from("192.0.2.7", "late1", PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn who_tries_one_password_at_very_many_accounts_is_stopped() {
    let auth = auth().await;
    auth.joined("late1").await;
    for n in 0..200 {
        let (letter, n) = (char::from(b'a' + n / 100), n % 100);
        let reply = auth.sign_in_from("192.0.2.7", &format!("user{letter}{n}"), WRONG).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{n}");
    }
    assert_eq!(auth.sign_in_from("192.0.2.7", "late1", PASSWORD).await.status, 429);
    assert_eq!(auth.sign_in_from("192.0.2.8", "late1", PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn where_people_share_an_address_only_tries_at_the_same_account_count() {
    let auth = auth_with(CHEAP, "10.0.0.0/8").await;
    auth.joined("jsmith2").await;
    auth.sign_in_from("192.0.2.7", "jsmith2", WRONG).await;
    for n in 0..30 {
        auth.sign_in_from("10.1.2.3", &format!("user{n}"), WRONG).await;
    }
    assert_eq!(auth.sign_in_from("10.1.2.3", "jsmith2", PASSWORD).await.status, StatusCode::OK);
    for _ in 0..10 {
        auth.sign_in_from("10.1.2.3", "jsmith2", WRONG).await;
    }
    assert_eq!(auth.sign_in_from("10.1.2.3", "jsmith2", PASSWORD).await.status, 429);
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
    // From anywhere else there is one try, which is enough for the owner.
    let new = "198.51.100.200";
    assert_eq!(auth.sign_in_from(new, "jsmith2", WRONG).await.status, StatusCode::BAD_REQUEST);
    for address in [new, "198.51.100.7"] {
        let reply = auth.sign_in_from(address, "jsmith2", PASSWORD).await;
        assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(reply.headers[header::RETRY_AFTER], (24 * 60 * 60).to_string().as_str());
    }
    for address in ["203.0.113.9", "192.0.2.7"] {
        let reply = auth.sign_in_from(address, "jsmith2", PASSWORD).await;
        assert_eq!(reply.status, StatusCode::OK);
    }
    auth.clock.advance(TimeDelta::days(1));
    assert_eq!(auth.sign_in_from(new, "jsmith2", PASSWORD).await.status, StatusCode::OK);
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
async fn resets_are_limited_apart_from_sign_ins() {
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

#[tokio::test]
async fn who_asks_for_many_resets_takes_no_mail_from_the_owner() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    let forget_from = async |address: &str| {
        let client = auth.app.client_at("website", address.parse().unwrap());
        client.post("/password/reset", &json!({ "netid": "jsmith2" })).await.status
    };
    for _ in 0..9 {
        assert_eq!(forget_from("198.51.100.1").await, StatusCode::OK);
    }
    assert_eq!(auth.mails().await.len(), 5);
    assert_eq!(forget_from("192.0.2.7").await, StatusCode::OK);
    assert_eq!(auth.mails().await.len(), 6);

    // Nobody's mailbox is flooded from many addresses, and the owner's own is not one of those.
    assert_eq!(auth.sign_in_from("192.0.2.9", "jsmith2", PASSWORD).await.status, StatusCode::OK);
    for n in 0..40 {
        assert_eq!(forget_from(&format!("203.0.113.{n}")).await, StatusCode::OK);
    }
    let flooded = auth.mails().await.len();
    assert!(flooded < 30, "{flooded}");
    assert_eq!(forget_from("192.0.2.9").await, StatusCode::OK);
    assert_eq!(auth.mails().await.len(), flooded + 1);
}
