//! Giving credits to someone: the form, a second look at who gets them, and the gift.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use grove_shared::{api::credits::Balance, extract::Query};
use http::StatusCode;
use serde::Deserialize;

use crate::{
    amount::Amount,
    csrf::Protected,
    error::PageError,
    flash::Flash,
    gateway::{Gateway, GatewayError, Refusal},
    once::OnceKey,
    render::{Frame, Page, see_other},
    session::{Person, SignedIn},
};

#[derive(Debug, Template)]
#[template(path = "credits/transfer.html")]
struct Transfer {
    frame: Frame,
    person: Arc<Person>,
    available: Amount,
    form: Wish,
    error: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "credits/transfer_confirm.html")]
struct Confirm {
    frame: Frame,
    person: Arc<Person>,
    form: Wish,
    amount: Amount,
    remaining: Amount,
    recipient: Recipient,
}

/// Who gets the credits; the name only if they published it.
#[derive(Debug)]
struct Recipient {
    netid: String,
    name: Option<String>,
    is_member: bool,
}

/// What was typed so far.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wish {
    #[serde(default)]
    to: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    description: String,
    /// Only there once the recipient was looked at.
    #[serde(default)]
    key: Option<OnceKey>,
    /// Whether to go back from there to the form.
    #[serde(default)]
    change: bool,
}

impl Wish {
    /// Reads the recipient and the amount.
    fn read(&self, sender: &Person) -> Result<(String, Amount), Refusal> {
        let to = self.to.trim().to_lowercase();
        let amount = Amount::read_credits(&self.amount).filter(|amount| amount.0 > 0);
        match amount {
            _ if to.is_empty() => Err("Say who gets the credits: a NetID."),
            _ if to == sender.netid => Err("These are your own credits already."),
            None => Err("The amount must be a whole number of credits, at least 1."),
            Some(amount) => Ok((to, amount)),
        }
        .map_err(|message| Refusal { status: StatusCode::BAD_REQUEST, message: message.to_owned() })
    }
}

pub(crate) async fn show(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
    Query(form): Query<Wish>,
) -> Result<Response, PageError> {
    empty_or_filled(person, frame, &gateway, form).await
}

async fn empty_or_filled(
    person: Arc<Person>,
    frame: Frame,
    gateway: &Gateway,
    form: Wish,
) -> Result<Response, PageError> {
    let available = Amount(gateway.balance(&person.netid).await?.available);
    Ok(Page(Transfer { frame, person, available, form, error: None }).into_response())
}

pub(crate) async fn submit(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Protected(form): Protected<Wish>,
) -> Result<Response, PageError> {
    if form.change {
        return empty_or_filled(person, frame, &gateway, form).await;
    }
    let result = match form.read(&person) {
        Err(refusal) => Err(refusal),
        Ok((to, amount)) => match &form.key {
            None => look(&gateway, &person, to, amount).await?,
            Some(key) => {
                let sent = gateway.transfer(&to, amount.0, form.description.trim(), key).await;
                match sent.map_err(GatewayError::refusal_or_absence) {
                    Ok(()) => {
                        flash.success(format!("{amount} went to {to}."));
                        return Ok(see_other("/credits"));
                    }
                    Err(refusal) => Err(refusal?),
                }
            }
        },
    };
    match result {
        Ok(Second { amount, remaining, recipient }) => {
            let page = Confirm { frame, person, form, amount, remaining, recipient };
            Ok(Page(page).into_response())
        }
        Err(Refusal { status, message }) => {
            let available = Amount(gateway.balance(&person.netid).await?.available);
            let page = Transfer { frame, person, available, form, error: Some(message) };
            Ok((status, Page(page)).into_response())
        }
    }
}

/// What the second look shows.
struct Second {
    amount: Amount,
    remaining: Amount,
    recipient: Recipient,
}

/// Finds out who would get the credits, and whether there are enough.
async fn look(
    gateway: &Gateway,
    sender: &Person,
    to: String,
    amount: Amount,
) -> Result<Result<Second, Refusal>, PageError> {
    let (known, balance) = tokio::join!(gateway.is_member(&to), gateway.balance(&sender.netid));
    let Balance { available, .. } = balance?;
    let known = match known {
        Ok(known) => known,
        Err(error) => {
            let Refusal { status, .. } = error.refusal_or_absence()?;
            let message = format!("Nobody here has the NetID {to}.");
            return Ok(Err(Refusal { status, message }));
        }
    };
    let remaining = Amount(available.saturating_sub(amount.0));
    if remaining.0 < 0 {
        let short = Amount(remaining.0.saturating_abs());
        let message = format!("You have {} available: that is {short} short.", Amount(available));
        return Ok(Err(Refusal { status: StatusCode::PAYMENT_REQUIRED, message }));
    }
    let name = [known.first_name, known.last_name].into_iter().flatten();
    let name = Some(name.collect::<Vec<_>>().join(" ")).filter(|name| !name.is_empty());
    let recipient = Recipient { netid: known.netid, name, is_member: known.is_member };
    Ok(Ok(Second { amount, remaining, recipient }))
}
