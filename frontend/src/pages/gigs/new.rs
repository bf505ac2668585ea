//! Offering a gig.

use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use grove_credits_api as credits;
use grove_gigs_api::{self as gigs, NewGig};
use grove_shared::Client;

use super::{LIST, offer, page_of};
use crate::{
    amount::Amount,
    csrf::Protected,
    error::PageError,
    flash::Flash,
    form::{Field, Form, Kind},
    gateway::Gateway,
    person::Person,
    render::{Frame, Page, see_other},
    session::MemberVisitor,
    typed::Typed,
};

const PAGE: &str = "/intranet/gigs/new";

#[derive(Debug, Template)]
#[template(path = "gigs/new.html")]
pub(crate) struct New {
    frame: Frame,
    person: Arc<Person>,
    /// Not known while credits do not answer.
    available: Option<Amount>,
    form: Form,
}

/// The form. The box on who pays is for officers, as the field is.
fn form(person: &Person) -> Form {
    let hint = "One credit is one cent. The reward is taken from your credits now and set aside. It \
                goes to whoever's claim you accept, or comes back to you when you close the gig.";
    let mut fields = offer::fields(hint.to_owned());
    if person.is_officer() {
        let label = "The chapter pays: nothing is taken from your credits";
        fields.push(Field::new(Kind::Tick, "admin_gig", label));
    }
    Form::new(LIST, fields).once()
}

pub(crate) async fn show(
    MemberVisitor(person): MemberVisitor,
    frame: Frame,
    gateway: Gateway,
) -> Page<New> {
    let balance = gateway.call(credits::balance(&person.netid)).await.ok();
    let available = balance.map(|balance| Amount(balance.available));
    let form = frame.restored(form(&person));
    Page(New { frame, person, available, form })
}

pub(crate) async fn create(
    MemberVisitor(person): MemberVisitor,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Protected(typed): Protected<Typed>,
) -> Result<Response, PageError> {
    let admin_task = typed.all("admin_gig").next().is_some();
    if admin_task && !person.is_officer() {
        return Err(PageError::Forbidden("Only officers offer gigs that the chapter pays.".into()));
    }
    let mut form = form(&person).filled(&typed);
    if form.check()?
        && let Some(key) = &form.key
    {
        let new = NewGig {
            issuer: Some(person.netid.clone()),
            title: Some(form.value("title").to_owned()),
            details: Some(form.value("details").to_owned()),
            credits: offer::reward(&form).into(),
            admin_task: admin_task.into(),
        };
        match gateway.call(gigs::create(&new).once(key.as_str())).await {
            Ok(gig) => {
                flash.success(set_aside(&gig));
                return Ok(see_other(&page_of(gig.id)));
            }
            Err(error) => form.refuse(error)?,
        }
    }
    frame.again(PAGE, &form)
}

/// What posting has done.
fn set_aside(gig: &gigs::Gig) -> String {
    let reward = Amount(gig.credits);
    if gig.admin_task {
        format!("The gig is posted. The chapter pays {reward} when you accept a claim.")
    } else {
        format!("The gig is posted, and {reward} of yours are set aside for it.")
    }
}
