//! Adding and reading.

use grove_{{name}}_api::{self as api, New{{One}}, SERVICE};
use grove_shared::{
    Client,
    audit::{self, Filter},
    page::{Limit, PageRequest},
    personal_data,
};
use http::{Method, StatusCode};
use serde_json::json;

use crate::app;

fn new(title: &str) -> New{{One}} {
    New{{One}} { title: title.to_owned() }
}

#[tokio::test]
async fn nobody_reads_or_writes_without_being_a_member() {
    let (_db, app) = app().await;
    for (person, status) in [
        (app.stranger(), StatusCode::UNAUTHORIZED),
        (app.client(), StatusCode::UNAUTHORIZED),
        (app.service("users"), StatusCode::UNAUTHORIZED),
        (app.applicant("newbie1"), StatusCode::FORBIDDEN),
    ] {
        for method in [Method::GET, Method::POST] {
            assert_eq!(person.send(method, "/{{name}}", "{}").await.status, status);
        }
    }
}

#[tokio::test]
async fn what_a_member_adds_is_seen_by_the_others_under_the_members_name() {
    let (_db, app) = app().await;
    let added = app.member("jsmith2").call(api::create(&new(" The first "))).await.unwrap();
    assert_eq!((added.title.as_str(), added.author.as_str()), ("The first", "jsmith2"));

    let list = app.member("other1").call(api::list(PageRequest::default())).await.unwrap();
    assert_eq!((list.items, list.next), (vec![added], None));
}

#[tokio::test]
async fn a_title_is_neither_missing_nor_too_long_nor_unprintable() {
    let (_db, app) = app().await;
    let member = app.member("jsmith2");
    for (title, error) in [
        (" ".to_owned(), "Missing title"),
        ("x".repeat(201), "title may have at most 200 characters"),
        ("a\u{202e}b".to_owned(), "title has characters that cannot be shown"),
    ] {
        let reply = member.post("/{{name}}", &json!({ "title": title })).await;
        assert_eq!((reply.status, reply.error().as_str()), (StatusCode::BAD_REQUEST, error));
    }
    member.call(api::create(&new(&"é".repeat(200)))).await.unwrap();
}

#[tokio::test]
async fn the_list_comes_in_pages_with_the_newest_first() {
    let (_db, app) = app().await;
    let member = app.member("jsmith2");
    for title in ["one", "two", "three"] {
        member.call(api::create(&new(title))).await.unwrap();
    }
    let two = |after| PageRequest { after, limit: Some(Limit::new(2)) };
    let first = member.call(api::list(two(None))).await.unwrap();
    assert_eq!(first.items[0].title, "three");
    let second = member.call(api::list(two(first.next))).await.unwrap();
    assert_eq!((second.items[0].title.as_str(), second.next), ("one", None));

    let reply = member.get("/{{name}}?limit=2").await;
    let next = format!("</{{name}}?after={}&limit=2>; rel=\"next\"", first.next.unwrap());
    assert_eq!(reply.headers["link"], next);
}

#[tokio::test]
async fn an_officer_deletes_once_and_the_log_says_so() {
    let (_db, app) = app().await;
    let id = app.member("jsmith2").call(api::create(&new("one"))).await.unwrap().id;
    let officer = app.officer("admin2");
    assert!(app.member("jsmith2").call(api::delete(id)).await.is_err());
    officer.call(api::delete(id)).await.unwrap();
    assert!(officer.call(api::delete(id)).await.unwrap_err().is_not_found());

    let log = officer.call(audit::list(SERVICE, &Filter::default())).await.unwrap().items;
    let [deleted] = &log[..] else { panic!("{log:?}") };
    assert_eq!((deleted.actor.as_str(), deleted.action.as_str()), ("admin2", "deleted"));
    let own = app.member("jsmith2").call(audit::list(SERVICE, &Filter::default())).await.unwrap();
    assert_eq!(own.items.len(), 1);
}

#[tokio::test]
async fn what_someone_added_is_told_and_forgotten() {
    let (_db, app) = app().await;
    let jsmith2 = "jsmith2".parse().unwrap();
    app.member("jsmith2").call(api::create(&new("one"))).await.unwrap();
    let users = app.service("users");
    let data = users.call(personal_data::export(SERVICE, &jsmith2)).await.unwrap();
    assert_eq!(data["data"]["{{name}}"][0]["title"], "one");
    users.call(personal_data::forget(SERVICE, &jsmith2)).await.unwrap();
    assert!(users.call(personal_data::export(SERVICE, &jsmith2)).await.unwrap().is_null());
    assert!(app.service("quotes").call(personal_data::export(SERVICE, &jsmith2)).await.is_err());
}
