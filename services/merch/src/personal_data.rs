//! What the service keeps of a person, and how it forgets them.

use grove_http::ApiError;
use grove_merch_api as api;
use grove_outbox::person;
use grove_personal_data::PersonalData;
use grove_shared::{NetId, db, personal_data::Forgotten};
use serde_json::{Value, json};

use crate::{
    error::MerchError,
    purchase,
    state::AppState,
    store::{
        customers,
        purchases::{self, UnitRow},
        units,
    },
};

impl PersonalData for AppState {
    async fn export(&self, netid: &NetId) -> Result<Value, ApiError> {
        let customer = customer(self, netid).await?;
        let purchases = purchase::all_of(&self.db, netid).await?;
        let to_settle = units::purchases_to_settle(&self.db, netid).await?;
        let found = purchases::found_by(&self.db, netid).await?;
        let requests = person::requests_of(&self.db, netid).await?;
        let is_nothing = customer.is_null()
            && purchases.is_empty()
            && to_settle.is_empty()
            && found.is_empty()
            && requests.is_empty();
        if is_nothing {
            return Ok(Value::Null);
        }
        Ok(json!({
            "customer": customer,
            "purchases": purchases,
            "purchases_to_settle": to_settle,
            "findings": found.into_iter().map(finding).collect::<Vec<_>>(),
            "requests": requests,
        }))
    }

    /// The buyer goes first: whoever begins something for them waits for that, and finds nobody then. Things
    /// under way keep whose credits they are about, and each loses it when it is settled.
    async fn forget(&self, netid: &NetId) -> Result<Forgotten, ApiError> {
        let mut transaction = db::begin(&self.db).await?;
        let customers = customers::remove(&mut transaction, netid).await?;
        let requests = person::forget_requests_of(&mut transaction, netid).await?;
        // One by one, so that nothing is locked of what others buy.
        for unit in units::open_of(&mut *transaction, netid).await? {
            units::keep_payer(&mut transaction, unit, netid).await?;
        }
        let purchases = purchases::forget_buyer(&mut transaction, netid).await?;
        let mut findings = 0;
        for unit in purchases::found_by(&mut *transaction, netid).await? {
            purchases::forget_finder(&mut transaction, &unit).await?;
            findings += 1;
        }
        transaction.commit().await?;
        let forgotten = Forgotten::default()
            .removed("the customer, with the PIN", customers)
            .removed("requests that could have been repeated", requests)
            .removed("the name of who bought", purchases)
            .removed("the name of who found out what fell out", findings);
        let forgotten = if purchases > 0 {
            forgotten.kept(
                "purchases, without a name",
                "what was sold has to add up to stock and credits.",
            )
        } else {
            forgotten
        };
        Ok(if units::purchases_to_settle(&self.db, netid).await?.is_empty() {
            forgotten
        } else {
            forgotten.kept(
                "the NetID beside what is being bought",
                "credits that are set aside have to be taken or given back; then it goes by itself.",
            )
        })
    }
}

/// A customer as they may know it; null when they are none.
async fn customer(state: &AppState, netid: &NetId) -> Result<Value, MerchError> {
    let Some(customer) = customers::find(&state.db, netid).await? else {
        return Ok(Value::Null);
    };
    let pin_made_at = customers::pin_made_at(&state.db, netid).await?;
    Ok(json!({
        "id": customer.id,
        "created_at": customer.created_at,
        "pin": customer.has_pin.then_some("kept as a keyed hash, which is not shown"),
        "pin_made_at": pin_made_at,
    }))
}

/// What they found out as an officer.
fn finding(unit: UnitRow) -> Value {
    let (purchase, item) = (unit.purchase_id, api::PurchaseItem::from(unit));
    let resolution = item.resolution;
    json!({
        "purchase": purchase,
        "item": item.number,
        "outcome": resolution.as_ref().map(|resolution| resolution.outcome),
        "at": resolution.map(|resolution| resolution.at),
    })
}
