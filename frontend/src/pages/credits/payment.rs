//! Buying credits by card, and what became of it.

use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use grove_credits_api::{self as credits, Payment, PaymentOptions, PaymentState};
use grove_shared::{CallError, Client};

use crate::{
    amount::Amount,
    csrf::Protected,
    error::PageError,
    form::{Field, Form, Kind},
    gateway::Gateway,
    links::web_url,
    person::Person,
    render::{Frame, Page, see_other},
    session::MemberVisitor,
    typed::Typed,
};

const PAGE: &str = "/credits/addFunds";
/// Where a link leads to the page of the company that takes the card.
const CONTINUE: &str = "/credits/continue";

#[derive(Debug, Template)]
#[template(path = "credits/add_funds.html")]
pub(crate) struct AddFunds {
    frame: Frame,
    person: Arc<Person>,
    options: PaymentOptions,
    form: Form,
}

fn form(options: &PaymentOptions) -> Form {
    let (least, most) = (Amount(options.minimum).dollars(), Amount(options.maximum).dollars());
    let bounds = format!("The amount must be from {least} to {most}.");
    let dollars = Field::new(
        Kind::Dollars(options.minimum, options.maximum),
        "dollars",
        "Dollars",
    )
    .required(bounds.clone())
    .unreadable(bounds)
    .alias("amount")
    .hint(format!(
        "From {least} to {most}. You pay by card on the page of our payment company; the chapter \
         never sees your card.",
    ));
    Form::new(PAGE, vec![dollars]).once()
}

/// Whether cards are taken here; no, while nobody tells.
pub(crate) async fn takes_cards(gateway: &Gateway) -> bool {
    gateway.public(credits::payment_options()).await.is_ok_and(|options| options.card)
}

/// The way to the page of the company that takes the card. Browsers apply `form-action` to
/// redirects after a form too, so a link leads there.
#[derive(Debug, Template)]
#[template(path = "credits/continue.html")]
pub(crate) struct Continue {
    frame: Frame,
    url: String,
    what: String,
    dollars: String,
}

impl Continue {
    /// Whose page it is.
    fn host(&self) -> String {
        let url = url::Url::parse(&self.url).ok();
        url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// The address at which a payment goes on; none when it is over.
fn address(payment: &Payment) -> Option<String> {
    let over = matches!(payment.state, PaymentState::Succeeded | PaymentState::Failed);
    payment.url.as_deref().filter(|_| !over).and_then(web_url)
}

/// Leads to the page with the link; nothing when the payment is over.
pub(super) fn see_link(
    frame: &Frame,
    payment: &Payment,
    what: &str,
    dollars: &str,
) -> Option<Response> {
    let url = address(payment)?;
    Some(frame.leave(CONTINUE, &[("url", &url), ("what", what), ("dollars", dollars)]))
}

/// The link, for who has just begun to pay.
pub(crate) async fn show_link(frame: Frame) -> Result<Page<Continue>, PageError> {
    let left = frame.left(CONTINUE).ok_or(PageError::NotFound)?;
    let text = |name| left.value(name).unwrap_or_default().to_owned();
    let (url, what, dollars) = (text("url"), text("what"), text("dollars"));
    Ok(Page(Continue { frame, url, what, dollars }))
}

pub(crate) async fn show(
    MemberVisitor(person): MemberVisitor,
    frame: Frame,
    gateway: Gateway,
) -> Result<Page<AddFunds>, PageError> {
    let options = gateway.public(credits::payment_options()).await?;
    let form = frame.restored(form(&options));
    Ok(Page(AddFunds { frame, person, options, form }))
}

pub(crate) async fn submit(
    _: MemberVisitor,
    frame: Frame,
    gateway: Gateway,
    Protected(typed): Protected<Typed>,
) -> Result<Response, PageError> {
    let options = gateway.public(credits::payment_options()).await?;
    let mut form = form(&options).filled(&typed);
    if form.check()?
        && let Some(key) = &form.key
        && let Some(amount) = Amount::read_dollars(form.value("dollars"))
    {
        match gateway.call(credits::top_up(amount.0).once(key.as_str())).await {
            // The form may have been sent again, after the payment.
            Ok(payment) => {
                let over = || see_other(&format!("/credits?payment={}", payment.id));
                let link = see_link(&frame, &payment, &amount.to_string(), &amount.dollars());
                return Ok(link.unwrap_or_else(over));
            }
            Err(error) => form.refuse(error)?,
        }
    }
    frame.again(PAGE, &form)
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
        // What is no number is nobody's payment.
        let id = id.parse().ok()?;
        match gateway.call(credits::payment(id)).await {
            Ok(payment) => Some(Self::read(&payment)),
            // It is nobody's business, or there is none.
            Err(CallError::Refused { .. }) => None,
            // The history tells the rest, so the page comes without this.
            Err(CallError::Unreachable { .. } | CallError::Unavailable { .. }) => Some(Self {
                state: State::Unknown,
                sentence: "What became of your payment is not known right now.".to_owned(),
                url: None,
            }),
        }
    }

    fn read(payment: &Payment) -> Self {
        let amount = Amount(payment.amount);
        let (state, sentence) = match payment.state {
            PaymentState::Succeeded => {
                (State::Paid, format!("Thank you. Your payment has arrived: {amount}."))
            }
            PaymentState::Failed => {
                let why = payment.failure.as_deref().unwrap_or("The payment did not go through");
                (State::Failed, format!("{}. No credits were added.", why.trim_end_matches('.')))
            }
            PaymentState::Created | PaymentState::Pending => (
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
