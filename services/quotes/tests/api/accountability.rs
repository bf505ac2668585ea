//! Who did what, what is kept of a person, and what is left when they are forgotten.

use grove_shared::{audit::Entry, page::Page, personal_data::Forgotten};
use serde_json::Value;

use super::*;

async fn log(person: &Person, query: &str) -> Vec<Entry> {
    person.get(&format!("/audit/quotes{query}")).await.json::<Page<Entry>>().items
}

#[tokio::test]
async fn what_officers_decide_is_logged_once_and_what_is_refused_is_not() {
    let (_db, app) = app().await;
    let id = post(&app, "It works on my machine.", true).await;
    let officer = app.officer("admin2");
    let again = officer.put(&format!("/quotes/{id}/approve"), &json!({})).await;
    assert_eq!(again.status, 400);
    assert_eq!(app.member("jsmith2").delete(&format!("/quotes/{id}")).await.status, 403);
    assert_eq!(officer.delete(&format!("/quotes/{id}")).await.status, 200);
    assert_eq!(officer.delete(&format!("/quotes/{id}")).await.status, 404);

    let log = log(&officer, "").await;
    let [deleted, approved] = &log[..] else { panic!("{log:?}") };
    assert_eq!((approved.action.as_str(), approved.kind.as_str()), ("approved", "quote"));
    assert_eq!((approved.actor.as_str(), &approved.object), ("admin2", &id.to_string()));
    assert_eq!(approved.about, Some("jsmith2".parse().unwrap()));
    assert_eq!(approved.after, json!({ "approved": true }));
    assert!(approved.is_overtaken && approved.irreversible.is_some());
    assert_eq!((deleted.action.as_str(), deleted.is_overtaken), ("deleted", false));
}

#[tokio::test]
async fn a_person_sees_what_was_done_to_them_and_nothing_else() {
    let (_db, app) = app().await;
    post(&app, "First.", true).await;
    let (author, other) = (app.member("jsmith2"), app.member("mdoe3"));
    let own = log(&author, "").await;
    assert_eq!(own.len(), 1);
    assert!(log(&other, "").await.is_empty());
    let path = format!("/audit/quotes/{}", own[0].id);
    assert_eq!(author.get(&path).await.status, 200);
    assert_eq!(other.get(&path).await.status, 404);
    assert_eq!(other.get("/audit/quotes?about=jsmith2").await.status, 403);
    assert_eq!(app.client().get("/audit/quotes").await.status, 401);
}

#[tokio::test]
async fn the_log_is_searched_by_who_what_and_when() {
    let (_db, app) = app().await;
    let id = post(&app, "First.", true).await;
    post(&app, "Second.", true).await;
    let officer = app.officer("admin2");
    for (query, found) in [
        ("?actor=admin2", 2),
        ("?actor=admin3", 0),
        ("?about=jsmith2", 2),
        (&format!("?kind=quote&object={id}"), 1),
        ("?from=2020-01-01T00:00:00Z&until=2021-01-01T00:00:00Z", 0),
        ("?from=2020-01-01T00:00:00Z", 2),
        ("?limit=1", 1),
    ] {
        assert_eq!(log(&officer, query).await.len(), found, "{query}");
    }
    assert_eq!(officer.get("/audit/quotes?from=yesterday").await.status, 400);
}

#[tokio::test]
async fn everything_of_a_person_is_told_and_forgotten() {
    let (_db, app) = app().await;
    let users = app.service("users");
    let data = async |netid: &str| {
        users.get(&format!("/internal/personal-data/{netid}")).await.json::<Value>()
    };
    let id = post(&app, "It works.", true).await;
    assert_eq!(
        app.member("mdoe3").post(&format!("/quotes/{id}/vote"), &json!({})).await.status,
        200
    );

    assert_eq!(data("nobody1").await, Value::Null);
    let said = data("mdoe3").await;
    assert_eq!(said["data"]["said"][0]["text"], "It works.");
    assert_eq!(said["data"]["votes"][0]["quote_id"], id);
    let posted = data("jsmith2").await;
    assert_eq!(posted["data"]["posted"][0]["id"], id);
    assert_eq!(posted["changes"][0]["action"], "approved");

    for netid in ["mdoe3", "jsmith2", "jsmith2"] {
        let body = json!({ "netid": netid });
        let reply = users.post("/internal/personal-data/forget", &body).await;
        let forgotten: Forgotten = reply.json();
        assert!(!forgotten.kept.is_empty(), "{netid}");
    }
    assert_eq!(data("mdoe3").await, Value::Null);
    assert_eq!(data("jsmith2").await, Value::Null);
    // Officers still see it; whoever comes under the name later sees nothing of it.
    let actions: Vec<_> = log(&app.officer("admin2"), "").await;
    let actions: Vec<_> = actions.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["forgotten", "approved"]);
    assert!(log(&app.member("jsmith2"), "").await.is_empty());
    assert_eq!(app.member("jsmith2").get("/audit/quotes/1").await.status, 404);
    let quote = &quotes(&app.officer("admin2")).await[0];
    assert_eq!((quote.author.as_str(), quote.source.as_str()), ("a former member", "someone"));
    assert_eq!((quote.votes, quote.approved), (0, true));
}

#[tokio::test]
async fn only_users_asks_for_personal_data() {
    let (_db, app) = app().await;
    for who in [app.officer("admin2"), app.member("jsmith2"), app.client(), app.service("gigs")] {
        let reply = who.get("/internal/personal-data/jsmith2").await;
        assert!([401, 403].contains(&reply.status.as_u16()));
        let body = json!({ "netid": "jsmith2" });
        let reply = who.post("/internal/personal-data/forget", &body).await;
        assert!([401, 403].contains(&reply.status.as_u16()));
    }
}
