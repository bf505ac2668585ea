//! Bodies that nobody reads: they cost their sender, and nobody else.

use axum::{
    Router,
    routing::{any, post},
};
use grove_http::server;
use http::StatusCode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

use crate::{House, reply};

/// A service that answers without reading any body, but for the one of a login.
async fn careless(stop: &CancellationToken) -> String {
    let routes = Router::new()
        .route("/users/login", post(async |body: String| body))
        .fallback(any(async || StatusCode::NOT_FOUND));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let flag = format!("--upstreams=users=http://{}", listener.local_addr().unwrap());
    tokio::spawn(server::serve(listener, routes, stop.clone()));
    flag
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_a_service_does_not_read_fails_nobody_elses_request() {
    let stop = CancellationToken::new();
    let house = House::with(&[&careless(&stop).await]).await;
    let careless = async || {
        for _ in 0..100 {
            let read = house.request("GET", "/users/member/is_member").body("x".repeat(60_000));
            assert_eq!(reply(read).await.status, StatusCode::NOT_FOUND);
        }
    };
    let others = async || {
        for _ in 0..200 {
            let login = reply(house.request("POST", "/users/login").body("who I am")).await;
            assert_eq!((login.status, login.body), (StatusCode::OK, b"who I am".to_vec()));
        }
    };
    tokio::join!(careless(), careless(), careless(), others());
    stop.cancel();
}

#[tokio::test]
async fn after_a_refusal_that_came_before_the_body_the_connection_goes_on() {
    let house = House::start().await;
    let refused = format!(
        "POST /quotes HTTP/1.1\r\nHost: a\r\nAuthorization: {}\r\nContent-Length: 4\r\n\r\n",
        house.token
    );
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    stream.write_all(refused.as_bytes()).await.unwrap();
    // The refusal is under way while this other request is served.
    assert_eq!(reply(house.request("POST", "/quotes")).await.status, StatusCode::UNAUTHORIZED);
    let next = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    stream.write_all(format!("body{next}").as_bytes()).await.unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.unwrap();
    assert!(answers.starts_with("HTTP/1.1 401 "), "{answers}");
    assert!(answers.ends_with("I AM GROOT!\n"), "{answers}");
}

/// A service that answers before it has read the body, and never reads it.
async fn deaf() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let flag = format!("--upstreams=users=http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 16]).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
                std::future::pending::<()>().await;
            });
        }
    });
    flag
}

#[tokio::test]
async fn a_connection_whose_request_was_not_sent_to_its_end_is_used_no_more() {
    let house = House::with(&[&deaf().await]).await;
    let head = format!(
        "POST /users/login HTTP/1.1\r\nHost: a\r\nAuthorization: {}\r\n\
         Content-Length: 15000000\r\n\r\n",
        house.token
    );
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.contains("connection: close"),
        "{answer}"
    );
    let next = reply(house.request("POST", "/users/login").body("x")).await;
    assert_eq!(next.body, b"ok");
}
