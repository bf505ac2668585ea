//! The visitor's own purchases, and what became of each thing.

use std::sync::Arc;

use askama::Template;
use grove_http::extract::{Path, Query};
use grove_merch_api::{self as merch, ItemOutcome, PurchaseState};
use grove_shared::{Client, page::PageRequest};
use serde::Deserialize;

use crate::{
    amount::Amount,
    error::PageError,
    gateway::Gateway,
    moment::Moment,
    person::Person,
    render::{Frame, Page},
    session::SignedIn,
};

const LIST: &str = "/intranet/merch/purchases";

/// The page of a purchase.
pub(super) fn page_of(id: u64) -> String {
    format!("{LIST}/{id}")
}

#[derive(Debug, Template)]
#[template(path = "merch/purchases.html")]
pub(crate) struct List {
    frame: Frame,
    person: Arc<Person>,
    purchases: Vec<Purchase>,
    next: Option<u64>,
    /// Whether newer ones are on another page.
    later: bool,
}

#[derive(Debug, Template)]
#[template(path = "merch/purchase.html")]
pub(crate) struct PurchasePage {
    frame: Frame,
    person: Arc<Person>,
    purchase: Purchase,
}

/// A purchase.
#[derive(Debug)]
pub(super) struct Purchase {
    pub(super) id: u64,
    pub(super) page: String,
    pub(super) netid: String,
    pub(super) at: Moment,
    pub(super) at_kiosk: bool,
    pub(super) state: PurchaseState,
    pub(super) cost: Amount,
    pub(super) things: Vec<Thing>,
}

/// One thing of a purchase.
#[derive(Debug)]
pub(super) struct Thing {
    pub(super) number: u32,
    pub(super) name: String,
    pub(super) slot: String,
    pub(super) price: Amount,
    pub(super) outcome: ItemOutcome,
    pub(super) charged: bool,
    pub(super) reason: Option<String>,
    pub(super) is_resolved: bool,
}

impl From<merch::Purchase> for Purchase {
    fn from(purchase: merch::Purchase) -> Self {
        Self {
            id: purchase.id,
            page: page_of(purchase.id),
            netid: purchase.netid,
            at: Moment(purchase.created_at),
            at_kiosk: purchase.at_kiosk,
            state: purchase.state,
            cost: Amount::of(purchase.cost),
            things: purchase.items.into_iter().map(Thing::from).collect(),
        }
    }
}

impl From<merch::PurchaseItem> for Thing {
    fn from(item: merch::PurchaseItem) -> Self {
        Self {
            number: item.number,
            name: item.name,
            slot: item.location,
            price: Amount(item.price.into()),
            outcome: item.outcome,
            charged: item.charged,
            reason: item.reason,
            is_resolved: item.resolution.is_some(),
        }
    }
}

impl Thing {
    fn badge(&self) -> &'static str {
        match self.outcome {
            ItemOutcome::Vended => "badge badge-good",
            ItemOutcome::Pending => "badge badge-warn",
            ItemOutcome::Refunded | ItemOutcome::Unknown => "badge badge-bad",
        }
    }

    fn label(&self) -> &'static str {
        match self.outcome {
            ItemOutcome::Vended => "yours",
            ItemOutcome::Pending => "on its way",
            ItemOutcome::Refunded => "did not fall out",
            ItemOutcome::Unknown => "the machine did not say",
        }
    }

    /// What the visitor pays for it.
    fn charge(&self) -> String {
        match (self.charged, self.outcome) {
            (true, _) => format!("{} charged", self.price),
            (false, ItemOutcome::Pending) => format!("{} set aside", self.price),
            (false, ItemOutcome::Vended) if self.price.0 > 0 => {
                format!("{} to be charged", self.price)
            }
            (false, _) => "not charged".to_owned(),
        }
    }
}

impl Purchase {
    fn badge(&self) -> &'static str {
        match self.state {
            PurchaseState::Done => "badge badge-good",
            PurchaseState::Pending => "badge badge-warn",
            PurchaseState::Failed => "badge badge-bad",
        }
    }

    fn label(&self) -> &'static str {
        match self.state {
            PurchaseState::Done => "done",
            PurchaseState::Pending => "the machine is at work",
            PurchaseState::Failed => "something went wrong",
        }
    }

    /// `2 things: Coke, Water`
    fn summary(&self) -> String {
        let names: Vec<_> = self.things.iter().map(|thing| thing.name.as_str()).collect();
        names.join(", ")
    }

    fn is_pending(&self) -> bool {
        self.state == PurchaseState::Pending
    }

    fn has_unknown(&self) -> bool {
        self.things.iter().any(|thing| thing.outcome == ItemOutcome::Unknown)
    }
}

/// Which part of the list.
#[derive(Debug, Deserialize)]
pub(crate) struct Part {
    #[serde(default)]
    pub(super) after: String,
}

pub(crate) async fn list(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
    Query(Part { after }): Query<Part>,
) -> Result<Page<List>, PageError> {
    let page = PageRequest { after: after.parse().ok(), limit: None };
    let list = gateway.call(merch::purchases(Some(&person.netid), page)).await?;
    let purchases = list.purchases.into_iter().map(Purchase::from).collect();
    let later = !after.is_empty();
    Ok(Page(List { frame, person, purchases, next: list.next, later }))
}

pub(crate) async fn show(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
    Path(id): Path<u64>,
) -> Result<Page<PurchasePage>, PageError> {
    let purchase = gateway.call(merch::purchase(id)).await?.into();
    Ok(Page(PurchasePage { frame, person, purchase }))
}
