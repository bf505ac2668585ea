//! What the HTTP answers of companies mean.

use std::time::Duration;

use grove_shared::Clock;
use http::{HeaderMap, StatusCode, header};

use super::letter::SendError;

/// What an HTTP answer says about us, not about the message.
const ABOUT_US: [StatusCode; 4] = [
    StatusCode::UNAUTHORIZED,
    StatusCode::FORBIDDEN,
    StatusCode::NOT_FOUND,
    StatusCode::REQUEST_TIMEOUT,
];

/// Judges an HTTP answer of a company by its status.
pub(super) fn judge(status: StatusCode, headers: &HeaderMap, text: &str) -> Result<(), SendError> {
    if status.is_success() {
        return Ok(());
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        return Err(SendError::Wait(requested_pause(headers)));
    }
    let text: String = text.chars().take(200).collect();
    let answer = format!("it answered {status}: {text}");
    // A token or address of ours that is wrong is mended by an officer, and the message goes out then.
    let refused = status.is_client_error() && !ABOUT_US.contains(&status);
    if refused { Err(SendError::Refused(answer)) } else { Err(SendError::Unavailable(answer)) }
}

/// For how long: a second to a day, half a minute if it does not say.
fn requested_pause(headers: &HeaderMap) -> Duration {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.parse::<f64>().ok();
    // X says when instead.
    let until = || {
        #[expect(clippy::cast_precision_loss, reason = "the seconds of this age fit")]
        let now = Clock::system().now().timestamp() as f64;
        number("x-rate-limit-reset").map(|moment| moment - now)
    };
    let seconds = number(header::RETRY_AFTER.as_str()).or_else(until).unwrap_or(30.0);
    Duration::from_secs_f64(seconds.clamp(1.0, 86_400.0))
}

/// A call that failed before there was an answer. The URL stays out of it: it may hold a token.
pub(super) fn unreachable(cause: reqwest::Error) -> SendError {
    SendError::Unavailable(format!("{:#}", anyhow::Error::from(cause.without_url())))
}
