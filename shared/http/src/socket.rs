//! What is asked of the system for each connection.

use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

/// Bytes that the system keeps for a client that does not read.
const SEND_BUFFER: usize = 256 * 1024;
/// How long the other end may leave unacknowledged what was sent, or take nothing at all.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(20);
/// When and how often the other end of a silent connection is asked whether it is there.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Prepares a connection. What the system does not grant costs memory or speed only.
pub fn prepare(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    let socket = SockRef::from(stream);
    let _ = socket.set_send_buffer_size(SEND_BUFFER);
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE);
    let _ = socket.set_tcp_keepalive(&keepalive);
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(ACKNOWLEDGED_WITHIN));
}
