//! Asking to join.

use grove_users_api::UserState;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{World, form};

#[tokio::test]
async fn joining_succeeds_while_the_other_services_are_down() {
    let world = World::new().await;
    let reply = world.app.client().post("/users", &form("jsmith2", 123_456_789)).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(
        reply.json::<Value>(),
        json!({
            "error": null,
            "data": {},
            "message": "Your request to join ACM was successful.",
        })
    );
    let users = world.users().await;
    assert_eq!((users[0].netid.as_str(), users[0].state), ("jsmith2", UserState::Unverified));
    assert!(!users[0].is_member && !users[0].added_to_directory);

    assert_eq!(world.worker().deliver_due().await.unwrap(), 0);
    let kept = ["auth /internal/accounts", "notifications /notification"];
    assert_eq!(world.effects().await, kept);
}

#[tokio::test]
async fn the_first_fault_of_a_form_is_named_in_its_order() {
    let world = World::new().await;
    let long = "x".repeat(51);
    for (field, value, error) in [
        ("uin", json!("12345678"), "UIN must have nine digits"),
        ("uin", json!("0x1f"), "UIN must be an integer"),
        ("uin", json!("1_000"), "UIN must be an integer"),
        ("uin", json!(-5), "UIN must have nine digits"),
        ("uin", json!(""), "Missing uin"),
        ("uin", Value::Null, "Missing uin"),
        ("netid", json!("Jsmith2"), "A valid netid must be entered"),
        ("netid", json!("abcdefgh1234"), "A valid netid must be entered"),
        ("netid", json!("abcd@illinois"), "A valid netid must be entered"),
        ("netid", json!("jsmi2th"), "A valid netid must be entered"),
        ("netid", json!("ab1\ncd2"), "A valid netid must be entered"),
        ("netid", json!("me"), "A valid netid must be entered"),
        ("netid", json!(""), "Missing netid"),
        ("last_name", json!(" "), "Missing last_name"),
        ("first_name", json!(long), "first_name may have at most 50 characters"),
        (
            "first_name",
            json!("Bcc:\r\nmdoe3"),
            "first_name may have no line breaks or other control characters",
        ),
        (
            "first_name",
            json!("URGENT: see evil.example/acm"),
            "first_name may not contain any of : / @ < > \\",
        ),
        (
            "last_name",
            json!("\u{202e}htimS"),
            "last_name may have no line breaks or other control characters",
        ),
        ("first_name", Value::Null, "Missing first_name"),
    ] {
        // Every field after the one in question is wrong, too.
        let mut body = json!({});
        for name in ["first_name", "last_name", "netid", "uin"] {
            body[name] = json!("?");
        }
        for name in ["first_name", "last_name", "netid", "uin"] {
            if name == field {
                break;
            }
            body[name] = form("jsmith2", 123_456_789)[name].clone();
        }
        body[field] = value;
        let reply = world.app.client().post("/users", &body).await;
        assert_eq!((reply.status.as_u16(), reply.error().as_str()), (400, error), "{body}");
    }
    assert!(world.users().await.is_empty());
    assert!(world.effects().await.is_empty());
}

#[tokio::test]
async fn a_body_that_is_no_form_is_refused() {
    let world = World::new().await;
    for body in ["", "{", "[]", "null", "{\"first_name\": 3}", "{\"uin\": true}"] {
        let reply = world.app.client().send(Method::POST, "/users", body).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{body}");
        reply.error();
    }
    assert_eq!(world.app.stranger().post("/users", &json!({})).await.status, 401);
}

#[tokio::test]
async fn netids_without_digits_and_uins_as_numbers_are_welcome() {
    let world = World::new().await;
    let mut body = form("adam", 0);
    body["uin"] = json!(123_456_789);
    assert_eq!(world.app.client().post("/users", &body).await.status, StatusCode::OK);
    assert_eq!(world.users().await[0].netid, "adam");
}

#[tokio::test]
async fn of_twenty_equal_forms_at_once_one_is_taken_and_few_are_mailed() {
    let world = World::new().await;
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let client = world.app.client();
            tokio::spawn(async move { client.post("/users", &form("jsmith2", 123_456_789)).await })
        })
        .collect();
    for reply in tries {
        assert_eq!(reply.await.unwrap().status, StatusCode::OK);
    }
    assert_eq!((world.users().await.len(), world.effects().await.len()), (1, 10));
}
