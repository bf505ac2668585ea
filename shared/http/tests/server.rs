//! The server through its sockets.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    routing::{any, get, post},
};
use grove_http::{Readiness, server, with_standard_routes};
use http::StatusCode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};
use tokio_util::sync::{CancellationToken, DropGuard};

/// A server on a free port, until it is dropped.
struct Running {
    address: SocketAddr,
    stop: CancellationToken,
    _stops: DropGuard,
}

impl Running {
    async fn start(routes: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let routes = with_standard_routes("test", routes, Readiness::always());
        tokio::spawn(server::serve(listener, routes, stop.clone()));
        Self { address, stop: stop.clone(), _stops: stop.drop_guard() }
    }

    async fn connect(&self) -> Client {
        Client(TcpStream::connect(self.address).await.unwrap())
    }
}

struct Client(TcpStream);

impl Client {
    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// The next answer: its head in lower case, and its body, which has a length.
    async fn answer(&mut self) -> (String, String) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.0.read_exact(&mut body).await.unwrap();
        (head, String::from_utf8(body).unwrap())
    }

    /// Everything until the server closes.
    async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        let _ = self.0.read_to_end(&mut rest).await;
        String::from_utf8_lossy(&rest).into_owned()
    }
}

fn head(method: &str, path: &str, more: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n")
}

/// A server whose handler of POST says that it has refused, before it has read any body.
async fn refusing() -> (Running, Arc<Notify>) {
    let refused = Arc::new(Notify::new());
    let says = refused.clone();
    let handler = post(async move || {
        says.notify_one();
        StatusCode::UNAUTHORIZED
    });
    let routes = Router::new().route("/refuse", handler).route("/", get(async || "next"));
    (Running::start(routes).await, refused)
}

#[tokio::test]
async fn after_a_small_body_that_nobody_read_the_connection_goes_on() {
    let (server, refused) = refusing().await;
    let chunks = "4000\r\n".to_owned() + &"x".repeat(0x4000) + "\r\n0\r\n\r\n";
    for (framing, body) in [
        ("Content-Length: 5\r\n", "abcde".to_owned()),
        ("Content-Length: 60000\r\n", "x".repeat(60_000)),
        ("Transfer-Encoding: chunked\r\n", chunks),
    ] {
        let mut client = server.connect().await;
        client.send(&head("POST", "/refuse", framing)).await;
        refused.notified().await;
        client.send(&body).await;
        let (answer, _) = client.answer().await;
        assert!(answer.starts_with("http/1.1 401 ") && !answer.contains("connection: close"));
        client.send(&head("GET", "/", "")).await;
        assert_eq!(client.answer().await.1, "next", "{framing}");
    }
}

#[tokio::test]
async fn a_large_body_that_nobody_read_ends_the_connection_and_the_answer_says_so() {
    let (server, _) = refusing().await;
    for more in ["Content-Length: 70000\r\n", "Content-Length: 5\r\nExpect: 100-continue\r\n"] {
        let mut client = server.connect().await;
        client.send(&head("POST", "/refuse", more)).await;
        let answer = client.rest().await.to_lowercase();
        assert!(answer.starts_with("http/1.1 401 "), "{more}: {answer}");
        assert!(answer.contains("connection: close"), "{more}: {answer}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for_long() {
    let (server, _) = refusing().await;
    let mut client = server.connect().await;
    client.send(&head("POST", "/refuse", "Content-Length: 5\r\n")).await;
    let answer = tokio::time::timeout(Duration::from_secs(3), client.answer()).await.unwrap();
    assert!(answer.0.contains("connection: close"), "{}", answer.0);
}

/// Speaks another protocol where it is asked to, and says what it heard.
async fn switch(request: axum::extract::Request) -> axum::response::Response {
    let is_get = request.method() == http::Method::GET;
    if !is_get {
        return axum::response::IntoResponse::into_response("declined");
    }
    tokio::spawn(async move {
        let upgraded = hyper::upgrade::on(request).await.unwrap();
        let mut stream = hyper_util::rt::TokioIo::new(upgraded);
        let mut heard = [0; 4];
        stream.read_exact(&mut heard).await.unwrap();
        stream.write_all(&heard).await.unwrap();
    });
    http::Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .body(axum::body::Body::empty())
        .unwrap()
}

#[tokio::test]
async fn the_answer_to_one_upgrade_is_not_taken_for_that_to_another() {
    let server = Running::start(Router::new().route("/", any(switch))).await;
    let upgrade = "Connection: upgrade\r\nUpgrade: websocket\r\n";
    let with_body = head("POST", "/", &format!("{upgrade}Content-Length: 4\r\n")) + "body";
    let mut client = server.connect().await;
    client.send(&(with_body + &head("GET", "/", upgrade))).await;
    assert_eq!(client.answer().await.1, "declined");
    assert!(client.answer().await.0.starts_with("http/1.1 101 "));
    // No HTTP, and refused if it were taken for it.
    client.send("\u{1}\n\u{2}\n").await;
    assert_eq!(client.rest().await, "\u{1}\n\u{2}\n");
}

#[tokio::test]
async fn who_has_sent_a_request_before_the_stop_is_answered() {
    let server = Running::start(Router::new().route("/", post(async || "done"))).await;
    let request = head("POST", "/", "Content-Length: 0\r\n");
    let mut idle = server.connect().await;
    idle.send(&request).await;
    assert_eq!(idle.answer().await.1, "done");
    // Both are there before the server looks, as it runs in this thread: one in the queue of those who
    // connect, one on a connection that was idle.
    let mut queued = std::net::TcpStream::connect(server.address).unwrap();
    std::io::Write::write_all(&mut queued, request.as_bytes()).unwrap();
    let mut idle = idle.0.into_std().unwrap();
    std::io::Write::write_all(&mut idle, request.as_bytes()).unwrap();
    server.stop.cancel();
    for stream in [queued, idle] {
        stream.set_nonblocking(true).unwrap();
        let mut client = Client(TcpStream::from_std(stream).unwrap());
        let (head, body) = client.answer().await;
        assert_eq!(body, "done");
        assert!(head.contains("connection: close"), "{head}");
    }
}

#[tokio::test]
async fn a_name_that_leads_here_from_elsewhere_is_refused() {
    let server = Running::start(Router::new()).await;
    for (host, status) in [
        ("localhost", "200"),
        ("127.0.0.1:8010", "200"),
        ("[::1]:8010", "200"),
        ("evil.example", "421"),
        ("localhost.evil.example:8010", "421"),
    ] {
        let mut client = server.connect().await;
        client.send(&format!("GET /livez HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
        let (answer, _) = client.answer().await;
        assert!(answer.starts_with(&format!("http/1.1 {status} ")), "{host}: {answer}");
    }
}

#[tokio::test]
async fn what_is_refused_early_is_protected_like_any_page() {
    let server = Running::start(Router::new()).await;
    for request in [
        "GET / HTTP/1.1\r\n\r\n".to_owned(),
        head("GET", "/x#y", ""),
        head("GET", &format!("/{}", "x".repeat(20_000)), ""),
        head("GET", "/", &format!("X: {}\r\n", "x".repeat(64 * 1024))),
        head("GET", "/nothing", "Connection: close\r\n"),
    ] {
        let mut client = server.connect().await;
        client.send(&request).await;
        let answer = client.rest().await.to_lowercase();
        assert!(answer.contains("x-content-type-options: nosniff"), "{answer}");
        assert!(answer.contains("cache-control: no-store"), "{answer}");
        if !answer.starts_with("http/1.1 404 ") {
            for name in ["content-security-policy", "x-frame-options", "referrer-policy"] {
                assert!(answer.contains(name), "{name}: {answer}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_is_cut_off_and_what_it_left_is_forgotten() {
    let large = "x".repeat(1024 * 1024);
    let server = Running::start(Router::new().route("/", get(async move || large))).await;
    let mut client = server.connect().await;
    client.send(&head("GET", "/", "").repeat(20)).await;
    // Time goes on by itself whenever nobody has anything to do.
    let cut_off = async {
        while client.0.take_error().unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), cut_off).await.expect("still connected");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_comes_too_slowly_is_408_and_the_last_request() {
    let server = Running::start(Router::new().route("/", post(async |body: String| body))).await;
    let mut client = server.connect().await;
    client.send(&head("POST", "/", "Content-Length: 100\r\n")).await;
    let answer = client.rest().await.to_lowercase();
    assert!(answer.starts_with("http/1.1 408 "), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_takes_too_long_is_503_before_the_gateway_gives_up() {
    /// The gateway's, less a second for the way back.
    const RESPONSE_TIMEOUT: Duration = Duration::from_secs(9);
    let slow = get(async || std::future::pending::<()>().await);
    let server = Running::start(Router::new().route("/", slow)).await;
    let mut client = server.connect().await;
    let began = tokio::time::Instant::now();
    client.send(&head("GET", "/", "")).await;
    let (answer, _) = client.answer().await;
    assert!(answer.starts_with("http/1.1 503 ") && answer.contains("retry-after: 1"), "{answer}");
    assert!(began.elapsed() < RESPONSE_TIMEOUT, "{:?}", began.elapsed());
}
