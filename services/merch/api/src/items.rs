//! What is sold, and the slots that it lies in.

use chrono::NaiveDate;
use grove_shared::{Call, envelope::Message, lenient::Lenient};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::SERVICE;

/// Every item that is or was sold. For every application.
pub fn items() -> Call<Vec<Item>> {
    Call::get(SERVICE, "/merch/items", &[]).enveloped()
}

/// The items of which some are left. For every application.
pub fn available_items() -> Call<Vec<Item>> {
    Call::get(SERVICE, "/merch/items/available", &[]).enveloped()
}

/// One item. For every application.
pub fn item(id: u64) -> Call<Item> {
    Call::get(SERVICE, "/merch/items/{id}", &[&id]).enveloped()
}

/// Puts an item into a slot; one of that name takes the new price and picture. For admins and top4.
pub fn create_item(new: &NewItem) -> Call<Message> {
    Call::post(SERVICE, "/merch/items", &[]).json(new)
}

/// Changes an item, and how much of it lies in one of its slots. For admins and top4.
pub fn update_item(id: u64, change: &NewItem) -> Call<Message> {
    Call::put(SERVICE, "/merch/items/{id}", &[&id]).json(change)
}

/// Deletes an item; its slots are empty then. For admins and top4.
pub fn delete_item(id: u64) -> Call<Message> {
    Call::delete(SERVICE, "/merch/items/{id}", &[&id])
}

/// Every slot of the machine. For every application.
pub fn locations() -> Call<Vec<Location>> {
    Call::get(SERVICE, "/merch/locations", &[]).enveloped()
}

/// One slot: A1 to E9. For every application.
pub fn location(slot: &str) -> Call<Location> {
    Call::get(SERVICE, "/merch/locations/{location}", &[&slot]).enveloped()
}

/// Empties a slot and gives it to no item. For admins and top4.
pub fn clear_location(slot: &str) -> Call<Message> {
    Call::put(SERVICE, "/merch/locations/{location}", &[&slot])
}

/// Something that is sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Item {
    /// Identifies the item.
    pub id: u64,
    /// What it costs, in credits.
    pub price: u32,
    /// What it is called.
    pub name: String,
    /// The URL of a picture.
    pub image: Option<String>,
    /// Since when it is sold.
    pub created_on: NaiveDate,
    /// The slots that it lies in.
    pub vending: Vec<Location>,
    /// Whether any of them has some left.
    pub in_stock: bool,
    /// How much is left in all slots.
    pub total_stock: u64,
}

/// An item and one of its slots, as an officer enters them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewItem {
    /// What it is called, without control characters.
    #[schema(value_type = String, min_length = 1, max_length = 50, example = "Coke")]
    pub name: Lenient,
    /// What it costs, in credits. Old clients send text.
    #[schema(value_type = u32, maximum = 1_000_000, example = 75)]
    pub price: Lenient,
    /// The URL of a picture.
    #[schema(
        value_type = String,
        max_length = 2000,
        pattern = "^https?://",
        example = "https://example.edu/can.png"
    )]
    pub image_url: Lenient,
    /// How much lies in the slot. Old clients send text.
    #[schema(value_type = u32, maximum = 1000, example = 7)]
    pub quantity: Lenient,
    /// The slot: A1 to E9.
    #[schema(value_type = String, pattern = "^[A-E][1-9]$", example = "A1")]
    pub location: Lenient,
}

/// A slot of the machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Location {
    /// Identifies the slot.
    pub id: u64,
    /// A to E.
    #[schema(pattern = "^[A-E]$", example = "A")]
    pub row: String,
    /// 1 to 9.
    #[schema(minimum = 1, maximum = 9)]
    pub column: u8,
    /// Row and column: A1 to E9.
    #[schema(pattern = "^[A-E][1-9]$", example = "A1")]
    pub location: String,
    /// How much lies in it.
    pub quantity: u32,
    /// What lies in it; null when it is given to no item.
    pub item: Option<LocationItem>,
}

/// What lies in a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LocationItem {
    /// Identifies the item.
    pub id: u64,
    /// What it is called.
    pub name: String,
    /// What it costs, in credits.
    pub price: u32,
    /// The URL of a picture.
    pub image: Option<String>,
}
