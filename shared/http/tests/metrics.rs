//! What is counted of requests, whatever their clients do.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{net::SocketAddr, sync::Arc};

use axum::{Router, routing::get};
use grove_http::{Readiness, server, with_standard_routes};
use grove_telemetry::metrics;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};
use tokio_util::sync::CancellationToken;

async fn start(name: &'static str, routes: Router) -> SocketAddr {
    metrics::install();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = with_standard_routes(name, routes, Readiness::always());
    tokio::spawn(server::serve(listener, routes, CancellationToken::new()));
    address
}

async fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

/// The value of a series, when it is there.
fn value(series: &str) -> Option<u64> {
    metrics::render().lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok())
}

#[tokio::test]
async fn methods_that_a_client_invents_are_one_series() {
    let address = start("methods", Router::new()).await;
    for number in 0..20_u8 {
        let method = "A".repeat(usize::from(number) + 1);
        let request =
            format!("{method} / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        assert!(ask(address, &request).await.starts_with("HTTP/1.1 404 "));
    }
    let all = metrics::render();
    assert!(!all.contains("AAAA"), "{all}");
    let labels = "{service=\"methods\",method=\"OTHER\",route=\"unmatched\",status=\"404\"} ";
    assert_eq!(value(&format!("http_requests_total{labels}")), Some(20));
}

#[tokio::test]
async fn a_request_whose_client_leaves_is_counted() {
    let begun = Arc::new(Notify::new());
    let begins = begun.clone();
    let handler = get(async move || {
        begins.notify_one();
        std::future::pending::<()>().await;
    });
    let address = start("leaving", Router::new().route("/slow", handler)).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    begun.notified().await;
    drop(stream);
    let labels = "{service=\"leaving\",method=\"GET\",route=\"/slow\",status=\"499\"} ";
    while value(&format!("http_requests_total{labels}")).is_none() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_is_malformed_is_counted_by_reason() {
    let address = start("malformed", Router::new()).await;
    let reason = "There may be one Content-Length, a number";
    let request = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: +1\r\n\r\n";
    assert!(ask(address, request).await.starts_with("HTTP/1.1 400 "));
    let series = format!("http_requests_malformed_total{{reason=\"{reason}\"}} ");
    assert!(value(&series).is_some(), "{}", metrics::render());
    let body = "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\ng\r\n";
    ask(address, body).await;
    let series = "http_requests_malformed_total{reason=\"The body is malformed\"} ";
    assert!(value(series).is_some(), "{}", metrics::render());
}
