//! The five calls of Stripe's API that card payment needs, and the signature of its events.
//!
//! <https://docs.stripe.com/api/checkout/sessions>, <https://docs.stripe.com/api/payment_intents>,
//! <https://docs.stripe.com/webhooks#verify-manually>.

use std::{fmt, sync::Arc};

use anyhow::{Context, bail, ensure};
use hmac::{Hmac, KeyInit, Mac};
use http::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use sha2::Sha256;
use url::Url;

/// How old a signed event may be, in seconds.
const TOLERANCE: u64 = 300;

/// Stripe, as this chapter's account uses it.
#[derive(Clone)]
pub struct Stripe {
    http: reqwest::Client,
    url: Url,
    key: SecretString,
    webhook_key: Option<Arc<Hmac<Sha256>>>,
}

/// Why Stripe did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StripeError {
    /// The card was refused; the sentence is for the person who pays.
    #[error("{0}")]
    Declined(String),
    /// No answer, or none that says what happened.
    #[error("Stripe does not answer: {0}")]
    Unavailable(String),
    /// It refused the request itself.
    #[error("Stripe refused: {0}")]
    Refused(String),
}

/// A page of Stripe's on which a person pays.
#[derive(Debug, Deserialize)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) url: Option<String>,
    /// `open`, `complete` or `expired`.
    pub(crate) status: Option<String>,
    /// `paid`, `unpaid` or `no_payment_required`.
    pub(crate) payment_status: Option<String>,
    pub(crate) payment_intent: Option<String>,
    pub(crate) amount_total: Option<i64>,
}

/// A payment that Stripe tries to get.
#[derive(Debug, Deserialize)]
pub(crate) struct Intent {
    pub(crate) id: String,
    /// `succeeded`, `processing`, `requires_payment_method`, `canceled`, ...
    pub(crate) status: String,
    pub(crate) amount: i64,
}

/// What a person pays for.
#[derive(Debug, Clone)]
pub(crate) struct Purchase<'a> {
    /// What the payment is called, by this installation alone.
    pub(crate) reference: &'a str,
    /// In US cents.
    pub(crate) amount: i64,
    pub(crate) description: &'a str,
}

type Form<'a> = Vec<(&'a str, String)>;

impl Stripe {
    /// Stripe at `url` with the account's secret key; events are signed with `webhook_secret`.
    ///
    /// # Errors
    /// When no HTTP client can be built.
    pub fn new(
        url: Url,
        key: SecretString,
        webhook_secret: Option<&SecretString>,
    ) -> anyhow::Result<Self> {
        let http = grove_outside::http_client()?;
        let webhook_key = match webhook_secret {
            Some(secret) => {
                Some(Arc::new(Hmac::new_from_slice(secret.expose_secret().as_bytes())?))
            }
            None => None,
        };
        Ok(Self { http, url, key, webhook_key })
    }

    /// Makes a page to pay on; the same payment gives the same page.
    pub(crate) async fn create_session(
        &self,
        purchase: &Purchase<'_>,
        return_to: &str,
    ) -> Result<Session, StripeError> {
        let payment = purchase.reference.to_owned();
        let form = vec![
            ("mode", "payment".to_owned()),
            ("client_reference_id", payment.clone()),
            ("metadata[payment]", payment.clone()),
            ("payment_intent_data[metadata][payment]", payment),
            ("line_items[0][quantity]", "1".to_owned()),
            ("line_items[0][price_data][currency]", "usd".to_owned()),
            ("line_items[0][price_data][unit_amount]", purchase.amount.to_string()),
            ("line_items[0][price_data][product_data][name]", purchase.description.to_owned()),
            ("success_url", return_to.to_owned()),
            ("cancel_url", return_to.to_owned()),
        ];
        let key = format!("grove-session-{}", purchase.reference);
        self.send(Method::POST, "v1/checkout/sessions", Some((&form, &key))).await
    }

    /// Prepares a payment that [`Stripe::confirm`] then makes.
    pub(crate) async fn create_intent(
        &self,
        purchase: &Purchase<'_>,
    ) -> Result<Intent, StripeError> {
        let form = vec![
            ("amount", purchase.amount.to_string()),
            ("currency", "usd".to_owned()),
            ("description", purchase.description.to_owned()),
            ("metadata[payment]", purchase.reference.to_owned()),
            ("payment_method_types[]", "card".to_owned()),
        ];
        let key = format!("grove-intent-{}", purchase.reference);
        self.send(Method::POST, "v1/payment_intents", Some((&form, &key))).await
    }

    /// Charges the card that `token` stands for.
    pub(crate) async fn confirm(&self, intent: &str, token: &str) -> Result<Intent, StripeError> {
        let form = vec![
            ("payment_method_data[type]", "card".to_owned()),
            ("payment_method_data[card][token]", token.to_owned()),
        ];
        let path = format!("v1/payment_intents/{intent}/confirm");
        self.send(Method::POST, &path, Some((&form, &format!("grove-confirm-{intent}")))).await
    }

    pub(crate) async fn session(&self, id: &str) -> Result<Session, StripeError> {
        self.send(Method::GET, &format!("v1/checkout/sessions/{id}"), None).await
    }

    pub(crate) async fn intent(&self, id: &str) -> Result<Intent, StripeError> {
        self.send(Method::GET, &format!("v1/payment_intents/{id}"), None).await
    }

    async fn send<T: serde::de::DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        form: Option<(&Form<'_>, &str)>,
    ) -> Result<T, StripeError> {
        let unavailable = |cause: &dyn fmt::Display| StripeError::Unavailable(cause.to_string());
        let url = self.url.join(path).map_err(|cause| unavailable(&cause))?;
        let mut request = self.http.request(method, url).bearer_auth(self.key.expose_secret());
        if let Some((form, key)) = form {
            request = request.header("Idempotency-Key", key).form(form);
        }
        let reply = request.send().await.map_err(|cause| unavailable(&cause.without_url()))?;
        let status = reply.status();
        let body = reply.bytes().await.map_err(|cause| unavailable(&cause.without_url()))?;
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|cause| unavailable(&cause));
        }
        let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
        let message = problem["error"]["message"].as_str().unwrap_or("no reason given").to_owned();
        let again = [StatusCode::CONFLICT, StatusCode::TOO_MANY_REQUESTS].contains(&status);
        if status == StatusCode::PAYMENT_REQUIRED || problem["error"]["type"] == "card_error" {
            Err(StripeError::Declined(message))
        } else if status.is_server_error() || again {
            Err(StripeError::Unavailable(format!("it answered {status}")))
        } else {
            Err(StripeError::Refused(format!("{status}: {message}")))
        }
    }

    /// Checks that Stripe sent these bytes, a moment ago.
    pub(crate) fn verify(&self, header: &str, body: &[u8], now: i64) -> anyhow::Result<()> {
        let key = self.webhook_key.as_ref().context("STRIPE_WEBHOOK_SECRET is not set")?;
        let parts = || header.split(',').filter_map(|part| part.trim().split_once('='));
        let time = parts().find(|(name, _)| *name == "t").context("no time")?.1;
        let age = now.abs_diff(time.parse().context("the time is no number")?);
        ensure!(age <= TOLERANCE, "the event is {age} seconds away from now");
        for (_, signature) in parts().filter(|(name, _)| *name == "v1") {
            let Some(signature) = from_hex(signature) else { continue };
            let mut hmac = Hmac::clone(key);
            hmac.update(time.as_bytes());
            hmac.update(b".");
            hmac.update(body);
            // Takes the same time wherever the difference is.
            if hmac.verify_slice(&signature).is_ok() {
                return Ok(());
            }
        }
        bail!("no signature fits")
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    let bytes = (0..text.len()).step_by(2);
    bytes.map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

impl fmt::Debug for Stripe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stripe").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}
