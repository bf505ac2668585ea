//! What lies in a slot, for officers: putting an item in, changing it, emptying the slot.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use grove_http::extract::Path;
use grove_merch_api::{self as merch, NewItem};
use grove_shared::Client;

use super::MAP;
use crate::{
    csrf::{NoFields, Protected},
    error::PageError,
    flash::Flash,
    form::{Field, Form, Kind},
    gateway::Gateway,
    person::Person,
    render::{Frame, Page, see_other},
    session::BoardVisitor,
    typed::Typed,
};

#[derive(Debug, Template)]
#[template(path = "merch/slot.html")]
struct SlotPage {
    frame: Frame,
    person: Arc<Person>,
    slot: String,
    /// The item that lies there; none in an empty slot.
    id: Option<u64>,
    form: Form,
}

/// What lies in a slot, as a form; `id` is the item that lies there.
fn form(slot: &str, id: Option<u64>) -> Form {
    let hint = match id {
        Some(_) => "Name, price and picture change in every slot that it lies in.",
        None => "An item of the same name in another slot gets this price and picture too.",
    };
    let name = Field::new(Kind::Text, "name", "Item")
        .required("Give the item a name.")
        .most(50)
        .hint(hint);
    let price = Field::new(Kind::Number(0, 1_000_000), "price", "Price in credits")
        .required("Enter the price in credits.")
        .hint("One credit is one cent.");
    let quantity = Field::new(Kind::Number(0, 1000), "quantity", format!("How many lie in {slot}"))
        .required("Enter how many lie there.");
    let picture = Field::new(Kind::Url, "image_url", "Picture")
        .required("Enter the address of a picture.")
        .most(2000)
        .placeholder("https://");
    let action = match id {
        Some(id) => format!("{MAP}/{id}/{slot}"),
        None => format!("{MAP}/{slot}"),
    };
    Form::new(action, vec![name, price, quantity, picture])
}

/// The page with the form.
fn page(slot: &str, id: Option<u64>) -> String {
    match id {
        Some(id) => format!("{MAP}/{id}/{slot}/edit"),
        None => format!("{MAP}/{slot}/new"),
    }
}

/// The form for an empty slot; one that is full leads to its item.
pub(crate) async fn show_new(
    BoardVisitor(person): BoardVisitor,
    frame: Frame,
    gateway: Gateway,
    Path(slot): Path<String>,
) -> Result<Response, PageError> {
    let location = gateway.call(merch::location(&slot)).await?;
    let slot = location.location;
    if let Some(item) = location.item {
        return Ok(see_other(&page(&slot, Some(item.id))));
    }
    let form = frame.restored(form(&slot, None));
    Ok(Page(SlotPage { frame, person, slot, id: None, form }).into_response())
}

pub(crate) async fn show_edit(
    BoardVisitor(person): BoardVisitor,
    frame: Frame,
    gateway: Gateway,
    Path((id, slot)): Path<(u64, String)>,
) -> Result<Response, PageError> {
    let location = gateway.call(merch::location(&slot)).await?;
    let item = location.item.filter(|item| item.id == id).ok_or(PageError::NotFound)?;
    let (slot, id) = (location.location, Some(id));
    let form = form(&slot, id)
        .with("name", item.name)
        .with("price", item.price.to_string())
        .with("quantity", location.quantity.to_string())
        .with("image_url", item.image.unwrap_or_default());
    let form = frame.restored(form);
    Ok(Page(SlotPage { frame, person, slot, id, form }).into_response())
}

/// What is to lie in a slot, of a form that was checked.
fn item(form: &Form, slot: &str) -> NewItem {
    let number = |name: &str| form.value(name).parse::<u32>().unwrap_or_default();
    NewItem {
        location: slot.into(),
        name: form.value("name").into(),
        price: number("price").into(),
        quantity: number("quantity").into(),
        image_url: form.value("image_url").into(),
    }
}

pub(crate) async fn assign(
    _: BoardVisitor,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Path(slot): Path<String>,
    Protected(typed): Protected<Typed>,
) -> Result<Response, PageError> {
    let mut form = form(&slot, None).filled(&typed);
    if form.check()? {
        match gateway.call(merch::create_item(&item(&form, &slot))).await {
            Ok(done) => {
                flash.success(done.message);
                return Ok(see_other(MAP));
            }
            Err(error) => form.refuse(error)?,
        }
    }
    frame.again(&page(&slot, None), &form)
}

pub(crate) async fn change(
    _: BoardVisitor,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Path((id, slot)): Path<(u64, String)>,
    Protected(typed): Protected<Typed>,
) -> Result<Response, PageError> {
    let mut form = form(&slot, Some(id)).filled(&typed);
    if form.check()? {
        match gateway.call(merch::update_item(id, &item(&form, &slot))).await {
            Ok(_) => {
                flash.success(format!("{slot} is changed."));
                return Ok(see_other(MAP));
            }
            Err(error) => form.refuse(error)?,
        }
    }
    frame.again(&page(&slot, Some(id)), &form)
}

pub(crate) async fn clear(
    _: BoardVisitor,
    gateway: Gateway,
    flash: Flash,
    Path(slot): Path<String>,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    if flash.unless_refused(gateway.call(merch::clear_location(&slot)).await)?.is_some() {
        flash.success(format!("{slot} is empty."));
    }
    Ok(see_other(MAP))
}
