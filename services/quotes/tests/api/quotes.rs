//! Posting, approving, deleting, taking down.

use grove_quotes::import::import_csv;
use grove_quotes_api::{Counts, Quote};
use grove_shared::{Client, Standing, envelope::Data};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{app, post, quotes};

#[tokio::test]
async fn the_list_is_empty_at_first() {
    let (_db, app) = app().await;
    let reply = app.member("jsmith2").get("/quotes").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.json::<Value>(), json!({ "error": null, "data": [] }));
}

#[tokio::test]
async fn nobody_reads_or_writes_without_a_session() {
    let (_db, app) = app().await;
    for person in [app.stranger(), app.client(), app.service("users")] {
        for (method, path) in [
            (Method::GET, "/quotes"),
            (Method::POST, "/quotes"),
            (Method::PUT, "/quotes/1/approve"),
            (Method::DELETE, "/quotes/1"),
            (Method::POST, "/quotes/1/vote"),
        ] {
            let reply = person.send(method, path, "{}").await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
            assert_eq!(reply.error(), "Request did not originate from groot");
        }
    }
}

#[tokio::test]
async fn a_posted_quote_is_seen_by_its_author_and_officers_until_it_is_approved() {
    let (_db, app) = app().await;
    let id = post(&app, "It compiles, ship it.", false).await;
    assert!(quotes(&app.member("other1")).await.is_empty());
    assert_eq!(app.member("other1").get(&format!("/quotes/{id}")).await.status, 404);
    assert_eq!(quotes(&app.member("jsmith2")).await.len(), 1);

    let reply = app.officer("admin2").put(&format!("/quotes/{id}/approve"), &json!({})).await;
    let list = reply.json::<Data<Vec<Quote>>>().data;
    assert!(list[0].approved);
    let seen = &quotes(&app.member("other1")).await[0];
    assert_eq!((seen.author.as_str(), seen.source.as_str()), ("jsmith2", "mdoe3"));
    assert_eq!((seen.votes, seen.upvoted), (0, false));
    assert_eq!(seen.created_at, seen.created.format("%m/%d/%y %I:%M:%S %p").to_string());
}

#[tokio::test]
async fn officers_learn_how_many_quotes_wait_without_reading_them() {
    let (_db, app) = app().await;
    assert_eq!(app.member("jsmith2").get("/quotes/counts").await.status, StatusCode::FORBIDDEN);
    let officer = app.officer("admin2");
    let counts = async || officer.call(grove_quotes_api::counts()).await.unwrap();
    assert_eq!(counts().await, Counts::default());
    for (text, approved) in [("One.", true), ("Two.", false), ("Three.", false)] {
        post(&app, text, approved).await;
    }
    assert_eq!(counts().await, Counts { approved: 1, waiting: 2 });
}

#[tokio::test]
async fn quotation_marks_around_a_quote_are_dropped() {
    let (_db, app) = app().await;
    let new = json!({ "text": "\"So it goes.\"", "author": "jsmith2", "source": "mdoe3" });
    let member = app.member("jsmith2");
    assert_eq!(
        member.post("/quotes", &new).await.json::<Value>()["message"],
        "Quote uploaded successfully."
    );
    assert_eq!(quotes(&member).await[0].text, "So it goes.");
    let again = json!({ "text": "so  it goes.", "author": "jsmith2", "source": "mdoe3" });
    let reply = member.post("/quotes", &again).await;
    assert_eq!(
        (reply.status, reply.error().as_str()),
        (StatusCode::BAD_REQUEST, "Quote already exists")
    );
}

#[tokio::test]
async fn a_bad_quote_is_refused_with_a_reason_and_changes_nothing() {
    let (_db, app) = app().await;
    let member = app.member("jsmith2");
    let long = "x".repeat(2001);
    for (body, error) in [
        (json!({ "source": "mdoe3", "text": "Hi." }), "Missing author"),
        (json!({ "author": "jsmith2", "text": "Hi." }), "Missing source"),
        (json!({ "author": "jsmith2", "source": "mdoe3", "text": " \"\" " }), "Missing text"),
        (
            json!({ "author": "jsmith2", "source": "mdoe3", "text": long }),
            "text may have at most 2000 characters",
        ),
        (
            json!({ "author": "jsmith2", "source": "m".repeat(51), "text": "Hi." }),
            "source may have at most 50 characters",
        ),
        (
            json!({ "author": "jsmith2", "source": "mdoe3", "text": "a\u{202e}b" }),
            "text has characters that nobody sees",
        ),
        (
            json!({ "author": "jsmith2", "source": "mdoe3", "text": "a\0b" }),
            "text has characters that nobody sees",
        ),
        (
            json!({ "author": "jsmith2", "source": "mdoe3\nadmin2", "text": "Hi." }),
            "source has characters that nobody sees",
        ),
        (
            json!({ "author": "jsmith2", "source": 3, "text": "Hi." }),
            "invalid type: integer `3`, expected a string",
        ),
    ] {
        let reply = member.post("/quotes", &body).await;
        assert_eq!((reply.status, reply.error().as_str()), (StatusCode::BAD_REQUEST, error));
    }
    let reply = member.send(Method::POST, "/quotes", "{").await;
    assert_eq!(
        (reply.status, reply.error().as_str()),
        (StatusCode::BAD_REQUEST, "The body is not valid JSON")
    );
    assert!(quotes(&app.officer("admin2")).await.is_empty());
}

#[tokio::test]
async fn nobody_posts_in_the_name_of_another() {
    let (_db, app) = app().await;
    let new = json!({ "text": "Hi.", "author": "mdoe3", "source": "mdoe3" });
    for person in [app.member("jsmith2"), app.officer("admin2")] {
        assert_eq!(person.post("/quotes", &new).await.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn only_officers_approve_and_delete_and_each_once() {
    let (_db, app) = app().await;
    let id = post(&app, "Works on my machine.", false).await;
    let (quote, approve) = (format!("/quotes/{id}"), format!("/quotes/{id}/approve"));

    let (member, officer) = (app.member("jsmith2"), app.officer("admin2"));
    assert_eq!(member.put(&approve, &json!({})).await.status, StatusCode::FORBIDDEN);
    assert_eq!(member.delete(&quote).await.status, StatusCode::FORBIDDEN);
    assert_eq!(officer.send(Method::PUT, &approve, "").await.status, StatusCode::OK);
    let again = officer.put(&approve, &json!({})).await;
    assert_eq!((again.status.as_u16(), again.error().as_str()), (400, "Quote already approved"));
    assert_eq!(officer.put("/quotes/99/approve", &json!({})).await.error(), "Quote not found");

    let left = officer.delete(&quote).await.json::<Data<Vec<Quote>>>().data;
    assert!(left.is_empty());
    assert_eq!(officer.delete(&quote).await.status, StatusCode::NOT_FOUND);
    assert_eq!(officer.get("/quotes/zero").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_quoted_person_takes_a_quote_down_until_an_officer_decides() {
    let (_db, app) = app().await;
    let id = post(&app, "I never said that.", true).await;
    let takedown = format!("/quotes/{id}/takedown");
    assert_eq!(
        app.member("other1").post(&takedown, &json!({})).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(app.member("mdoe3").post(&takedown, &json!({})).await.status, StatusCode::OK);
    assert!(quotes(&app.member("mdoe3")).await.is_empty());
    assert!(quotes(&app.officer("admin2")).await[0].takedown_requested);
}

#[tokio::test]
async fn each_of_several_quoted_people_takes_a_quote_down() {
    for person in ["mdoe3", "jsmith2"] {
        let (db, app) = app().await;
        let file = "quote_text,quote_sources,created_at,quote_posters\n\
                    A dialogue.,\",mdoe3,jsmith2,\",9/4/17 9:33,\",other1,\"\n";
        import_csv(&db.pool(), file.as_bytes()).await.unwrap();
        let quote = quotes(&app.member("third1")).await.remove(0);
        assert_eq!(quote.source, "mdoe3, jsmith2");
        let takedown = format!("/quotes/{}/takedown", quote.id);
        let refused = app.member("other1").post(&takedown, &json!({})).await;
        assert_eq!(refused.error(), "Only the quoted person may ask for this");
        assert_eq!(app.member(person).post(&takedown, &json!({})).await.status, 200);
        assert!(quotes(&app.member("third1")).await.is_empty());
    }
}

#[tokio::test]
async fn members_of_today_post_and_vote_and_others_take_down_what_they_are_quoted_with() {
    let (_db, app) = app().await;
    let id = post(&app, "I never said that.", true).await;
    let former = app.standing("mdoe3", &[], Standing::Expired);
    for (person, refusal) in [
        (app.applicant("mdoe3"), "This is for members: pay the dues first"),
        (former.clone(), "This is for members: your membership has ended, renew it first"),
    ] {
        let new = json!({ "text": "Hi.", "author": "mdoe3", "source": "mdoe3" });
        let vote = format!("/quotes/{id}/vote");
        for reply in [person.post("/quotes", &new).await, person.post(&vote, &json!({})).await] {
            assert_eq!((reply.status.as_u16(), reply.error().as_str()), (403, refusal));
        }
    }
    assert_eq!(former.post(&format!("/quotes/{id}/takedown"), &json!({})).await.status, 200);
}

#[tokio::test]
async fn unapproved_quotes_come_first_and_then_the_newest() {
    let (_db, app) = app().await;
    for (text, approved) in [("one", true), ("two", false), ("three", true), ("four", false)] {
        post(&app, text, approved).await;
    }
    let texts: Vec<_> = quotes(&app.officer("admin2")).await.into_iter().map(|q| q.text).collect();
    assert_eq!(texts, ["four", "two", "three", "one"]);
}
