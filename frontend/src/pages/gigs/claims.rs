//! Claiming a gig, and deciding on claims. Who may, the service checks.

use axum::response::Response;
use grove_gigs_api::{self as gigs, NewClaim};
use grove_http::extract::Path;
use grove_shared::Client;

use super::page_of;
use crate::{
    csrf::{NoFields, Protected},
    error::PageError,
    flash::Flash,
    gateway::Gateway,
    render::see_other,
    session::{MemberVisitor, SignedIn},
};

pub(crate) async fn make(
    MemberVisitor(person): MemberVisitor,
    gateway: Gateway,
    flash: Flash,
    Path(gig): Path<u64>,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    let claim = NewClaim { claimant: Some(person.netid.clone()), gig_id: gig.into() };
    if flash.unless_refused(gateway.call(gigs::create_claim(&claim)).await)?.is_some() {
        flash.success("You claimed the gig. The issuer decides.");
    }
    Ok(see_other(&page_of(gig)))
}

pub(crate) async fn accept(
    _: SignedIn,
    gateway: Gateway,
    flash: Flash,
    Path((gig, claim)): Path<(u64, u64)>,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    if flash.unless_refused(gateway.call(gigs::accept_claim(claim)).await)?.is_some() {
        flash.success("The claim is accepted, and the reward goes to who made it.");
    }
    Ok(see_other(&page_of(gig)))
}

pub(crate) async fn reject(
    _: SignedIn,
    gateway: Gateway,
    flash: Flash,
    Path((gig, claim)): Path<(u64, u64)>,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    if flash.unless_refused(gateway.call(gigs::end_claim(claim)).await)?.is_some() {
        flash.success("The claim is rejected. No credits moved.");
    }
    Ok(see_other(&page_of(gig)))
}

pub(crate) async fn withdraw(
    _: SignedIn,
    gateway: Gateway,
    flash: Flash,
    Path((gig, claim)): Path<(u64, u64)>,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    if flash.unless_refused(gateway.call(gigs::end_claim(claim)).await)?.is_some() {
        flash.success("You took your claim back.");
    }
    Ok(see_other(&page_of(gig)))
}
