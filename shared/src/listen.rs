//! The socket that a server listens on: a new one, or one that was handed over.
//!
//! A socket that somebody else holds outlives the process that serves it, so the next one takes over
//! without a moment in which nobody can connect. It is handed over as systemd does it: `LISTEN_FDS` says
//! how many there are and `LISTEN_PID` to whom (`sd_listen_fds(3)`).

use std::{
    env,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
};

use anyhow::Context;
use listenfd::ListenFd;
use tokio::net::TcpListener;

/// The sockets that were handed over and are not taken yet.
static HANDED_OVER: Mutex<Option<Vec<std::net::TcpListener>>> = Mutex::new(None);

/// Listens on `address`, on the socket that was handed over for it if there is one.
///
/// # Errors
/// When the address is taken or not ours; the error names it.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let cannot = || format!("cannot listen on {address}");
    if let Some(listener) = handed_over(address) {
        listener.set_nonblocking(true).with_context(cannot)?;
        tracing::info!("listening on {address}, on a socket that was handed over");
        return TcpListener::from_std(listener).with_context(cannot);
    }
    let listener = TcpListener::bind(address).await.with_context(cannot)?;
    tracing::info!("listening on {address}");
    Ok(listener)
}

fn handed_over(address: SocketAddr) -> Option<std::net::TcpListener> {
    let mut known = HANDED_OVER.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_with(|| {
        // Reading them removes them from the environment, which other threads may be reading.
        if env::var_os("LISTEN_FDS").is_none() {
            return Vec::new();
        }
        let mut given = ListenFd::from_env();
        (0..given.len()).filter_map(|index| given.take_tcp_listener(index).ok().flatten()).collect()
    });
    let is_for = |listener: &std::net::TcpListener| listener.local_addr().ok() == Some(address);
    known.iter().position(is_for).map(|index| known.swap_remove(index))
}
