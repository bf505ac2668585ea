//! Quotes members overheard.

use grove_shared::api::{
    envelope::{Data, Message},
    quotes::{NewQuote, Quote},
};
use serde_json::{Value, json};

use super::{Gateway, GatewayError};

impl Gateway {
    /// The quotes that the visitor may see: those to approve first, then the newest.
    pub async fn quotes(&self) -> Result<Vec<Quote>, GatewayError> {
        Ok(self.get::<Data<Vec<Quote>>>(&["quotes"]).await?.data)
    }

    /// One quote.
    pub async fn quote(&self, id: u64) -> Result<Quote, GatewayError> {
        Ok(self.get::<Data<Quote>>(&["quotes", &id.to_string()]).await?.data)
    }

    /// Posts a quote; its author is the visitor.
    pub async fn post_quote(&self, new: &NewQuote) -> Result<String, GatewayError> {
        Ok(self.post::<Message>(&["quotes"], new).await?.message)
    }

    /// Approves a quote.
    pub async fn approve_quote(&self, id: u64) -> Result<(), GatewayError> {
        let path = ["quotes", &id.to_string(), "approve"];
        self.put::<Value>(&path, &json!({})).await.map(drop)
    }

    /// Deletes a quote.
    pub async fn delete_quote(&self, id: u64) -> Result<(), GatewayError> {
        self.delete::<Value>(&["quotes", &id.to_string()]).await.map(drop)
    }

    /// Hides what the visitor said until an officer has looked at it.
    pub async fn take_down_quote(&self, id: u64) -> Result<String, GatewayError> {
        let path = ["quotes", &id.to_string(), "takedown"];
        Ok(self.post::<Message>(&path, &json!({})).await?.message)
    }

    /// Votes for a quote.
    pub async fn vote(&self, id: u64) -> Result<(), GatewayError> {
        self.post::<Value>(&["quotes", &id.to_string(), "vote"], &json!({})).await.map(drop)
    }

    /// Takes the visitor's vote back.
    pub async fn unvote(&self, id: u64) -> Result<(), GatewayError> {
        self.delete::<Value>(&["quotes", &id.to_string(), "vote"]).await.map(drop)
    }
}
