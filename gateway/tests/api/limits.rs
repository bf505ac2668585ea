//! How much a client may send, and how slowly.

use std::time::{Duration, Instant};

use axum::Router;
use grove_http::server;
use http::StatusCode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use crate::{House, reply};

#[tokio::test]
async fn a_body_over_the_limit_is_413_and_touches_no_service() {
    let house = House::with(&["--body-limit=1000"]).await;
    let fits = reply(house.member("POST", "/quotes").body("x".repeat(1000))).await;
    assert_eq!(fits.status, StatusCode::OK);
    let large = reply(house.member("POST", "/quotes").body("x".repeat(1001))).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(large.error(), "The body is too large");
    assert_eq!(house.fake.seen(), ["POST /quotes"]);
}

#[tokio::test]
async fn a_body_that_grows_over_the_limit_is_cut_off() {
    let house = House::with(&["--body-limit=1000"]).await;
    let head = format!(
        "POST /quotes HTTP/1.1\r\nHost: a\r\nAuthorization: {}\r\nToken: member-session\r\n\
         Transfer-Encoding: chunked\r\n\r\n",
        house.token
    );
    let answer = house.raw(head + &format!("1f4\r\n{}\r\n", "x".repeat(500)).repeat(3)).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert_eq!(house.fake.seen(), Vec::<String>::new());
}

#[tokio::test]
async fn a_large_body_within_the_limit_arrives() {
    let house = House::start().await;
    let body = "x".repeat(12 * 1024 * 1024);
    let through = reply(house.member("POST", "/quotes").body(body.clone())).await;
    assert_eq!(through.json::<serde_json::Value>()["body"].as_str().unwrap().len(), body.len());
}

#[tokio::test]
async fn a_body_that_stops_or_dribbles_is_408() {
    let house = House::with(&["--body-timeout=0.3"]).await;
    let head = format!(
        "POST /quotes HTTP/1.1\r\nHost: a\r\nAuthorization: {}\r\nToken: member-session\r\n\
         Content-Length: 100\r\n\r\n",
        house.token
    );
    let answer = house.raw(format!("{head}some")).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");

    // A byte now and then does not count as sending.
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let dribble = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(50));
        loop {
            ticks.tick().await;
            let _ = writer.write_all(b"x").await;
        }
    };
    let mut answer = String::new();
    let began = Instant::now();
    tokio::select! {
        () = dribble => {}
        _ = reader.read_to_string(&mut answer) => {}
    }
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(began.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_body_that_breaks_off_reaches_no_service_whole() {
    let house = House::start().await;
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    let head = format!(
        "POST /quotes HTTP/1.1\r\nHost: a\r\nAuthorization: {}\r\nToken: member-session\r\n\
         Content-Length: 100\r\n\r\nsome",
        house.token
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let _ = stream.read_to_end(&mut Vec::new()).await;
    assert_eq!(house.fake.seen(), Vec::<String>::new());
}

#[tokio::test]
async fn heads_have_limits() {
    let house = House::start().await;
    let head = |more: String| format!("GET /events HTTP/1.1\r\nHost: a\r\n{more}\r\n");
    for (request, status) in [
        (head(format!("X: {}\r\n", "x".repeat(64 * 1024))), "431"),
        (head("X: y\r\n".repeat(5_000)), "431"),
        (format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(20_000)), "414"),
    ] {
        let answer = house.raw(request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{status}: {answer}");
        assert!(answer.contains("application/problem+json") && answer.contains("\"request_id\""));
    }
}

/// A service that answers nothing, and says when a request has come.
async fn hanging() -> (String, mpsc::Receiver<()>) {
    let (sender, received) = mpsc::channel(64);
    let routes = Router::new().fallback(async move || {
        sender.send(()).await.unwrap();
        std::future::pending::<()>().await;
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let flag = format!("--upstreams=events=http://{}", listener.local_addr().unwrap());
    tokio::spawn(server::serve(listener, routes, CancellationToken::new()));
    (flag, received)
}

#[tokio::test]
async fn who_asks_for_very_much_at_once_is_refused_at_once_and_slows_nobody() {
    let (flag, mut received) = hanging().await;
    let house = House::with(&[&flag, "--in-flight=6", "--in-flight-of-one=4"]).await;
    let mut under_way = JoinSet::new();
    for _ in 0..4 {
        under_way.spawn(house.request("GET", "/events").send());
        received.recv().await.unwrap();
    }
    let began = Instant::now();
    let refused = reply(house.request("GET", "/events")).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers["retry-after"], "1");
    assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
    assert_eq!(reply(house.member("GET", "/quotes")).await.status, StatusCode::OK);
    for _ in 0..2 {
        under_way.spawn(house.member("GET", "/events").send());
        received.recv().await.unwrap();
    }
    let refused = reply(house.officer("GET", "/quotes")).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.headers["retry-after"], "1");

    // Whose clients have left are no longer under way.
    under_way.shutdown().await;
    while reply(house.officer("GET", "/quotes")).await.status != StatusCode::OK {
        tokio::task::yield_now().await;
    }
}
