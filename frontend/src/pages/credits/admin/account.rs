//! The account of one person, for officers: its history, and setting it right.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use grove_credits_api as credits;
use grove_http::extract::{Path, Query};
use grove_shared::{CallError, Client};
use http::StatusCode;
use serde::Deserialize;

use super::super::{
    Standing,
    history::{Ledger, Part},
};
use crate::{
    amount::Amount,
    csrf::Protected,
    error::PageError,
    flash::Flash,
    form::{Choice, Field, Form, Kind},
    gateway::Gateway,
    period::Period,
    person::Person,
    render::{Frame, Page, see_other},
    session::AdminVisitor,
    typed::Typed,
};

#[derive(Debug, Template)]
#[template(path = "credits/account.html")]
struct Account {
    frame: Frame,
    person: Arc<Person>,
    netid: String,
    standing: Standing,
    ledger: Ledger,
    form: Form,
}

/// The form that changes what someone has.
fn form(netid: &str) -> Form {
    let how =
        vec![Choice::new("false", "By a difference"), Choice::new("true", "To a new balance")];
    let how = Field::new(Kind::Radios(how), "to", "How").required("Choose how.");
    let amount = Field::new(Kind::Difference, "amount", "Credits")
        .required("The amount must be a whole number of credits.")
        .unreadable("The amount must be a whole number of credits.")
        .hint("One credit is one cent. A difference may be negative: -500 takes $5.00 away.");
    let reason = Field::new(Kind::Text, "reason", "Why")
        .required("Say why: the member sees it in the history.")
        .most(150)
        .alias("description")
        .hint(format!("{netid} sees it in the history, with your NetID."));
    // The balance that the officer saw.
    let seen = Field::new(Kind::Hidden, "seen", "");
    Form::new(page_of(netid), vec![how, amount, reason, seen]).once().with("to", "false")
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
        let part = Part { netid: netid.clone(), ..part };
        let period = Period::read(&part.from, &part.to);
        let history = gateway.call(credits::history(&part.request(&period))).await?;
        let standing = Standing::of(history.account)?;
        let ledger = Ledger::new(page_of(&netid), history, part, period);
        let mut form = frame.restored(form(&netid));
        // Who saw that the balance has changed sees the one of now.
        form.set("seen", standing.balance.0.to_string());
        Ok(Self { frame, person, netid, standing, ledger, form })
    }
}

pub(crate) async fn show(
    AdminVisitor(person): AdminVisitor,
    frame: Frame,
    gateway: Gateway,
    Path(netid): Path<String>,
    Query(part): Query<Part>,
) -> Result<Response, PageError> {
    Ok(Page(Account::load(person, frame, &gateway, netid, part).await?).into_response())
}

pub(crate) async fn adjust(
    _: AdminVisitor,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Path(netid): Path<String>,
    Protected(typed): Protected<Typed>,
) -> Result<Response, PageError> {
    let mut form = form(&netid).with("to", "").filled(&typed);
    if form.check()?
        && let Some(sentence) = carry_out(&gateway, &netid, &mut form).await?
    {
        flash.success(sentence);
        return Ok(see_other(&page_of(&netid)));
    }
    frame.again(&page_of(&netid), &form)
}

/// Changes the balance; gives a sentence on what happened, or nothing when it is not to be done.
async fn carry_out(
    gateway: &Gateway,
    netid: &str,
    form: &mut Form,
) -> Result<Option<String>, PageError> {
    let Some(typed) = Amount::read_credits(form.value("amount")) else { return Ok(None) };
    let Some(key) = form.key.clone() else { return Ok(None) };
    let mut change = typed;
    if form.value("to") == "true" {
        let now = balance(gateway, netid).await?;
        // The form may have been sent twice: then it is done, and the difference not added again.
        if now == typed.0 {
            return Ok(Some(format!("The balance of {netid} is {typed}.")));
        }
        if form.value("seen").parse() != Ok(now) {
            form.error = Some(format!(
                "The balance has changed to {} while you were typing. Look again.",
                Amount(now)
            ));
            return Ok(None);
        }
        change = Amount(typed.0.saturating_sub(now));
    }
    if change.0 == 0 {
        form.wrong("amount", "That would change nothing.");
        return Ok(None);
    }
    let adjustment = credits::Adjustment {
        netid: netid.to_owned(),
        amount: change.0,
        description: form.value("reason").to_owned(),
    };
    match gateway.call(credits::adjust(&adjustment).once(key.as_str())).await {
        Ok(_) => Ok(Some(format!("The balance of {netid} was changed by {}.", change.signed()))),
        Err(error) => {
            form.refuse(error)?;
            Ok(None)
        }
    }
}

/// The balance of someone; nothing while they have no account.
async fn balance(gateway: &Gateway, netid: &str) -> Result<i64, PageError> {
    match gateway.call(credits::balance(netid)).await {
        Ok(balance) => Ok(balance.balance),
        Err(CallError::Refused { status: StatusCode::NOT_FOUND, .. }) => Ok(0),
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
    _: AdminVisitor,
    gateway: Gateway,
    flash: Flash,
    Path(id): Path<u64>,
    Protected(Reversal { reason, netid }): Protected<Reversal>,
) -> Result<Response, PageError> {
    if reason.trim().is_empty() {
        flash.error("Say why the transaction is undone.");
    } else if flash
        .unless_refused(gateway.call(credits::reverse(id, reason.trim())).await)?
        .is_some()
    {
        flash.success(format!("Transaction {id} is undone by another one; both stay on record."));
    }
    let page = if netid.is_empty() { "/credits/audit".to_owned() } else { page_of(&netid) };
    Ok(see_other(&page))
}
