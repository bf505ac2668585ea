//! What Stripe tells about payments. Events come late, twice and in any order; each has its effect once,
//! in the transaction that notes its id.

use grove_shared::db;
use serde::Deserialize;
use serde_json::Value;
use sqlx::MySqlConnection;

use crate::{error::CreditsError, payment::Payments, store::payments};

/// An event: <https://docs.stripe.com/api/events/object>.
#[derive(Debug, Deserialize)]
pub(crate) struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    data: Data,
}

#[derive(Debug, Deserialize)]
struct Data {
    object: Value,
}

impl Payments {
    /// Lets an event have its effect.
    pub(crate) async fn take_event(&self, event: &Event) -> Result<(), CreditsError> {
        let mut transaction = db::begin(&self.db).await?;
        if !payments::receive_event(&mut transaction, &event.id, self.clock.now()).await? {
            return Ok(());
        }
        self.apply(&mut transaction, event).await?;
        Ok(transaction.commit().await?)
    }

    async fn apply(
        &self,
        transaction: &mut MySqlConnection,
        event: &Event,
    ) -> Result<(), CreditsError> {
        let object = &event.data.object;
        let (text, number) =
            (|name: &str| object[name].as_str(), |name: &str| object[name].as_i64());
        // What we made carries our number, or names what we made; anything else of the account is not
        // about credits.
        let id = match (payment_of(object), text("payment_intent")) {
            (Some(id), _) => Some(id),
            (None, Some(intent)) => payments::id_of_intent(&mut *transaction, intent).await?,
            (None, None) => None,
        };
        let Some(id) = id else { return Ok(()) };
        match event.kind.as_str() {
            "checkout.session.completed" | "checkout.session.async_payment_succeeded"
                if text("payment_status") == Some("paid") =>
            {
                let paid = number("amount_total").unwrap_or_default();
                self.settle_in(transaction, id, text("payment_intent"), paid).await?;
            }
            "checkout.session.expired" | "checkout.session.async_payment_failed" => {
                let now = self.clock.now();
                payments::fail(&mut *transaction, id, "Nobody paid in time", now).await?;
            }
            "payment_intent.succeeded" => {
                let paid = number("amount_received").or_else(|| number("amount"));
                self.settle_in(transaction, id, text("id"), paid.unwrap_or_default()).await?;
            }
            "charge.refunded" => {
                // What goes back has come, though the news of that may be late.
                let paid = number("amount").unwrap_or_default();
                self.settle_in(transaction, id, text("payment_intent"), paid).await?;
                let refunded = number("amount_refunded").unwrap_or_default();
                self.refund_in(transaction, id, refunded).await?;
            }
            "charge.dispute.created" => {
                tracing::warn!("payment {id} is disputed");
                payments::dispute(transaction, id, self.clock.now()).await?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// The number of the payment that an object is about.
fn payment_of(object: &Value) -> Option<u64> {
    object["metadata"]["payment"].as_str()?.parse().ok()
}
