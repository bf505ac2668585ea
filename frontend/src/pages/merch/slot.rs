//! What lies in a slot, for officers: putting an item in, changing it, emptying the slot.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use grove_shared::extract::Path;
use serde::Deserialize;

use super::MAP;
use crate::{
    csrf::{NoFields, Protected},
    error::PageError,
    flash::Flash,
    gateway::{Assignment, Gateway, Refusal},
    render::{Frame, Page, see_other},
    session::{OfficerVisitor, Person},
};

#[derive(Debug, Template)]
#[template(path = "merch/slot.html")]
struct SlotPage {
    frame: Frame,
    person: Arc<Person>,
    slot: String,
    /// The item that lies there; none in an empty slot.
    id: Option<u64>,
    form: Contents,
    error: Option<String>,
}

/// What lies in a slot, as it is typed.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Contents {
    #[serde(default)]
    name: String,
    #[serde(default)]
    price: String,
    #[serde(default)]
    quantity: String,
    #[serde(default)]
    image_url: String,
}

impl Contents {
    fn assignment<'a>(&'a self, location: &'a str) -> Assignment<'a> {
        Assignment {
            location,
            name: self.name.trim(),
            price: self.price.trim(),
            quantity: self.quantity.trim(),
            image_url: self.image_url.trim(),
        }
    }
}

impl SlotPage {
    fn refused(self, Refusal { status, message }: Refusal) -> Response {
        (status, Page(Self { error: Some(message), ..self })).into_response()
    }

    /// Where the form goes.
    fn action(&self) -> String {
        match self.id {
            Some(id) => format!("{MAP}/{id}/{}", self.slot),
            None => format!("{MAP}/{}", self.slot),
        }
    }
}

/// The form for an empty slot; one that is full leads to its item.
pub(crate) async fn show_new(
    OfficerVisitor(person): OfficerVisitor,
    frame: Frame,
    gateway: Gateway,
    Path(slot): Path<String>,
) -> Result<Response, PageError> {
    let location = gateway.slot(&slot).await?;
    let slot = location.location;
    if let Some(item) = location.item {
        return Ok(see_other(&format!("{MAP}/{}/{slot}/edit", item.id)));
    }
    let form = Contents::default();
    Ok(Page(SlotPage { frame, person, slot, id: None, form, error: None }).into_response())
}

pub(crate) async fn show_edit(
    OfficerVisitor(person): OfficerVisitor,
    frame: Frame,
    gateway: Gateway,
    Path((id, slot)): Path<(u64, String)>,
) -> Result<Response, PageError> {
    let location = gateway.slot(&slot).await?;
    let item = location.item.filter(|item| item.id == id).ok_or(PageError::NotFound)?;
    let form = Contents {
        name: item.name,
        price: item.price.to_string(),
        quantity: location.quantity.to_string(),
        image_url: item.image.unwrap_or_default(),
    };
    let (slot, id) = (location.location, Some(id));
    Ok(Page(SlotPage { frame, person, slot, id, form, error: None }).into_response())
}

pub(crate) async fn assign(
    OfficerVisitor(person): OfficerVisitor,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Path(slot): Path<String>,
    Protected(form): Protected<Contents>,
) -> Result<Response, PageError> {
    match gateway.assign_slot(&form.assignment(&slot)).await {
        Ok(sentence) => {
            flash.success(sentence);
            Ok(see_other(MAP))
        }
        Err(error) => {
            let refusal = error.refusal_or_absence()?;
            Ok(SlotPage { frame, person, slot, id: None, form, error: None }.refused(refusal))
        }
    }
}

pub(crate) async fn change(
    OfficerVisitor(person): OfficerVisitor,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Path((id, slot)): Path<(u64, String)>,
    Protected(form): Protected<Contents>,
) -> Result<Response, PageError> {
    match gateway.change_item(id, &form.assignment(&slot)).await {
        Ok(()) => {
            flash.success(format!("{slot} is changed."));
            Ok(see_other(MAP))
        }
        Err(error) => {
            let refusal = error.refusal_or_absence()?;
            Ok(SlotPage { frame, person, slot, id: Some(id), form, error: None }.refused(refusal))
        }
    }
}

pub(crate) async fn clear(
    _: OfficerVisitor,
    gateway: Gateway,
    flash: Flash,
    Path(slot): Path<String>,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    if flash.unless_refused(gateway.clear_slot(&slot).await)?.is_some() {
        flash.success(format!("{slot} is empty."));
    }
    Ok(see_other(MAP))
}
