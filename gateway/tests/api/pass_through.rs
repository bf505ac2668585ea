//! What a service and a client say to each other arrives as it was said.

use std::time::Duration;

use axum::{Router, middleware, routing::get};
use grove_http::{Readiness, revalidate::revalidate, server, with_standard_routes};
use http::StatusCode;
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_util::sync::CancellationToken;

use crate::{House, reply};

#[tokio::test]
async fn every_status_passes_with_its_bytes_and_headers() {
    let house = House::start().await;
    for status in 200..600_u16 {
        let through = reply(house.request("GET", &format!("/events?status={status}"))).await;
        assert_eq!(through.status.as_u16(), status);
        let cookies: Vec<_> = through.headers.get_all("set-cookie").iter().collect();
        assert_eq!(cookies, ["a=1; Path=/", "b=2"], "{status}");
        assert_eq!(through.headers["x-odd"], "A, b");
        assert!(!through.headers.contains_key("keep-alive"));
        if ![204, 205, 304].contains(&status) {
            let text = String::from_utf8(through.body).unwrap();
            assert!(text.contains("12345678901234567890"), "{status}: {text}");
        }
    }
}

#[tokio::test]
async fn bodies_of_every_method_arrive() {
    let house = House::start().await;
    for (method, path) in [
        ("POST", "/quotes"),
        ("DELETE", "/quotes/1/vote"),
        ("PUT", "/users/me"),
        ("GET", "/quotes"),
    ] {
        let text = format!("{{\"text\":\"a < b & c > d {}\"}}", "x".repeat(70_000));
        let arrived: Value = reply(house.member(method, path).body(text.clone())).await.json();
        assert_eq!((&arrived["method"], &arrived["body"]), (&method.into(), &text.clone().into()));

        // Without a length: chunked, which a client has to say for GET.
        let chunks = text.as_bytes().chunks(9_000);
        let chunks =
            chunks.map(|chunk| format!("{:x}\r\n{}\r\n", chunk.len(), chunk.escape_ascii()));
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: {}\r\n\
             Token: member-session\r\nTransfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n",
            house.token,
            chunks.collect::<String>().replace("\\\"", "\"")
        );
        let answer = house.raw(request).await;
        let arrived: Value =
            serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        assert_eq!(arrived["body"], text);

        let arrived: Value = reply(house.member(method, path)).await.json();
        assert_eq!(arrived["body"], "");
    }
}

#[tokio::test]
async fn the_path_and_query_go_on_as_they_came() {
    let house = House::start().await;
    for target in [
        "/groups/sigs/a%20b%21?x=%2e%2E/..;&y=a+b&z",
        "/groups/sigs/{\"}|'",
        "/groups/sigs/caf%C3%A9?",
    ] {
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: {}\r\n\r\n",
            house.token
        );
        let answer = house.raw(request).await;
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        let arrived: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"));
        assert_eq!(arrived["target"], target);
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let house = House::start().await;
    let head = reply(house.request("HEAD", "/events")).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    assert!(head.headers["content-length"].to_str().unwrap().parse::<u64>().unwrap() > 100);
    assert_eq!(house.fake.seen(), ["HEAD /events"]);
}

#[tokio::test]
async fn a_connection_serves_many_requests_one_after_the_other() {
    let house = House::start().await;
    let one = format!("GET /events HTTP/1.1\r\nHost: a\r\nAuthorization: {}\r\n\r\n", house.token);
    let last = one.replace("Host: a", "Host: a\r\nConnection: close");
    let answer = house.raw(one.repeat(9) + &last).await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 10, "{answer}");
}

#[tokio::test]
async fn requests_and_answers_are_named() {
    let house = House::start().await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let request = house.request("GET", "/events").header("x-request-id", "visit-1");
    let request = request.header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"));
    let through = reply(request).await;
    assert_eq!(through.headers["x-request-id"], "visit-1");
    let arrived: Value = through.json();
    assert_eq!(arrived["headers"]["x-request-id"][0], "visit-1");
    let parent = arrived["headers"]["traceparent"][0].as_str().unwrap().to_owned();
    assert!(parent.contains(trace) && !parent.contains("00f067aa0ba902b7"), "{parent}");

    let unnamed = reply(house.request("GET", "/unknown")).await;
    assert_eq!(
        unnamed.json::<Value>()["request_id"],
        unnamed.headers["x-request-id"].to_str().unwrap()
    );
}

#[tokio::test]
async fn a_request_has_one_name_also_when_its_service_says_it_too() {
    let routes = Router::new().route("/events", get(async || "events"));
    let routes = with_standard_routes("events", routes, Readiness::always());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let flag = format!("--upstreams=events=http://{}", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    tokio::spawn(server::serve(listener, routes, stop.clone()));
    let house = House::with(&[&flag]).await;
    let through = reply(house.request("GET", "/events").header("x-request-id", "visit-2")).await;
    let names: Vec<_> = through.headers.get_all("x-request-id").iter().collect();
    assert_eq!(names, ["visit-2"]);
    stop.cancel();
}

#[tokio::test]
async fn who_has_an_answer_already_learns_so_from_its_service() {
    let routes = Router::new().route("/events", get(async || "events"));
    let routes = routes.route_layer(middleware::from_fn(revalidate));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let flag = format!("--upstreams=events=http://{}", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    tokio::spawn(server::serve(listener, routes, stop.clone()));
    let house = House::with(&[&flag]).await;
    let first = reply(house.request("GET", "/events")).await;
    assert_eq!((first.status, &first.body[..]), (StatusCode::OK, &b"events"[..]));
    assert_eq!(first.headers["cache-control"], "no-cache");
    let tag = first.headers["etag"].to_str().unwrap();
    for method in ["GET", "HEAD"] {
        let again = reply(house.request(method, "/events").header("if-none-match", tag)).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{method}");
        assert_eq!(again.headers["etag"], tag);
    }
    // Nothing is cut out of an answer, so a part of it cannot be asked for.
    let part = house.request("GET", "/events").header("range", "bytes=0-1");
    assert_eq!(reply(part).await.body, b"events");
    stop.cancel();
}

#[tokio::test]
async fn no_answer_is_kept_or_taken_for_a_page() {
    let house = House::start().await;
    for path in ["/", "/events", "/events?status=404", "/unknown", "/quotes", "/quotes/a%2fb"] {
        let answer = reply(house.request("GET", path)).await;
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
    }
}

#[tokio::test]
async fn the_first_event_arrives_before_the_second_is_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let flag = format!("--upstreams=events=http://{}", listener.local_addr().unwrap());
    let house = House::with(&[&flag]).await;
    let (go_on, wait) = tokio::sync::oneshot::channel::<()>();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await.unwrap();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        wait.await.unwrap();
        stream.write_all(b"data: 2\n\n").await.unwrap();
    });
    let mut events = house.request("GET", "/events").open().await.unwrap().into_body();
    let mut next = async || Some(events.frame().await?.unwrap().into_data().unwrap());
    assert_eq!(next().await.unwrap(), "data: 1\n\n");
    go_on.send(()).unwrap();
    assert_eq!(next().await.unwrap(), "data: 2\n\n");
    assert!(next().await.is_none());
}

#[tokio::test]
async fn a_large_answer_streams_to_its_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let flag = format!("--upstreams=events=http://{}", listener.local_addr().unwrap());
    let house = House::with(&[&flag]).await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await.unwrap();
        let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        for _ in 0..1_000 {
            let chunk = format!("2000\r\n{}\r\n", "x".repeat(0x2000));
            stream.write_all(chunk.as_bytes()).await.unwrap();
        }
        stream.write_all(b"0\r\n\r\n").await.unwrap();
    });
    let all = tokio::time::timeout(Duration::from_secs(5), reply(house.request("GET", "/events")));
    assert_eq!(all.await.unwrap().body.len(), 0x2000 * 1_000);
}
