//! Every query on what is kept of one person.

use grove_personal_data::FORMER_MEMBER;
use grove_shared::NetId;
use sqlx::MySqlExecutor;

use crate::{
    error::GroupError,
    person::{Decision, Held, Words},
};

/// The places that a person has or had.
pub(crate) async fn places(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<Held>, GroupError> {
    let places = sqlx::query_as!(
        Held,
        r#"SELECT p.id, CONCAT(g.kind, '/', g.slug) AS "group!: String", p.name,
                  p.is_lead AS "lead: bool", p.title, p.started_at, p.started_by, p.ended_at, p.ended_by
           FROM group_roles p JOIN chapter_groups g ON g.id = p.group_id
           WHERE p.netid = ? ORDER BY p.id"#,
        netid
    );
    Ok(places.fetch_all(db).await?)
}

/// The places of others that a person gave or ended.
pub(crate) async fn decisions(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<Decision>, GroupError> {
    let decisions = sqlx::query_as!(
        Decision,
        r#"SELECT CONCAT(g.kind, '/', g.slug) AS "group!: String",
                  IF(p.started_by = ?, p.started_at, NULL) AS "gave_at: _",
                  IF(p.ended_by = ?, p.ended_at, NULL) AS "ended_at: _"
           FROM group_roles p JOIN chapter_groups g ON g.id = p.group_id
           WHERE (p.started_by = ? OR p.ended_by = ?) AND p.netid <> ? ORDER BY p.id"#,
        netid,
        netid,
        netid,
        netid,
        netid
    );
    Ok(decisions.fetch_all(db).await?)
}

/// The groups, those that have ended too, in whose words a person's NetID stands.
pub(crate) async fn named_by(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<Words>, GroupError> {
    let words = sqlx::query_as!(
        Words,
        r#"SELECT CONCAT(kind, '/', slug) AS "group!: String",
                  CONCAT_WS('\n', name, description, meeting_day, meeting_time, meeting_loc, site, email)
                  AS "words!: String"
           FROM chapter_groups ORDER BY id"#
    );
    let mut words = words.fetch_all(db).await?;
    words.retain(|words| words.name(netid));
    Ok(words)
}

/// Removes the places that a person has or had, the last one in admin too; returns how many.
pub(crate) async fn delete_places(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<u64, GroupError> {
    let deleted = sqlx::query!("DELETE FROM group_roles WHERE netid = ?", netid);
    Ok(deleted.execute(db).await?.rows_affected())
}

/// Has nobody known as who gave or ended what a person gave or ended; returns how many places that are.
pub(crate) async fn forget_decider(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<u64, GroupError> {
    let forgotten = sqlx::query!(
        "UPDATE group_roles
         SET started_by = IF(started_by = ?, ?, started_by), ended_by = IF(ended_by = ?, ?, ended_by)
         WHERE started_by = ? OR ended_by = ?",
        netid,
        FORMER_MEMBER,
        netid,
        FORMER_MEMBER,
        netid,
        netid
    );
    Ok(forgotten.execute(db).await?.rows_affected())
}

/// Removes a mail address from the groups that have it; returns how many.
pub(crate) async fn clear_address(
    db: impl MySqlExecutor<'_>,
    address: &str,
) -> Result<u64, GroupError> {
    let cleared =
        sqlx::query!("UPDATE chapter_groups SET email = '' WHERE LOWER(email) = ?", address);
    Ok(cleared.execute(db).await?.rows_affected())
}
