//! X: <https://docs.x.com/x-api/posts/create-post>.

use http::StatusCode;
use reqwest::Client;
use serde_json::json;
use url::Url;

use super::{
    company::{judge, unreachable},
    letter::{Letter, SendError},
    oauth::Credentials,
};

/// An account on X.
#[derive(Debug, Clone)]
pub struct X {
    http: Client,
    url: Url,
    credentials: Credentials,
}

impl X {
    /// The longest message, in characters.
    pub(crate) const LONGEST: usize = 280;

    /// The account of `credentials`, at the API's `url`.
    pub fn new(http: Client, url: Url, credentials: Credentials) -> Self {
        Self { http, url, credentials }
    }

    pub(super) async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let broken = |cause: url::ParseError| SendError::Unavailable(cause.to_string());
        let url = self.url.join("2/tweets").map_err(broken)?;
        let authorization = self.credentials.authorization("POST", &url);
        let request = self.http.post(url).header("authorization", authorization);
        let reply = request.json(&json!({ "text": letter.text })).send().await;
        let reply = reply.map_err(unreachable)?;
        let (status, headers) = (reply.status(), reply.headers().clone());
        let text = reply.text().await.map_err(unreachable)?;
        // X refuses the same text twice in a row: after an answer that was lost, that is a success.
        if status == StatusCode::FORBIDDEN && text.contains("duplicate content") {
            let refused = || SendError::Refused("X has this text already".to_owned());
            return if letter.is_repetition { Ok(()) } else { Err(refused()) };
        }
        judge(status, &headers, &text)
    }
}
