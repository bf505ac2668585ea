//! A web socket goes through; other protocols do not.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::House;

/// Reads up to the end of a head.
async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

fn handshake(house: &House, protocol: &str) -> String {
    format!(
        "GET /events HTTP/1.1\r\nHost: a\r\nAuthorization: {}\r\nConnection: keep-alive, Upgrade\r\n\
         Upgrade: {protocol}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Version: 13\r\n\r\n",
        house.token
    )
}

#[tokio::test]
async fn a_web_socket_goes_through() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let flag = format!("--upstreams=events=http://{}", listener.local_addr().unwrap());
    let house = House::with(&[&flag]).await;
    let service = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = head(&mut stream).await;
        let answer = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nhi";
        stream.write_all(answer.as_bytes()).await.unwrap();
        let (mut reader, mut writer) = stream.split();
        tokio::io::copy(&mut reader, &mut writer).await.unwrap();
        request
    });
    let mut client = TcpStream::connect(house.address).await.unwrap();
    client.write_all(handshake(&house, "WebSocket").as_bytes()).await.unwrap();
    let answer = head(&mut client).await.to_lowercase();
    assert!(answer.starts_with("http/1.1 101 "), "{answer}");
    assert!(answer.contains("upgrade: websocket") && answer.contains("connection: upgrade"));
    assert!(answer.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="));
    let mut greeting = [0; 2];
    client.read_exact(&mut greeting).await.unwrap();
    assert_eq!(&greeting, b"hi");
    // Bytes that are no HTTP at all, in both directions.
    let frame: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let (mut reader, mut writer) = client.split();
    let mut echoed = vec![0; frame.len()];
    let (sent, read) = tokio::join!(writer.write_all(&frame), reader.read_exact(&mut echoed));
    sent.and(read.map(drop)).unwrap();
    assert_eq!(echoed, frame);
    client.shutdown().await.unwrap();
    let request = service.await.unwrap().to_lowercase();
    assert!(request.contains("connection: upgrade\r\n") && request.contains("x-grove-identity: "));
    assert!(!request.contains("authorization"), "{request}");
}

/// A client and a service that have agreed on a web socket.
async fn tunnel(flags: &[&str]) -> (House, TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let flag = format!("--upstreams=events=http://{}", listener.local_addr().unwrap());
    let house = House::with(&[&[flag.as_str()], flags].concat()).await;
    let mut client = TcpStream::connect(house.address).await.unwrap();
    client.write_all(handshake(&house, "websocket").as_bytes()).await.unwrap();
    let (mut service, _) = listener.accept().await.unwrap();
    head(&mut service).await;
    let answer =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    service.write_all(answer.as_bytes()).await.unwrap();
    head(&mut client).await;
    (house, client, service)
}

#[tokio::test]
async fn a_silent_tunnel_ends() {
    let (_house, mut client, mut service) = tunnel(&["--idle-timeout=0.3"]).await;
    let ended = async { (client.read(&mut [0; 1]).await, service.read(&mut [0; 1]).await) };
    let (client, service) = tokio::time::timeout(Duration::from_secs(3), ended).await.unwrap();
    assert!(matches!(client, Ok(0) | Err(_)) && matches!(service, Ok(0) | Err(_)));
}

#[tokio::test]
async fn a_tunnel_ends_when_the_gateway_stops() {
    let (house, mut client, _service) = tunnel(&[]).await;
    drop(house);
    let ended = tokio::time::timeout(Duration::from_secs(3), client.read(&mut [0; 1])).await;
    assert!(matches!(ended.unwrap(), Ok(0) | Err(_)));
}

#[tokio::test]
async fn a_service_may_decline_and_the_connection_goes_on_as_http() {
    let house = House::start().await;
    let last = format!(
        "GET /events HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: {}\r\n\r\n",
        house.token
    );
    for protocol in ["websocket", "h2c", "TLS/1.0"] {
        let answer = house.raw(handshake(&house, protocol) + &last).await;
        assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 2, "{protocol}: {answer}");
        let tunnels = answer.contains("\"upgrade\":[\"websocket\"]");
        assert_eq!(tunnels, protocol == "websocket", "{answer}");
    }
}
