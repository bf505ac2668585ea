//! Brings a request to its service and the answer back.

use std::{sync::Arc, time::Duration};

use grove_http::ApiError;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use tokio::time::Instant;

use crate::{
    body::{Progress, RequestBody},
    link::{Link, SendError},
    reply::ReplyBody,
    upstream::Upstream,
};

/// How long a request waits for a service that nobody has seen lately.
const SHORT_HOLD: Duration = Duration::from_secs(1);
/// How often a harmless request whose answer was lost is sent once more. A service that is replaced can
/// lose one twice: on a connection that it closes, and on one that it did not accept any more.
const REPEATS: u32 = 2;

/// How long a request waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    /// For the service to begin its answer.
    pub(crate) response: Duration,
    /// For a service that has just gone.
    pub(crate) hold: Duration,
    /// For a service that pauses in its answer.
    pub(crate) idle: Duration,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeliveryError {
    /// The service takes no connection: nothing was sent.
    #[error("it is not available: {0:#}")]
    Unreachable(anyhow::Error),
    /// The request may have been served.
    #[error("it did not answer: {0:#}")]
    Lost(anyhow::Error),
    /// It may still be served.
    #[error("it did not answer in time")]
    TimedOut,
    /// The client did not send its body well.
    #[error("the body is at fault: {}", .0.message())]
    Body(ApiError),
}

impl DeliveryError {
    /// What the client is told of `service`.
    pub(crate) fn into_api_error(self, service: &str) -> ApiError {
        match self {
            Self::Unreachable(cause) => {
                ApiError::unavailable(format!("{service} is not available")).because(cause)
            }
            Self::Lost(cause) => {
                let message = format!("{service} did not answer");
                ApiError::new(StatusCode::BAD_GATEWAY, message).because(cause)
            }
            Self::TimedOut => {
                let message = format!("{service} did not answer in time");
                ApiError::new(StatusCode::GATEWAY_TIMEOUT, message)
            }
            Self::Body(refusal) => refusal,
        }
    }
}

/// A request on its way to one service.
pub(crate) struct Delivery<'a> {
    upstream: &'a Arc<Upstream>,
    timeouts: Timeouts,
    progress: Option<Arc<Progress>>,
    request: Option<Request<RequestBody>>,
    /// The request once more, if repeating it is harmless.
    copy: Option<Request<RequestBody>>,
    /// How often it may still be repeated.
    repeats: u32,
    began: Instant,
}

enum Outcome {
    Answered(Response<Incoming>),
    /// Nothing was sent.
    Unsent(Request<RequestBody>),
    /// It may have been sent, and there is no answer.
    Lost(anyhow::Error),
    TimedOut,
}

/// The same request, unless its body comes from the client and is on its way.
fn copy_of(request: &Request<RequestBody>) -> Option<Request<RequestBody>> {
    let mut copy = Request::new(request.body().again()?);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    Some(copy)
}

impl<'a> Delivery<'a> {
    /// A request that may be sent again if its answer is lost, when that is `harmless`.
    pub(crate) fn new(
        upstream: &'a Arc<Upstream>,
        timeouts: &Timeouts,
        request: Request<RequestBody>,
        harmless: bool,
    ) -> Self {
        let copy = harmless.then(|| copy_of(&request)).flatten();
        let progress = request.body().progress();
        Self {
            upstream,
            timeouts: *timeouts,
            progress,
            request: Some(request),
            copy,
            repeats: REPEATS,
            began: Instant::now(),
        }
    }

    /// Sends the request, waiting for the service to come back if it has just gone.
    pub(crate) async fn run(&mut self) -> Result<Response<ReplyBody>, DeliveryError> {
        loop {
            let (mut link, used) = match self.upstream.connect().await {
                Ok(link) => link,
                Err(cause) => {
                    Box::pin(self.hold(cause)).await?;
                    continue;
                }
            };
            let Some(request) = self.request.take() else {
                return Err(DeliveryError::Lost(anyhow::anyhow!("it was sent before")));
            };
            match self.send(&mut link, request).await {
                Outcome::Answered(answer) => return Ok(self.answered(answer, link)),
                Outcome::Unsent(request) => {
                    self.request = Some(request);
                    // One that had been idle was being closed; a fresh one that takes nothing is
                    // a service on its way down.
                    if !used {
                        let cause = anyhow::anyhow!("the connection took no request");
                        Box::pin(self.hold(cause)).await?;
                    }
                }
                Outcome::Lost(cause) => self.again(cause)?,
                Outcome::TimedOut => return Err(DeliveryError::TimedOut),
            }
        }
    }

    /// Waits a little for a service that does not listen. Nothing was sent, so every method may.
    async fn hold(&self, cause: anyhow::Error) -> Result<(), DeliveryError> {
        let expected = self.upstream.answered_recently();
        let hold = if expected { self.timeouts.hold } else { self.timeouts.hold.min(SHORT_HOLD) };
        let is_back = self.upstream.is_back(self.began + hold).await;
        if is_back { Ok(()) } else { Err(DeliveryError::Unreachable(cause)) }
    }

    async fn send(&self, link: &mut Link, request: Request<RequestBody>) -> Outcome {
        let mut sending = std::pin::pin!(link.send(request));
        let mut seen = 0;
        loop {
            match tokio::time::timeout(self.timeouts.response, sending.as_mut()).await {
                Ok(Ok(answer)) => return Outcome::Answered(answer),
                Ok(Err(SendError::Unsent(request, cause))) => {
                    tracing::debug!(%cause, "nothing was sent to {}", self.upstream.name);
                    return Outcome::Unsent(*request);
                }
                Ok(Err(SendError::Broken(cause))) => return Outcome::Lost(cause.into()),
                Err(_) => {
                    // The client may take its time to send, so long as it sends.
                    let sent = self.progress.as_ref().map_or(0, |progress| progress.bytes());
                    if sent == seen {
                        return Outcome::TimedOut;
                    }
                    seen = sent;
                }
            }
        }
    }

    fn answered(&self, answer: Response<Incoming>, mut link: Box<Link>) -> Response<ReplyBody> {
        self.upstream.has_answered();
        if self.progress.as_ref().is_some_and(|progress| !progress.is_sent()) {
            // The body goes on to the service whether or not the client reads the answer. What comes of it
            // is not known, so no other request follows.
            link.let_go();
        }
        let (upstream, idle) = (self.upstream.clone(), self.timeouts.idle);
        answer.map(|incoming| ReplyBody::new(incoming, link, upstream, idle))
    }

    /// Prepares the same request once more, if that is harmless.
    fn again(&mut self, cause: anyhow::Error) -> Result<(), DeliveryError> {
        if let Some(fault) = self.progress.as_ref().and_then(|progress| progress.fault()) {
            return Err(DeliveryError::Body(fault));
        }
        let copy = self.copy.as_ref().filter(|_| self.repeats > 0).and_then(copy_of);
        self.request = Some(copy.ok_or(DeliveryError::Lost(cause))?);
        self.repeats -= 1;
        Ok(())
    }
}
