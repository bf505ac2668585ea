//! What Stripe tells about payments. Events come late, twice and in any order; each has its effect once,
//! in the transaction that notes its id.
//!
//! The account at Stripe may serve other installations, and this one may have been restored from a backup.
//! So an event counts only for a payment whose reference, page and intent are the ones on file.

use grove_shared::db::{self, Transaction};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    error::CreditsError,
    payment::Payments,
    store::{
        events,
        payments::{self, Named, Payment},
    },
};

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

impl Event {
    fn text(&self, name: &str) -> Option<&str> {
        self.data.object[name].as_str()
    }

    fn number(&self, name: &str) -> i64 {
        self.data.object[name].as_i64().unwrap_or_default()
    }

    fn is_about_a(&self, kind: &str) -> bool {
        self.kind.strip_prefix(kind).is_some_and(|rest| rest.starts_with('.'))
    }

    fn named(&self) -> Named<'_> {
        let reference = self.data.object["metadata"]["payment"].as_str();
        if self.is_about_a("checkout.session") {
            let intent = self.text("payment_intent");
            Named { reference, session: self.text("id"), intent }
        } else if self.is_about_a("payment_intent") {
            Named { reference, session: None, intent: self.text("id") }
        } else {
            Named { reference, session: None, intent: self.text("payment_intent") }
        }
    }
}

/// Whether nothing that Stripe names is another than on file. What is not on file yet proves nothing, so
/// then the reference has to be right, or else something of the rest.
fn is_of(payment: &Payment, named: Named<'_>) -> bool {
    let agrees = |on_file: Option<&str>, told: Option<&str>| match (on_file, told) {
        (Some(on_file), Some(told)) => Some(on_file == told),
        _ => None,
    };
    let session = agrees(payment.session_id.as_deref(), named.session);
    let intent = agrees(payment.intent_id.as_deref(), named.intent);
    let is_other = [session, intent].contains(&Some(false))
        || named.reference.is_some_and(|told| told != payment.reference());
    let is_known = [session, intent].contains(&Some(true))
        || (payment.is_referenced() && named.reference.is_some());
    is_known && !is_other
}

impl Payments {
    /// Lets an event have its effect.
    pub(crate) async fn take_event(&self, event: &Event) -> Result<(), CreditsError> {
        let mut transaction = db::begin(&self.db).await?;
        if !events::receive(&mut transaction, &event.id, self.clock.now()).await? {
            return Ok(());
        }
        let named = event.named();
        let known = payments::named(&mut *transaction, named).await?;
        match known.iter().find(|payment| is_of(payment, named)) {
            Some(payment) => self.apply(&mut transaction, payment.id, event).await?,
            // Anything else of the account is not about credits, or not about ours.
            None if known.is_empty() => {}
            None => tracing::error!("event {} names a payment of ours and is not of it", event.id),
        }
        Ok(transaction.commit().await?)
    }

    async fn apply(
        &self,
        transaction: &mut Transaction,
        id: u64,
        event: &Event,
    ) -> Result<(), CreditsError> {
        let now = self.clock.now();
        match event.kind.as_str() {
            "checkout.session.completed" | "checkout.session.async_payment_succeeded"
                if event.text("payment_status") == Some("paid") =>
            {
                let (intent, paid) = (event.text("payment_intent"), event.number("amount_total"));
                self.settle_in(transaction, id, intent, paid).await?;
            }
            "checkout.session.expired" | "checkout.session.async_payment_failed" => {
                payments::fail(&mut **transaction, id, "Nobody paid in time", now).await?;
            }
            "payment_intent.succeeded" => {
                let paid = event.data.object["amount_received"].as_i64();
                let paid = paid.unwrap_or_else(|| event.number("amount"));
                self.settle_in(transaction, id, event.text("id"), paid).await?;
            }
            "charge.refunded" => {
                // What goes back has come, though it may not be told yet.
                let (intent, paid) = (event.text("payment_intent"), event.number("amount"));
                self.settle_in(transaction, id, intent, paid).await?;
                self.refund_in(transaction, id, event.number("amount_refunded")).await?;
            }
            "charge.dispute.created" => {
                tracing::warn!("payment {id} is disputed");
                payments::dispute(transaction, id, now).await?;
            }
            _ => {}
        }
        Ok(())
    }
}
