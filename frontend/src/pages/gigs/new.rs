//! Offering a gig.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use grove_shared::api::gigs::NewGig;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::page_of;
use crate::{
    amount::Amount,
    csrf::Protected,
    error::PageError,
    flash::Flash,
    gateway::{Gateway, Refusal},
    once::OnceKey,
    render::{Frame, Page, see_other},
    session::{Person, SignedIn},
};

#[derive(Debug, Template)]
#[template(path = "gigs/new.html")]
struct New {
    frame: Frame,
    person: Arc<Person>,
    /// Not known while credits do not answer.
    available: Option<Amount>,
    form: Offer,
    error: Option<String>,
}

/// What makes a gig.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Offer {
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    pub(super) details: String,
    #[serde(default)]
    pub(super) credits: String,
}

impl Offer {
    /// The reward, as the service takes it.
    pub(super) fn reward(&self) -> Result<Value, Refusal> {
        let reward = Amount::read_credits(&self.credits).filter(|amount| amount.0 > 0);
        reward.map(|amount| amount.0.into()).ok_or_else(|| Refusal {
            status: StatusCode::BAD_REQUEST,
            message: "The reward must be a whole number of credits, at least 1.".to_owned(),
        })
    }
}

/// The whole form.
#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    #[serde(flatten)]
    offer: Offer,
    /// Whether the chapter pays. The box is for officers, as the field is.
    admin_gig: Option<String>,
    key: OnceKey,
}

async fn available(gateway: &Gateway, person: &Person) -> Option<Amount> {
    let balance = gateway.balance(&person.netid).await.ok()?;
    Some(Amount(balance.available))
}

pub(crate) async fn show(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
) -> Result<Response, PageError> {
    let available = available(&gateway, &person).await;
    let form = Offer::default();
    Ok(Page(New { frame, person, available, form, error: None }).into_response())
}

pub(crate) async fn create(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Protected(Wish { offer: form, admin_gig, key }): Protected<Wish>,
) -> Result<Response, PageError> {
    let admin_task = admin_gig.is_some();
    if admin_task && !person.is_officer() {
        return Err(PageError::Forbidden("Only officers offer gigs that the chapter pays.".into()));
    }
    let refused = match form.reward() {
        Err(refused) => refused,
        Ok(credits) => {
            let new = NewGig {
                issuer: Some(person.netid.clone()),
                title: Some(form.title.clone()),
                details: Some(form.details.clone()),
                credits,
                admin_task: admin_task.into(),
            };
            match gateway.post_gig(&new, &key).await {
                Ok(gig) => {
                    flash.success(set_aside(&gig));
                    return Ok(see_other(&page_of(gig.id)));
                }
                Err(error) => error.refusal()?,
            }
        }
    };
    let available = available(&gateway, &person).await;
    let page = New { frame, person, available, form, error: Some(refused.message) };
    Ok((refused.status, Page(page)).into_response())
}

/// What posting has done.
fn set_aside(gig: &grove_shared::api::gigs::Gig) -> String {
    let reward = Amount(gig.credits);
    if gig.admin_task {
        format!("The gig is posted. The chapter pays {reward} when you accept a claim.")
    } else {
        format!("The gig is posted, and {reward} of yours are set aside for it.")
    }
}
