//! Paying the dues by card, for everybody who joined.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use grove_shared::{api::users::UserState, extract::Query};
use serde::Deserialize;

use super::{
    Return,
    payment::{Continue, address},
};
use crate::{
    amount::Amount,
    csrf::Protected,
    error::PageError,
    gateway::{Gateway, PaymentOptions, Refusal},
    once::OnceKey,
    render::{Frame, Page},
    session::{Person, Visitor},
};

const PAGE: &str = "/credits/purchaseMembership";

#[derive(Debug, Template)]
#[template(path = "credits/membership.html")]
struct Membership {
    frame: Frame,
    person: Option<Arc<Person>>,
    options: PaymentOptions,
    netid: String,
    /// Whether the visitor comes back from paying.
    returned: bool,
    error: Option<String>,
}

impl Membership {
    fn dues(&self) -> String {
        Amount(self.options.membership.dues).dollars()
    }

    fn fee(&self) -> String {
        Amount(self.options.membership.fee).dollars()
    }

    fn total(&self) -> String {
        total(&self.options).dollars()
    }

    /// Whether there is nothing to pay.
    fn is_member(&self) -> bool {
        let profile = self.person.as_ref().and_then(|person| person.profile.as_ref());
        profile.is_some_and(|profile| profile.user.state == UserState::Member)
    }
}

fn total(options: &PaymentOptions) -> Amount {
    Amount(options.membership.dues.saturating_add(options.membership.fee))
}

/// Who becomes a member; people who are signed in pay for themselves.
#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    #[serde(default)]
    netid: String,
    key: OnceKey,
}

pub(crate) async fn show(
    Visitor(person): Visitor,
    frame: Frame,
    gateway: Gateway,
    Query(Return { payment }): Query<Return>,
) -> Result<Response, PageError> {
    let options = gateway.payment_options().await?;
    let netid = person.as_ref().map(|person| person.netid.clone()).unwrap_or_default();
    let returned = !payment.is_empty();
    let page = Membership { frame, person, options, netid, returned, error: None };
    Ok(Page(page).into_response())
}

pub(crate) async fn submit(
    Visitor(person): Visitor,
    frame: Frame,
    gateway: Gateway,
    Protected(Wish { netid, key }): Protected<Wish>,
) -> Result<Response, PageError> {
    let netid = match &person {
        Some(person) => person.netid.clone(),
        None => netid.trim().to_lowercase(),
    };
    let options = gateway.payment_options().await?;
    let refused = match gateway.pay_membership(&netid, &key).await {
        Ok(payment) => match address(&payment) {
            Some(url) => {
                let what = format!("the membership of {netid}");
                let dollars = total(&options).dollars();
                let page = Continue { frame, what, dollars, url, back: PAGE };
                return Ok(Page(page).into_response());
            }
            None => Refusal {
                status: http::StatusCode::CONFLICT,
                message: "This payment is over. Reload the page to begin another.".to_owned(),
            },
        },
        Err(error) => error.refusal_or_absence()?,
    };
    let error = Some(refused.message);
    let page = Membership { frame, person, options, netid, returned: false, error };
    Ok((refused.status, Page(page)).into_response())
}
