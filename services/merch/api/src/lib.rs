//! The vending machine on the wire: what lies in it, who buys, and what became of it. The contract of the
//! merch service.

mod items;
mod people;
mod purchases;

use grove_shared::Service;

pub use self::{
    items::{
        Item, Location, LocationItem, NewItem, available_items, clear_location, create_item,
        delete_item, item, items, location, locations, update_item,
    },
    people::{
        Customer, NewPin, PinForm, customer, customers, customers_page, find_by_pin, make_pin,
    },
    purchases::{
        Finding, ItemOutcome, NewPurchase, NewResolution, NewTransaction, Purchase, PurchaseItem,
        PurchaseState, Purchases, Resolution, SalesDay, Transaction, buy, purchase, purchases,
        resolve, sales, sell,
    },
};

/// The service of the vending machine.
pub const SERVICE: Service = Service { name: "merch", port: 6969 };
