//! Things of which the machine did not say whether they fell out, for officers, who can look.

use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use grove_http::extract::{Path, Query};
use grove_merch_api::{self as merch, Finding, ItemOutcome};
use grove_shared::{
    Client,
    page::{Limit, PageRequest},
};
use serde::Deserialize;

use super::purchases::{Part, Purchase, Thing};
use crate::{
    csrf::Protected,
    error::PageError,
    flash::Flash,
    gateway::Gateway,
    person::Person,
    render::{Frame, Page, see_other},
    session::BoardVisitor,
};

const PAGE: &str = "/intranet/merch/unresolved";
/// Purchases that one page looks through.
const LOOKED_AT: u32 = 100;

#[derive(Debug, Template)]
#[template(path = "merch/unresolved.html")]
pub(crate) struct Unresolved {
    frame: Frame,
    person: Arc<Person>,
    purchases: Vec<Purchase>,
    next: Option<u64>,
}

fn is_open(thing: &Thing) -> bool {
    thing.outcome == ItemOutcome::Unknown && !thing.is_resolved
}

pub(crate) async fn show(
    BoardVisitor(person): BoardVisitor,
    frame: Frame,
    gateway: Gateway,
    Query(Part { after }): Query<Part>,
) -> Result<Page<Unresolved>, PageError> {
    let limit = Some(Limit::new(LOOKED_AT));
    let page = PageRequest { after: after.parse().ok(), limit };
    let list = gateway.call(merch::purchases(None, page)).await?;
    let purchases = list.purchases.into_iter().map(Purchase::from).map(|mut purchase| {
        purchase.things.retain(is_open);
        purchase
    });
    let purchases = purchases.filter(|purchase| !purchase.things.is_empty()).collect();
    Ok(Page(Unresolved { frame, person, purchases, next: list.next }))
}

/// What an officer saw.
#[derive(Debug, Deserialize)]
pub(crate) struct Sight {
    outcome: Finding,
}

pub(crate) async fn resolve(
    _: BoardVisitor,
    gateway: Gateway,
    flash: Flash,
    Path((purchase, number)): Path<(u64, u32)>,
    Protected(Sight { outcome }): Protected<Sight>,
) -> Result<Response, PageError> {
    if flash
        .unless_refused(gateway.call(merch::resolve(purchase, number, outcome)).await)?
        .is_some()
    {
        flash.success(match outcome {
            Finding::Vended => "Recorded: it fell out. The stock is one less.",
            Finding::Failed => "Recorded: it did not fall out. The stock stays as it is.",
        });
    }
    Ok(see_other(PAGE))
}
