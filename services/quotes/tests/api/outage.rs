//! The database is busy or gone.

use std::time::{Duration, Instant};

use http::{StatusCode, header};

use crate::app;

#[tokio::test]
async fn a_request_that_gets_no_connection_is_told_to_come_back_and_does_not_hang() {
    let (db, app) = app().await;
    let pool = db.pool();
    let mut held = Vec::new();
    for _ in 0..pool.options().get_max_connections() {
        held.push(pool.acquire().await.unwrap());
    }
    let (member, asked) = (app.member("jsmith2"), Instant::now());
    let reply = member.get("/quotes").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.headers[header::RETRY_AFTER], "1");
    assert_eq!(reply.error(), "The database does not answer, please try again");
    assert!(asked.elapsed() < Duration::from_secs(2));

    drop(held);
    assert_eq!(member.get("/quotes").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_service_says_whether_it_is_ready() {
    let (db, app) = app().await;
    let stranger = app.stranger();
    assert_eq!(stranger.get("/livez").await.status, StatusCode::OK);
    assert_eq!(stranger.get("/readyz").await.status, StatusCode::OK);
    let metrics = stranger.get("/metrics").await;
    let metrics = String::from_utf8_lossy(&metrics.body).into_owned();
    assert!(metrics.contains("http_requests_total{service=\"quotes\""), "{metrics}");

    db.pool().close().await;
    assert_eq!(stranger.get("/livez").await.status, StatusCode::OK);
    assert_eq!(stranger.get("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
}
