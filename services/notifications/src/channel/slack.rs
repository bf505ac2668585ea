//! Slack: <https://docs.slack.dev/reference/methods/chat.postMessage>.

use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::{
    company::{judge, unreachable},
    letter::{Letter, SendError},
};

/// A Slack workspace.
#[derive(Debug, Clone)]
pub struct Slack {
    http: Client,
    url: Url,
    token: SecretString,
}

/// What Slack answers, always with 200.
#[derive(Debug, Deserialize)]
struct Answer {
    ok: bool,
    #[serde(default)]
    error: String,
}

/// What Slack says when the message itself cannot be posted, whoever tries.
const HOPELESS: [&str; 6] = [
    "channel_not_found",
    "is_archived",
    "no_text",
    "msg_too_long",
    "not_in_channel",
    "restricted_action",
];

impl Slack {
    /// The longest message, in characters; Slack cuts off what is beyond.
    pub(crate) const LONGEST: usize = 40_000;

    /// The workspace of `token`, at the web API's `url`.
    pub fn new(http: Client, url: Url, token: SecretString) -> Self {
        Self { http, url, token }
    }

    pub(super) async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let broken = |cause: url::ParseError| SendError::Unavailable(cause.to_string());
        let url = self.url.join("api/chat.postMessage").map_err(broken)?;
        // Slack's own clients name their messages like this to repeat them safely.
        let body = json!({
            "channel": letter.recipient,
            "text": escape(&letter.text),
            "client_msg_id": uuid(&letter.key),
        });
        let request = self.http.post(url).bearer_auth(self.token.expose_secret()).json(&body);
        let reply = request.send().await.map_err(unreachable)?;
        let (status, headers) = (reply.status(), reply.headers().clone());
        let text = reply.text().await.map_err(unreachable)?;
        judge(status, &headers, &text)?;
        match serde_json::from_str::<Answer>(&text) {
            Ok(Answer { ok: true, .. }) => Ok(()),
            Ok(Answer { error, .. }) if HOPELESS.contains(&error.as_str()) => {
                Err(SendError::Refused(format!("Slack says {error}")))
            }
            Ok(Answer { error, .. }) => Err(SendError::Unavailable(format!("Slack says {error}"))),
            Err(cause) => Err(SendError::Unavailable(cause.to_string())),
        }
    }
}

/// Takes their meaning from the characters that begin links and mentions, so that nobody is pinged by
/// what a text happens to contain: <https://docs.slack.dev/messaging/formatting-message-text#escaping>.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The 32 digits of a key as a UUID.
fn uuid(key: &str) -> String {
    let part = |from: usize, to: usize| key.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}
