//! Discord: <https://discord.com/developers/docs/resources/webhook#execute-webhook>.

use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{Letter, SendError, judge, unreachable};

/// A webhook of a Discord channel, whose URL is its secret.
#[derive(Debug, Clone)]
pub struct Discord {
    http: Client,
    webhook: SecretString,
}

impl Discord {
    /// The longest message, in characters.
    pub(crate) const LONGEST: usize = 2000;

    /// The webhook at that URL.
    pub fn new(http: Client, webhook: SecretString) -> Self {
        Self { http, webhook }
    }

    pub(super) async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        // A nonce of up to 25 characters makes Discord post a repeated message once. Nobody is pinged
        // by what a text happens to contain.
        let body = json!({
            "content": letter.text,
            "nonce": letter.key.get(..25),
            "enforce_nonce": true,
            "allowed_mentions": { "parse": [] },
        });
        let request = self.http.post(self.webhook.expose_secret()).json(&body);
        let reply = request.send().await.map_err(unreachable)?;
        let (status, headers) = (reply.status(), reply.headers().clone());
        let text = reply.text().await.map_err(unreachable)?;
        judge(status, &headers, &text)
    }
}
