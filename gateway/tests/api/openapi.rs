//! The description of the whole API, for programs and for people.

use axum::{Router, routing::get};
use serde_json::{Value, json};

use super::*;

impl House {
    /// What anybody gets, without a token.
    async fn public(&self, path: &str) -> Reply {
        self.http
            .request("GET".parse().unwrap(), format!("http://{}{path}", self.address))
            .send()
            .await
            .unwrap()
    }
}

/// A house in which gigs describes itself and merch is down.
async fn house() -> House {
    let document = json!({
        "paths": {
            "/gigs": {
                "get": { "summary": "Every gig", "description": "Old ones too.",
                         "responses": { "200": { "content": { "application/json": { "schema": {
                             "$ref": "#/components/schemas/Gig" } } } },
                             "default": { "content": { "application/problem+json": { "schema": {
                             "$ref": "#/components/schemas/Problem" } } } } } },
                "post": { "summary": "Offers a gig" },
            },
            "/nowhere": { "get": { "summary": "No route of the gateway leads here" } },
        },
        "components": { "schemas": { "Gig": { "type": "object" }, "Problem": { "type": "object" } } },
    });
    let routes = Router::new().route("/openapi.json", get(async move || axum::Json(document)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let flag = format!(
        "--upstreams=gigs=http://{},merch=http://127.0.0.1:1",
        listener.local_addr().unwrap()
    );
    tokio::spawn(grove_http::server::serve(listener, routes, CancellationToken::new()));
    House::with(&[&flag]).await
}

#[tokio::test]
async fn what_services_say_of_themselves_is_one_document_with_who_may_call_what() {
    let house = house().await;
    let reply = house.public("/openapi.json").await;
    assert_eq!(reply.status, 200);
    let document: Value = reply.json();
    let gigs = &document["paths"]["/gigs"];
    assert_eq!(gigs["get"]["summary"], "Every gig");
    assert_eq!(gigs["get"]["description"], "**Who may:** any client application\n\nOld ones too.");
    assert_eq!(gigs["get"]["security"], json!([{ "client": [] }]));
    let schemas = &gigs["get"]["responses"];
    let referred =
        |status: &str, kind: &str| schemas[status]["content"][kind]["schema"]["$ref"].clone();
    assert_eq!(referred("200", "application/json"), "#/components/schemas/gigs_Gig");
    assert_eq!(referred("default", "application/problem+json"), "#/components/schemas/Problem");
    assert!(document["components"]["schemas"]["gigs_Gig"].is_object());
    let parameters = gigs["post"]["parameters"].as_array().unwrap();
    assert!(parameters.iter().any(|parameter| parameter["name"] == "Idempotency-Key"));
    assert!(document["paths"]["/nowhere"].is_null());
    assert!(document["paths"]["/status"]["get"]["responses"]["200"].is_object());
    let about = document["info"]["description"].as_str().unwrap();
    assert!(about.contains("merch") && !about.contains("gigs"), "{about}");
}

#[tokio::test]
async fn the_page_for_people_is_made_of_files_of_the_gateway_alone() {
    let house = house().await;
    let page = house.public("/docs").await;
    assert_eq!(
        (page.status, &page.headers["content-type"]),
        (200.try_into().unwrap(), &"text/html; charset=utf-8".parse().unwrap())
    );
    let policy = page.headers["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("http"), "{policy}");
    let text = String::from_utf8(page.body.clone()).unwrap();
    let files: Vec<&str> = text.split(['"']).filter(|part| part.starts_with("/docs/")).collect();
    assert_eq!(files.len(), 4, "{text}");
    for file in files {
        let reply = house.public(file).await;
        assert_eq!(reply.status, 200, "{file}");
    }
    let script = house.public("/docs/swagger-initializer.js").await;
    let script = String::from_utf8(script.body).unwrap();
    assert!(script.contains("\"/openapi.json\"") && !script.contains("petstore"), "{script}");
    for missing in ["/docs/index.html", "/docs/nothing.js", "/docs/..%2fopenapi.json"] {
        assert_eq!(house.public(missing).await.status.as_u16() / 100, 4, "{missing}");
    }
}
