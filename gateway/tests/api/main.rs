//! The gateway on real sockets, before services that record what reaches them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cors;
mod failures;
mod fake;
mod handover;
mod hostile;
mod identity;
mod leaving;
mod limits;
mod observability;
mod openapi;
mod pass_through;
mod paths;
mod requests;
mod status;
mod streams;
mod tokens;
mod tunnels;
mod unread;

use std::{net::SocketAddr, time::Duration};

use clap::Parser;
use grove_gateway::{
    Config, Gateway, MIGRATOR,
    clients::{self, Scope},
};
use grove_shared::Clock;
use grove_testing::{Reply, TestDatabase, TestKeys, reveal};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    fake::Fake,
    requests::{Http, RequestBuilder},
};

/// A gateway on a database of its own; every service behind it is the same [`Fake`].
struct House {
    db: TestDatabase,
    address: SocketAddr,
    /// The token of a client without scopes.
    token: String,
    fake: Fake,
    keys: TestKeys,
    http: Http,
    _stop: DropGuard,
}

impl House {
    async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With flags of the gateway's; `upstream` in them stands for another address of a service.
    async fn with(flags: &[&str]) -> Self {
        let (db, keys) = (TestDatabase::create(&MIGRATOR).await, TestKeys::default());
        let stop = CancellationToken::new();
        let fake = Fake::start(stop.clone()).await;
        let services =
            ["auth", "users", "groups", "quotes", "events", "memes", "recruiters", "credits"];
        let urls = services.map(|name| format!("{name}=http://{}", fake.address)).join(",");
        let defaults = ["gateway".to_owned(), format!("--upstreams={urls}")];
        let flags = defaults.into_iter().chain(flags.iter().map(|flag| (*flag).to_owned()));
        // A later --upstreams replaces the whole list.
        let mut arguments: Vec<String> = flags.collect();
        if let Some(at) = arguments.iter().rposition(|flag| flag.starts_with("--upstreams="))
            && at > 1
        {
            let other = arguments.remove(at).replace("--upstreams=", ",");
            arguments[1].push_str(&other);
        }
        let config = Config::try_parse_from(arguments).unwrap();
        let token = clients::register(&db.pool(), "kiosk", &[], None).await.unwrap();
        let key = keys.key("gateway");
        let pool = (!config.unsecured).then(|| db.pool());
        let gateway = Gateway::new(&config, pool, key, Clock::system()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(gateway.serve(listener, stop.clone()));
        let http = Http::default();
        let token = reveal(&token).to_owned();
        Self { db, address, token, fake, keys, http, _stop: stop.drop_guard() }
    }

    /// Registers another client and returns its token.
    async fn client(&self, name: &str, scopes: &[Scope]) -> String {
        reveal(&clients::register(&self.db.pool(), name, scopes, None).await.unwrap()).to_owned()
    }

    fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.request_by(&self.token, method, path)
    }

    fn request_by(&self, token: &str, method: &str, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.address);
        self.http.request(method.parse().unwrap(), url).header("authorization", token)
    }

    /// A request of a member whom the fake knows.
    fn member(&self, method: &str, path: &str) -> RequestBuilder {
        self.request(method, path).header("token", "member-session")
    }

    /// A request of an officer whom the fake knows.
    fn officer(&self, method: &str, path: &str) -> RequestBuilder {
        self.request(method, path).header("token", "officer-session")
    }

    /// Sends bytes and reads what comes back until the gateway closes.
    async fn raw(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes.as_ref()).await.unwrap();
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        // A reset after the answer is as good as a close.
        let _ = tokio::time::timeout(Duration::from_secs(5), read).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// Sends a request and reads the whole answer.
async fn reply(request: RequestBuilder) -> Reply {
    request.send().await.unwrap()
}
