//! The socket that a server listens on: a new one, one that was reserved before, or one that was handed over.
//!
//! A socket that somebody else holds outlives the process that serves it, so the next one takes over
//! without a moment in which nobody can connect. It is handed over as systemd does it: `LISTEN_FDS` says
//! how many there are and `LISTEN_PID` to whom (`sd_listen_fds(3)`).

use std::{
    env, io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Mutex, PoisonError},
};

use anyhow::Context;
use listenfd::ListenFd;
use tokio::net::{TcpListener, TcpSocket};

/// The sockets that were handed over and are not taken yet.
static HANDED_OVER: Mutex<Option<Vec<std::net::TcpListener>>> = Mutex::new(None);

/// The ports of this machine that are kept for servers which do not listen yet.
static RESERVED: Mutex<Vec<TcpSocket>> = Mutex::new(Vec::new());

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 1024;

/// Keeps a free port of this machine for a server that [`bind`]s its address later in this process. Until
/// then nobody else gets it, and connections to it are refused.
///
/// # Errors
/// When the machine has no free port.
pub fn reserve() -> io::Result<SocketAddr> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    let address = socket.local_addr()?;
    RESERVED.lock().unwrap_or_else(PoisonError::into_inner).push(socket);
    Ok(address)
}

/// Listens on `address`, on the socket that was handed over or reserved for it if there is one.
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
    let listener = match reserved(address) {
        Some(socket) => socket.listen(BACKLOG),
        None => TcpListener::bind(address).await,
    };
    let listener = listener.with_context(cannot)?;
    tracing::info!("listening on {address}");
    Ok(listener)
}

fn reserved(address: SocketAddr) -> Option<TcpSocket> {
    let mut kept = RESERVED.lock().unwrap_or_else(PoisonError::into_inner);
    let is_for = |socket: &TcpSocket| socket.local_addr().ok() == Some(address);
    kept.iter().position(is_for).map(|index| kept.swap_remove(index))
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
