//! Credits: what the visitor has, and how it came about.

mod admin;
mod audit;
mod history;
mod membership;
mod payment;
mod transfer;

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use grove_shared::extract::Query;
use http::header;
use serde::Deserialize;

use self::{history::Ledger, payment::Outcome};
use crate::{
    AppState,
    amount::Amount,
    error::PageError,
    gateway::{Gateway, History, Part},
    render::{Frame, Page},
    session::{Person, SignedIn},
};

/// The pages on credits.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/credits", get(show))
        .route("/credits/export", get(export))
        .route("/credits/transfer", get(transfer::show).post(transfer::submit))
        .route("/credits/addFunds", get(payment::show).post(payment::submit))
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
    fn of(history: &History) -> Self {
        let History { balance, held, available, .. } = *history;
        Self { balance: Amount(balance), held: Amount(held), available: Amount(available) }
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

/// The payment from which the visitor comes back.
#[derive(Debug, Deserialize)]
pub(crate) struct Return {
    #[serde(default)]
    payment: String,
}

async fn show(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
    Query(Return { payment }): Query<Return>,
    Query(part): Query<Part>,
) -> Result<Page<Credits>, PageError> {
    let part = Part { netid: person.netid.clone(), ..part };
    // First of the two, so that the balance holds what was just paid.
    let payment = Outcome::find(&gateway, &payment).await;
    let history = gateway.history(&part).await?;
    let standing = Standing::of(&history);
    let ledger = Ledger::new("/credits".to_owned(), history, part);
    Ok(Page(Credits { frame, person, standing, ledger, payment }))
}

/// A history as a file for spreadsheets; whose, the service checks.
async fn export(
    _: SignedIn,
    gateway: Gateway,
    Query(part): Query<Part>,
) -> Result<Response, PageError> {
    let body = gateway.export_history(&part).await?;
    let whose: String = part.netid.chars().filter(char::is_ascii_alphanumeric).collect();
    let whose = if whose.is_empty() { "all" } else { &whose };
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"credits-{whose}.csv\"")),
    ];
    Ok((headers, body).into_response())
}
