//! A path means one thing, or it is refused.

use grove_shared::Role;
use http::StatusCode;

use crate::{House, reply};

const CONFUSING: &[&str] = &[
    "//users",
    "/users//me",
    "//",
    "///",
    "/users/",
    "/./users",
    "/users/./me",
    "/users/.",
    "/users/..",
    "/quotes/../users",
    "/quotes/../internal/roles",
    "/../users",
    "/quotes/1/../../users",
    "/..",
    "/quotes/%2e%2e/users",
    "/quotes/%2E%2E/users",
    "/quotes/.%2e/users",
    "/quotes/%2e./users",
    "/quotes/%2e/1",
    "/%2e%2e/users",
    "/quotes/%252e%252e/users",
    "/quotes/%25%32%65/users",
    "/quotes/..%2fusers",
    "/quotes/..%2Fusers",
    "/quotes/a%2fb",
    "/quotes%2f1",
    "/quotes/%252f",
    "/quotes/..%5cusers",
    "/quotes/a%5Cb",
    "/quotes/..\\users",
    "\\users",
    "/quotes\\1",
    "/quotes/%255c",
    "/quotes;/1",
    "/quotes/1;a=b",
    "/quotes/..;/users",
    "/quotes/;/users",
    "/;/users",
    "/quotes/%00",
    "/quotes/1%00.json",
    "/quotes/%0a",
    "/quotes/%0d%0aX:1",
    "/quotes/%09",
    "/quotes/%7f",
    "/quotes/%1f",
    "/quotes/%c2%80",
    "/quotes/%",
    "/quotes/%4",
    "/quotes/%zz",
    "/quotes/%u002e",
    "/quotes/%c0%af",
    "/quotes/%c0%ae%c0%ae",
    "/quotes/%e0%80%af",
    "/quotes/%f0%80%80%af",
    "/quotes/%ff",
    "/quotes/%ed%a0%80",
    "/quotes/%c3",
    "/quotes/\u{1}",
    "/quotes/ 1",
    "/quotes/1\u{7f}",
    "/quotes/#/users",
    "/quotes/<1>",
    "http://other/quotes",
    "quotes",
    "*",
    "/internal/roles",
    "/internal/sessions/resolve",
    "/livez",
    "/readyz",
    "/metrics",
    "/Users",
    "/USERS",
    "/%75sers",
    "/users%20",
    "/items/1",
    "/item/1",
    "/request/",
    "/groups/sigs/a/b",
    "/.git/config",
    "/etc/passwd",
];

#[tokio::test]
async fn a_path_that_could_mean_two_things_reaches_no_service() {
    let house = House::start().await;
    for path in CONFUSING {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: {}\r\n\
             Token: officer-session\r\n\r\n",
            house.token
        );
        let answer = house.raw(request).await;
        let refused =
            ["HTTP/1.1 400 ", "HTTP/1.1 404 "].iter().any(|line| answer.starts_with(line));
        assert!(refused && answer.contains("application/problem+json"), "{path}: {answer}");
    }
    assert_eq!(house.fake.seen(), Vec::<String>::new());
}

#[tokio::test]
async fn ambiguous_is_400_and_unknown_is_404() {
    let house = House::start().await;
    assert_eq!(reply(house.request("GET", "/quotes/a%2fb")).await.status, StatusCode::BAD_REQUEST);
    let unknown = reply(house.request("GET", "/unknown")).await;
    assert_eq!((unknown.status, unknown.error().as_str()), (StatusCode::NOT_FOUND, "Not found"));
}

#[tokio::test]
async fn a_known_path_tells_its_methods() {
    let house = House::start().await;
    for (method, path, allow) in [
        ("PUT", "/quotes", "GET, HEAD, OPTIONS, POST"),
        ("GET", "/users/login", "OPTIONS, POST"),
        ("PATCH", "/users/me", "GET, HEAD, OPTIONS, PUT"),
        ("TRACE", "/quotes", "GET, HEAD, OPTIONS, POST"),
        ("BREW", "/quotes", "GET, HEAD, OPTIONS, POST"),
        ("POST", "/", "GET, HEAD, OPTIONS"),
    ] {
        let refused = reply(house.officer(method, path)).await;
        assert_eq!(refused.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        assert_eq!(refused.headers["allow"], allow);
        refused.error();
    }
    let options = reply(house.request("OPTIONS", "/quotes")).await;
    assert_eq!(options.status, StatusCode::NO_CONTENT);
    assert_eq!(options.headers["allow"], "GET, HEAD, OPTIONS, POST");
    assert_eq!(house.fake.seen(), Vec::<String>::new());
}

#[tokio::test]
async fn every_route_of_the_table_reaches_its_service_or_asks_who_is_there() {
    let house = House::start().await;
    house.fake.known.lock().unwrap().roles.insert("officer".to_owned(), Role::ALL.to_vec());
    for route in grove_gateway::routes::table() {
        let path = route.path.replace("{file}", "swagger-ui.css").replace(['{', '}'], "");
        let answer = reply(house.officer(route.method.as_str(), &path)).await;
        let there = [
            "auth",
            "users",
            "groups",
            "quotes",
            "events",
            "memes",
            "recruiters",
            "credits",
            "gateway",
        ]
        .contains(&route.service);
        let expected = if there { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        assert_eq!(answer.status, expected, "{} {path}", route.method);
    }
}
