//! A purchase, as people see it.

use grove_merch_api as api;
use grove_personal_data::FORMER_MEMBER;
use grove_shared::{
    NetId,
    config::ChapterTime,
    page::{Page, PageRequest},
};
use sqlx::MySqlPool;

use crate::{
    error::MerchError,
    saga::unit::State,
    store::{
        purchases::{self, PurchaseRow, UnitRow},
        stock,
    },
};

impl From<UnitRow> for api::PurchaseItem {
    fn from(unit: UnitRow) -> Self {
        let outcome = match unit.state {
            State::Holding | State::Vending => api::ItemOutcome::Pending,
            State::Dropped | State::Done => api::ItemOutcome::Vended,
            State::Failed | State::Refunded => api::ItemOutcome::Refunded,
            State::Lost | State::Unknown => api::ItemOutcome::Unknown,
        };
        let officer = unit.resolved_by.unwrap_or_else(|| FORMER_MEMBER.to_owned());
        let resolution = unit.resolved_as.zip(unit.resolved_at);
        let resolution = resolution.map(|(finding, at)| api::Resolution {
            outcome: finding.into(),
            officer,
            at,
        });
        Self {
            number: unit.position,
            item_id: unit.item_id,
            name: unit.name,
            price: unit.price,
            location: unit.location,
            outcome,
            charged: unit.charged,
            reason: unit.reason,
            resolution,
        }
    }
}

impl PurchaseRow {
    /// The purchase with its items.
    pub(crate) fn with_items(self, items: Vec<api::PurchaseItem>) -> api::Purchase {
        use api::ItemOutcome::{Pending, Vended};
        let state = if items.iter().any(|item| item.outcome == Pending) {
            api::PurchaseState::Pending
        } else if items.iter().all(|item| item.outcome == Vended) {
            api::PurchaseState::Done
        } else {
            api::PurchaseState::Failed
        };
        let costs = items.iter().filter(|item| matches!(item.outcome, Pending | Vended));
        api::Purchase {
            id: self.id,
            netid: self.netid.map_or_else(|| FORMER_MEMBER.to_owned(), |netid| netid.to_string()),
            at_kiosk: self.kiosk.is_some(),
            state,
            cost: costs.map(|item| u64::from(item.price)).sum(),
            items,
            created_at: self.created_at,
        }
    }
}

/// One purchase.
pub(crate) async fn find(db: &MySqlPool, id: u64) -> Result<api::Purchase, MerchError> {
    let purchase = purchases::find(db, id).await?;
    let units = purchases::units(db, id, id).await?;
    Ok(purchase.with_items(units.into_iter().map(Into::into).collect()))
}

/// A page of the purchases of one person, or of all.
pub(crate) async fn page(
    db: &MySqlPool,
    netid: Option<&NetId>,
    request: PageRequest,
) -> Result<api::Purchases, MerchError> {
    let rows = purchases::list(db, netid, request).await?;
    let Page { items: rows, next } = Page::of(rows, request, |purchase| purchase.id);
    let (Some(newest), Some(oldest)) = (rows.first(), rows.last()) else {
        return Ok(api::Purchases { purchases: Vec::new(), next });
    };
    let units = purchases::units(db, oldest.id, newest.id).await?;
    Ok(api::Purchases { purchases: with_units(&rows, &units), next })
}

/// Every purchase of one person, the oldest first.
pub(crate) async fn all_of(
    db: &MySqlPool,
    netid: &NetId,
) -> Result<Vec<api::Purchase>, MerchError> {
    let units = purchases::units_of(db, netid).await?;
    Ok(with_units(&purchases::of(db, netid).await?, &units))
}

fn with_units(rows: &[PurchaseRow], units: &[UnitRow]) -> Vec<api::Purchase> {
    let purchases = rows.iter().map(|row| {
        let mine = units.iter().filter(|unit| unit.purchase_id == row.id);
        row.clone().with_items(mine.cloned().map(Into::into).collect())
    });
    purchases.collect()
}

/// The items of a purchase as old clients know items: as they are today, at the price of the purchase.
pub(crate) async fn items_of(
    db: &MySqlPool,
    time: ChapterTime,
    purchase: &api::Purchase,
) -> Result<Vec<api::Item>, MerchError> {
    let locations = stock::locations(db).await?;
    let items = stock::items(db).await?;
    let items = purchase.items.iter().map(|unit| {
        let today = items.iter().find(|item| item.id == unit.item_id);
        let today = today.map(|item| item.clone().with_stock(time, &locations));
        let mut item = today.unwrap_or_else(|| api::Item {
            id: unit.item_id,
            price: unit.price,
            name: unit.name.clone(),
            image: None,
            created_on: time.day_of(purchase.created_at),
            vending: Vec::new(),
            in_stock: false,
            total_stock: 0,
        });
        item.name.clone_from(&unit.name);
        item.price = unit.price;
        item
    });
    Ok(items.collect())
}
