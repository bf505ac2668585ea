//! Services that are away, slow or breaking.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, routing::any};
use grove_http::server;
use http::StatusCode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket},
};
use tokio_util::sync::CancellationToken;

use crate::{House, reply};

/// An address that nobody listens on.
pub(crate) async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

fn counting(count: &Arc<AtomicUsize>) -> Router {
    let count = count.clone();
    Router::new().fallback(any(move |body: String| {
        count.fetch_add(1, Ordering::SeqCst);
        async move { body }
    }))
}

/// Listens where another program did a moment ago.
fn listen_again(address: SocketAddr) -> TcpListener {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket.listen(64).unwrap()
}

#[tokio::test]
async fn a_service_that_is_not_there_is_503_within_a_second_or_so() {
    let house = House::with(&[&format!("--upstreams=events=http://{}", nobody().await)]).await;
    let began = Instant::now();
    let refused = reply(house.request("GET", "/events")).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.error(), "events is not available");
    assert_eq!(refused.headers["retry-after"], "1");
    assert!(began.elapsed() < Duration::from_millis(1500));
    assert!(!String::from_utf8_lossy(&refused.body).contains("127.0.0.1"));
    // One without an address at all.
    let refused = reply(house.request("GET", "/gigs")).await;
    assert_eq!(refused.error(), "gigs is not available");
}

#[tokio::test]
async fn a_request_waits_for_a_service_that_restarts_and_arrives_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let house = House::with(&[&format!("--upstreams=users=http://{address}")]).await;
    let (count, stop) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new());
    let first = tokio::spawn(server::serve(listener, counting(&count), stop.clone()));
    let login = || house.request("POST", "/users/login").body("who I am");
    assert_eq!(reply(login()).await.body, b"who I am");
    stop.cancel();
    first.await.unwrap();

    let mut held = tokio::spawn(reply(login()));
    let early = tokio::time::timeout(Duration::from_millis(300), &mut held).await;
    assert!(early.is_err(), "answered although nobody listens: {early:?}");
    let stop = CancellationToken::new();
    tokio::spawn(server::serve(listen_again(address), counting(&count), stop.clone()));
    let held = held.await.unwrap();
    assert_eq!((held.status, held.body), (StatusCode::OK, b"who I am".to_vec()));
    assert_eq!(count.load(Ordering::SeqCst), 2);
    stop.cancel();
}

#[tokio::test]
async fn a_service_that_hangs_is_504() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let flag = format!("--upstreams=events=http://{}", listener.local_addr().unwrap());
    let house = House::with(&[&flag, "--response-timeout=0.3"]).await;
    let refused = reply(house.request("GET", "/events")).await;
    assert_eq!(refused.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(refused.error(), "events did not answer in time");
    drop(listener);
}

/// A service that reads a request and hangs up, `times` times; then it answers.
async fn hangs_up(times: usize) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            if counted.fetch_add(1, Ordering::SeqCst) >= times {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
            }
        }
    });
    (address, count)
}

#[tokio::test]
async fn a_broken_connection_is_tried_again_only_where_that_is_harmless() {
    let (address, count) = hangs_up(2).await;
    let house = House::with(&[&format!("--upstreams=events=http://{address}")]).await;
    assert_eq!(reply(house.request("GET", "/events")).await.body, b"ok");
    assert_eq!(count.load(Ordering::SeqCst), 3);

    let (address, count) = hangs_up(9).await;
    let flag = format!("--upstreams=events=http://{address},users=http://{address}");
    let house = House::with(&[&flag]).await;
    let refused = reply(house.request("POST", "/users/login").body("x")).await;
    assert_eq!(refused.status, StatusCode::BAD_GATEWAY);
    assert_eq!(refused.error(), "users did not answer");
    assert_eq!(count.load(Ordering::SeqCst), 1);
    assert_eq!(reply(house.request("GET", "/events")).await.status, StatusCode::BAD_GATEWAY);
    assert_eq!(count.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn a_request_with_a_key_is_tried_again_where_the_service_keeps_keys() {
    let (address, count) = hangs_up(1).await;
    let flag = format!("--upstreams=credits=http://{address},recruiters=http://{address}");
    let house = House::with(&[&flag]).await;
    let transfer = || house.member("POST", "/credits/transfers").body("{}");
    let keyed = reply(transfer().header("idempotency-key", "one")).await;
    assert_eq!((keyed.status, keyed.body), (StatusCode::OK, b"ok".to_vec()));
    assert_eq!(count.load(Ordering::SeqCst), 2);

    let (address, count) = hangs_up(9).await;
    let flag = format!("--upstreams=credits=http://{address},recruiters=http://{address}");
    let house = House::with(&[&flag]).await;
    let without_a_key = house.member("POST", "/credits/transfers").body("{}");
    assert_eq!(reply(without_a_key).await.status, StatusCode::BAD_GATEWAY);
    let keys_ignored = house.request("POST", "/recruiters/login").header("idempotency-key", "one");
    assert_eq!(reply(keys_ignored.body("{}")).await.status, StatusCode::BAD_GATEWAY);
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_502() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let flag = format!("--upstreams=users=http://{}", listener.local_addr().unwrap());
    let house = House::with(&[&flag]).await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await.unwrap();
        stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n\r\n").await.unwrap();
    });
    let refused = reply(house.request("POST", "/users/login").body("x")).await;
    assert_eq!(
        (refused.status, refused.error().as_str()),
        (StatusCode::BAD_GATEWAY, "users did not answer")
    );
}

#[tokio::test]
async fn a_connection_that_was_closed_while_idle_fails_no_request() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let flag = format!("--upstreams=users=http://{}", listener.local_addr().unwrap());
    let house = House::with(&[&flag]).await;
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            // Keep-alive by what it says, closed by what it does.
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
        }
    });
    for _ in 0..20 {
        let through = reply(house.request("POST", "/users/login").body("x")).await;
        assert_eq!((through.status, through.body), (StatusCode::OK, b"ok".to_vec()));
    }
}

#[tokio::test]
async fn a_key_that_is_for_this_connection_only_is_none() {
    let (address, count) = hangs_up(9).await;
    let house = House::with(&[&format!("--upstreams=credits=http://{address}")]).await;
    let transfer = house.member("POST", "/credits/transfers").header("idempotency-key", "one");
    let refused = reply(transfer.header("connection", "idempotency-key").body("{}")).await;
    assert_eq!(refused.status, StatusCode::BAD_GATEWAY);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn all_who_wait_for_a_service_that_hangs_are_told_at_once() {
    let frozen = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let flag = format!("--upstreams=auth=http://{}", frozen.local_addr().unwrap());
    let house = House::with(&[&flag]).await;
    let began = Instant::now();
    let replies = (0..6).map(|_| reply(house.member("GET", "/quotes")));
    for refused in futures_util::future::join_all(replies).await {
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(refused.headers.contains_key("retry-after"));
    }
    assert!(began.elapsed() < Duration::from_millis(3500), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_while_a_service_is_replaced() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let house = House::with(&[&format!("--upstreams=users=http://{address}")]).await;
    let count = Arc::new(AtomicUsize::new(0));
    let over = CancellationToken::new();
    let client = async || {
        let mut sent = 0;
        while !over.is_cancelled() {
            let login = reply(house.request("POST", "/users/login").body("who I am")).await;
            assert_eq!((login.status, login.body), (StatusCode::OK, b"who I am".to_vec()));
            sent += 1;
        }
        sent
    };
    let stops: Vec<_> = (0..6).map(|_| CancellationToken::new()).collect();
    let replacements = async {
        let mut serving = tokio::spawn(server::serve(listener, counting(&count), stops[0].clone()));
        for stop in stops.windows(2) {
            let seen = count.load(Ordering::SeqCst);
            while count.load(Ordering::SeqCst) < seen + 100 {
                tokio::task::yield_now().await;
            }
            stop[0].cancel();
            serving.await.unwrap();
            let next = server::serve(listen_again(address), counting(&count), stop[1].clone());
            serving = tokio::spawn(next);
        }
        over.cancel();
    };
    let clients = futures_util::future::join_all((0..16).map(|_| client()));
    let (sent, ()) = tokio::join!(clients, replacements);
    assert_eq!(sent.into_iter().sum::<usize>(), count.load(Ordering::SeqCst));
    stops[5].cancel();
}
