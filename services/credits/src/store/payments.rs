//! Payments by card.

use chrono::{DateTime, Utc};
use grove_credits_api::{Debt, PaymentState};
use grove_shared::NetId;
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::error::CreditsError;

/// What a payment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub(crate) enum Purpose {
    TopUp,
    Membership,
}

impl Purpose {
    /// As the database has it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::TopUp => "top_up",
            Self::Membership => "membership",
        }
    }
}

/// Where a payment is, as the database has it. Any other word is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub(crate) enum State {
    Created,
    Pending,
    Succeeded,
    Failed,
}

impl From<State> for PaymentState {
    fn from(state: State) -> Self {
        match state {
            State::Created => Self::Created,
            State::Pending => Self::Pending,
            State::Succeeded => Self::Succeeded,
            State::Failed => Self::Failed,
        }
    }
}

/// A payment as the database has it.
#[derive(Debug, Clone)]
pub(crate) struct Payment {
    pub(crate) id: u64,
    reference: Option<String>,
    /// Nobody when they were forgotten.
    pub(crate) netid: Option<NetId>,
    pub(crate) purpose: Purpose,
    pub(crate) amount: i64,
    pub(crate) state: State,
    pub(crate) session_id: Option<String>,
    pub(crate) intent_id: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) failure: Option<String>,
    pub(crate) refunded: i64,
    pub(crate) token_hash: Option<Vec<u8>>,
    /// What gave the credits that were bought.
    pub(crate) transaction_id: Option<u64>,
}

impl Payment {
    /// Whether it has a reference that no other payment has: an old one has none.
    pub(crate) fn is_referenced(&self) -> bool {
        self.reference.is_some()
    }

    /// What it is called at Stripe: of an old one, its id.
    pub(crate) fn reference(&self) -> String {
        self.reference.clone().unwrap_or_else(|| self.id.to_string())
    }
}

/// A payment that begins.
#[derive(Debug, Clone)]
pub(crate) struct NewPayment<'a> {
    pub(crate) caller: &'a str,
    pub(crate) key: &'a str,
    /// Nobody can guess it, and no other payment of any installation has it.
    pub(crate) reference: &'a str,
    pub(crate) netid: &'a NetId,
    pub(crate) purpose: Purpose,
    pub(crate) amount: i64,
    pub(crate) token_hash: Option<&'a [u8]>,
}

/// What an event of Stripe's says that it is about.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Named<'a> {
    pub(crate) reference: Option<&'a str>,
    pub(crate) session: Option<&'a str>,
    pub(crate) intent: Option<&'a str>,
}

/// Reads payments; `$rest` says which.
macro_rules! select_payments {
    ($rest:literal $(, $arg:expr)*) => {
        sqlx::query_as!(
            Payment,
            r#"SELECT id, reference, netid AS "netid: NetId", purpose AS "purpose: Purpose", amount,
                      state AS "state: State", session_id, intent_id, url, failure, refunded,
                      token_hash, transaction_id
               FROM payments "# + $rest
            $(, $arg)*
        )
    };
}

/// Records a payment; returns its id.
pub(crate) async fn insert(
    db: impl MySqlExecutor<'_>,
    new: &NewPayment<'_>,
    now: DateTime<Utc>,
    next_check: DateTime<Utc>,
) -> Result<u64, CreditsError> {
    let inserted = sqlx::query!(
        "INSERT INTO payments
             (caller, idempotency_key, reference, netid, purpose, amount, token_hash, state,
              created_at, next_check_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, 'created', ?, ?)",
        new.caller,
        new.key,
        new.reference,
        new.netid,
        new.purpose,
        new.amount,
        new.token_hash,
        now,
        next_check
    );
    Ok(inserted.execute(db).await?.last_insert_id())
}

pub(crate) async fn find_by_key(
    db: impl MySqlExecutor<'_>,
    caller: &str,
    key: &str,
) -> Result<Option<Payment>, CreditsError> {
    let payment = select_payments!("WHERE caller = ? AND idempotency_key = ?", caller, key);
    Ok(payment.fetch_optional(db).await?)
}

/// The payments that have one of these names.
pub(crate) async fn named(
    db: impl MySqlExecutor<'_>,
    Named { reference, session, intent }: Named<'_>,
) -> Result<Vec<Payment>, CreditsError> {
    // Each by its own index.
    let payments = select_payments!(
        "JOIN (SELECT id AS found FROM payments WHERE reference = ?
               UNION SELECT id FROM payments WHERE session_id = ?
               UNION SELECT id FROM payments WHERE intent_id = ?) AS named ON found = id",
        reference,
        session,
        intent
    );
    Ok(payments.fetch_all(db).await?)
}

pub(crate) async fn find(
    db: impl MySqlExecutor<'_>,
    id: u64,
) -> Result<Option<Payment>, CreditsError> {
    Ok(select_payments!("WHERE id = ?", id).fetch_optional(db).await?)
}

/// A payment, locked until the transaction ends.
pub(crate) async fn lock(
    transaction: &mut MySqlConnection,
    id: u64,
) -> Result<Option<Payment>, CreditsError> {
    Ok(select_payments!("WHERE id = ? FOR UPDATE", id).fetch_optional(transaction).await?)
}

/// The payments of which Stripe has to be asked now.
pub(crate) async fn unsettled(
    db: impl MySqlExecutor<'_>,
    now: DateTime<Utc>,
) -> Result<Vec<Payment>, CreditsError> {
    let payments = select_payments!(
        "WHERE state IN ('created', 'pending') AND next_check_at <= ? ORDER BY id LIMIT 100",
        now
    );
    Ok(payments.fetch_all(db).await?)
}

/// Notes what Stripe calls the payment, and where it is paid.
pub(crate) async fn begin(
    db: impl MySqlExecutor<'_>,
    id: u64,
    session: Option<&str>,
    intent: Option<&str>,
    url: Option<&str>,
) -> Result<(), CreditsError> {
    let begun = sqlx::query!(
        "UPDATE payments SET state = 'pending', session_id = ?, intent_id = ?, url = ?
         WHERE id = ? AND state = 'created'",
        session,
        intent,
        url,
        id
    );
    Ok(begun.execute(db).await.map(drop)?)
}

/// Notes when Stripe is asked next.
pub(crate) async fn postpone(
    db: impl MySqlExecutor<'_>,
    id: u64,
    next_check: DateTime<Utc>,
) -> Result<(), CreditsError> {
    let set = sqlx::query!("UPDATE payments SET next_check_at = ? WHERE id = ?", next_check, id);
    Ok(set.execute(db).await.map(drop)?)
}

/// Notes that a payment will not come, unless it did.
pub(crate) async fn fail(
    db: impl MySqlExecutor<'_>,
    id: u64,
    failure: &str,
    now: DateTime<Utc>,
) -> Result<(), CreditsError> {
    let failed = sqlx::query!(
        "UPDATE payments SET state = 'failed', failure = ?, settled_at = ?
         WHERE id = ? AND state IN ('created', 'pending')",
        failure,
        now,
        id
    );
    Ok(failed.execute(db).await.map(drop)?)
}

/// Gives up a payment from before `then` that Stripe has never heard of.
pub(crate) async fn fail_unknown(
    db: impl MySqlExecutor<'_>,
    id: u64,
    now: DateTime<Utc>,
    then: DateTime<Utc>,
) -> Result<(), CreditsError> {
    let failed = sqlx::query!(
        "UPDATE payments SET state = 'failed', failure = 'It was cut off', settled_at = ?
         WHERE id = ? AND state = 'created' AND created_at <= ?",
        now,
        id,
        then
    );
    Ok(failed.execute(db).await.map(drop)?)
}

/// Notes that a payment that is locked has come.
pub(crate) async fn succeed(
    transaction: &mut MySqlConnection,
    id: u64,
    intent: Option<&str>,
    by: Option<u64>,
    now: DateTime<Utc>,
) -> Result<(), CreditsError> {
    let succeeded = sqlx::query!(
        "UPDATE payments SET state = 'succeeded', failure = NULL, settled_at = ?,
                transaction_id = ?, intent_id = COALESCE(intent_id, ?)
         WHERE id = ?",
        now,
        by,
        intent,
        id
    );
    Ok(succeeded.execute(transaction).await.map(drop)?)
}

/// Notes how much of a payment that is locked went back, and how much of that the member still owes.
pub(crate) async fn refund(
    transaction: &mut MySqlConnection,
    id: u64,
    refunded: i64,
    owed: i64,
) -> Result<(), CreditsError> {
    let set = sqlx::query!(
        "UPDATE payments SET refunded = ?, owed = owed + ? WHERE id = ?",
        refunded,
        owed,
        id
    );
    Ok(set.execute(transaction).await.map(drop)?)
}

/// Notes that the bank was asked to take a payment back.
pub(crate) async fn dispute(
    transaction: &mut MySqlConnection,
    id: u64,
    now: DateTime<Utc>,
) -> Result<(), CreditsError> {
    let set = sqlx::query!(
        "UPDATE payments SET disputed_at = COALESCE(disputed_at, ?) WHERE id = ?",
        now,
        id
    );
    Ok(set.execute(transaction).await.map(drop)?)
}

/// What officers have to settle with members: with who was forgotten there is nothing to settle.
pub(crate) async fn debts(db: impl MySqlExecutor<'_>) -> Result<Vec<Debt>, CreditsError> {
    let debts = sqlx::query_as!(
        Debt,
        r#"SELECT id AS payment, netid AS "netid!", owed, disputed_at FROM payments
           WHERE netid IS NOT NULL AND (owed > 0 OR disputed_at IS NOT NULL) ORDER BY id"#
    );
    Ok(debts.fetch_all(db).await?)
}
