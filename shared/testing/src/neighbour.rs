//! Another program on this machine, in the place of a real one.

use std::net::SocketAddr;

use axum::Router;
use grove_http::server;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A server on a free port, which ends when this is dropped.
#[derive(Debug)]
pub struct Neighbour {
    address: SocketAddr,
    _stop: DropGuard,
}

impl Neighbour {
    /// Answers `routes`.
    ///
    /// # Panics
    /// When the machine has no free port.
    pub async fn start(routes: Router) -> Self {
        let listener = server::bind(([127, 0, 0, 1], 0).into()).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let stop = CancellationToken::new();
        tokio::spawn(server::serve(listener, routes, stop.clone()));
        Self { address, _stop: stop.drop_guard() }
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}
