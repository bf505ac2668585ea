//! Merch: the vending machine as it looks, what the visitor buys of it, and its care by officers.

mod buying;
mod pin;
mod purchases;
mod sales;
mod slot;
mod stock;
mod unresolved;

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    response::Redirect,
    routing::{get, post},
};
use grove_credits_api as credits;
use grove_merch_api::{self as merch, Location, LocationItem};
use grove_shared::Client;

use crate::{
    AppState,
    amount::Amount,
    error::PageError,
    gateway::Gateway,
    person::Person,
    render::{Frame, Page},
    session::Visitor,
};

const MAP: &str = "/intranet/merch/items";

/// The pages on merch.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/intranet/merch", get(|| async { Redirect::permanent(MAP) }))
        .route(MAP, get(show))
        .route("/intranet/merch/items/{slot}", post(slot::assign))
        .route("/intranet/merch/items/{slot}/new", get(slot::show_new))
        .route("/intranet/merch/items/{slot}/clear", post(slot::clear))
        .route("/intranet/merch/items/{id}/{slot}", post(slot::change))
        .route("/intranet/merch/items/{id}/{slot}/edit", get(slot::show_edit))
        .route("/intranet/merch/buy", get(buying::show).post(buying::submit))
        .route("/intranet/merch/purchases", get(purchases::list))
        .route("/intranet/merch/purchases/{id}", get(purchases::show))
        .route("/intranet/merch/purchases/{id}/items/{number}/resolve", post(unresolved::resolve))
        .route("/intranet/merch/pin", get(pin::show).post(pin::make))
        .route("/intranet/merch/stock", get(stock::show))
        .route("/intranet/merch/stock/{id}/delete", post(stock::delete))
        .route("/intranet/merch/sales", get(sales::show))
        .route("/intranet/merch/unresolved", get(unresolved::show))
}

#[derive(Debug, Template)]
#[template(path = "merch/index.html")]
pub(crate) struct Machine {
    frame: Frame,
    person: Option<Arc<Person>>,
    rows: Vec<Row>,
    available: Option<Amount>,
}

/// A shelf of the machine.
#[derive(Debug)]
struct Row {
    letter: String,
    slots: Vec<Slot>,
}

/// A slot of the machine.
#[derive(Debug)]
struct Slot {
    name: String,
    quantity: u32,
    item: Option<Item>,
}

/// What lies in a slot.
#[derive(Debug)]
struct Item {
    id: u64,
    name: String,
    price: Amount,
}

impl From<LocationItem> for Item {
    fn from(item: LocationItem) -> Self {
        Self { id: item.id, name: item.name, price: Amount(item.price.into()) }
    }
}

impl Slot {
    fn is_sold_out(&self) -> bool {
        self.item.is_some() && self.quantity == 0
    }
}

/// The slots by shelf, each from left to right.
fn rows(mut slots: Vec<Location>) -> Vec<Row> {
    slots.sort_by(|a, b| (&a.row, a.column).cmp(&(&b.row, b.column)));
    let mut rows: Vec<Row> = Vec::new();
    for slot in slots {
        if rows.last().is_none_or(|row| row.letter != slot.row) {
            rows.push(Row { letter: slot.row.clone(), slots: Vec::new() });
        }
        let Some(row) = rows.last_mut() else { continue };
        let item = slot.item.map(Item::from);
        row.slots.push(Slot { name: slot.location, quantity: slot.quantity, item });
    }
    rows
}

impl Machine {
    /// Whether the visitor can buy.
    fn sells(&self) -> bool {
        let full = |slot: &Slot| slot.item.is_some() && slot.quantity > 0;
        self.may_buy() && self.rows.iter().any(|row| row.slots.iter().any(full))
    }

    /// Members buy.
    fn may_buy(&self) -> bool {
        self.person.as_ref().is_some_and(|person| person.is_member())
    }

    fn is_cared_for(&self) -> bool {
        self.person.as_ref().is_some_and(|person| person.is_board())
    }
}

/// Anybody may look, as at the machine itself.
pub(crate) async fn show(
    Visitor(person): Visitor,
    frame: Frame,
    gateway: Gateway,
) -> Result<Page<Machine>, PageError> {
    let balance = async {
        let balance = gateway.call(credits::balance(&person.as_ref()?.netid)).await.ok()?;
        Some(Amount(balance.available))
    };
    let (slots, available) = tokio::join!(gateway.call(merch::locations()), balance);
    let rows = rows(slots?);
    Ok(Page(Machine { frame, person, rows, available }))
}
