//! A gateway takes over from another on the same socket.

use std::{
    os::fd::OwnedFd,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    time::Instant,
};

use grove_identity::SigningKey;

use super::*;

/// Takes the socket from its standard input, as `exec` keeps that open, to where systemd puts it.
const TAKE_OVER: &str = r#"exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@""#;
const TAKEOVERS: u32 = 3;

/// A gateway that ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    /// Tells it to stop, and sees that it does so by itself.
    async fn stop(mut self) {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let ended = tokio::task::spawn_blocking(move || self.0.wait().unwrap());
        assert!(ended.await.unwrap().success());
    }
}

/// A socket that outlives the gateways that serve it.
struct Holder {
    socket: std::net::TcpListener,
    http: Http,
    upstream: SocketAddr,
    key: String,
}

impl Holder {
    fn url(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    /// Starts a gateway on the socket and waits until it is ready.
    async fn start(&self) -> Process {
        let admin = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let gateway = Command::new("sh")
            .args(["-c", TAKE_OVER, env!("CARGO_BIN_EXE_grove-gateway"), "--unsecured"])
            .env("LISTEN", self.url().to_string())
            .env("ADMIN_LISTEN", admin.to_string())
            .env("UPSTREAMS", format!("groups=http://{}", self.upstream))
            .env("IDENTITY_KEY", &self.key)
            .env("LOG", "warn")
            .stdin(Stdio::from(OwnedFd::from(self.socket.try_clone().unwrap())))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let gateway = Process(gateway);
        let ready = format!("http://{admin}/readyz");
        let deadline = Instant::now() + Duration::from_secs(20);
        while !self.http.get(&ready).send().await.is_ok_and(|reply| reply.status.is_success()) {
            assert!(Instant::now() < deadline, "the gateway does not become ready");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        gateway
    }
}

/// Sends one request after the other on as few connections as it may, until `over`. A connection that
/// ends without having been announced as the last fails.
async fn client(address: SocketAddr, over: &AtomicBool, answered: &AtomicU32) {
    let request = format!("GET /groups/sigs HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let mut stream = TcpStream::connect(address).await.unwrap();
    while !over.load(Ordering::Relaxed) {
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = answer(&mut stream).await.to_lowercase();
        assert!(answer.starts_with("http/1.1 200"), "{answer}");
        answered.fetch_add(1, Ordering::Relaxed);
        if answer.contains("connection: close") {
            stream = TcpStream::connect(address).await.unwrap();
        }
    }
}

/// The head of an answer, after its body was read, too.
async fn answer(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    loop {
        let mut part = [0; 4096];
        let count = stream.read(&mut part).await.unwrap();
        assert!(count > 0, "the connection ended in place of an answer");
        read.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&read).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().unwrap())
        });
        if body.len() >= length.unwrap() {
            return head.to_owned();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_gateway_takes_over_without_a_failed_request() {
    let stop = CancellationToken::new();
    let fake = Fake::start(stop.clone()).await;
    let holder = Holder {
        socket: std::net::TcpListener::bind("127.0.0.1:0").unwrap(),
        http: Http::default(),
        upstream: fake.address,
        key: reveal(&SigningKey::generate_secret()).to_owned(),
    };
    let mut serving = holder.start().await;
    let (over, answered) = (AtomicBool::new(false), AtomicU32::new(0));
    let takeovers = async {
        for _ in 0..TAKEOVERS {
            let next = holder.start().await;
            let before = answered.load(Ordering::Relaxed);
            std::mem::replace(&mut serving, next).stop().await;
            assert!(answered.load(Ordering::Relaxed) > before, "nobody asked meanwhile");
        }
        over.store(true, Ordering::Relaxed);
    };
    let clients =
        futures_util::future::join_all((0..8).map(|_| client(holder.url(), &over, &answered)));
    tokio::join!(takeovers, clients);
    stop.cancel();
}
