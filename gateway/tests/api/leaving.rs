//! Clients that leave before they are answered.

use std::time::{Duration, Instant};

use axum::{Router, routing::post};
use grove_http::{extract::Json, server};
use grove_telemetry::metrics;
use http::StatusCode;
use serde_json::json;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

use crate::{House, reply};

#[tokio::test]
async fn a_change_whose_client_leaves_is_counted_and_makes_the_gateway_ask_again() {
    let (sender, mut received) = mpsc::channel(1);
    let routes = Router::new()
        .route("/internal/roles", post(async || Json(json!({ "roles": ["top4"] }))))
        .fallback(async move || {
            sender.send(()).await.unwrap();
            std::future::pending::<()>().await;
        });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let flag = format!("--upstreams=groups=http://{}", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    tokio::spawn(server::serve(listener, routes, stop.clone()));
    let house = House::with(&[&flag]).await;
    let resolved = || house.fake.known.lock().unwrap().resolved;

    let change = format!(
        "DELETE /groups/committees/top4/roles/1 HTTP/1.1\r\nHost: a\r\nAuthorization: {}\r\n\
         Token: officer-session\r\n\r\n",
        house.token
    );
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    stream.write_all(change.as_bytes()).await.unwrap();
    received.recv().await.unwrap();
    drop(stream);
    let counted = "method=\"DELETE\",route=\"/groups/{type}/{name}/roles/{id}\",status=\"499\"";
    let began = Instant::now();
    while !metrics::render().contains(counted) {
        assert!(began.elapsed() < Duration::from_secs(5), "{}", metrics::render());
        tokio::task::yield_now().await;
    }
    let before = resolved();
    let next = house.request("GET", "/quotes").header("token", "officer-session");
    assert_eq!(reply(next).await.status, StatusCode::OK);
    assert_eq!(resolved(), before + 1);
    stop.cancel();
}
