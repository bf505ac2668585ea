//! Payments of which Stripe has told nothing: it is asked about them.

use chrono::TimeDelta;

use crate::{
    error::CreditsError,
    payment::{ASKED_AFTER, Payments},
    store::payments::{self, Payment},
    stripe::{Session, Stripe, StripeError},
};

/// After this a payment that Stripe has never heard of is given up.
const UNKNOWN_FOR: TimeDelta = TimeDelta::minutes(30);

impl Payments {
    /// Asks Stripe about every payment that is due.
    pub(crate) async fn reconcile(&self) -> Result<(), CreditsError> {
        let Some(stripe) = &self.stripe else { return Ok(()) };
        let now = self.clock.now();
        for payment in payments::unsettled(&self.db, now).await? {
            payments::postpone(&self.db, payment.id, now + ASKED_AFTER).await?;
            match self.ask_about(stripe, &payment).await {
                Ok(()) => {}
                // It would not answer about the others either.
                Err(cause @ CreditsError::Stripe(StripeError::Unavailable(_))) => {
                    return Err(cause);
                }
                Err(cause) => {
                    tracing::warn!(%cause, "it is not known what became of payment {}", payment.id);
                }
            }
        }
        Ok(())
    }

    async fn ask_about(&self, stripe: &Stripe, payment: &Payment) -> Result<(), CreditsError> {
        let (id, now) = (payment.id, self.clock.now());
        if let Some(session) = &payment.session_id {
            return self.take_session(id, stripe.session(session).await?).await;
        }
        if let Some(intent) = &payment.intent_id {
            let intent = stripe.intent(intent).await?;
            return match intent.status.as_str() {
                "succeeded" => self.settle(id, Some(&intent.id), intent.amount).await,
                "processing" => Ok(()),
                // It was never confirmed, or refused.
                _ => payments::fail(&self.db, id, "The card was not charged", now).await,
            };
        }
        // Nobody was given a page, and no card was charged: it was cut off before.
        payments::fail_unknown(&self.db, id, now, now - UNKNOWN_FOR).await
    }

    /// Takes what Stripe says of a page.
    async fn take_session(&self, id: u64, session: Session) -> Result<(), CreditsError> {
        if session.payment_status.as_deref() == Some("paid") {
            let paid = session.amount_total.unwrap_or_default();
            return self.settle(id, session.payment_intent.as_deref(), paid).await;
        }
        if session.status.as_deref() == Some("expired") {
            let now = self.clock.now();
            return payments::fail(&self.db, id, "Nobody paid in time", now).await;
        }
        Ok(())
    }
}
