//! What is sold, and what makes a description of it valid.

use chrono::{DateTime, Utc};
use grove_merch_api as api;
use grove_shared::{config::ChapterTime, lenient::Lenient, text};
use url::Url;

use crate::{error::MerchError, slot::Slot};

/// An item and one of its slots, as an officer describes them.
#[derive(Debug, Clone)]
pub(crate) struct Assignment {
    pub(crate) name: String,
    pub(crate) price: u32,
    pub(crate) image_url: String,
    pub(crate) quantity: u32,
    pub(crate) slot: Slot,
}

impl Assignment {
    const LONGEST_NAME: usize = 50;
    const LONGEST_URL: usize = 2000;
    const HIGHEST_PRICE: u32 = 1_000_000;
    const MOST_IN_A_SLOT: u32 = 1000;

    /// Reads the five fields. That all are there is checked first, in the order of old clients.
    pub(crate) fn parse(form: &api::NewItem) -> Result<Self, MerchError> {
        let name = required("name", &form.name)?;
        let price = required("price", &form.price)?;
        let image_url = required("image_url", &form.image_url)?;
        let quantity = required("quantity", &form.quantity)?;
        let location = required("location", &form.location)?;
        if name.chars().count() > Self::LONGEST_NAME {
            let message = format!("name may have at most {} characters", Self::LONGEST_NAME);
            return Err(MerchError::Malformed(message));
        }
        if !text::is_clean(&name) {
            let message = "name may have no control characters".to_owned();
            return Err(MerchError::Malformed(message));
        }
        let price = number("price", &price, Self::HIGHEST_PRICE)?;
        let url =
            Url::parse(&image_url).ok().filter(|url| ["http", "https"].contains(&url.scheme()));
        if url.is_none() || image_url.len() > Self::LONGEST_URL || !text::is_clean(&image_url) {
            let message = "image_url must begin with http:// or https://".to_owned();
            return Err(MerchError::Malformed(message));
        }
        let quantity = number("quantity", &quantity, Self::MOST_IN_A_SLOT)?;
        Ok(Self { name, price, image_url, quantity, slot: Slot::parse(&location)? })
    }
}

/// The text of a field that has to be there.
pub(crate) fn required(name: &'static str, value: &Lenient) -> Result<String, MerchError> {
    let wrong = |_| MerchError::Malformed(format!("{name} must be text or a number"));
    value.text().map_err(wrong)?.ok_or(MerchError::Missing(name))
}

/// A whole number from 0 to `most`.
fn number(name: &str, text: &str, most: u32) -> Result<u32, MerchError> {
    text.parse().ok().filter(|number| *number <= most).ok_or_else(|| {
        MerchError::Malformed(format!("{name} must be a whole number from 0 to {most}"))
    })
}

/// Something that is sold.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) price: u32,
    pub(crate) image_url: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
}

impl Item {
    /// Those of `locations` that it lies in.
    pub(crate) fn places(&self, locations: &[api::Location]) -> Vec<api::Location> {
        let mine = |location: &&api::Location| {
            location.item.as_ref().is_some_and(|item| item.id == self.id)
        };
        locations.iter().filter(mine).cloned().collect()
    }

    /// The item with those of `locations` that it lies in.
    pub(crate) fn with_stock(self, time: ChapterTime, locations: &[api::Location]) -> api::Item {
        let vending = self.places(locations);
        let total_stock = vending.iter().map(|location| u64::from(location.quantity)).sum();
        api::Item {
            id: self.id,
            price: self.price,
            name: self.name,
            image: self.image_url,
            created_on: time.day_of(self.created_at),
            in_stock: total_stock > 0,
            total_stock,
            vending,
        }
    }
}
