//! What the log of who did what says of a purchase: what the service decides by itself, when neither the
//! machine nor credits say how a thing ends. Everything else the buyer asked for.

use chrono::{DateTime, Utc};
use grove_audit::{Change, record};
use grove_merch_api::SERVICE;
use grove_shared::db;
use serde_json::json;

use crate::{
    error::MerchError,
    saga::unit::{State, Unit},
    store::purchases,
};

/// Logs what was decided about a unit, if it was decided by the service.
pub(super) async fn decision(
    transaction: &mut db::Transaction,
    unit: &Unit,
    now: DateTime<Utc>,
) -> Result<(), MerchError> {
    let (action, outcome, what_now) = match unit.state {
        State::Lost => {
            ("gave up", "unknown", "An officer looks, and says what became of the item.")
        }
        State::Done if !unit.charged => {
            ("waived", "vended", "The credits can be taken by a transaction of an officer.")
        }
        _ => return Ok(()),
    };
    let change = Change::new(SERVICE, action, "purchase", unit.purchase_id)
        .from(json!({ "item": unit.position, "outcome": "pending" }))
        .to(json!({ "item": unit.position, "outcome": outcome, "charged": false }))
        .irreversible(what_now);
    // Whose it is, unless they were forgotten in the meantime.
    let purchase = purchases::find(&mut **transaction, unit.purchase_id).await?;
    let change = match &purchase.netid {
        Some(buyer) => change.about(buyer),
        None => change,
    };
    Ok(record(transaction, change, now).await?)
}
