//! Credits that are set aside.

use chrono::{DateTime, Utc};
use grove_shared::{
    NetId,
    api::credits::{Hold, HoldState},
};
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::error::CreditsError;

/// A hold as the database has it.
#[derive(Debug, Clone)]
pub(crate) struct HoldRow {
    pub(crate) id: u64,
    pub(crate) account_id: u64,
    netid: NetId,
    pub(crate) amount: i64,
    pub(crate) description: String,
    state: String,
    created_at: DateTime<Utc>,
}

impl HoldRow {
    pub(crate) fn state(&self) -> HoldState {
        match self.state.as_str() {
            "captured" => HoldState::Captured,
            "released" => HoldState::Released,
            _ => HoldState::Held,
        }
    }
}

impl From<HoldRow> for Hold {
    fn from(row: HoldRow) -> Self {
        let state = row.state();
        let HoldRow { id, netid, amount, description, created_at, .. } = row;
        Self { id, netid, amount, description, state, created_at }
    }
}

/// Records a hold; returns its id.
pub(crate) async fn insert(
    transaction: &mut MySqlConnection,
    account: u64,
    amount: i64,
    description: &str,
    service: &str,
    now: DateTime<Utc>,
) -> Result<u64, CreditsError> {
    let inserted = sqlx::query!(
        "INSERT INTO holds (account_id, amount, description, service, state, created_at)
         VALUES (?, ?, ?, ?, 'held', ?)",
        account,
        amount,
        description,
        service,
        now
    );
    Ok(inserted.execute(transaction).await?.last_insert_id())
}

/// Reads a hold of a service; `$lock` may lock it.
macro_rules! select_hold {
    ($id:expr, $service:expr, $lock:literal) => {
        sqlx::query_as!(
            HoldRow,
            r#"SELECT holds.id, account_id, netid AS "netid!: NetId", amount, description, state,
                      holds.created_at
               FROM holds JOIN accounts ON accounts.id = account_id
               WHERE holds.id = ? AND service = ?"#
                + $lock,
            $id,
            $service
        )
    };
}

/// A hold of that service.
pub(crate) async fn find(
    db: impl MySqlExecutor<'_>,
    id: u64,
    service: &str,
) -> Result<HoldRow, CreditsError> {
    let hold = select_hold!(id, service, "");
    hold.fetch_optional(db).await?.ok_or(CreditsError::UnknownHold)
}

/// A hold of that service as it is now, which a plain read may not show in a transaction that has read
/// before. It stays so until the transaction ends.
pub(crate) async fn lock(
    transaction: &mut MySqlConnection,
    id: u64,
    service: &str,
) -> Result<HoldRow, CreditsError> {
    let hold = select_hold!(id, service, " FOR UPDATE");
    hold.fetch_optional(transaction).await?.ok_or(CreditsError::UnknownHold)
}

/// Settles a hold that is locked and open.
pub(crate) async fn settle(
    transaction: &mut MySqlConnection,
    id: u64,
    state: &str,
    by: Option<u64>,
    now: DateTime<Utc>,
) -> Result<(), CreditsError> {
    let settled = sqlx::query!(
        "UPDATE holds SET state = ?, transaction_id = ?, settled_at = ? WHERE id = ?",
        state,
        by,
        now,
        id
    );
    Ok(settled.execute(transaction).await.map(drop)?)
}
