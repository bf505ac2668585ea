//! What a client sends, put together and read as the tests need it.

use std::time::Duration;

use bytes::Bytes;
use grove_client::{HttpClient, SendError};
use grove_testing::Reply;
use http::{HeaderName, HeaderValue, Method, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;

/// Longer than anything that the gateway waits for.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A client with connections that are kept.
#[derive(Clone, Default)]
pub(crate) struct Http(HttpClient);

/// A request that is not sent yet.
#[derive(Clone)]
pub(crate) struct RequestBuilder {
    http: Http,
    request: Request<Full<Bytes>>,
}

impl Http {
    pub(crate) fn request(&self, method: Method, url: impl AsRef<str>) -> RequestBuilder {
        let request = Request::builder().method(method).uri(url.as_ref());
        RequestBuilder { http: self.clone(), request: request.body(Full::default()).unwrap() }
    }

    pub(crate) fn get(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::GET, url)
    }

    pub(crate) fn post(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::POST, url)
    }
}

impl RequestBuilder {
    pub(crate) fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        let name: HeaderName = name.as_ref().parse().unwrap();
        self.request.headers_mut().append(name, HeaderValue::from_str(value.as_ref()).unwrap());
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        *self.request.body_mut() = Full::from(body.into());
        self
    }

    /// The whole answer.
    pub(crate) async fn send(self) -> Result<Reply, SendError> {
        let (head, body) = self.http.0.send(self.request, TIMEOUT).await?.into_parts();
        Ok(Reply { status: head.status, headers: head.headers, body: body.to_vec() })
    }

    /// The answer as soon as its head is there.
    pub(crate) async fn open(self) -> Result<Response<Incoming>, SendError> {
        self.http.0.open(self.request, TIMEOUT).await
    }
}
