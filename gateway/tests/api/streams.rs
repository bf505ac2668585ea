//! Bodies that go both ways at once, and those that stop.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::House;

const UPLOAD: usize = 12 * 1024 * 1024;

#[tokio::test]
async fn a_body_arrives_although_its_client_does_not_read_the_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let flag = format!("--upstreams=users=http://{}", listener.local_addr().unwrap());
    let house = House::with(&[&flag]).await;
    let service = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (mut reader, mut writer) = stream.into_split();
        let answers = tokio::spawn(async move {
            let head = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n";
            writer.write_all(head).await.unwrap();
            // More than anyone keeps for a client that does not read.
            while writer.write_all(&vec![b'x'; 0x10000]).await.is_ok() {}
        });
        let mut read = 0;
        while read < UPLOAD {
            read += reader.read(&mut vec![0; 0x10000]).await.unwrap();
        }
        answers.abort();
    });
    let mut client = TcpStream::connect(house.address).await.unwrap();
    let head = format!(
        "POST /users/login HTTP/1.1\r\nHost: a\r\nAuthorization: {}\r\nContent-Length: {UPLOAD}\r\n\r\n",
        house.token
    );
    client.write_all(head.as_bytes()).await.unwrap();
    // The answer begins while most of the body is still to come.
    client.readable().await.unwrap();
    client.write_all(&vec![b'x'; UPLOAD]).await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), service).await.expect("it arrives").unwrap();
}

#[tokio::test]
async fn an_answer_that_stops_is_cut_off() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let flag = format!("--upstreams=events=http://{}", listener.local_addr().unwrap());
    let house = House::with(&[&flag, "--idle-timeout=0.3"]).await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nsome").await.unwrap();
        std::future::pending::<()>().await;
    });
    let began = Instant::now();
    let cut_off = house.request("GET", "/events").send().await;
    assert!(cut_off.is_err(), "{cut_off:?}");
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

#[tokio::test]
async fn an_answer_that_breaks_off_does_not_look_whole() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let flag = format!("--upstreams=events=http://{}", listener.local_addr().unwrap());
    let house = House::with(&[&flag]).await;
    tokio::spawn(async move {
        for head in
            ["content-length: 100\r\n\r\nsome", "transfer-encoding: chunked\r\n\r\n4\r\nsome\r\n"]
        {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            stream.write_all(format!("HTTP/1.1 200 OK\r\n{head}").as_bytes()).await.unwrap();
        }
    });
    for _ in 0..2 {
        assert!(house.request("GET", "/events").send().await.is_err());
    }
}

#[tokio::test]
async fn a_client_that_waits_to_be_invited_is_invited() {
    let house = House::start().await;
    let head = format!(
        "POST /users/login HTTP/1.1\r\nHost: a\r\nAuthorization: {}\r\nConnection: close\r\n\
         Expect: 100-continue\r\nContent-Length: 4\r\n\r\n",
        house.token
    );
    let mut client = TcpStream::connect(house.address).await.unwrap();
    client.write_all(head.as_bytes()).await.unwrap();
    let mut invitation = [0; 25];
    client.read_exact(&mut invitation).await.unwrap();
    assert_eq!(&invitation, b"HTTP/1.1 100 Continue\r\n\r\n");
    client.write_all(b"body").await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("\"body\":\"body\""), "{answer}");
}
