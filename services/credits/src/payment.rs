//! Payments by card. A payment is recorded before Stripe hears of it, and settled in one transaction
//! with its credits, whatever tells that it has come: the answer, an event, or the question asked later.

use std::sync::Arc;

use chrono::TimeDelta;
use grove_credits_api::{Party, SystemAccount};
use grove_http::ApiError;
use grove_outbox::enqueue;
use grove_shared::{
    Clock, NetId,
    db::{self, Transaction},
};
use grove_users_api::{NewMembership, admit};
use sha2::{Digest, Sha256};
use sqlx::{MySqlConnection, MySqlPool};
use url::Url;

use crate::{
    error::CreditsError,
    ledger::{self, Transfer},
    store::{
        accounts::{self, Holder},
        payments::{self, NewPayment, Payment, Purpose, State},
    },
    stripe::{Purchase, Stripe, StripeError},
};

/// The least and the most that a top-up may be, in cents.
pub(crate) const TOP_UP: std::ops::RangeInclusive<i64> = 500..=5000;
/// The dues, and what taking them by card costs, in cents.
pub(crate) const DUES: i64 = 4000;
pub(crate) const FEE: i64 = 150;
/// Who causes what a payment causes.
const ACTOR: &str = "service:credits";
/// How long Stripe has to tell what became of a payment before it is asked.
pub(crate) const ASKED_AFTER: TimeDelta = TimeDelta::minutes(1);

/// Takes payments.
#[derive(Debug, Clone)]
pub struct Payments {
    /// The service's schema.
    pub db: MySqlPool,
    /// None when card payment is switched off.
    pub stripe: Option<Stripe>,
    /// Tells the time.
    pub clock: Clock,
    /// The website, to which people return.
    pub site_url: Arc<Url>,
    /// What the chapter is called, on Stripe's page.
    pub chapter_name: Arc<str>,
}

/// A payment that somebody asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PaymentRequest<'a> {
    /// Whose request and which: the same again is the same payment.
    pub(crate) key: (&'a str, &'a str),
    pub(crate) netid: &'a NetId,
    pub(crate) purpose: Purpose,
    pub(crate) amount: i64,
    /// Stripe's token of a card that is charged at once.
    pub(crate) token: Option<&'a str>,
}

impl Payments {
    pub(crate) fn stripe(&self) -> Result<&Stripe, CreditsError> {
        self.stripe.as_ref().ok_or(CreditsError::NoCards)
    }

    /// The payment that the same request recorded before.
    pub(crate) async fn earlier(
        &self,
        (caller, key): (&str, &str),
    ) -> Result<Option<Payment>, CreditsError> {
        payments::find_by_key(&self.db, caller, key).await
    }

    /// Records a payment, or finds the one that the same request recorded before.
    pub(crate) async fn record(
        &self,
        request: PaymentRequest<'_>,
    ) -> Result<Payment, CreditsError> {
        let PaymentRequest { key: (caller, key), netid, purpose, amount, token } = request;
        let now = self.clock.now();
        let token_hash = token.map(|token| Sha256::digest(token).to_vec());
        let token_hash = token_hash.as_deref();
        let reference = format!("{:032x}", rand::random::<u128>());
        let new =
            NewPayment { caller, key, reference: &reference, netid, purpose, amount, token_hash };
        match payments::insert(&self.db, &new, now, now + ASKED_AFTER).await {
            Ok(_) => {}
            Err(cause) if cause.is_duplicate() => {}
            Err(cause) => return Err(cause),
        }
        let payment = payments::find_by_key(&self.db, caller, key).await?;
        let payment = payment.ok_or(sqlx::Error::RowNotFound)?;
        let known = (payment.amount, payment.purpose, &payment.netid);
        if known != (amount, purpose, netid) || payment.token_hash.as_deref() != token_hash {
            return Err(CreditsError::OtherPayment);
        }
        Ok(payment)
    }

    /// A payment with a page of Stripe's on which it is made.
    pub(crate) async fn open_page(&self, payment: Payment) -> Result<Payment, CreditsError> {
        if payment.state != State::Created {
            return Ok(payment);
        }
        let description = self.description(&payment);
        let page = match payment.purpose {
            Purpose::Membership => "credits/purchaseMembership",
            Purpose::TopUp => "credits",
        };
        let mut back = self.site_url.join(page).map_err(ApiError::internal)?;
        back.query_pairs_mut().append_pair("payment", &payment.id.to_string());
        let reference = &*payment.reference();
        let amount = payment.amount;
        let purchase = Purchase { reference, amount, description: &description };
        let session = self.stripe()?.create_session(&purchase, back.as_str()).await?;
        let (intent, url) = (session.payment_intent.as_deref(), session.url.as_deref());
        payments::begin(&self.db, payment.id, Some(&session.id), intent, url).await?;
        self.find(payment.id).await
    }

    /// Charges the card behind a token of Stripe's, as old clients ask for it.
    pub(crate) async fn charge(&self, payment: Payment, token: &str) -> Result<(), CreditsError> {
        let stripe = self.stripe()?;
        let description = self.description(&payment);
        let reference = &*payment.reference();
        let amount = payment.amount;
        let purchase = Purchase { reference, amount, description: &description };
        let intent = match &payment.intent_id {
            Some(intent) => intent.clone(),
            // Known before it is confirmed, so that it can be asked for whatever happens then.
            None => stripe.create_intent(&purchase).await?.id,
        };
        payments::begin(&self.db, payment.id, None, Some(&intent), None).await?;
        match stripe.confirm(&intent, token).await {
            Ok(confirmed) if confirmed.status == "succeeded" => {
                self.settle(payment.id, Some(&confirmed.id), confirmed.amount).await
            }
            Ok(_) => Err(StripeError::Declined("The card was not charged".to_owned()).into()),
            Err(StripeError::Declined(reason)) => {
                payments::fail(&self.db, payment.id, &short(&reason), self.clock.now()).await?;
                Err(StripeError::Declined(reason).into())
            }
            Err(cause) => Err(cause.into()),
        }
    }

    /// Gives what was paid for, once.
    pub(crate) async fn settle(
        &self,
        id: u64,
        intent: Option<&str>,
        paid: i64,
    ) -> Result<(), CreditsError> {
        let mut transaction = db::begin(&self.db).await?;
        self.settle_in(&mut transaction, id, intent, paid).await?;
        Ok(transaction.commit().await?)
    }

    pub(crate) async fn settle_in(
        &self,
        transaction: &mut Transaction,
        id: u64,
        intent: Option<&str>,
        paid: i64,
    ) -> Result<(), CreditsError> {
        let now = self.clock.now();
        let Some(payment) = payments::lock(transaction, id).await? else {
            tracing::error!("Stripe tells of payment {id}, which nobody asked for");
            return Ok(());
        };
        if payment.state == State::Succeeded {
            return Ok(());
        }
        if paid != payment.amount {
            tracing::error!("payment {id} is for {}, and Stripe got {paid}", payment.amount);
            return Ok(());
        }
        let by = if payment.purpose == Purpose::TopUp {
            let description = format!("Card top-up, payment {id}");
            let (card, member) = holders(transaction, &payment).await?;
            let transfer = Transfer {
                from: card,
                to: member,
                amount: payment.amount,
                description: &description,
                actor: ACTOR,
            };
            Some(ledger::transfer(transaction, &transfer, now).await?.id)
        } else {
            let paid = format!("card payment {id}");
            let effect = admit(&NewMembership { netid: payment.netid.clone(), payment: paid });
            enqueue(transaction, &effect, now).await?;
            None
        };
        payments::succeed(transaction, id, intent, by, now).await?;
        tracing::info!("payment {id} of {} has come", payment.netid);
        Ok(())
    }

    /// Takes back what went back by card: `refunded` of a payment altogether. What the member has
    /// spent already stays as a debt.
    pub(crate) async fn refund_in(
        &self,
        transaction: &mut MySqlConnection,
        id: u64,
        refunded: i64,
    ) -> Result<(), CreditsError> {
        let Some(payment) = payments::lock(transaction, id).await? else { return Ok(()) };
        let more = refunded.min(payment.amount) - payment.refunded;
        if more <= 0 {
            return Ok(());
        }
        let mut owed = 0;
        if payment.purpose == Purpose::TopUp {
            let (card, member) = holders(transaction, &payment).await?;
            let ids = [card.account_id, member.account_id];
            let locked = accounts::lock(transaction, ids).await?;
            let available = locked.iter().find(|locked| locked.id == member.account_id);
            let available = available.map_or(0, |account| account.available().clamp(0, more));
            owed = more - available;
            if available > 0 {
                let description = format!("Refund of card payment {id}");
                let transfer = Transfer {
                    from: member,
                    to: card,
                    amount: available,
                    description: &description,
                    actor: ACTOR,
                };
                ledger::transfer(transaction, &transfer, self.clock.now()).await?;
            }
        }
        payments::refund(transaction, id, payment.refunded + more, owed).await
    }

    /// A payment that was recorded.
    pub(crate) async fn find(&self, id: u64) -> Result<Payment, CreditsError> {
        let payment = payments::find(&self.db, id).await?;
        payment.ok_or(CreditsError::UnknownPayment)
    }

    fn description(&self, payment: &Payment) -> String {
        match payment.purpose {
            Purpose::Membership => {
                format!("{} membership for {}", self.chapter_name, payment.netid)
            }
            Purpose::TopUp => format!("{} credits for {}", self.chapter_name, payment.netid),
        }
    }
}

/// The account of what came by card, and that of the member who pays.
async fn holders(
    transaction: &mut MySqlConnection,
    payment: &Payment,
) -> Result<(Holder, Holder), CreditsError> {
    let card = Party::System(SystemAccount::CardTopUps);
    let card = accounts::holder(&mut *transaction, card).await?.ok_or(CreditsError::UnknownUser)?;
    let member = Party::Member(payment.netid.clone());
    let member = accounts::holder(transaction, member).await?.ok_or(CreditsError::UnknownUser)?;
    Ok((card, member))
}

fn short(reason: &str) -> String {
    reason.chars().take(200).collect()
}
