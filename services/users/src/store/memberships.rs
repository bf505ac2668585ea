//! Every query on terms of membership.

use chrono::{DateTime, NaiveDate, Utc};
use grove_shared::{NetId, db::Refusal};
use grove_users_api::Membership;
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::{error::UserError, user::Member};

/// A person's terms, newest first.
pub(crate) async fn memberships(
    db: impl MySqlExecutor<'_>,
    user_id: u64,
) -> Result<Vec<Membership>, UserError> {
    let memberships = sqlx::query_as!(
        Membership,
        "SELECT starts_on, ends_on FROM memberships WHERE user_id = ? ORDER BY starts_on DESC",
        user_id
    );
    Ok(memberships.fetch_all(db).await?)
}

/// Everyone who is a member on the day `today`, by NetID.
pub(crate) async fn members(
    db: impl MySqlExecutor<'_>,
    today: NaiveDate,
) -> Result<Vec<Member>, UserError> {
    let members = sqlx::query_as!(
        Member,
        r#"SELECT netid AS "netid: NetId", first_name, last_name, MAX(ends_on) AS "until!"
           FROM users JOIN memberships ON user_id = users.id
           WHERE ? BETWEEN starts_on AND ends_on
           GROUP BY users.id, netid, first_name, last_name ORDER BY netid"#,
        today
    );
    Ok(members.fetch_all(db).await?)
}

/// Why someone becomes a member.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Grounds<'a> {
    /// An officer saw the payment.
    Officer(&'a NetId),
    /// It was paid online, under this reference.
    Payment(&'a str),
}

/// Why there is a term, and what follows from it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Approval<'a> {
    /// Who saw the payment, or which one it was.
    pub(crate) grounds: Grounds<'a>,
    /// The effect that adds the member to the campus directory.
    pub(crate) directory_effect: u64,
}

/// Gives a person a term, approved by an officer, paid online, or brought by an import.
pub(crate) async fn insert_membership(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
    term: &Membership,
    approval: Option<Approval<'_>>,
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    let (officer, payment) = match approval.map(|approval| approval.grounds) {
        Some(Grounds::Officer(officer)) => (Some(officer), None),
        Some(Grounds::Payment(payment)) => (None, Some(payment)),
        None => (None, None),
    };
    let inserted = sqlx::query!(
        "INSERT INTO memberships
             (user_id, starts_on, ends_on, approved_by, payment, directory_effect_id, created_at)
         SELECT id, ?, ?, ?, ?, ?, ? FROM users WHERE netid = ?",
        term.starts_on,
        term.ends_on,
        officer,
        payment,
        approval.map(|approval| approval.directory_effect),
        now,
        netid
    );
    match inserted.execute(db).await {
        Ok(_) => Ok(()),
        Err(cause) if Refusal::of(&cause) == Some(Refusal::Duplicate) => {
            Err(UserError::AlreadyMember)
        }
        Err(cause) => Err(cause.into()),
    }
}

/// Everyone with a term that ended before `today` and whose end nobody has handled.
pub(crate) async fn with_unhandled_ends(
    db: impl MySqlExecutor<'_>,
    today: NaiveDate,
) -> Result<Vec<NetId>, UserError> {
    let netids = sqlx::query_scalar!(
        r#"SELECT DISTINCT netid AS "netid: NetId"
           FROM users JOIN memberships ON user_id = users.id
           WHERE end_handled_at IS NULL AND ends_on < ?"#,
        today
    );
    Ok(netids.fetch_all(db).await?)
}

/// Notes that the ends of a person's terms are handled; false when somebody else did that already.
pub(crate) async fn handle_ends(
    transaction: &mut MySqlConnection,
    netid: &NetId,
    today: NaiveDate,
    now: DateTime<Utc>,
) -> Result<bool, UserError> {
    let handled = sqlx::query!(
        "UPDATE memberships SET end_handled_at = ?
         WHERE end_handled_at IS NULL AND ends_on < ?
           AND user_id = (SELECT id FROM users WHERE netid = ?)",
        now,
        today,
        netid
    );
    Ok(handled.execute(transaction).await?.rows_affected() > 0)
}

/// Notes that someone whom an import found in the directory leaves it.
pub(crate) async fn leave_directory(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<(), UserError> {
    sqlx::query!("UPDATE users SET added_to_directory = FALSE WHERE netid = ?", netid)
        .execute(db)
        .await?;
    Ok(())
}

/// Keeps when the directory took its new entries, which the outbox forgets in time.
pub(crate) async fn note_delivered(db: impl MySqlExecutor<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE memberships JOIN outbox ON outbox.id = directory_effect_id
         SET listed_at = delivered_at
         WHERE listed_at IS NULL AND delivered_at IS NOT NULL"
    )
    .execute(db)
    .await?;
    Ok(())
}
