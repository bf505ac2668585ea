//! Gigs, and the claims on them.

use grove_shared::api::gigs::{Claim, Gig, GigChange, GigPage, NewClaim, NewGig};
use serde_json::{Value, json};

use super::{Gateway, GatewayError};
use crate::once::OnceKey;

/// Claims of every kind, also those that were rejected or taken back.
const ALL_STATES: &str = "pending,accepted,rejected,withdrawn";

impl Gateway {
    /// A page of gigs, the newest first; `query` is what the service filters by.
    pub async fn gigs(&self, query: &[(&str, &str)]) -> Result<GigPage, GatewayError> {
        self.get_with(&["gigs"], query).await
    }

    /// One gig.
    pub async fn gig(&self, id: u64) -> Result<Gig, GatewayError> {
        self.get(&["gigs", &id.to_string()]).await
    }

    /// Posts a gig; 402 when its issuer has not the credits.
    pub async fn post_gig(&self, new: &NewGig, key: &OnceKey) -> Result<Gig, GatewayError> {
        self.post_once(&["gigs"], new, key).await
    }

    /// Edits a gig of the visitor.
    pub async fn change_gig(&self, id: u64, change: &GigChange) -> Result<Gig, GatewayError> {
        self.put(&["gigs", &id.to_string()], change).await
    }

    /// Closes a gig: its reward goes back to where it came from.
    pub async fn close_gig(&self, id: u64) -> Result<Gig, GatewayError> {
        self.put(&["gigs", &id.to_string()], &json!({ "active": false })).await
    }

    /// Deletes a gig.
    pub async fn delete_gig(&self, id: u64) -> Result<(), GatewayError> {
        self.delete::<Value>(&["gigs", &id.to_string()]).await.map(drop)
    }

    /// The claims on a gig that the visitor may see.
    pub async fn claims(&self, gig: u64) -> Result<Vec<Claim>, GatewayError> {
        let query = [("gig_id", gig.to_string()), ("state", ALL_STATES.to_owned())];
        let query = query.each_ref().map(|(name, value)| (*name, value.as_str()));
        self.get_with(&["gigs", "claims"], &query).await
    }

    /// Claims a gig for the visitor.
    pub async fn claim_gig(&self, gig: u64, claimant: &str) -> Result<(), GatewayError> {
        let claim = NewClaim { claimant: Some(claimant.to_owned()), gig_id: gig.into() };
        self.post::<Value>(&["gigs", "claims"], &claim).await.map(drop)
    }

    /// Accepts a claim: the claimant is paid.
    pub async fn accept_claim(&self, id: u64) -> Result<(), GatewayError> {
        self.put::<Value>(&["gigs", "claims", &id.to_string()], &json!({})).await.map(drop)
    }

    /// Rejects someone's claim, or takes one's own back.
    pub async fn end_claim(&self, id: u64) -> Result<(), GatewayError> {
        self.delete::<Value>(&["gigs", "claims", &id.to_string()]).await.map(drop)
    }
}
