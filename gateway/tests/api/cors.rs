//! Pages of known origins may call the API from a browser.

use http::{Method, StatusCode};

use crate::{House, reply};

const SITE: &str = "https://chapter.example";

#[tokio::test]
async fn a_preflight_is_answered_without_a_token() {
    let house = House::with(&["--cors-origin=https://chapter.example,https://other.example"]).await;
    let url = format!("http://{}/users/me", house.address);
    let preflight = |origin: &str| {
        let request = house.http.request(Method::OPTIONS, &url).header("origin", origin);
        reply(request.header("access-control-request-method", "PUT"))
    };
    let known = preflight(SITE).await;
    assert_eq!((known.status, known.body.len()), (StatusCode::NO_CONTENT, 0));
    assert_eq!(known.headers["access-control-allow-origin"], SITE);
    assert_eq!(known.headers["access-control-allow-methods"], "GET, HEAD, OPTIONS, PUT");
    let allowed = known.headers["access-control-allow-headers"].to_str().unwrap();
    assert!(allowed.contains("authorization") && allowed.contains("idempotency-key"));
    assert_eq!(known.headers["vary"], "Origin");

    for unknown in
        ["https://chapter.example.evil", "https://evil", "null", "http://chapter.example"]
    {
        let unknown = preflight(unknown).await;
        assert_eq!(unknown.headers["allow"], "GET, HEAD, OPTIONS, PUT");
        assert!(!unknown.headers.keys().any(|name| name.as_str().starts_with("access-control")));
        assert_eq!(unknown.headers["vary"], "Origin");
    }
    assert_eq!(house.fake.seen(), Vec::<String>::new());
}

#[tokio::test]
async fn answers_and_refusals_can_be_read_by_known_origins() {
    let house = House::with(&["--cors-origin", SITE]).await;
    for path in ["/events", "/quotes", "/unknown"] {
        let known = reply(house.request("GET", path).header("origin", SITE)).await;
        assert_eq!(known.headers["access-control-allow-origin"], SITE, "{path}");
        let unknown = reply(house.request("GET", path).header("origin", "https://evil")).await;
        assert!(!unknown.headers.contains_key("access-control-allow-origin"), "{path}");
    }
    let none = House::start().await;
    let plain = reply(none.request("GET", "/events").header("origin", SITE)).await;
    assert!(!plain.headers.contains_key("access-control-allow-origin"));
    assert!(!plain.headers.contains_key("vary"));
}
