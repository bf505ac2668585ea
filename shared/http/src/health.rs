//! The health check of a container: the program asks itself, as its image has no other.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    process,
    time::Duration,
};

use clap::{Arg, ArgAction, Parser};
use grove_shared::config;

const FLAG: &str = "healthcheck";
const TIMEOUT: Duration = Duration::from_secs(2);

/// Reads a program's configuration. With `--healthcheck` it does not return: the program asks the one
/// that runs with the same configuration whether it is ready, and ends with 0 if it is, else 1.
///
/// `address` tells where the program answers `/readyz`.
pub fn parse<C: Parser>(address: impl FnOnce(&C) -> SocketAddr) -> C {
    let flag = Arg::new(FLAG)
        .long(FLAG)
        .action(ArgAction::SetTrue)
        .help("Asks the program that runs whether it is ready, and ends: with 0 if it is");
    let matches = config::command::<C>().arg(flag).get_matches();
    let config = C::from_arg_matches(&matches).unwrap_or_else(|cause| cause.exit());
    if matches.get_flag(FLAG) {
        process::exit(i32::from(!is_ready(address(&config)).unwrap_or(false)));
    }
    config
}

/// Whether the program that listens on `address` says that it is ready.
///
/// # Errors
/// When it does not answer within two seconds.
pub fn is_ready(address: SocketAddr) -> io::Result<bool> {
    let mut stream = TcpStream::connect_timeout(&reachable(address), TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut status = [0; b"HTTP/1.1 200".len()];
    stream.read_exact(&mut status)?;
    Ok(status == *b"HTTP/1.1 200")
}

/// Who listens on every address is reached on the loopback one.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::{
        ApiError,
        routes::{Readiness, with_standard_routes},
        server,
    };

    async fn ask(readiness: Readiness) -> bool {
        let listener = server::bind((Ipv4Addr::UNSPECIFIED, 0).into()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = with_standard_routes("test", Router::new(), readiness);
        tokio::spawn(server::serve(listener, app, CancellationToken::new()));
        tokio::task::spawn_blocking(move || is_ready(address)).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn a_program_is_healthy_when_it_says_that_it_is_ready() {
        assert!(ask(Readiness::always()).await);
        let unavailable = || ApiError::unavailable("not yet");
        assert!(!ask(Readiness::new(move || Box::pin(async move { Err(unavailable()) }))).await);
    }

    #[test]
    fn a_program_that_does_not_run_is_not_healthy() {
        let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        assert!(is_ready(address).is_err());
    }
}
