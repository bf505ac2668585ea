//! Every query on groups.

use chrono::{DateTime, Utc};
use grove_shared::db::Refusal;
use sqlx::MySqlExecutor;

use crate::{
    error::GroupError,
    group::{Details, Group, GroupKey, GroupName},
    kind::Kind,
};

/// Reads groups that have not ended.
macro_rules! select_groups {
    ($rest:literal $(, $arg:expr)*) => {
        sqlx::query_as!(
            Group,
            r#"SELECT id, name, description, meeting_day, meeting_time, meeting_loc, site, email,
                      (SELECT COUNT(*) FROM group_roles
                       WHERE group_id = chapter_groups.id AND group_roles.ended_at IS NULL)
                      AS "member_count!"
               FROM chapter_groups WHERE ended_at IS NULL "# + $rest
            $(, $arg)*
        )
    };
}

/// Every group of a kind, by name.
pub(crate) async fn list(db: impl MySqlExecutor<'_>, kind: Kind) -> Result<Vec<Group>, GroupError> {
    Ok(select_groups!("AND kind = ? ORDER BY slug", kind.as_str()).fetch_all(db).await?)
}

/// One group.
pub(crate) async fn find(db: impl MySqlExecutor<'_>, key: &GroupKey) -> Result<Group, GroupError> {
    let group = select_groups!("AND kind = ? AND slug = ?", key.kind.as_str(), key.slug);
    group.fetch_optional(db).await?.ok_or(GroupError::NotFound)
}

/// Keeps everyone else from changing the group until the transaction ends; returns the group's id.
pub(crate) async fn lock(db: impl MySqlExecutor<'_>, key: &GroupKey) -> Result<u64, GroupError> {
    sqlx::query_scalar!(
        "SELECT id FROM chapter_groups WHERE kind = ? AND slug = ? AND ended_at IS NULL FOR UPDATE",
        key.kind.as_str(),
        key.slug
    )
    .fetch_optional(db)
    .await?
    .ok_or(GroupError::NotFound)
}

/// Keeps everyone else from changing any group until the transaction ends.
pub(crate) async fn lock_all(db: impl MySqlExecutor<'_>) -> Result<(), GroupError> {
    sqlx::query_scalar!("SELECT id FROM chapter_groups ORDER BY id FOR UPDATE")
        .fetch_all(db)
        .await?;
    Ok(())
}

/// The names of all groups of a kind, those that have ended too; nobody makes another until the transaction
/// ends.
pub(crate) async fn lock_names(
    db: impl MySqlExecutor<'_>,
    kind: Kind,
) -> Result<Vec<String>, GroupError> {
    let names = sqlx::query_scalar!(
        "SELECT name FROM chapter_groups WHERE kind = ? FOR UPDATE",
        kind.as_str()
    );
    Ok(names.fetch_all(db).await?)
}

/// Makes a group.
pub(crate) async fn insert(
    db: impl MySqlExecutor<'_>,
    kind: Kind,
    name: &GroupName,
    details: &Details,
    now: DateTime<Utc>,
) -> Result<(), GroupError> {
    let inserted = sqlx::query!(
        "INSERT INTO chapter_groups (kind, slug, name, description, meeting_day, meeting_time,
                                     meeting_loc, site, email, created_at)
         VALUES (?, ?, ?, COALESCE(?, ''), COALESCE(?, ''), COALESCE(?, ''),
                 COALESCE(?, ''), COALESCE(?, ''), COALESCE(?, ''), ?)",
        kind.as_str(),
        name.key(kind).slug,
        name.as_str(),
        details.description,
        details.meeting_day,
        details.meeting_time,
        details.meeting_loc,
        details.site,
        details.email,
        now
    );
    match inserted.execute(db).await {
        Ok(_) => Ok(()),
        Err(cause) if Refusal::of(&cause) == Some(Refusal::Duplicate) => Err(GroupError::Duplicate),
        Err(cause) => Err(cause.into()),
    }
}

/// Takes a group up again that has ended, with its history; false when there is none.
pub(crate) async fn reopen(
    db: impl MySqlExecutor<'_>,
    kind: Kind,
    name: &GroupName,
) -> Result<bool, GroupError> {
    let reopened = sqlx::query!(
        "UPDATE chapter_groups SET ended_at = NULL, name = ?
         WHERE kind = ? AND slug = ? AND ended_at IS NOT NULL",
        name.as_str(),
        kind.as_str(),
        name.key(kind).slug
    );
    Ok(reopened.execute(db).await?.rows_affected() > 0)
}

/// Sets the fields that are given.
pub(crate) async fn update(
    db: impl MySqlExecutor<'_>,
    id: u64,
    details: &Details,
) -> Result<(), GroupError> {
    sqlx::query!(
        "UPDATE chapter_groups
         SET description = COALESCE(?, description), meeting_day = COALESCE(?, meeting_day),
             meeting_time = COALESCE(?, meeting_time), meeting_loc = COALESCE(?, meeting_loc),
             site = COALESCE(?, site), email = COALESCE(?, email)
         WHERE id = ?",
        details.description,
        details.meeting_day,
        details.meeting_time,
        details.meeting_loc,
        details.site,
        details.email,
        id
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Ends a group, whose places have ended before.
pub(crate) async fn end(
    db: impl MySqlExecutor<'_>,
    id: u64,
    now: DateTime<Utc>,
) -> Result<(), GroupError> {
    sqlx::query!("UPDATE chapter_groups SET ended_at = ? WHERE id = ?", now, id)
        .execute(db)
        .await?;
    Ok(())
}
