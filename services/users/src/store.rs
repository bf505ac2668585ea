//! Every query on users; those on their terms are in a file of their own.

mod memberships;

use chrono::{DateTime, NaiveDate, Utc};
use grove_shared::{NetId, db::Refusal};
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::{
    error::UserError,
    user::{NewUser, User},
};

pub(crate) use memberships::{
    Approval, handle_ends, insert_membership, leave_directory, members, memberships,
    with_unhandled_ends,
};

/// Reads users as they are on the day `$today`; `$rest` says which ones, in what order.
macro_rules! select_users {
    ($today:expr, $rest:literal $(, $arg:expr)*) => {
        sqlx::query_as!(
            User,
            r#"SELECT id, netid AS "netid: NetId", first_name, last_name, verified_at,
                      published AS "published: bool", created_at,
                      (added_to_directory
                       OR EXISTS (SELECT 1 FROM memberships
                                  JOIN outbox ON outbox.id = memberships.directory_effect_id
                                  WHERE user_id = users.id AND delivered_at IS NOT NULL
                                    AND end_handled_at IS NULL)
                      ) AS "added_to_directory!: bool",
                      EXISTS (SELECT 1 FROM memberships WHERE user_id = users.id
                              AND ? BETWEEN starts_on AND ends_on) AS "is_member!: bool",
                      (SELECT MAX(ends_on) FROM memberships
                       WHERE user_id = users.id) AS member_until
               FROM users "# + $rest,
            $today
            $(, $arg)*
        )
    };
}

/// Everyone: non-members first, then the newest.
pub(crate) async fn list(
    db: impl MySqlExecutor<'_>,
    today: NaiveDate,
) -> Result<Vec<User>, UserError> {
    let users = select_users!(today, "ORDER BY `is_member!: bool`, created_at DESC, id DESC");
    Ok(users.fetch_all(db).await?)
}

/// One person.
pub(crate) async fn find(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
    today: NaiveDate,
) -> Result<User, UserError> {
    let user = select_users!(today, "WHERE netid = ?", netid);
    user.fetch_optional(db).await?.ok_or(UserError::NotFound)
}

/// Makes everyone else wait who locks the same person, until the transaction ends.
pub(crate) async fn lock(
    transaction: &mut MySqlConnection,
    netid: &NetId,
) -> Result<(), UserError> {
    let locked = sqlx::query!("SELECT id FROM users WHERE netid = ? FOR UPDATE", netid);
    locked.fetch_optional(transaction).await?.map(drop).ok_or(UserError::NotFound)
}

/// Adds a person.
pub(crate) async fn insert(
    transaction: &mut MySqlConnection,
    user: &NewUser,
) -> Result<(), UserError> {
    let inserted = sqlx::query!(
        "INSERT INTO users (netid, first_name, last_name, uin, verified_at, added_to_directory,
                            created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
        user.netid,
        user.first_name.as_str(),
        user.last_name.as_str(),
        user.uin.map(|uin| uin.0),
        user.verified_at,
        user.added_to_directory,
        user.created_at
    );
    match inserted.execute(&mut *transaction).await {
        Ok(_) => Ok(()),
        Err(cause) if Refusal::of(&cause) == Some(Refusal::Duplicate) => {
            Err(what_is_taken(transaction, &user.netid).await?)
        }
        Err(cause) => Err(cause.into()),
    }
}

/// MySQL's refusal does not say which unique key it is about.
async fn what_is_taken(
    transaction: &mut MySqlConnection,
    netid: &NetId,
) -> Result<UserError, UserError> {
    let same_netid = sqlx::query!("SELECT id FROM users WHERE netid = ?", netid);
    let same_netid = same_netid.fetch_optional(transaction).await?;
    Ok(if same_netid.is_some() { UserError::Exists } else { UserError::UinTaken })
}

/// Notes that a person proved that the mail address is theirs, the first time they do.
pub(crate) async fn verify(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    sqlx::query!(
        "UPDATE users SET verified_at = ? WHERE netid = ? AND verified_at IS NULL",
        now,
        netid
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Shows or hides a person's name.
pub(crate) async fn publish(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
    published: bool,
) -> Result<(), UserError> {
    let changed = sqlx::query!("UPDATE users SET published = ? WHERE netid = ?", published, netid);
    match changed.execute(db).await?.rows_affected() {
        0 => Err(UserError::NotFound),
        _ => Ok(()),
    }
}

/// Removes a person and their memberships.
pub(crate) async fn delete(db: impl MySqlExecutor<'_>, netid: &NetId) -> Result<(), UserError> {
    let deleted = sqlx::query!("DELETE FROM users WHERE netid = ?", netid);
    match deleted.execute(db).await?.rows_affected() {
        0 => Err(UserError::NotFound),
        _ => Ok(()),
    }
}

/// The id of the row that this connection inserted last.
pub(crate) async fn last_id(transaction: &mut MySqlConnection) -> Result<u64, UserError> {
    let id = sqlx::query_scalar!(r#"SELECT LAST_INSERT_ID() AS "id!: u64""#);
    Ok(id.fetch_one(transaction).await?)
}
