//! What is kept of one person, wherever it stands, for showing it to them and for forgetting it.

use chrono::{DateTime, Utc};
use grove_shared::NetId;
use serde::Serialize;
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::error::CreditsError;

/// An account as its owner reads it.
#[derive(Debug, Serialize)]
pub(crate) struct Account {
    #[serde(skip)]
    pub(crate) id: u64,
    balance: i64,
    held: i64,
    opened_at: DateTime<Utc>,
}

/// Something that a person booked for somebody else.
#[derive(Debug, Serialize)]
pub(crate) struct Booked {
    transaction: u64,
    description: String,
    reverses: Option<u64>,
    created_at: DateTime<Utc>,
}

/// A hold on a person's credits, or one that they ended as an officer.
#[derive(Debug, Serialize)]
pub(crate) struct Hold {
    id: u64,
    amount: i64,
    description: String,
    service: String,
    state: String,
    transaction: Option<u64>,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    settled_at: Option<DateTime<Utc>>,
    settled_by: Option<String>,
}

/// A payment by card.
#[derive(Debug, Serialize)]
pub(crate) struct Payment {
    id: u64,
    purpose: String,
    amount: i64,
    state: String,
    failure: Option<String>,
    refunded: i64,
    owed: i64,
    transaction: Option<u64>,
    stripe_reference: Option<String>,
    stripe_session: Option<String>,
    stripe_intent: Option<String>,
    page: Option<String>,
    requested_by: String,
    idempotency_key: String,
    /// It is kept as a hash, which is no use to anybody.
    has_hash_of_card_token: bool,
    created_at: DateTime<Utc>,
    settled_at: Option<DateTime<Utc>>,
    disputed_at: Option<DateTime<Utc>>,
}

/// Something that users is told, or was.
#[derive(Debug, Serialize)]
pub(crate) struct Effect {
    what: Option<String>,
    service: String,
    body: String,
    last_error: Option<String>,
    created_at: DateTime<Utc>,
    delivered_at: Option<DateTime<Utc>>,
    given_up_at: Option<DateTime<Utc>>,
}

/// The reply to a request of somebody else, which names the person.
#[derive(Debug, Serialize)]
pub(crate) struct KeptReply {
    #[serde(skip)]
    caller: String,
    #[serde(skip)]
    idempotency_key: String,
    pub(crate) reply: String,
}

pub(crate) async fn account(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Option<Account>, CreditsError> {
    let account = sqlx::query_as!(
        Account,
        "SELECT id, balance, held, created_at AS opened_at FROM accounts WHERE netid = ?",
        netid
    );
    Ok(account.fetch_optional(db).await?)
}

/// What somebody booked for others; of someone who was forgotten, what came after the line that the log has
/// drawn then.
pub(crate) async fn booked(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<Booked>, CreditsError> {
    let booked = sqlx::query_as!(
        Booked,
        "SELECT id AS transaction, description, reverses, created_at FROM transactions
         WHERE actor = ? AND created_at > COALESCE(
             (SELECT MAX(at) FROM audit_log
              WHERE kind = 'person' AND object = ? AND action = 'forgotten'), '1970-01-01')
         ORDER BY id",
        netid,
        netid
    );
    Ok(booked.fetch_all(db).await?)
}

/// Whether the ledger names somebody who booked something.
pub(crate) async fn is_in_ledger(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<bool, CreditsError> {
    let named = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM transactions WHERE actor = ?) AS "is: bool""#,
        netid
    );
    Ok(named.fetch_one(db).await?)
}

pub(crate) async fn holds(
    db: impl MySqlExecutor<'_>,
    account_id: Option<u64>,
) -> Result<Vec<Hold>, CreditsError> {
    let holds = sqlx::query_as!(
        Hold,
        r#"SELECT id, amount, description, service, state AS "state: String",
                  transaction_id AS transaction, created_at, expires_at, settled_at, settled_by
           FROM holds WHERE account_id = ? ORDER BY id"#,
        account_id
    );
    Ok(holds.fetch_all(db).await?)
}

pub(crate) async fn holds_ended_by(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<Hold>, CreditsError> {
    let holds = sqlx::query_as!(
        Hold,
        r#"SELECT id, amount, description, service, state AS "state: String",
                  transaction_id AS transaction, created_at, expires_at, settled_at, settled_by
           FROM holds WHERE settled_by = ? ORDER BY id"#,
        netid
    );
    Ok(holds.fetch_all(db).await?)
}

pub(crate) async fn payments(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<Payment>, CreditsError> {
    let payments = sqlx::query_as!(
        Payment,
        r#"SELECT id, purpose AS "purpose: String", amount, state AS "state: String", failure,
                  refunded, owed, transaction_id AS transaction, reference AS stripe_reference,
                  session_id AS stripe_session, intent_id AS stripe_intent, url AS page,
                  caller AS requested_by, idempotency_key,
                  token_hash IS NOT NULL AS "has_hash_of_card_token!: bool",
                  created_at, settled_at, disputed_at
           FROM payments WHERE netid = ? ORDER BY id"#,
        netid
    );
    Ok(payments.fetch_all(db).await?)
}

/// An effect names whom it concerns, or did not do so yet; then its body does.
pub(crate) async fn effects(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<Effect>, CreditsError> {
    let effects = sqlx::query_as!(
        Effect,
        "SELECT what, peer AS service, body, last_error, created_at, delivered_at,
                dead_at AS given_up_at
         FROM outbox WHERE concerns = ? OR JSON_VALUE(body, '$.netid') = ? ORDER BY id",
        netid,
        netid
    );
    Ok(effects.fetch_all(db).await?)
}

/// Deletes what users was told about someone, and what it has not heard yet: that concerns nobody else.
pub(crate) async fn forget_effects(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<u64, CreditsError> {
    let deleted = sqlx::query!(
        "DELETE FROM outbox WHERE concerns = ? OR JSON_VALUE(body, '$.netid') = ?",
        netid,
        netid
    );
    Ok(deleted.execute(db).await?.rows_affected())
}

/// Reads the kept replies that name someone; `$rest` may lock them.
macro_rules! select_replies {
    ($netid:expr, $rest:literal) => {
        sqlx::query_as!(
            KeptReply,
            r#"SELECT caller, idempotency_key, reply AS "reply!" FROM idempotency_keys
               WHERE reply LIKE CONCAT('%"', ?, '"%') AND caller <> CONCAT('person:', ?) "#
                + $rest,
            $netid,
            $netid
        )
    };
}

/// The kept replies to others that name someone.
pub(crate) async fn replies(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<KeptReply>, CreditsError> {
    Ok(select_replies!(netid, "ORDER BY created_at").fetch_all(db).await?)
}

/// The same, locked until the transaction ends, and with them all that there are: no other comes meanwhile.
pub(crate) async fn lock_replies(
    transaction: &mut MySqlConnection,
    netid: &NetId,
) -> Result<Vec<KeptReply>, CreditsError> {
    Ok(select_replies!(netid, "FOR UPDATE").fetch_all(transaction).await?)
}

/// Replaces a kept reply.
pub(crate) async fn set_reply(
    db: impl MySqlExecutor<'_>,
    KeptReply { caller, idempotency_key, .. }: &KeptReply,
    reply: &str,
) -> Result<(), CreditsError> {
    let set = sqlx::query!(
        "UPDATE idempotency_keys SET reply = ? WHERE caller = ? AND idempotency_key = ?",
        reply,
        caller,
        idempotency_key
    );
    Ok(set.execute(db).await.map(drop)?)
}

/// Has nobody known as who made the payments of someone, and repeats none of them; returns how many.
pub(crate) async fn forget_payments(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<u64, CreditsError> {
    let forgotten = sqlx::query!(
        "UPDATE payments SET netid = NULL, caller = 'forgotten', idempotency_key = id,
                token_hash = NULL, url = NULL, failure = NULL
         WHERE netid = ?",
        netid
    );
    Ok(forgotten.execute(db).await?.rows_affected())
}

/// Has nobody known as who ended what someone ended by hand; returns how many holds that are.
pub(crate) async fn forget_settler(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<u64, CreditsError> {
    let forgotten = sqlx::query!("UPDATE holds SET settled_by = NULL WHERE settled_by = ?", netid);
    Ok(forgotten.execute(db).await?.rows_affected())
}
