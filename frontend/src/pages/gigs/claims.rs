//! Claiming a gig, and deciding on claims. Who may, the service checks.

use axum::response::Response;
use grove_shared::extract::Path;

use super::page_of;
use crate::{
    csrf::{NoFields, Protected},
    error::PageError,
    flash::Flash,
    gateway::Gateway,
    render::see_other,
    session::SignedIn,
};

pub(crate) async fn make(
    SignedIn(person): SignedIn,
    gateway: Gateway,
    flash: Flash,
    Path(gig): Path<u64>,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    if flash.unless_refused(gateway.claim_gig(gig, &person.netid).await)?.is_some() {
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
    if flash.unless_refused(gateway.accept_claim(claim).await)?.is_some() {
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
    if flash.unless_refused(gateway.end_claim(claim).await)?.is_some() {
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
    if flash.unless_refused(gateway.end_claim(claim).await)?.is_some() {
        flash.success("You took your claim back.");
    }
    Ok(see_other(&page_of(gig)))
}
