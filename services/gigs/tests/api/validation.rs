//! What is refused, and with which words.

use http::Method;
use serde_json::{Value, json};

use crate::{World, form, refusal, refused};

const MISSING: &str = "Missing required parameter in the JSON body";

#[tokio::test]
async fn a_gig_that_is_not_valid_is_refused_with_the_field_at_fault() {
    let world = World::new().await;
    for (field, value, error) in [
        ("issuer", Value::Null, MISSING),
        ("issuer", json!(""), MISSING),
        ("title", Value::Null, MISSING),
        ("title", json!("  "), MISSING),
        ("title", json!("x".repeat(101)), "title may have at most 100 characters"),
        ("title", json!("Hi\r\nBcc: all"), "title may have no control characters"),
        ("title", json!("Paint \u{202e}ecnef"), "title may have no control characters"),
        ("details", json!("é".repeat(151)), "details may have at most 150 characters"),
        ("details", json!("a\u{0}b"), "details may have no control characters"),
        ("details", json!("a\u{2028}b"), "details may have no control characters"),
        ("credits", Value::Null, MISSING),
        ("credits", json!(""), MISSING),
        ("credits", json!(0), "Credits must be positive"),
        ("credits", json!(-5), "Credits must be positive"),
        ("credits", json!("-5"), "Credits must be positive"),
        ("credits", json!(1_000_001), "Credits may be at most 1000000"),
        ("credits", json!("abc"), "invalid literal for int() with base 10: 'abc'"),
        ("credits", json!(1.5), "invalid literal for int() with base 10: '1.5'"),
        ("admin_task", json!("zz"), "Invalid literal for boolean(): zz"),
        ("admin_task", json!(7), "Invalid literal for boolean(): 7"),
    ] {
        let mut body = form("Paint the fence", 300);
        body[field] = value;
        let reply = world.issuer().post("/gigs", &body).await;
        assert_eq!(refusal(&reply), refused(400, error), "{body}");
        assert_eq!(reply.json::<Value>()["message"], json!({ field: error }));
    }
    assert!(world.found(&world.issuer(), "").await.is_empty());
    assert!(world.bank.keys().is_empty());
}

#[tokio::test]
async fn a_change_that_is_not_valid_is_refused_as_a_gig_is() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let path = format!("/gigs/{}", gig.id);
    for (field, value, error) in [
        ("title", json!("x".repeat(101)), "title may have at most 100 characters"),
        ("details", json!("x".repeat(151)), "details may have at most 150 characters"),
        ("credits", json!(-1), "Credits must be positive"),
        ("credits", json!("1x"), "invalid literal for int() with base 10: '1x'"),
        ("active", json!("zz"), "Invalid literal for boolean(): zz"),
        ("admin_task", json!("zz"), "Invalid literal for boolean(): zz"),
    ] {
        let reply = world.issuer().put(&path, &json!({ field: value })).await;
        assert_eq!(refusal(&reply), refused(400, error), "{field}");
        assert_eq!(reply.json::<Value>()["message"], json!({ field: error }));
    }
    assert_eq!(world.issuer().get(&path).await.json::<Value>()["title"], "Paint the fence");
}

#[tokio::test]
async fn a_claim_that_is_not_valid_is_refused_with_the_field_at_fault() {
    let world = World::new().await;
    for (body, status, field, error) in [
        (json!({ "gig_id": 1 }), 400, "claimant", MISSING),
        (json!({ "claimant": "mdoe3" }), 400, "gig_id", MISSING),
        (json!({ "claimant": "mdoe3", "gig_id": "1abc" }), 400, "gig_id", "Invalid gig id."),
        (json!({ "claimant": "mdoe3", "gig_id": -1 }), 400, "gig_id", "Invalid gig id."),
        (json!({ "claimant": "mdoe3", "gig_id": [1] }), 400, "gig_id", "Invalid gig id."),
        (json!({ "claimant": "mdoe3", "gig_id": 99 }), 404, "gig_id", "Invalid gig id."),
    ] {
        let reply = world.app.member("mdoe3").post("/gigs/claims", &body).await;
        assert_eq!(refusal(&reply), refused(status, error), "{body}");
        assert_eq!(reply.json::<Value>()["message"], json!({ field: error }));
    }
    for query in ["gig_id=1abc", "state=lost"] {
        let reply = world.app.client().get(&format!("/gigs/claims?{query}")).await;
        assert_eq!(reply.status, 400, "{query}");
    }
}

#[tokio::test]
async fn ids_that_name_nothing_are_not_found() {
    let world = World::new().await;
    world.post("Paint the fence", 300).await;
    for id in ["99", "1abc", "-1", "1.0", "18446744073709551616", "%00"] {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let gig = world.issuer().send(method.clone(), &format!("/gigs/{id}"), "{}").await;
            assert_eq!(refusal(&gig), refused(404, "Invalid gig id"), "{method} {id}");
            let claim = world.issuer().send(method, &format!("/gigs/claims/{id}"), "{}").await;
            assert_eq!(refusal(&claim), refused(404, "Invalid claim id"), "{id}");
        }
    }
}

#[tokio::test]
async fn a_body_of_another_shape_is_refused() {
    let world = World::new().await;
    world.post("Paint the fence", 300).await;
    for (method, path) in
        [(Method::POST, "/gigs"), (Method::PUT, "/gigs/1"), (Method::POST, "/gigs/claims")]
    {
        for body in ["", "{", "[]", "[3]", "null", "\"x\"", "{\"title\": 3, \"claimant\": 3}"] {
            let reply = world.issuer().send(method.clone(), path, body).await;
            assert_eq!(reply.status, 400, "{path} {body}");
            reply.error();
        }
    }
}

#[tokio::test]
async fn a_gig_is_posted_in_ones_own_name() {
    let world = World::new().await;
    for person in [world.app.member("mdoe3"), world.app.officer("admin2")] {
        let reply = person.post("/gigs", &form("Paint the fence", 300)).await;
        assert_eq!(refusal(&reply), refused(403, "A gig is posted in one's own name"));
    }
}

#[tokio::test]
async fn reading_needs_an_application_and_writing_a_person() {
    let world = World::new().await;
    for path in ["/gigs", "/gigs/1", "/gigs/claims", "/gigs/claims/1"] {
        assert_eq!(world.app.stranger().get(path).await.status, 401);
        assert_ne!(world.app.client().get(path).await.status, 401);
    }
    for person in [world.app.stranger(), world.app.client(), world.app.service("users")] {
        for (method, path) in [
            (Method::POST, "/gigs"),
            (Method::PUT, "/gigs/1"),
            (Method::DELETE, "/gigs/1"),
            (Method::POST, "/gigs/claims"),
            (Method::PUT, "/gigs/claims/1"),
            (Method::DELETE, "/gigs/claims/1"),
        ] {
            assert_eq!(person.send(method, path, "{}").await.status, 401, "{path}");
        }
    }
}
