//! The HTTP server of every process: axum routers or any hyper service, on an accept loop of our own.
//!
//! `axum::serve` sets no header timeout, so a client that dribbles its headers holds a connection
//! for ever. Here headers must arrive within [`HEADER_TIMEOUT`], which is also how long an idle
//! connection is kept; a stop lets requests finish for [`DRAIN_TIMEOUT`] (ADR 6). What is not a
//! well-formed request is refused before hyper reads it.

use std::{io, net::SocketAddr, time::Duration};

use grove_telemetry::Throttle;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    connection::{Audience, Shared},
    connections::Connections,
};
pub use crate::{
    connection::{HEADER_TIMEOUT, Handler, RemoteAddr},
    listen::{bind, reserve},
    received_body::ReceivedBody,
};

/// How long requests may go on after the process was told to stop.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(8);
/// How long the gateway and the website leave connections open after a stop, for clients to see that it
/// is their last request.
pub const LINGER: Duration = Duration::from_secs(2);

/// The same for the gateway and services, which use their connections often.
const PROGRAMS_LINGER: Duration = Duration::from_millis(250);

/// Serves `service` to programs of Grove until `stop` is cancelled, then drains. A connection that is idle
/// when the stop comes is closed a moment later, and a request that still comes on it is answered, and told
/// to be the last. To close it at once would cut off a request that is on its way (RFC 9112, section 9.5).
///
/// On a loopback address it answers only to names of this machine.
pub async fn serve<S: Handler>(listener: TcpListener, service: S, stop: CancellationToken) {
    let shared = Shared { service, audience: Audience::Programs, stop, linger: PROGRAMS_LINGER };
    accept(listener, shared, Connections::unlimited()).await;
}

/// As [`serve`], for clients that are not ours: idle connections are closed `linger` after the stop, and
/// there is a limit to how many there are.
pub async fn serve_clients<S: Handler>(
    listener: TcpListener,
    service: S,
    stop: CancellationToken,
    linger: Duration,
) {
    let shared = Shared { service, audience: Audience::Public, stop, linger };
    accept(listener, shared, Connections::public()).await;
}

async fn accept<S: Handler>(listener: TcpListener, shared: Shared<S>, open: Connections) {
    static REFUSED: Throttle = Throttle::new();
    let tasks = TaskTracker::new();
    let serve = |stream: TcpStream, remote: SocketAddr| {
        let Some(place) = open.open(remote.ip().to_canonical()) else {
            metrics::counter!("http_connections_refused_total").increment(1);
            if let Some(others) = REFUSED.pass() {
                tracing::warn!(%remote, others, "too many connections: one is refused");
            }
            return;
        };
        tasks.spawn(shared.clone().serve(stream, remote, place));
    };
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, remote)) => serve(stream, remote),
            Err(cause) => {
                // Out of file descriptors: the next accept fails at once, so wait for some to close.
                tracing::warn!(%cause, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    // With the listener its queue goes: those who wait in it may have sent their request.
    if let Err(cause) = accept_waiting(listener, serve) {
        tracing::debug!(%cause, "connections were left in the queue");
    }
    tasks.close();
    if tokio::time::timeout(DRAIN_TIMEOUT + shared.linger, tasks.wait()).await.is_err() {
        tracing::warn!("requests were still running {} s after the stop", DRAIN_TIMEOUT.as_secs());
    }
    grove_telemetry::flush().await;
}

/// Accepts those who have connected, and then listens no longer.
fn accept_waiting(listener: TcpListener, serve: impl Fn(TcpStream, SocketAddr)) -> io::Result<()> {
    let listener = listener.into_std()?;
    loop {
        match listener.accept() {
            Ok((stream, remote)) => {
                stream.set_nonblocking(true)?;
                serve(TcpStream::from_std(stream)?, remote);
            }
            Err(cause) if cause.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(cause) => return Err(cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, routing::get};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn clients_that_say_nothing_keep_nobody_out() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let service = Router::new().route("/", get(async || "here"));
        let shared =
            Shared { service, audience: Audience::Public, stop: stop.clone(), linger: LINGER };
        let server = tokio::spawn(accept(listener, shared, Connections::new(16)));
        let mut silent = Vec::new();
        for _ in 0..100 {
            silent.push(TcpStream::connect(address).await.unwrap());
            if silent.len() % 10 == 0 {
                let mut client = TcpStream::connect(address).await.unwrap();
                let request = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
                client.write_all(request).await.unwrap();
                let mut answer = String::new();
                client.read_to_string(&mut answer).await.unwrap();
                assert!(answer.ends_with("here"), "{answer}");
            }
        }
        // The oldest are closed; the newest are not.
        assert_eq!(silent[0].read(&mut [0]).await.unwrap(), 0);
        let newest = silent.pop().unwrap();
        assert!(newest.try_read(&mut [0]).is_err());
        drop((silent, newest));
        stop.cancel();
        server.await.unwrap();
    }
}
