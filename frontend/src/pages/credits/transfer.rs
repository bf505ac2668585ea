//! Giving credits to someone: the form, a second look at who gets them, and the gift.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use grove_credits_api::{self as credits, NewTransfer};
use grove_http::extract::Query;
use grove_shared::{CallError, Client};
use grove_users_api as users;

use crate::{
    amount::Amount,
    csrf::Protected,
    error::PageError,
    flash::Flash,
    form::{Field, Form, KEY, Kind},
    gateway::Gateway,
    once::OnceKey,
    person::Person,
    render::{Frame, Page, see_other},
    session::MemberVisitor,
    typed::Typed,
};

const PAGE: &str = "/credits/transfer";
/// The value of the field `step` when the second look is next.
const LOOK: &str = "look";

#[derive(Debug, Template)]
#[template(path = "credits/transfer.html")]
struct Transfer {
    frame: Frame,
    person: Arc<Person>,
    available: Amount,
    form: Form,
}

#[derive(Debug, Template)]
#[template(path = "credits/transfer_confirm.html")]
struct Confirm {
    frame: Frame,
    person: Arc<Person>,
    form: Form,
    amount: Amount,
    /// What is left afterwards; nothing when that is not known.
    remaining: Option<Amount>,
    recipient: Recipient,
}

/// Who gets the credits; the name only if they published it.
#[derive(Debug)]
struct Recipient {
    netid: String,
    name: Option<String>,
    is_member: bool,
}

fn form() -> Form {
    let to = Field::new(Kind::NetId, "to", "To")
        .required("Say who gets the credits: a NetID.")
        .hint("A NetID. You see who that is before anything is sent.");
    let amount = Field::new(Kind::Credits, "amount", "Credits")
        .required("Enter how many credits: a whole number, at least 1.")
        .unreadable("The amount must be a whole number of credits, at least 1.")
        .hint("One credit is one cent: 500 credits are $5.00.");
    let description = Field::new(Kind::Text, "description", "What for")
        .most(150)
        .hint("Both of you see it in the history.");
    Form::new(PAGE, vec![to, amount, description, Field::new(Kind::Hidden, "step", "")]).once()
}

/// How many credits; 0 in a form that was not checked.
fn amount(form: &Form) -> Amount {
    Amount::read_credits(form.value("amount")).unwrap_or(Amount(0))
}

pub(crate) async fn show(
    MemberVisitor(person): MemberVisitor,
    frame: Frame,
    gateway: Gateway,
    Query(typed): Query<Typed>,
) -> Result<Response, PageError> {
    let mut form = frame.restored(form());
    if !form.again {
        for (name, value) in typed.iter() {
            form.set(name, value);
        }
        form.set("step", "");
    }
    let balance = gateway.call(credits::balance(&person.netid));
    let balance = if form.value("step") == LOOK {
        let known = users::is_member(form.value("to"));
        let (known, balance) = tokio::join!(gateway.call(known), balance);
        if let Some(Second { remaining, recipient }) = look(known, balance.clone(), &mut form)? {
            let amount = amount(&form);
            let page = Confirm { frame, person, form, amount, remaining, recipient };
            return Ok(Page(page).into_response());
        }
        balance
    } else {
        balance.await
    };
    let available = Amount(balance?.available);
    Ok(Page(Transfer { frame, person, available, form }).into_response())
}

pub(crate) async fn submit(
    MemberVisitor(person): MemberVisitor,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Protected(typed): Protected<Typed>,
) -> Result<Response, PageError> {
    let sends = !typed.get(KEY).is_empty();
    let form = if sends { form() } else { form().without_key() };
    let mut form = form.filled(&typed);
    form.set("step", "");
    if !typed.get("change").is_empty() {
        form.key = None;
        return frame.again(PAGE, &form);
    }
    if !form.check()? {
        return frame.again(PAGE, &form);
    }
    if form.value("to") == person.netid {
        form.wrong("to", "These are your own credits already.");
        return frame.again(PAGE, &form);
    }
    let Some(key) = &form.key else {
        form.key = Some(OnceKey::draw());
        form.set("step", LOOK);
        return frame.again(PAGE, &form);
    };
    let amount = amount(&form);
    let transfer = NewTransfer {
        to: form.value("to").to_owned(),
        amount: amount.0,
        description: form.value("description").to_owned(),
    };
    match gateway.call(credits::give(&transfer).once(key.as_str())).await {
        Ok(_) => {
            flash.success(format!("{amount} went to {}.", transfer.to));
            Ok(see_other("/credits"))
        }
        Err(error) => {
            // What nobody knows of is sent again as it was; the rest is changed first.
            let is_unknown = error.status().is_none();
            form.refuse(error)?;
            form.set("step", if is_unknown { LOOK } else { "" });
            frame.again(PAGE, &form)
        }
    }
}

/// What the second look shows.
struct Second {
    remaining: Option<Amount>,
    recipient: Recipient,
}

/// Who would get the credits, and whether there are enough; nothing when that is wrong. After a try that
/// nobody knows the outcome of it does not matter: that one is to be sent again.
fn look(
    known: Result<users::IsMember, CallError>,
    balance: Result<credits::Balance, CallError>,
    form: &mut Form,
) -> Result<Option<Second>, PageError> {
    let to = form.value("to").to_owned();
    if form.error.is_some() {
        let recipient = known.map_or_else(|_| unknown(&to), Recipient::from);
        return Ok(Some(Second { remaining: None, recipient }));
    }
    let recipient = match known {
        Ok(known) => Recipient::from(known),
        Err(CallError::Refused { status, .. }) if status.as_u16() == 404 => {
            form.wrong("to", format!("Nobody here has the NetID {to}."));
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    let available = Amount(balance?.available);
    let remaining = Amount(available.0.saturating_sub(amount(form).0));
    if remaining.0 < 0 {
        let short = Amount(remaining.0.saturating_abs());
        let wrong = format!("You have {available} available: that is {short} short.");
        form.wrong("amount", wrong);
        return Ok(None);
    }
    Ok(Some(Second { remaining: Some(remaining), recipient }))
}

fn unknown(netid: &str) -> Recipient {
    Recipient { netid: netid.to_owned(), name: None, is_member: true }
}

impl From<users::IsMember> for Recipient {
    fn from(known: users::IsMember) -> Self {
        let name = [known.first_name, known.last_name].into_iter().flatten();
        let name = Some(name.collect::<Vec<_>>().join(" ")).filter(|name| !name.is_empty());
        Self { netid: known.netid, name, is_member: known.is_member }
    }
}
