//! Every query.

pub(crate) mod claims;
pub(crate) mod gigs;
pub(crate) mod reservations;

use sqlx::MySqlConnection;

use crate::error::GigError;

/// The id of the row that the last statement of the transaction inserted.
pub(crate) async fn last_id(transaction: &mut MySqlConnection) -> Result<u64, GigError> {
    let id = sqlx::query_scalar!(r#"SELECT LAST_INSERT_ID() AS "id!: u64""#);
    Ok(id.fetch_one(transaction).await?)
}
