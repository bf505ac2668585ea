//! One gig: what it is, who wants to do it, and ending it.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use grove_shared::{
    api::gigs::{self as api, ClaimState, GigChange, GigState},
    extract::Path,
};

use super::{Gig, LIST, new::Offer, page_of};
use crate::{
    csrf::{NoFields, Protected},
    error::PageError,
    flash::Flash,
    gateway::{Gateway, Refusal},
    moment::Moment,
    render::{Frame, Page, see_other},
    session::{Person, SignedIn},
};

#[derive(Debug, Template)]
#[template(path = "gigs/gig.html")]
struct GigPage {
    frame: Frame,
    person: Arc<Person>,
    gig: Gig,
    /// Those of other people that the visitor may see.
    claims: Vec<Claim>,
    /// The visitor's own, the latest.
    own: Option<Claim>,
    form: Offer,
    error: Option<String>,
}

/// Someone's wish to do the gig.
#[derive(Debug)]
struct Claim {
    id: u64,
    claimant: String,
    state: ClaimState,
    made: Moment,
}

impl Claim {
    fn new(claim: api::Claim) -> Self {
        let api::Claim { id, claimant, state, created_at, .. } = claim;
        Self { id, claimant, state, made: Moment(created_at) }
    }

    fn is_pending(&self) -> bool {
        self.state == ClaimState::Pending
    }
}

impl GigPage {
    async fn load(
        person: Arc<Person>,
        frame: Frame,
        gateway: &Gateway,
        id: u64,
    ) -> Result<Self, PageError> {
        let (gig, claims) = tokio::try_join!(gateway.gig(id), gateway.claims(id))?;
        let claims = claims.into_iter().map(Claim::new);
        let (own, claims): (Vec<_>, Vec<_>) =
            claims.partition(|claim| claim.claimant == person.netid);
        let form = Offer {
            title: gig.title.clone(),
            details: gig.details.clone(),
            credits: gig.credits.to_string(),
        };
        let own = own.into_iter().max_by_key(|claim| claim.id);
        let gig = Gig::new(gig, &person);
        Ok(Self { frame, person, gig, claims, own, form, error: None })
    }

    /// The issuer decides on claims; on those that the chapter pays for any officer does.
    fn may_accept(&self) -> bool {
        let officer = self.person.is_officer();
        self.gig.is_open() && if self.gig.admin_task { officer } else { self.gig.mine }
    }

    fn may_reject(&self) -> bool {
        self.gig.is_undecided() && (self.gig.mine || self.person.is_officer())
    }

    fn may_close(&self) -> bool {
        let officer = self.gig.admin_task && self.person.is_officer();
        self.gig.is_undecided() && (self.gig.mine || officer)
    }

    /// While nobody claims it, so that nobody does a gig that has become another one.
    fn may_edit(&self) -> bool {
        let payer = !self.gig.admin_task || self.person.is_officer();
        self.gig.mine && payer && self.gig.is_open() && !self.claims.iter().any(Claim::is_pending)
    }

    fn may_delete(&self) -> bool {
        self.gig.mine || self.person.is_officer()
    }

    fn may_claim(&self) -> bool {
        let free = self.own.as_ref().is_none_or(|own| own.state == ClaimState::Withdrawn);
        self.gig.is_open() && !self.gig.mine && free
    }

    /// What ending the gig does to the reward.
    fn given_back(&self) -> String {
        let Gig { reward, issuer, .. } = &self.gig;
        match (self.gig.is_undecided(), self.gig.admin_task, self.gig.mine) {
            (false, ..) => "No credits move.".to_owned(),
            (true, true, _) => format!("The chapter keeps its {reward}."),
            (true, false, true) => format!("Your {reward} come back to you."),
            (true, false, false) => format!("The {reward} go back to {issuer}."),
        }
    }

    /// What is told of a claim, and in which colour.
    fn standing(&self, claim: &Claim) -> (&'static str, &'static str) {
        match claim.state {
            ClaimState::Pending => ("Pending", "badge badge-warn"),
            ClaimState::Accepted if self.gig.state == GigState::Paying => {
                ("Accepted, the payment is on its way", "badge badge-good")
            }
            ClaimState::Accepted => ("Accepted and paid", "badge badge-good"),
            ClaimState::Rejected => ("Rejected", "badge badge-bad"),
            ClaimState::Withdrawn => ("Withdrawn", "badge"),
        }
    }
}

pub(crate) async fn show(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
    Path(id): Path<u64>,
) -> Result<Response, PageError> {
    Ok(Page(GigPage::load(person, frame, &gateway, id).await?).into_response())
}

/// The issuer may, which the service checks.
pub(crate) async fn edit(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Path(id): Path<u64>,
    Protected(form): Protected<Offer>,
) -> Result<Response, PageError> {
    let refused = match form.reward() {
        Err(refused) => refused,
        Ok(credits) => {
            let change = GigChange {
                title: Some(form.title.clone()),
                details: Some(form.details.clone()),
                credits,
                ..GigChange::default()
            };
            match gateway.change_gig(id, &change).await {
                Ok(_) => {
                    flash.success("The gig is changed.");
                    return Ok(see_other(&page_of(id)));
                }
                Err(error) => error.refusal()?,
            }
        }
    };
    let Refusal { status, message } = refused;
    let page = GigPage::load(person, frame, &gateway, id).await?;
    Ok((status, Page(GigPage { form, error: Some(message), ..page })).into_response())
}

pub(crate) async fn close(
    _: SignedIn,
    gateway: Gateway,
    flash: Flash,
    Path(id): Path<u64>,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    if flash.unless_refused(gateway.close_gig(id).await)?.is_some() {
        flash.success("The gig is closed, and its reward goes back to where it came from.");
    }
    Ok(see_other(&page_of(id)))
}

pub(crate) async fn delete(
    _: SignedIn,
    gateway: Gateway,
    flash: Flash,
    Path(id): Path<u64>,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    if flash.unless_refused(gateway.delete_gig(id).await)?.is_none() {
        return Ok(see_other(&page_of(id)));
    }
    flash.success("The gig is deleted.");
    Ok(see_other(LIST))
}
