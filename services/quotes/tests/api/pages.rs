//! The list page by page.

use grove_quotes_api::{NewQuote, create, page};
use grove_shared::{
    Client,
    page::{Limit, PageRequest},
};
use http::header;
use serde_json::Value;

use crate::{app, post};

#[tokio::test]
async fn everyone_pages_through_what_they_may_see_the_newest_first() {
    let (_db, app) = app().await;
    for number in 1..=5 {
        post(&app, &format!("approved {number}"), true).await;
    }
    let new = |text: &str, author: &str| NewQuote {
        author: Some(author.to_owned()),
        source: Some("mdoe3".to_owned()),
        text: Some(text.to_owned()),
    };
    app.member("other1").call(create(&new("waits", "other1"))).await.unwrap();
    for (person, expected) in [
        (app.member("third1"), vec![2, 2, 1]),
        (app.member("other1"), vec![2, 2, 2]),
        (app.officer("admin2"), vec![2, 2, 2]),
    ] {
        let (mut sizes, mut ids) = (Vec::new(), Vec::new());
        let mut request = PageRequest { after: None, limit: Some(Limit::new(2)) };
        loop {
            let part = person.call(page(request)).await.unwrap();
            sizes.push(part.items.len());
            ids.extend(part.items.iter().map(|quote| quote.id));
            let Some(next) = part.next else { break };
            request.after = Some(next);
        }
        assert_eq!(sizes, expected);
        assert!(ids.is_sorted_by(|one, next| one > next), "{ids:?}");
    }
}

#[tokio::test]
async fn a_page_names_the_next_one_and_the_last_one_none() {
    let (_db, app) = app().await;
    let mut ids = Vec::new();
    for number in 1..=3 {
        ids.push(post(&app, &format!("quote {number}"), true).await);
    }
    let member = app.member("third1");
    let first = member.get("/quotes?limit=2").await;
    let link = format!("</quotes?after={}&limit=2>; rel=\"next\"", ids[1]);
    assert_eq!(first.headers[header::LINK], link);
    let shown: Value = first.json();
    assert_eq!((&shown["next"], &shown["items"][0]["id"]), (&ids[1].into(), &ids[2].into()));

    let last = member.get(&format!("/quotes?after={}&limit=2", ids[1])).await;
    assert!(!last.headers.contains_key(header::LINK));
    let shown: Value = last.json();
    assert_eq!((&shown["next"], shown["items"].as_array().unwrap().len()), (&Value::Null, 1));
    for wrong in ["?after=some", "?limit=-1"] {
        assert_eq!(member.get(&format!("/quotes{wrong}")).await.status, 400, "{wrong}");
    }
    // Who asks for no page gets everything, as before.
    let all = member.get("/quotes").await;
    assert!(!all.headers.contains_key(header::LINK));
    assert_eq!(all.json::<Value>()["data"].as_array().unwrap().len(), 3);
}
