//! One vote a member and quote.

use http::StatusCode;
use serde_json::json;

use crate::{app, post, quotes};

#[tokio::test]
async fn a_member_votes_once_and_can_take_it_back() {
    let (_db, app) = app().await;
    let vote = format!("/quotes/{}/vote", post(&app, "Ship it.", true).await);
    let member = app.member("other1");

    assert_eq!(member.delete(&vote).await.error(), "Vote not found");
    assert_eq!(member.post(&vote, &json!({})).await.status, StatusCode::OK);
    let again = member.post(&vote, &json!({})).await;
    assert_eq!((again.status, again.error().as_str()), (StatusCode::CONFLICT, "Vote already cast"));

    let own = &quotes(&member).await[0];
    assert_eq!((own.votes, own.upvoted), (1, true));
    let others = &quotes(&app.member("third1")).await[0];
    assert_eq!((others.votes, others.upvoted), (1, false));

    assert_eq!(member.delete(&vote).await.status, StatusCode::OK);
    assert_eq!(quotes(&member).await[0].votes, 0);
}

#[tokio::test]
async fn concurrent_votes_of_a_member_count_once() {
    let (_db, app) = app().await;
    let vote = format!("/quotes/{}/vote", post(&app, "Ship it.", true).await);
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let (member, vote) = (app.member("other1"), vote.clone());
            tokio::spawn(async move { member.post(&vote, &json!({})).await.status })
        })
        .collect();
    let mut cast = 0;
    for status in tries {
        let status = status.await.unwrap();
        assert!([StatusCode::OK, StatusCode::CONFLICT].contains(&status), "{status}");
        cast += usize::from(status == StatusCode::OK);
    }
    assert_eq!(cast, 1);
    assert_eq!(quotes(&app.member("other1")).await[0].votes, 1);
}

#[tokio::test]
async fn what_is_not_approved_takes_no_votes() {
    let (_db, app) = app().await;
    let vote = format!("/quotes/{}/vote", post(&app, "Not yet.", false).await);
    assert_eq!(app.member("other1").post(&vote, &json!({})).await.error(), "Quote not found");
    assert_eq!(
        app.member("other1").post("/quotes/99/vote", &json!({})).await.error(),
        "Quote not found"
    );
}
