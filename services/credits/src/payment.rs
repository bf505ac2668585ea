//! Payments by card. A payment is recorded before Stripe hears of it, and settled in one transaction
//! with its credits, whatever tells that it has come: the answer, an event, or the question asked later.

use std::sync::Arc;

use chrono::TimeDelta;
use grove_audit::record;
use grove_credits_api::{Party, SystemAccount};
use grove_http::ApiError;
use grove_outbox::{Words, enqueue};
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
    logged,
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
        let mut transaction = db::begin(&self.db).await?;
        match payments::insert(&mut *transaction, &new, now, now + ASKED_AFTER).await {
            Ok(_) => {}
            Err(cause) if cause.is_duplicate() => {}
            Err(cause) => return Err(cause),
        }
        // After the payment, as everywhere: who was forgotten while this was on its way buys nothing.
        if purpose == Purpose::TopUp && accounts::lock_of(&mut transaction, netid).await?.is_none()
        {
            return Err(CreditsError::UnknownUser);
        }
        transaction.commit().await?;
        let payment = payments::find_by_key(&self.db, caller, key).await?;
        let payment = payment.ok_or(CreditsError::UnknownPayment)?;
        let known = (payment.amount, payment.purpose, payment.netid.as_ref());
        if known != (amount, purpose, Some(netid)) || payment.token_hash.as_deref() != token_hash {
            return Err(CreditsError::OtherPayment);
        }
        Ok(payment)
    }

    /// A payment with a page of Stripe's on which it is made.
    pub(crate) async fn open_page(&self, payment: Payment) -> Result<Payment, CreditsError> {
        if payment.state != State::Created {
            return Ok(payment);
        }
        let description = self.description(&payment)?;
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
        let description = self.description(&payment)?;
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
        let by = match (&payment.netid, payment.purpose) {
            (Some(netid), Purpose::TopUp) => Some(self.credit(transaction, netid, &payment).await?),
            (Some(netid), Purpose::Membership) => {
                let paid = format!("card payment {id}");
                let effect = admit(&NewMembership { netid: netid.clone(), payment: paid });
                let what = format!("The membership that was paid by card, payment {id}");
                enqueue(transaction, &effect, &Words::for_person(netid, &what), now).await?;
                None
            }
            (None, _) => {
                tracing::error!(
                    "payment {id} came for somebody who was forgotten: refund it at Stripe"
                );
                None
            }
        };
        payments::succeed(transaction, id, intent, by, now).await?;
        record(transaction, logged::came(&payment), now).await?;
        tracing::info!("payment {id} has come");
        Ok(())
    }

    /// Gives a member what was bought; returns the transaction.
    async fn credit(
        &self,
        transaction: &mut MySqlConnection,
        netid: &NetId,
        payment: &Payment,
    ) -> Result<u64, CreditsError> {
        let description = format!("Card top-up, payment {}", payment.id);
        let (card, member) =
            (Party::System(SystemAccount::CardTopUps), Party::Member(netid.clone()));
        let transfer = Transfer {
            from: holder(&mut *transaction, card).await?,
            to: holder(&mut *transaction, member).await?,
            amount: payment.amount,
            description: &description,
            actor: Some(ACTOR),
        };
        Ok(ledger::transfer(transaction, &transfer, self.clock.now()).await?.id)
    }

    /// Takes back what went back by card: `refunded` of a payment altogether. What the member has
    /// spent already stays as a debt.
    pub(crate) async fn refund_in(
        &self,
        transaction: &mut Transaction,
        id: u64,
        refunded: i64,
    ) -> Result<(), CreditsError> {
        let now = self.clock.now();
        let Some(payment) = payments::lock(transaction, id).await? else { return Ok(()) };
        let more = refunded.min(payment.amount) - payment.refunded;
        if more <= 0 {
            return Ok(());
        }
        let owed = match payment.transaction_id {
            Some(given) => {
                let description = format!("Refund of card payment {id}");
                more - ledger::take_back(transaction, given, more, &description, now).await?
            }
            None => 0,
        };
        let refunded = payment.refunded + more;
        payments::refund(transaction, id, refunded, owed).await?;
        Ok(record(transaction, logged::went_back(&payment, refunded, owed), now).await?)
    }

    /// A payment that was recorded.
    pub(crate) async fn find(&self, id: u64) -> Result<Payment, CreditsError> {
        let payment = payments::find(&self.db, id).await?;
        payment.ok_or(CreditsError::UnknownPayment)
    }

    /// What Stripe shows of a payment to the person who makes it.
    fn description(
        &self,
        Payment { netid, purpose, .. }: &Payment,
    ) -> Result<String, CreditsError> {
        let netid = netid.as_ref().ok_or(CreditsError::UnknownPayment)?;
        let chapter = &self.chapter_name;
        Ok(match purpose {
            Purpose::Membership => format!("{chapter} membership for {netid}"),
            Purpose::TopUp => format!("{chapter} credits for {netid}"),
        })
    }
}

/// The account of a party that has to have one.
async fn holder(transaction: &mut MySqlConnection, party: Party) -> Result<Holder, CreditsError> {
    accounts::holder(transaction, party).await?.ok_or(CreditsError::UnknownUser)
}

fn short(reason: &str) -> String {
    reason.chars().take(200).collect()
}
