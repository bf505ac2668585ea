//! A service ends in time, whatever it is doing.

use std::{future::pending, sync::Arc, time::Duration};

use axum::{Router, routing::get};
use grove_http::server;
use grove_service::Service;
use tokio::{io::AsyncWriteExt, net::TcpStream, sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

const NAME: grove_shared::Service = grove_shared::Service { name: "shelves", port: 1 };

#[tokio::test]
async fn a_service_whose_task_hangs_and_whose_request_never_ends_stops_within_ten_seconds() {
    let begun = Arc::<Notify>::default();
    let begins = begun.clone();
    let routes = Router::new().route(
        "/slow",
        get(async move || {
            begins.notify_one();
            pending::<()>().await;
        }),
    );
    let service = Service::new(NAME, routes).task("hangs", |_| pending());
    let (address, stop) = (server::reserve().unwrap(), CancellationToken::new());
    let running = tokio::spawn(service.run(address, stop.clone()));
    let mut client = loop {
        match TcpStream::connect(address).await {
            Ok(client) => break client,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    client.write_all(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    begun.notified().await;
    // From here on time passes whenever everybody waits for it.
    tokio::time::pause();
    let stopped = Instant::now();
    stop.cancel();
    running.await.unwrap().unwrap();
    let took = stopped.elapsed();
    // The request and the task each had their time, and together no more than a supervisor waits for.
    assert!(took > server::DRAIN_TIMEOUT, "{took:?}");
    assert!(took < Duration::from_secs(10), "{took:?}");
}
