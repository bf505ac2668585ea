//! Everything that is sold, for officers.

use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use grove_http::extract::Path;
use grove_merch_api as merch;
use grove_shared::Client;

use crate::{
    amount::Amount,
    csrf::{NoFields, Protected},
    error::PageError,
    flash::Flash,
    gateway::Gateway,
    links::web_url,
    person::Person,
    render::{Frame, Page, see_other},
    session::BoardVisitor,
};

const STOCK: &str = "/intranet/merch/stock";

#[derive(Debug, Template)]
#[template(path = "merch/stock.html")]
pub(crate) struct Stock {
    frame: Frame,
    person: Arc<Person>,
    items: Vec<Item>,
}

/// An item, and where it lies.
#[derive(Debug)]
struct Item {
    id: u64,
    name: String,
    price: Amount,
    left: u64,
    /// Each slot that it lies in.
    slots: Vec<String>,
    picture: Option<String>,
}

impl From<merch::Item> for Item {
    fn from(item: merch::Item) -> Self {
        Self {
            id: item.id,
            price: Amount(item.price.into()),
            left: item.total_stock,
            slots: item.vending.into_iter().map(|slot| slot.location).collect(),
            picture: item.image.as_deref().and_then(web_url),
            name: item.name,
        }
    }
}

pub(crate) async fn show(
    BoardVisitor(person): BoardVisitor,
    frame: Frame,
    gateway: Gateway,
) -> Result<Page<Stock>, PageError> {
    let items = gateway.call(merch::items()).await?.into_iter().map(Item::from).collect();
    Ok(Page(Stock { frame, person, items }))
}

pub(crate) async fn delete(
    _: BoardVisitor,
    gateway: Gateway,
    flash: Flash,
    Path(id): Path<u64>,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    if flash.unless_refused(gateway.call(merch::delete_item(id)).await)?.is_some() {
        flash.success("The item is deleted, and its slots are empty. Purchases stay on record.");
    }
    Ok(see_other(STOCK))
}
