//! Brings a request to its service and the answer back.

use std::{sync::Arc, time::Duration};

use grove_shared::ApiError;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use tokio::time::{Instant, sleep_until};

use crate::{
    body::{Progress, RequestBody},
    config::Limits,
    link::{Link, ReplyBody, SendError},
    upstream::Upstream,
};

/// How long a request waits for a service that nobody has seen lately.
const SHORT_HOLD: Duration = Duration::from_secs(1);
/// How often a service that does not listen is tried.
const RETRY_PAUSE: Duration = Duration::from_millis(50);

/// How often a harmless request whose answer was lost is sent once more. A service that is replaced can
/// lose one twice: on a connection that it closes, and on one that it did not accept any more.
const REPEATS: u32 = 2;

/// A request on its way to one service.
pub(crate) struct Delivery<'a> {
    upstream: &'a Arc<Upstream>,
    limits: &'a Limits,
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
        limits: &'a Limits,
        request: Request<RequestBody>,
        harmless: bool,
    ) -> Self {
        let copy = harmless.then(|| copy_of(&request)).flatten();
        let progress = request.body().progress();
        Self {
            upstream,
            limits,
            progress,
            request: Some(request),
            copy,
            repeats: REPEATS,
            began: Instant::now(),
        }
    }

    /// Sends the request, waiting for the service to come back if it has just gone.
    pub(crate) async fn run(&mut self) -> Result<Response<ReplyBody>, ApiError> {
        loop {
            let (mut link, used) = match self.upstream.connect().await {
                Ok(link) => link,
                Err(cause) => {
                    Box::pin(self.hold(cause)).await?;
                    continue;
                }
            };
            let Some(request) = self.request.take() else { return Err(self.lost()) };
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
                Outcome::TimedOut => return Err(self.timed_out()),
            }
        }
    }

    /// Waits a little for a service that does not listen. Nothing was sent, so every method may.
    async fn hold(&self, cause: anyhow::Error) -> Result<(), ApiError> {
        let expected = self.upstream.answered_recently();
        let hold = if expected { self.limits.hold } else { self.limits.hold.min(SHORT_HOLD) };
        let next = Instant::now() + RETRY_PAUSE;
        if next > self.began + hold {
            let message = format!("{} is not available", self.upstream.name);
            return Err(ApiError::unavailable(message).because(cause));
        }
        sleep_until(next).await;
        Ok(())
    }

    async fn send(&self, link: &mut Link, request: Request<RequestBody>) -> Outcome {
        let mut sending = std::pin::pin!(link.send(request));
        let mut seen = 0;
        loop {
            match tokio::time::timeout(self.limits.response_timeout, sending.as_mut()).await {
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

    fn answered(&self, answer: Response<Incoming>, link: Box<Link>) -> Response<ReplyBody> {
        self.upstream.has_answered();
        answer.map(|incoming| ReplyBody::new(incoming, link, self.upstream.clone()))
    }

    /// Prepares the same request once more, if that is harmless.
    fn again(&mut self, cause: anyhow::Error) -> Result<(), ApiError> {
        if let Some(fault) = self.progress.as_ref().and_then(|progress| progress.fault()) {
            return Err(fault);
        }
        let copy = self.copy.as_ref().filter(|_| self.repeats > 0).and_then(copy_of);
        self.request = Some(copy.ok_or_else(|| self.lost().because(cause))?);
        self.repeats -= 1;
        Ok(())
    }

    fn lost(&self) -> ApiError {
        let message = format!("{} did not answer", self.upstream.name);
        ApiError::new(StatusCode::BAD_GATEWAY, message)
    }

    fn timed_out(&self) -> ApiError {
        let message = format!("{} did not answer in time", self.upstream.name);
        ApiError::new(StatusCode::GATEWAY_TIMEOUT, message)
    }
}
