//! Adding and reading.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app;

#[tokio::test]
async fn nobody_reads_or_writes_without_a_session() {
    let (_db, app) = app().await;
    for person in [app.stranger(), app.client(), app.service("users")] {
        for method in [Method::GET, Method::POST] {
            let reply = person.send(method, "/{{name}}", "{}").await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        }
    }
}

#[tokio::test]
async fn what_a_member_adds_is_seen_by_the_others_under_the_members_name() {
    let (_db, app) = app().await;
    let new = json!({ "title": " The first ", "author": "other1" });
    let reply = app.member("jsmith2").post("/{{name}}", &new).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    let added: Value = reply.json();
    assert_eq!((&added["title"], &added["author"]), (&json!("The first"), &json!("jsmith2")));

    let list: Value = app.member("other1").get("/{{name}}").await.json();
    assert_eq!(list["{{name}}"][0]["id"], added["id"]);
    assert_eq!(list["next"], Value::Null);
}

#[tokio::test]
async fn a_title_is_neither_missing_nor_too_long() {
    let (_db, app) = app().await;
    let member = app.member("jsmith2");
    for (new, error) in [
        (json!({}), "Missing title"),
        (json!({ "title": " " }), "Missing title"),
        (json!({ "title": "x".repeat(201) }), "title may have at most 200 characters"),
    ] {
        let reply = member.post("/{{name}}", &new).await;
        assert_eq!((reply.status, reply.error().as_str()), (StatusCode::BAD_REQUEST, error));
    }
    let longest = json!({ "title": "é".repeat(200) });
    assert_eq!(member.post("/{{name}}", &longest).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn the_list_comes_in_pages_with_the_newest_first() {
    let (_db, app) = app().await;
    let member = app.member("jsmith2");
    for title in ["one", "two", "three"] {
        member.post("/{{name}}", &json!({ "title": title })).await;
    }
    let first: Value = member.get("/{{name}}?limit=2").await.json();
    assert_eq!(first["{{name}}"][0]["title"], "three");
    let next = first["next"].as_u64().unwrap();
    let second: Value = member.get(&format!("/{{name}}?limit=2&after={next}")).await.json();
    assert_eq!(second["{{name}}"][0]["title"], "one");
    assert_eq!(second["next"], Value::Null);
}
