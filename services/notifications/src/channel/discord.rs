//! Discord: <https://discord.com/developers/docs/resources/webhook#execute-webhook>.

use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{
    company::{judge, unreachable},
    letter::{Letter, SendError},
};

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
        // Nobody is pinged by what a text happens to contain. Without `wait` it answers before it knows
        // whether it keeps the message.
        let body = json!({ "content": letter.text, "allowed_mentions": { "parse": [] } });
        let request = self.http.post(self.webhook.expose_secret());
        let request = request.query(&[("wait", "true")]).json(&body);
        let reply = request.send().await.map_err(unreachable)?;
        let (status, headers) = (reply.status(), reply.headers().clone());
        let text = reply.text().await.map_err(unreachable)?;
        judge(status, &headers, &text)
    }
}
