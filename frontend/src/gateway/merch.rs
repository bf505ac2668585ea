//! The vending machine: what lies in it, and who bought what.

use grove_shared::api::{
    envelope::{Data, Message},
    merch::{
        Customer, Finding, Item, Location, NewPin, NewPurchase, NewResolution, Purchase, Purchases,
        SalesDay,
    },
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Gateway, GatewayError};
use crate::once::OnceKey;

/// An item and its slot, as an officer types them.
#[derive(Debug, Clone, Serialize)]
pub struct Assignment<'a> {
    /// A1 to E9.
    pub location: &'a str,
    /// What the item is called.
    pub name: &'a str,
    /// In credits.
    pub price: &'a str,
    /// How many lie in the slot.
    pub quantity: &'a str,
    /// A picture.
    pub image_url: &'a str,
}

impl Gateway {
    /// Every slot of the machine.
    pub async fn slots(&self) -> Result<Vec<Location>, GatewayError> {
        Ok(self.get::<Data<Vec<Location>>>(&["merch", "locations"]).await?.data)
    }

    /// One slot.
    pub async fn slot(&self, slot: &str) -> Result<Location, GatewayError> {
        Ok(self.get::<Data<Location>>(&["merch", "locations", slot]).await?.data)
    }

    /// Empties a slot.
    pub async fn clear_slot(&self, slot: &str) -> Result<(), GatewayError> {
        self.put::<Value>(&["merch", "locations", slot], &json!({})).await.map(drop)
    }

    /// Everything that is or was sold.
    pub async fn items(&self) -> Result<Vec<Item>, GatewayError> {
        Ok(self.get::<Data<Vec<Item>>>(&["merch", "items"]).await?.data)
    }

    /// Puts an item into an empty slot.
    pub async fn assign_slot(&self, new: &Assignment<'_>) -> Result<String, GatewayError> {
        Ok(self.post::<Message>(&["merch", "items"], new).await?.message)
    }

    /// Changes an item, and how much of it lies in one slot.
    pub async fn change_item(&self, id: u64, change: &Assignment<'_>) -> Result<(), GatewayError> {
        self.put::<Value>(&["merch", "items", &id.to_string()], change).await.map(drop)
    }

    /// Deletes an item; its slots are empty then.
    pub async fn delete_item(&self, id: u64) -> Result<(), GatewayError> {
        self.delete::<Value>(&["merch", "items", &id.to_string()]).await.map(drop)
    }

    /// Someone as the machine knows them.
    pub async fn customer(&self, netid: &str) -> Result<Customer, GatewayError> {
        Ok(self.get::<Data<Customer>>(&["merch", "users", netid]).await?.data)
    }

    /// Makes a PIN for the visitor; the one before is of no use then.
    pub async fn make_pin(&self, netid: &str) -> Result<NewPin, GatewayError> {
        Ok(self.post::<Data<NewPin>>(&["merch", "users", netid, "pin"], &json!({})).await?.data)
    }

    /// Buys as the visitor, and waits for what the machine does.
    pub async fn buy(&self, items: Vec<u64>, key: &OnceKey) -> Result<Purchase, GatewayError> {
        self.post_once(&["merch", "purchases"], &NewPurchase { items }, key).await
    }

    /// A page of purchases, the newest first; without a NetID, for officers, everybody's.
    pub async fn purchases(&self, query: &[(&str, &str)]) -> Result<Purchases, GatewayError> {
        self.get_with(&["merch", "purchases"], query).await
    }

    /// One purchase.
    pub async fn purchase(&self, id: u64) -> Result<Purchase, GatewayError> {
        self.get(&["merch", "purchases", &id.to_string()]).await
    }

    /// Records what an officer saw of an item whose outcome nobody knows.
    pub async fn resolve(
        &self,
        purchase: u64,
        number: u32,
        outcome: Finding,
    ) -> Result<(), GatewayError> {
        let (id, number) = (purchase.to_string(), number.to_string());
        let path = ["merch", "purchases", &id, "items", &number, "resolve"];
        self.post::<Value>(&path, &NewResolution { outcome }).await.map(drop)
    }

    /// What was sold on each day of a period, for officers.
    pub async fn sales(&self, from: &str, to: &str) -> Result<Vec<SalesDay>, GatewayError> {
        let query = [("from", from), ("to", to)];
        let query: Vec<_> = query.into_iter().filter(|(_, day)| !day.is_empty()).collect();
        self.get_with(&["merch", "sales"], &query).await
    }
}
