//! Paying the dues by card, for everybody who joined.

use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use grove_credits_api::{self as credits, PaymentOptions};
use grove_http::extract::Query;
use grove_shared::Client;
use grove_users_api::UserState;

use super::{Return, payment};
use crate::{
    amount::Amount,
    csrf::Protected,
    error::PageError,
    failed::Failed,
    form::{Field, Form, Kind},
    gateway::Gateway,
    person::Person,
    render::{Frame, Page},
    session::Visitor,
    typed::Typed,
};

const PAGE: &str = "/credits/purchaseMembership";

#[derive(Debug, Template)]
#[template(path = "credits/membership.html")]
pub(crate) struct Membership {
    frame: Frame,
    person: Option<Arc<Person>>,
    options: PaymentOptions,
    /// Whether the visitor comes back from paying.
    returned: bool,
    /// Dues that came by card, and made nobody a member.
    failed: Failed,
    form: Form,
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
fn form(person: Option<&Person>) -> Form {
    let netid = Field::new(Kind::NetId, "netid", "NetID")
        .required("Enter the NetID that you joined with.")
        .autocomplete("username")
        .hint("The one that you joined with. If you have not yet, join first.");
    let fields = if person.is_some() { Vec::new() } else { vec![netid] };
    Form::new(PAGE, fields).once()
}

pub(crate) async fn show(
    Visitor(person): Visitor,
    frame: Frame,
    gateway: Gateway,
    Query(Return { payment }): Query<Return>,
) -> Result<Page<Membership>, PageError> {
    let failed = async {
        match &person {
            Some(_) => Failed::of_visitor(&gateway, &[credits::SERVICE]).await,
            None => Failed::default(),
        }
    };
    let (options, failed) = tokio::join!(gateway.public(credits::payment_options()), failed);
    let options = options?;
    let returned = !payment.is_empty();
    let form = frame.restored(form(person.as_deref()));
    Ok(Page(Membership { frame, person, options, returned, failed, form }))
}

pub(crate) async fn submit(
    Visitor(person): Visitor,
    frame: Frame,
    gateway: Gateway,
    Protected(typed): Protected<Typed>,
) -> Result<Response, PageError> {
    let mut form = form(person.as_deref()).filled(&typed);
    if form.check()?
        && let Some(key) = &form.key
    {
        let netid = match &person {
            Some(person) => person.netid.as_str(),
            None => form.value("netid"),
        };
        match gateway.call(credits::pay_membership(netid).once(key.as_str())).await {
            Ok(payment) => {
                let options = gateway.public(credits::payment_options()).await?;
                let what = format!("the membership of {netid}");
                let dollars = total(&options).dollars();
                if let Some(link) = payment::see_link(&frame, &payment, &what, &dollars) {
                    return Ok(link);
                }
                let over = "This payment is over. Reload the page to begin another.";
                form.error = Some(over.to_owned());
            }
            Err(error) => form.refuse(error)?,
        }
    }
    frame.again(PAGE, &form)
}
