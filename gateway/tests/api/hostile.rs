//! Requests that are made to be read in two ways, and connections that are made to last.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::House;

/// Heads after `METHOD /path HTTP/1.1`, each followed by what should not become a second request.
const SMUGGLED: &[&str] = &[
    "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
    "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\nG",
    "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdeG",
    "Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde",
    "Content-Length: 5, 5\r\n\r\nabcde",
    "Content-Length: 5\r\nX: a\r\n folded\r\n\r\nabcde",
    "Content-Length: +5\r\n\r\nabcde",
    "Content-Length: 5 \x0b\r\n\r\nabcde",
    "Content-Length : 5\r\n\r\nabcde",
    "Content-Length: 0x5\r\n\r\nabcde",
    "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    " Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "X: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "X\0: y\r\n\r\n",
    "X: a\0b\r\n\r\n",
    "Host: b\r\n\r\n",
    ": y\r\n\r\n",
    "no colon\r\n\r\n",
];

#[tokio::test]
async fn what_could_be_two_requests_is_400_and_the_end_of_the_connection() {
    let house = House::start().await;
    let token = &house.token;
    for head in SMUGGLED {
        let request = format!(
            "POST /users/login HTTP/1.1\r\nHost: a\r\nAuthorization: {token}\r\n{head}\
             GET /events HTTP/1.1\r\nHost: a\r\nAuthorization: {token}\r\n\r\n"
        );
        let answer = house.raw(request).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{head:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{head:?}: {answer}");
        assert!(answer.contains("application/problem+json") && answer.contains("\"error\":"));
        assert!(answer.contains("connection: close"), "{answer}");
    }
    assert_eq!(house.fake.seen(), Vec::<String>::new());
}

#[tokio::test]
async fn one_host_is_needed() {
    let house = House::start().await;
    for host in [
        "",
        "Host:\r\n",
        "Host: a\r\nHost: a\r\n",
        "Host: a b\r\n",
        "Host: a/b\r\n",
        "Host: a@b\r\n",
    ] {
        for version in ["1.0", "1.1"] {
            let answer = house.raw(format!("GET / HTTP/{version}\r\n{host}\r\n")).await;
            assert!(answer.starts_with("HTTP/1.1 400 "), "{host:?}: {answer}");
        }
    }
    let fine = house.raw("GET / HTTP/1.0\r\nHost: a\r\n\r\n").await;
    assert!(fine.ends_with("I AM GROOT!\n"), "{fine}");
}

#[tokio::test]
async fn a_malformed_chunk_is_400_and_the_end_of_the_connection() {
    let house = House::start().await;
    for body in [
        "g\r\n",
        "5\nabcde",
        "5\r\nabcdefg\r\n0\r\n\r\n",
        "5;\0\r\nabcde\r\n",
        "fffffffffffffffff\r\n",
    ] {
        let answer = house
            .raw(format!(
                "POST /users/login HTTP/1.1\r\nHost: a\r\nAuthorization: {}\r\n\
                 Transfer-Encoding: chunked\r\n\r\n{body}GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                house.token
            ))
            .await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{body:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{body:?}: {answer}");
    }
    assert_eq!(house.fake.seen(), Vec::<String>::new());
}

#[tokio::test]
async fn requests_before_a_malformed_one_are_answered_in_order() {
    let house = House::start().await;
    let answer = house.raw("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n").await;
    let (first, second) = (answer.find("200 OK").unwrap(), answer.find("400 Bad").unwrap());
    assert!(first < second, "{answer}");
}

#[tokio::test]
async fn a_request_that_comes_in_pieces_is_one_request() {
    let house = House::start().await;
    let request = format!(
        "POST /users/login HTTP/1.1\r\nHost: a\r\nAuthorization: {}\r\nConnection: close\r\n\
         Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: z\r\n\r\n",
        house.token
    );
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    for byte in request.as_bytes() {
        stream.write_all(&[*byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    tokio::time::timeout(Duration::from_secs(5), read).await.unwrap().unwrap();
    assert!(answer.contains("\"body\":\"hello!\""), "{answer}");
    assert!(!answer.contains("trailer"), "{answer}");
}

#[tokio::test]
async fn random_bytes_never_crash_the_gateway() {
    let house = House::start().await;
    let seed = format!(
        "POST /users/login?a=b HTTP/1.1\r\nHost: a\r\nAuthorization: {}\r\nContent-Length: 4\r\n\
         Accept: */*\r\n\r\nbody",
        house.token
    );
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: usize| {
        // xorshift64: the same mutations in every run
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    for _ in 0..300 {
        let mut bytes = seed.clone().into_bytes();
        for _ in 0..=random(4) {
            let at = random(bytes.len());
            match random(3) {
                0 => bytes[at] = u8::try_from(random(256)).unwrap(),
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, u8::try_from(random(256)).unwrap()),
            }
        }
        let mut stream = TcpStream::connect(house.address).await.unwrap();
        let _ = stream.write_all(&bytes).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        let _ = tokio::time::timeout(Duration::from_secs(5), read).await.expect("not closed");
        let answer = String::from_utf8_lossy(&answer);
        assert!(!answer.contains("HTTP/1.1 5"), "{}: {answer}", bytes.escape_ascii());
    }
    let fine = house.raw("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(fine.contains("I AM GROOT!"));
}
