//! Every query on users; those on applicants, terms, deletions, and all that is kept of one person are in files of
//! their own.

mod applications;
pub(crate) mod deletions;
mod memberships;
pub(crate) mod personal;

use chrono::{DateTime, NaiveDate, Utc};
use grove_shared::{NetId, db::Refusal, page::PageRequest};
use grove_users_api::Counts;
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::{
    error::UserError,
    user::{NewUser, Uin, User},
};

pub(crate) use applications::{
    count_try, delete_unverified, forget_tries, overwrite, tries, unverified,
};
pub(crate) use memberships::{
    Approval, Grounds, handle_ends, insert_membership, leave_directory, members, memberships,
    note_delivered, with_unhandled_ends,
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
                                  LEFT JOIN outbox ON outbox.id = memberships.directory_effect_id
                                  WHERE user_id = users.id AND end_handled_at IS NULL
                                    AND (listed_at IS NOT NULL OR delivered_at IS NOT NULL))
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

/// As many of everyone as a page needs, the newest first.
pub(crate) async fn page(
    db: impl MySqlExecutor<'_>,
    request: PageRequest,
    today: NaiveDate,
) -> Result<Vec<User>, UserError> {
    let after = request.after.unwrap_or(u64::MAX);
    let users =
        select_users!(today, "WHERE id < ? ORDER BY id DESC LIMIT ?", after, request.rows());
    Ok(users.fetch_all(db).await?)
}

/// How many people are where on the way to membership.
pub(crate) async fn counts(
    db: impl MySqlExecutor<'_>,
    today: NaiveDate,
) -> Result<Counts, UserError> {
    let counts = sqlx::query_as!(
        Counts,
        r#"SELECT CAST(COUNT(CASE WHEN paid_now THEN 1 END) AS UNSIGNED) AS "members!: u64",
                  CAST(COUNT(CASE WHEN paid AND NOT paid_now THEN 1 END) AS UNSIGNED)
                      AS "expired!: u64",
                  CAST(COUNT(CASE WHEN verified AND NOT paid THEN 1 END) AS UNSIGNED)
                      AS "awaiting_payment!: u64",
                  CAST(COUNT(CASE WHEN NOT verified AND NOT paid THEN 1 END) AS UNSIGNED)
                      AS "unverified!: u64"
           FROM (SELECT verified_at IS NOT NULL AS verified,
                        EXISTS (SELECT 1 FROM memberships WHERE user_id = users.id) AS paid,
                        EXISTS (SELECT 1 FROM memberships WHERE user_id = users.id
                                AND ? BETWEEN starts_on AND ends_on) AS paid_now
                 FROM users) AS people"#,
        today
    );
    Ok(counts.fetch_one(db).await?)
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
pub(crate) async fn insert(db: impl MySqlExecutor<'_>, user: &NewUser) -> Result<(), UserError> {
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
    match inserted.execute(db).await {
        Ok(_) => Ok(()),
        Err(cause) if Refusal::of(&cause) == Some(Refusal::Duplicate) => Err(UserError::Exists),
        Err(cause) => Err(cause.into()),
    }
}

/// Whether someone else has a UIN.
pub(crate) async fn has_uin(
    db: impl MySqlExecutor<'_>,
    uin: Uin,
    netid: &NetId,
) -> Result<bool, UserError> {
    let has_uin = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM users WHERE uin = ? AND netid <> ?) AS "has_uin!: bool""#,
        uin.0,
        netid
    );
    Ok(has_uin.fetch_one(db).await?)
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
