//! Buying credits by card, and what became of it.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;

use crate::{
    amount::Amount,
    csrf::Protected,
    error::PageError,
    gateway::{Gateway, GatewayError, Payment, PaymentOptions, Refusal},
    once::OnceKey,
    render::{Frame, Page, see_other, web_url},
    session::{Person, SignedIn},
};

#[derive(Debug, Template)]
#[template(path = "credits/add_funds.html")]
struct AddFunds {
    frame: Frame,
    person: Arc<Person>,
    options: PaymentOptions,
    dollars: String,
    error: Option<String>,
}

impl AddFunds {
    fn least(&self) -> String {
        Amount(self.options.minimum).dollars()
    }

    fn most(&self) -> String {
        Amount(self.options.maximum).dollars()
    }

    /// The bounds as a field of numbers takes them.
    fn bounds(&self) -> (i64, i64) {
        (self.options.minimum / 100, self.options.maximum / 100)
    }
}

/// What was typed so far.
#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    #[serde(default)]
    dollars: String,
    key: OnceKey,
}

/// The way to the page of the company that takes the card. Browsers apply `form-action` to
/// redirects after a form too, so a link leads there.
#[derive(Debug, Template)]
#[template(path = "credits/continue.html")]
pub(super) struct Continue {
    pub(super) frame: Frame,
    pub(super) what: String,
    pub(super) dollars: String,
    pub(super) url: String,
    /// The page for those who change their mind.
    pub(super) back: &'static str,
}

impl Continue {
    /// Whose page it is.
    fn host(&self) -> String {
        let url = url::Url::parse(&self.url).ok();
        url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// The address at which a payment goes on; none when it is over.
pub(super) fn address(payment: &Payment) -> Option<String> {
    let over = ["succeeded", "failed"].contains(&payment.state.as_str());
    payment.url.as_deref().filter(|_| !over).and_then(web_url)
}

pub(crate) async fn show(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
) -> Result<Response, PageError> {
    let options = gateway.payment_options().await?;
    let dollars = String::new();
    Ok(Page(AddFunds { frame, person, options, dollars, error: None }).into_response())
}

pub(crate) async fn submit(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
    Protected(Wish { dollars, key }): Protected<Wish>,
) -> Result<Response, PageError> {
    let options = gateway.payment_options().await?;
    let allowed = options.minimum..=options.maximum;
    let amount = Amount::read_dollars(&dollars).filter(|amount| allowed.contains(&amount.0));
    let refusal = match amount {
        None => Refusal {
            status: StatusCode::BAD_REQUEST,
            message: format!(
                "The amount must be from {} to {}.",
                Amount(options.minimum).dollars(),
                Amount(options.maximum).dollars()
            ),
        },
        Some(amount) => match gateway.top_up(amount.0, &key).await {
            Ok(payment) => {
                // The form was sent again, after the payment.
                let Some(url) = address(&payment) else {
                    return Ok(see_other(&format!("/credits?payment={}", payment.id)));
                };
                let (what, dollars) = (amount.to_string(), amount.dollars());
                let page = Continue { frame, what, dollars, url, back: "/credits" };
                return Ok(Page(page).into_response());
            }
            Err(error) => error.refusal()?,
        },
    };
    let page = AddFunds { frame, person, options, dollars, error: Some(refusal.message) };
    Ok((refusal.status, Page(page)).into_response())
}

/// The payment from which the visitor comes back.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) state: State,
    pub(super) sentence: String,
    /// Where it goes on, while it is to be paid.
    pub(super) url: Option<String>,
}

/// What became of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Pending,
    Paid,
    Failed,
    /// Nobody answers.
    Unknown,
}

impl Outcome {
    /// The payment that the visitor comes back from, if any.
    pub(super) async fn find(gateway: &Gateway, id: &str) -> Option<Self> {
        if id.is_empty() {
            return None;
        }
        match gateway.payment(id).await {
            Ok(payment) => Some(Self::read(&payment)),
            // It is nobody's business, or there is none.
            Err(GatewayError::Refused { .. }) => None,
            // The history tells the rest, so the page comes without this.
            Err(GatewayError::Unavailable(_)) => Some(Self {
                state: State::Unknown,
                sentence: "What became of your payment is not known right now.".to_owned(),
                url: None,
            }),
        }
    }

    fn read(payment: &Payment) -> Self {
        let amount = Amount(payment.amount);
        let (state, sentence) = match payment.state.as_str() {
            "succeeded" => (State::Paid, format!("Thank you. Your payment has arrived: {amount}.")),
            "failed" => {
                let why = payment.failure.as_deref().unwrap_or("The payment did not go through");
                (State::Failed, format!("{}. No credits were added.", why.trim_end_matches('.')))
            }
            _ => (
                State::Pending,
                format!(
                    "Your payment of {} is not confirmed. If you have just paid, that takes a few \
                     seconds; if you went back without paying, nothing is charged.",
                    amount.dollars()
                ),
            ),
        };
        Self { state, sentence, url: address(payment) }
    }

    pub(super) fn class(&self) -> &'static str {
        match self.state {
            State::Paid => "notice-good",
            State::Failed => "notice-bad",
            State::Pending | State::Unknown => "notice-warn",
        }
    }

    /// Whether another look may tell more.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Pending | State::Unknown)
    }
}
