//! An HTTP client for programs of Grove: HTTP/1.1 without TLS, in networks of their own.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, Error, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};

/// Servers close idle connections after ten seconds; a client that lets go earlier never sends a
/// request into a connection that is being closed.
pub const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(4);
/// How long a call may take, from the first try to connect to the end of the answer.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(5);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// What an answer may have: more is a fault.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// A pool of connections to programs of Grove.
#[derive(Debug, Clone)]
pub struct HttpClient(Client<HttpConnector, Full<Bytes>>);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// There is no connection: nothing was sent.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The request may have been served.
    #[error("{0}")]
    Lost(String),
}

impl Default for HttpClient {
    fn default() -> Self {
        Self::new()
    }
}

impl HttpClient {
    /// A pool without connections.
    pub fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .build(connector);
        Self(client)
    }

    /// Sends a request and reads the whole answer, both within `limit`.
    ///
    /// # Errors
    /// See [`SendError`].
    pub async fn send(
        &self,
        request: Request<Full<Bytes>>,
        limit: Duration,
    ) -> Result<Response<Bytes>, SendError> {
        let answer = async {
            let (head, body) = self.0.request(request).await.map_err(failed)?.into_parts();
            let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await;
            let body =
                body.map_err(|cause| SendError::Lost(format!("its answer ended: {cause}")))?;
            Ok(Response::from_parts(head, body.to_bytes()))
        };
        within(limit, answer).await
    }

    /// Sends a request and returns the answer when its head has come, within `limit`; its body comes as it
    /// is read.
    ///
    /// # Errors
    /// See [`SendError`].
    pub async fn open(
        &self,
        request: Request<Full<Bytes>>,
        limit: Duration,
    ) -> Result<Response<Incoming>, SendError> {
        within(limit, async { self.0.request(request).await.map_err(failed) }).await
    }
}

async fn within<T>(
    limit: Duration,
    answer: impl Future<Output = Result<T, SendError>>,
) -> Result<T, SendError> {
    let answer = tokio::time::timeout(limit, answer).await;
    answer.unwrap_or_else(|_| {
        Err(SendError::Lost(format!("no answer within {} s", limit.as_secs_f64())))
    })
}

fn failed(cause: Error) -> SendError {
    let is_connect = cause.is_connect();
    let reason = format!("{:#}", anyhow::Error::from(cause));
    if is_connect { SendError::Connect(reason) } else { SendError::Lost(reason) }
}
