//! Credits: what the visitor has, and how it came about.

mod admin;
mod audit;
mod history;
mod membership;
pub(crate) mod payment;
mod transfer;

use std::sync::Arc;

use anyhow::anyhow;
use askama::Template;
use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use grove_credits_api::{self as credits, AccountSums};
use grove_http::extract::Query;
use grove_shared::Client;
use http::header;
use serde::Deserialize;

use self::{
    history::{Ledger, Part},
    payment::Outcome,
};
use crate::{
    AppState,
    amount::Amount,
    error::PageError,
    gateway::Gateway,
    period::Period,
    person::Person,
    render::{Frame, Page, see_other},
    session::{KnownVisitor, SignedIn},
};

/// The pages on credits.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/credits", get(show))
        .route("/credits/export", get(export))
        .route("/credits/transfer", get(transfer::show).post(transfer::submit))
        .route("/credits/addFunds", get(payment::show).post(payment::submit))
        .route("/credits/continue", get(payment::show_link))
        .route("/credits/purchaseMembership", get(membership::show).post(membership::submit))
        .route("/credits/admin", get(admin::show))
        .route("/credits/admin/{netid}", get(admin::account::show).post(admin::account::adjust))
        .route("/credits/admin/transactions/{id}/reverse", post(admin::account::reverse))
        .route("/credits/audit", get(audit::show))
}

/// What someone has.
#[derive(Debug, Clone, Copy)]
struct Standing {
    balance: Amount,
    held: Amount,
    available: Amount,
}

impl Standing {
    /// # Errors
    /// When the answer about somebody does not tell what they have.
    fn of(account: Option<AccountSums>) -> Result<Self, PageError> {
        let AccountSums { balance, held, available } =
            account.ok_or_else(|| PageError::internal(anyhow!("a history without its account")))?;
        let (balance, held) = (Amount(balance), Amount(held));
        Ok(Self { balance, held, available: Amount(available) })
    }
}

#[derive(Debug, Template)]
#[template(path = "credits/index.html")]
pub(crate) struct Credits {
    frame: Frame,
    person: Arc<Person>,
    standing: Standing,
    ledger: Ledger,
    payment: Option<Outcome>,
}

impl Credits {
    /// Whether another look may tell more of a payment.
    fn is_pending(&self) -> bool {
        self.payment.as_ref().is_some_and(Outcome::is_open)
    }
}

/// The payment from which the visitor comes back.
#[derive(Debug, Deserialize)]
pub(crate) struct Return {
    #[serde(default)]
    payment: String,
}

async fn show(
    KnownVisitor(person): KnownVisitor,
    frame: Frame,
    gateway: Gateway,
    Query(Return { payment }): Query<Return>,
    Query(part): Query<Part>,
) -> Result<Page<Credits>, PageError> {
    let part = Part { netid: person.netid.clone(), ..part };
    // First of the two, so that the balance holds what was just paid.
    let payment = Outcome::find(&gateway, &payment).await;
    let period = Period::read(&part.from, &part.to);
    let history = gateway.call(credits::history(&part.request(&period))).await?;
    let standing = Standing::of(history.account)?;
    let ledger = Ledger::new("/credits".to_owned(), history, part, period);
    Ok(Page(Credits { frame, person, standing, ledger, payment }))
}

/// A history as a file for spreadsheets; whose, the service checks.
async fn export(
    _: SignedIn,
    gateway: Gateway,
    Query(part): Query<Part>,
) -> Result<Response, PageError> {
    let part = Part { after: String::new(), ..part };
    let period = Period::read(&part.from, &part.to);
    if period.form.is_wrong() {
        // The page says what is wrong with the days.
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("from", &part.from).append_pair("to", &part.to);
        return Ok(see_other(&format!("/credits?{}", query.finish())));
    }
    let body = gateway.download(&credits::export(&part.request(&period))).await?;
    let whose: String = part.netid.chars().filter(char::is_ascii_alphanumeric).collect();
    let whose = if whose.is_empty() { "all" } else { &whose };
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"credits-{whose}.csv\"")),
    ];
    Ok((headers, body).into_response())
}
