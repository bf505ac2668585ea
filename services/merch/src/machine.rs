//! The vending machine, as `docs/vending-machine.md` says to talk to it.

use std::time::Duration;

use anyhow::{Context, bail};
use grove_outside as outside;
use grove_shared::call::IDEMPOTENCY_KEY;
use http::StatusCode;
use reqwest::{Client, Response, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

/// The machine that this service sells from.
#[derive(Debug, Clone)]
pub struct Machine {
    http: Client,
    url: Url,
    token: SecretString,
    timeout: Duration,
}

/// What the machine says about a drop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It fell out.
    Dropped,
    /// It did not and will not, and this is what the buyer is told.
    Failed(&'static str),
    /// The machine has never heard of it.
    NeverAsked,
    /// No answer, or one that says neither.
    Unknown,
}

impl Machine {
    const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
    const QUESTION_TIMEOUT: Duration = Duration::from_secs(2);

    /// The machine at `url`; `timeout` is how long its motor may take.
    ///
    /// # Errors
    /// When the URL is not of HTTP, or no HTTP client can be built.
    pub fn new(mut url: Url, token: SecretString, timeout: Duration) -> anyhow::Result<Self> {
        let is_http = ["http", "https"].contains(&url.scheme());
        match url.path_segments_mut() {
            Ok(mut path) if is_http => path.pop_if_empty(),
            _ => bail!("MACHINE_URL must begin with http:// or https://"),
        };
        let http = outside::client_builder()
            .connect_timeout(Self::CONNECT_TIMEOUT)
            .redirect(redirect::Policy::none())
            // A connection of its own for each request: when it cannot be made, nothing was sent.
            .pool_max_idle_per_host(0)
            .no_proxy()
            .build()
            .context("the HTTP client")?;
        Ok(Self { http, url, token, timeout })
    }

    /// How long a request for a drop may be under way.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Asks for one unit of `slot`; the same key again is the same unit.
    pub(crate) async fn vend(&self, slot: &str, key: &str) -> Verdict {
        let mut url = self.path(&["vend"]);
        url.query_pairs_mut().append_pair("item", slot);
        let request = self.http.post(url).header("TOKEN", self.token.expose_secret());
        let reply = request.header(IDEMPOTENCY_KEY, key).timeout(self.timeout).send().await;
        let verdict = match reply {
            Ok(reply) => vended(reply).await,
            Err(cause) if cause.is_connect() => {
                Verdict::Failed("The vending machine could not be reached")
            }
            Err(_) => Verdict::Unknown,
        };
        tracing::info!(vend.key = key, "vending from {slot}: {verdict:?}");
        verdict
    }

    /// Asks what became of a key.
    pub(crate) async fn verdict(&self, key: &str) -> Verdict {
        let request = self.http.get(self.path(&["vend", key]));
        let request = request.header("TOKEN", self.token.expose_secret());
        match request.timeout(Self::QUESTION_TIMEOUT).send().await {
            Ok(reply) if reply.status() == StatusCode::OK => {
                let reply: Value = reply.json().await.unwrap_or_default();
                match outcome(&reply) {
                    Some("dropped") => Verdict::Dropped,
                    Some("failed") => Verdict::Failed(why(reply["reason"].as_str())),
                    Some("unknown-key") => Verdict::NeverAsked,
                    _ => Verdict::Unknown,
                }
            }
            // A machine that has no such route answers 404 or 405, which says nothing about the drop.
            _ => Verdict::Unknown,
        }
    }

    fn path(&self, segments: &[&str]) -> Url {
        let mut url = self.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend(segments);
        }
        url
    }
}

async fn vended(reply: Response) -> Verdict {
    let status = reply.status();
    let Ok(body) = reply.bytes().await else { return Verdict::Unknown };
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    match (status, outcome(&body)) {
        // Old machines say 200 and nothing else.
        (StatusCode::OK, Some("dropped") | None) => Verdict::Dropped,
        (StatusCode::REQUEST_TIMEOUT, _) => Verdict::Unknown,
        (_, Some(outcome @ ("jammed" | "empty" | "failed"))) => Verdict::Failed(why(Some(outcome))),
        (status, _) if status.is_client_error() => {
            tracing::error!(%status, "the vending machine refuses our requests");
            Verdict::Failed("The vending machine refused")
        }
        _ => Verdict::Unknown,
    }
}

fn outcome(body: &Value) -> Option<&str> {
    body["outcome"].as_str()
}

fn why(outcome: Option<&str>) -> &'static str {
    match outcome {
        Some("jammed") => "The vending machine jammed",
        Some("empty") => "The slot of the vending machine is empty",
        _ => "The vending machine failed",
    }
}
