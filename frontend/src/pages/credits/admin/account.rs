//! The account of one person, for officers: its history, and setting it right.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use grove_shared::extract::{Path, Query};
use http::StatusCode;
use serde::Deserialize;

use super::super::{Standing, history::Ledger};
use crate::{
    amount::Amount,
    csrf::Protected,
    error::PageError,
    flash::Flash,
    gateway::{Gateway, GatewayError, Part, Refusal},
    once::OnceKey,
    render::{Frame, Page, see_other},
    session::{OfficerVisitor, Person},
};

#[derive(Debug, Template)]
#[template(path = "credits/account.html")]
struct Account {
    frame: Frame,
    person: Arc<Person>,
    netid: String,
    page: String,
    standing: Standing,
    ledger: Ledger,
    form: Adjustment,
    error: Option<String>,
}

/// A change of what someone has.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Adjustment {
    /// Whether `amount` is the new balance and not a difference.
    #[serde(default)]
    to: bool,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    reason: String,
    /// The balance that the officer saw.
    #[serde(default)]
    seen: i64,
    key: Option<OnceKey>,
}

/// The page of someone's account, whatever the NetID holds.
pub(super) fn page_of(netid: &str) -> String {
    let netid: String = url::form_urlencoded::byte_serialize(netid.as_bytes()).collect();
    format!("/credits/admin/{}", netid.replace('+', "%20"))
}

impl Account {
    async fn load(
        person: Arc<Person>,
        frame: Frame,
        gateway: &Gateway,
        netid: String,
        part: Part,
    ) -> Result<Self, PageError> {
        let page = page_of(&netid);
        let part = Part { netid: netid.clone(), ..part };
        let history = gateway.history(&part).await?;
        let standing = Standing::of(&history);
        let ledger = Ledger::new(page.clone(), history, part);
        let form = Adjustment::default();
        Ok(Self { frame, person, netid, page, standing, ledger, form, error: None })
    }
}

pub(crate) async fn show(
    OfficerVisitor(person): OfficerVisitor,
    frame: Frame,
    gateway: Gateway,
    Path(netid): Path<String>,
    Query(part): Query<Part>,
) -> Result<Response, PageError> {
    Ok(Page(Account::load(person, frame, &gateway, netid, part).await?).into_response())
}

pub(crate) async fn adjust(
    OfficerVisitor(person): OfficerVisitor,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Path(netid): Path<String>,
    Protected(form): Protected<Adjustment>,
) -> Result<Response, PageError> {
    match carry_out(&gateway, &netid, &form).await? {
        Ok(sentence) => {
            flash.success(sentence);
            Ok(see_other(&page_of(&netid)))
        }
        Err(Refusal { status, message }) => {
            let page = Account::load(person, frame, &gateway, netid, Part::default()).await?;
            Ok((status, Page(Account { form, error: Some(message), ..page })).into_response())
        }
    }
}

/// Changes the balance; gives a sentence on what happened.
async fn carry_out(
    gateway: &Gateway,
    netid: &str,
    form: &Adjustment,
) -> Result<Result<String, Refusal>, PageError> {
    let refuse = |status, message: &str| Ok(Err(Refusal { status, message: message.to_owned() }));
    let (Some(typed), Some(key)) = (Amount::read_credits(&form.amount), &form.key) else {
        return refuse(StatusCode::BAD_REQUEST, "The amount must be a whole number of credits.");
    };
    if form.reason.trim().is_empty() {
        return refuse(StatusCode::BAD_REQUEST, "Say why: the member sees it in the history.");
    }
    let mut change = typed;
    if form.to {
        let now = balance(gateway, netid).await?;
        // The form may have been sent twice: then it is done, and the difference not added again.
        if now == typed.0 {
            return Ok(Ok(format!("The balance of {netid} is {typed}.")));
        }
        if now != form.seen {
            let message = format!(
                "The balance has changed to {} while you were typing. Look again.",
                Amount(now)
            );
            return Ok(Err(Refusal { status: StatusCode::CONFLICT, message }));
        }
        change = Amount(typed.0.saturating_sub(now));
    }
    if change.0 == 0 {
        return refuse(StatusCode::BAD_REQUEST, "That would change nothing.");
    }
    match gateway.adjust(netid, change.0, form.reason.trim(), key).await {
        Ok(()) => Ok(Ok(format!("The balance of {netid} was changed by {}.", change.signed()))),
        Err(error) => Ok(Err(error.refusal_or_absence()?)),
    }
}

/// The balance of someone; nothing while they have no account.
async fn balance(gateway: &Gateway, netid: &str) -> Result<i64, PageError> {
    match gateway.balance(netid).await {
        Ok(balance) => Ok(balance.balance),
        Err(GatewayError::Refused { status: StatusCode::NOT_FOUND, .. }) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// Why a transaction is undone, and the page to come back to.
#[derive(Debug, Deserialize)]
pub(crate) struct Reversal {
    #[serde(default)]
    reason: String,
    /// Whose account the officer looks at; nobody's in the ledger of all.
    #[serde(default)]
    netid: String,
}

pub(crate) async fn reverse(
    _: OfficerVisitor,
    gateway: Gateway,
    flash: Flash,
    Path(id): Path<u64>,
    Protected(Reversal { reason, netid }): Protected<Reversal>,
) -> Result<Response, PageError> {
    if reason.trim().is_empty() {
        flash.error("Say why the transaction is undone.");
    } else if flash.unless_refused(gateway.reverse(id, reason.trim()).await)?.is_some() {
        flash.success(format!("Transaction {id} is undone by another one; both stay on record."));
    }
    let page = if netid.is_empty() { "/credits/audit".to_owned() } else { page_of(&netid) };
    Ok(see_other(&page))
}
