//! Credits that are set aside.

use chrono::{DateTime, Utc};
use grove_credits_api::{Hold, HoldState, OpenHold};
use grove_shared::{NetId, page::PageRequest};
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::error::CreditsError;

/// What became of a hold, as the database has it. Any other word is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub(crate) enum State {
    Held,
    Captured,
    Released,
    Expired,
}

impl From<State> for HoldState {
    fn from(state: State) -> Self {
        match state {
            State::Held => Self::Held,
            State::Captured => Self::Captured,
            State::Released => Self::Released,
            State::Expired => Self::Expired,
        }
    }
}

/// A hold as the database has it.
#[derive(Debug, Clone)]
pub(crate) struct HoldRow {
    pub(crate) id: u64,
    pub(crate) account_id: u64,
    /// Nobody when they were forgotten.
    pub(crate) netid: Option<NetId>,
    pub(crate) amount: i64,
    pub(crate) description: String,
    pub(crate) service: String,
    pub(crate) state: State,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
}

impl HoldRow {
    /// The hold, if it is that service's.
    pub(crate) fn of(self, service: &str) -> Result<Self, CreditsError> {
        if self.service == service { Ok(self) } else { Err(CreditsError::UnknownHold) }
    }

    /// Whether its time has run out.
    pub(crate) fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}

impl From<HoldRow> for Hold {
    fn from(row: HoldRow) -> Self {
        let HoldRow { id, netid, amount, description, state, created_at, expires_at, .. } = row;
        Self { id, netid, amount, description, state: state.into(), created_at, expires_at }
    }
}

impl From<HoldRow> for OpenHold {
    fn from(row: HoldRow) -> Self {
        Self { service: row.service.clone(), hold: row.into() }
    }
}

/// A hold that begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewHold<'a> {
    pub(crate) account_id: u64,
    pub(crate) amount: i64,
    pub(crate) description: &'a str,
    pub(crate) service: &'a str,
    pub(crate) expires_at: DateTime<Utc>,
}

/// How a hold ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settlement<'a> {
    pub(crate) state: State,
    /// What paid it.
    pub(crate) transaction: Option<u64>,
    /// A NetID, or `service:` and a name.
    pub(crate) by: &'a str,
}

/// Records a hold; returns its id.
pub(crate) async fn insert(
    transaction: &mut MySqlConnection,
    new: &NewHold<'_>,
    now: DateTime<Utc>,
) -> Result<u64, CreditsError> {
    let inserted = sqlx::query!(
        "INSERT INTO holds
             (account_id, amount, description, service, state, created_at, expires_at)
         VALUES (?, ?, ?, ?, 'held', ?, ?)",
        new.account_id,
        new.amount,
        new.description,
        new.service,
        now,
        new.expires_at
    );
    Ok(inserted.execute(transaction).await?.last_insert_id())
}

/// Reads holds; `$rest` says which, and may lock them.
macro_rules! select_holds {
    ($rest:literal $(, $arg:expr)*) => {
        sqlx::query_as!(
            HoldRow,
            r#"SELECT holds.id, account_id, netid AS "netid: NetId", amount, description, service,
                      state AS "state: State", holds.created_at, expires_at
               FROM holds JOIN accounts ON accounts.id = account_id "# + $rest
            $(, $arg)*
        )
    };
}

/// A hold.
pub(crate) async fn find(db: impl MySqlExecutor<'_>, id: u64) -> Result<HoldRow, CreditsError> {
    let hold = select_holds!("WHERE holds.id = ?", id);
    hold.fetch_optional(db).await?.ok_or(CreditsError::UnknownHold)
}

/// A hold as it is now, which a plain read may not show in a transaction that has read before. It stays so
/// until the transaction ends.
pub(crate) async fn lock(
    transaction: &mut MySqlConnection,
    id: u64,
) -> Result<HoldRow, CreditsError> {
    let hold = select_holds!("WHERE holds.id = ? FOR UPDATE", id);
    hold.fetch_optional(transaction).await?.ok_or(CreditsError::UnknownHold)
}

/// As many of the open holds as a page needs, the oldest first.
pub(crate) async fn open(
    db: impl MySqlExecutor<'_>,
    request: PageRequest,
) -> Result<Vec<HoldRow>, CreditsError> {
    let holds = select_holds!(
        "WHERE state = 'held' AND holds.id > ? ORDER BY holds.id LIMIT ?",
        request.after.unwrap_or_default(),
        request.rows()
    );
    Ok(holds.fetch_all(db).await?)
}

/// The open holds on an account that is locked.
pub(crate) async fn open_on(
    transaction: &mut MySqlConnection,
    account_id: u64,
) -> Result<Vec<HoldRow>, CreditsError> {
    let holds = select_holds!("WHERE state = 'held' AND account_id = ? FOR UPDATE", account_id);
    Ok(holds.fetch_all(transaction).await?)
}

/// The open holds whose time has run out.
pub(crate) async fn due(
    db: impl MySqlExecutor<'_>,
    now: DateTime<Utc>,
) -> Result<Vec<HoldRow>, CreditsError> {
    let holds = select_holds!(
        "WHERE state = 'held' AND expires_at <= ? ORDER BY expires_at LIMIT 1000",
        now
    );
    Ok(holds.fetch_all(db).await?)
}

/// Settles a hold that is locked and open.
pub(crate) async fn settle(
    transaction: &mut MySqlConnection,
    id: u64,
    settlement: Settlement<'_>,
    now: DateTime<Utc>,
) -> Result<(), CreditsError> {
    let settled = sqlx::query!(
        "UPDATE holds SET state = ?, transaction_id = ?, settled_by = ?, settled_at = ?
         WHERE id = ?",
        settlement.state,
        settlement.transaction,
        settlement.by,
        now,
        id
    );
    Ok(settled.execute(transaction).await.map(drop)?)
}
