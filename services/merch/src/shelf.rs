//! What officers change of items and slots, and how the log tells of it.
//!
//! Nothing can take a word out of the log again, so it names an item by its number, and a slot. Only the
//! call that takes a change back says the item's name and where its picture is, since it has to.

use grove_audit::{Actor, Change};
use grove_merch_api as api;
use grove_shared::db;
use serde_json::{Map, Value, json};

use crate::{
    error::MerchError,
    item::{Assignment, Item},
    restock,
    slot::Slot,
    store::stock,
};

/// What the log calls what is sold.
const ITEM: &str = "item";

/// Puts a locked item into a slot of its own, or a free one if it `may_take_another`, and changes it to what
/// is asked for. `before` is how the item was; nothing if it is new. Returns what is to be logged: nothing if
/// everything was as asked for.
pub(crate) async fn put(
    transaction: &mut db::Transaction,
    officer: Actor,
    (id, before): (u64, Option<Item>),
    asked: &Assignment,
    may_take_another: bool,
) -> Result<Option<Change>, MerchError> {
    let slot = stock::lock_location(transaction, asked.slot).await?;
    let quantity = match slot.item_id {
        Some(own) if own == id => Some(slot.quantity),
        Some(other) => {
            let other = stock::item(&mut **transaction, other).await?;
            return Err(MerchError::SlotTaken { slot: asked.slot.to_string(), name: other.name });
        }
        None if may_take_another => None,
        None => return Err(MerchError::InvalidLocation),
    };
    if before.is_some() {
        stock::update_item(transaction, id, asked).await?;
    }
    stock::assign(transaction, asked.slot, id, asked.quantity).await?;
    restock::filled(transaction, id).await?;
    Ok(match (before, quantity) {
        (None, _) => Some(created(officer, id, asked)),
        (Some(item), None) => Some(assigned(officer, &item, asked)),
        (Some(item), Some(quantity)) => changed(officer, &item, quantity, asked),
    })
}

fn created(officer: Actor, id: u64, asked: &Assignment) -> Change {
    let Assignment { price, quantity, slot, .. } = asked;
    Change::new(officer, "created", ITEM, id)
        .to(json!({ "price": price, "slot": slot.to_string(), "quantity": quantity }))
        .undone_by(&api::delete_item(id))
}

/// An item has one more slot.
fn assigned(officer: Actor, item: &Item, asked: &Assignment) -> Change {
    let Differences { before, mut after } = Differences::of(item, asked);
    let slot = asked.slot.to_string();
    let is_all = after.is_empty();
    after
        .extend([("slot".to_owned(), json!(slot)), ("quantity".to_owned(), asked.quantity.into())]);
    let change = Change::new(officer, "assigned", ITEM, item.id);
    let change = change.from(given(before)).to(given(after));
    if is_all {
        change.undone_by(&api::clear_location(&slot))
    } else {
        change.irreversible("Clear the slot, and change the item back in another of its slots.")
    }
}

/// An item is another, or there is more or less of it.
fn changed(officer: Actor, item: &Item, quantity: u32, asked: &Assignment) -> Option<Change> {
    let Differences { mut before, mut after } = Differences::of(item, asked);
    if quantity != asked.quantity {
        let slot = asked.slot.to_string();
        before.extend([("slot".to_owned(), json!(slot)), ("quantity".to_owned(), quantity.into())]);
        after.extend([
            ("slot".to_owned(), json!(slot)),
            ("quantity".to_owned(), asked.quantity.into()),
        ]);
    }
    if after.is_empty() {
        return None;
    }
    let change = Change::new(officer, "changed", ITEM, item.id);
    let change = change.from(given(before)).to(given(after));
    Some(match form(item, asked.slot, quantity) {
        Some(old) => change.undone_by(&api::update_item(item.id, &old)),
        None => {
            change.irreversible("It had no picture, and has to have one now: change the rest back.")
        }
    })
}

/// Empties a locked slot of a locked item.
pub(crate) async fn clear(
    transaction: &mut db::Transaction,
    officer: Actor,
    item: &Item,
    slot: Slot,
) -> Result<Change, MerchError> {
    let content = stock::lock_location(transaction, slot).await?;
    if content.item_id != Some(item.id) {
        return Err(MerchError::SlotEmpty);
    }
    stock::clear(transaction, &slot.to_string()).await?;
    let change = Change::new(officer, "cleared", ITEM, item.id)
        .from(json!({ "slot": slot.to_string(), "quantity": content.quantity }));
    Ok(match form(item, slot, content.quantity) {
        Some(old) => change.undone_by(&api::create_item(&old)),
        None => {
            change.irreversible("It had no picture, and needs one to be put into a slot again.")
        }
    })
}

/// Deletes a locked item and empties its slots.
pub(crate) async fn delete(
    transaction: &mut db::Transaction,
    officer: Actor,
    item: &Item,
) -> Result<Change, MerchError> {
    let places = item.places(&stock::locations(&mut **transaction).await?);
    for place in &places {
        stock::clear(transaction, &place.location).await?;
    }
    stock::delete_item(transaction, item.id).await?;
    let slots = places.into_iter().map(|place| (place.location, place.quantity.into()));
    Ok(Change::new(officer, "deleted", ITEM, item.id)
        .from(json!({ "price": item.price, "slots": given(slots.collect()) }))
        .irreversible("Put it into its slots again: then it is a new item, with another number."))
}

/// What is changed of an item itself.
struct Differences {
    before: Map<String, Value>,
    after: Map<String, Value>,
}

impl Differences {
    fn of(item: &Item, asked: &Assignment) -> Self {
        let (mut before, mut after) = <(Map<_, _>, Map<_, _>)>::default();
        if item.price != asked.price {
            before.insert("price".to_owned(), item.price.into());
            after.insert("price".to_owned(), asked.price.into());
        }
        if item.name != asked.name {
            after.insert("renamed".to_owned(), true.into());
        }
        if item.image_url.as_ref() != Some(&asked.image_url) {
            after.insert("new_picture".to_owned(), true.into());
        }
        Self { before, after }
    }
}

/// Null when there is nothing.
fn given(values: Map<String, Value>) -> Value {
    if values.is_empty() { Value::Null } else { values.into() }
}

/// What an officer enters to have an item as it is; nothing when it has no picture, which has to be entered.
fn form(item: &Item, slot: Slot, quantity: u32) -> Option<api::NewItem> {
    Some(api::NewItem {
        name: item.name.clone().into(),
        price: item.price.into(),
        image_url: item.image_url.clone()?.into(),
        quantity: quantity.into(),
        location: slot.to_string().into(),
    })
}
