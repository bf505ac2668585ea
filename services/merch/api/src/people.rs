//! People who buy, and their PINs.

use chrono::NaiveDate;
use grove_shared::{
    Call,
    lenient::Lenient,
    page::{Page, PageRequest},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::SERVICE;

/// Everyone who bought something or has a PIN, by NetID. For admins and top4.
pub fn customers() -> Call<Vec<Customer>> {
    Call::get(SERVICE, "/merch/users", &[]).enveloped()
}

/// A page of them, those first who came first. For admins and top4.
pub fn customers_page(PageRequest { after, limit }: PageRequest) -> Call<Page<Customer>> {
    let limit = limit.unwrap_or_default();
    Call::get(SERVICE, "/merch/users", &[]).query("after", after).query("limit", Some(limit))
}

/// One member as a customer. For themselves, admins and top4.
pub fn customer(netid: &str) -> Call<Customer> {
    Call::get(SERVICE, "/merch/users/{netid}", &[&netid]).enveloped()
}

/// Makes a PIN for the caller, or another in its place. For members.
pub fn make_pin(netid: &str) -> Call<NewPin> {
    Call::post(SERVICE, "/merch/users/{netid}/pin", &[&netid]).enveloped()
}

/// The member behind a PIN. For kiosks.
pub fn find_by_pin(pin: &PinForm) -> Call<Customer> {
    Call::post(SERVICE, "/merch/users/pins", &[]).json(pin).enveloped()
}

/// Someone who buys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Customer {
    /// Identifies the customer; null before the first PIN or purchase.
    pub id: Option<u64>,
    /// Their login name.
    #[schema(example = "jsmith2")]
    pub netid: String,
    /// Always null: a PIN is shown once, to its owner.
    pub pin: Option<String>,
    /// Whether they have one.
    pub has_pin: bool,
    /// What they may spend; null when that is not known now.
    pub balance: Option<i64>,
    /// Why the balance is null.
    pub balance_error: Option<String>,
    /// The day of the first PIN or purchase.
    pub created_on: Option<NaiveDate>,
}

/// A PIN, in the only reply that ever shows it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NewPin {
    /// Whose.
    #[schema(example = "jsmith2")]
    pub netid: String,
    /// Eight digits.
    #[schema(pattern = "^[0-9]{8}$", example = "12345678")]
    pub pin: String,
}

/// A PIN, as someone enters it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct PinForm {
    /// Eight digits. Old clients send a number.
    #[schema(value_type = String, pattern = "^[0-9]{8}$", example = "12345678")]
    pub pin: Lenient,
}
