//! HTTP clients for servers outside of Grove. They speak TLS, so every one of them needs to know whose.

use std::time::Duration;

/// Begins a client. This is the only way to one: a client that nobody told whose TLS to use panics.
pub fn client_builder() -> reqwest::ClientBuilder {
    // It can be said once; what was said before is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    #[expect(clippy::disallowed_methods, reason = "this is the function that replaces it")]
    reqwest::Client::builder()
}

/// A client for servers outside of Grove, such as Stripe's or Slack's: two seconds to connect, eight for
/// the whole call, no redirects. It trusts the certificate authorities that the machine trusts.
///
/// # Errors
/// When the client cannot be built, which is a fault of the machine's set-up.
pub fn http_client() -> anyhow::Result<reqwest::Client> {
    Ok(client_builder()
        .connect_timeout(Duration::from_secs(2))
        .timeout(Duration::from_secs(8))
        .redirect(reqwest::redirect::Policy::none())
        .build()?)
}

#[cfg(test)]
mod tests {
    use tokio::{io::AsyncReadExt, net::TcpListener};

    #[tokio::test]
    async fn a_client_for_the_outside_speaks_tls() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let client = super::http_client().unwrap();
        let call = tokio::spawn(async move { client.get(url).send().await.is_err() });
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut hello = [0; 3];
        stream.read_exact(&mut hello).await.unwrap();
        // A handshake (22) of TLS (3.x): RFC 8446, section 5.1.
        assert_eq!((hello[0], hello[1]), (22, 3));
        drop(stream);
        assert!(call.await.unwrap(), "there was no server to answer");
    }
}
