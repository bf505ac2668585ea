//! Which web pages may call the API from a browser (Fetch standard, "CORS protocol").

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

const ALLOW_HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, token, netid, credits-token, meme-token, recruiter-token, \
     idempotency-key, x-request-id, traceparent",
);
const EXPOSE_HEADERS: HeaderValue = HeaderValue::from_static("retry-after, x-request-id");
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");
const ORIGIN: HeaderValue = HeaderValue::from_static("Origin");

/// The origins that may.
#[derive(Debug)]
pub(crate) struct Cors(Vec<HeaderValue>);

impl Cors {
    /// Takes origins such as `https://example.org`.
    pub(crate) fn new(origins: &[String]) -> anyhow::Result<Self> {
        let origins = origins.iter().map(|origin| Ok(origin.trim_end_matches('/').parse()?));
        Ok(Self(origins.collect::<anyhow::Result<_>>()?))
    }

    /// The origin of a request, if its pages may read the answer.
    pub(crate) fn origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(header::ORIGIN)?;
        self.0.contains(origin).then(|| origin.clone())
    }

    /// Tells the browser of that origin that it may.
    pub(crate) fn apply(&self, origin: Option<HeaderValue>, headers: &mut HeaderMap) {
        if !self.0.is_empty() {
            headers.append(header::VARY, ORIGIN);
        }
        if let Some(origin) = origin {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSE_HEADERS);
        }
    }
}

/// The answer to OPTIONS: which methods a path takes, and for a preflight which headers too.
pub(crate) fn preflight<B: Default>(allow: HeaderValue, known_origin: bool) -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    if known_origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, allow.clone());
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOW_HEADERS);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    }
    headers.insert(header::ALLOW, allow);
    response
}
