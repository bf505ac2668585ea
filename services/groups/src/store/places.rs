//! Every query on places in groups.

use chrono::{DateTime, Utc};
use grove_shared::{NetId, Role, db::Refusal};
use sqlx::MySqlExecutor;

use crate::{
    error::GroupError,
    group::GroupKey,
    kind::Kind,
    place::{NewPlace, Place},
};

/// Reads places.
macro_rules! select_places {
    ($rest:literal $(, $arg:expr)*) => {
        sqlx::query_as!(
            Place,
            r#"SELECT p.id, p.group_id, p.netid AS "netid: NetId", p.name, p.is_lead AS "lead: bool",
                      p.title, p.started_at, p.started_by, p.ended_at
               FROM group_roles p JOIN chapter_groups g ON g.id = p.group_id WHERE "# + $rest
            $(, $arg)*
        )
    };
}

/// The leads and offices of all groups of a kind, in the order in which they began.
pub(crate) async fn list_public(
    db: impl MySqlExecutor<'_>,
    kind: Kind,
) -> Result<Vec<Place>, GroupError> {
    let places = select_places!(
        "g.kind = ? AND p.ended_at IS NULL AND (p.is_lead OR p.title <> '') ORDER BY p.id",
        kind.as_str()
    );
    Ok(places.fetch_all(db).await?)
}

/// The leads and offices of one group, in the order in which they began.
pub(crate) async fn list_public_of(
    db: impl MySqlExecutor<'_>,
    group_id: u64,
) -> Result<Vec<Place>, GroupError> {
    let places = select_places!(
        "g.id = ? AND p.ended_at IS NULL AND (p.is_lead OR p.title <> '') ORDER BY p.id",
        group_id
    );
    Ok(places.fetch_all(db).await?)
}

/// All places of one group: the present ones first, leads before others, then the past by their end.
pub(crate) async fn list_all(
    db: impl MySqlExecutor<'_>,
    group_id: u64,
) -> Result<Vec<Place>, GroupError> {
    let places = select_places!(
        "g.id = ? ORDER BY p.ended_at IS NOT NULL, p.ended_at DESC, p.is_lead DESC, p.title = '', p.id",
        group_id
    );
    Ok(places.fetch_all(db).await?)
}

/// One place of a group, present or past.
pub(crate) async fn find(
    db: impl MySqlExecutor<'_>,
    group_id: u64,
    id: u64,
) -> Result<Place, GroupError> {
    let place = select_places!("p.group_id = ? AND p.id = ?", group_id, id);
    place.fetch_optional(db).await?.ok_or(GroupError::PlaceNotFound)
}

/// The place that a person has in a group now.
pub(crate) async fn current(
    db: impl MySqlExecutor<'_>,
    group_id: u64,
    netid: &NetId,
) -> Result<Option<Place>, GroupError> {
    let place =
        select_places!("p.group_id = ? AND p.netid = ? AND p.ended_at IS NULL", group_id, netid);
    Ok(place.fetch_optional(db).await?)
}

/// Whether a person has or had a place in a group.
pub(crate) async fn ever(
    db: impl MySqlExecutor<'_>,
    group_id: u64,
    netid: &NetId,
) -> Result<bool, GroupError> {
    let ever = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM group_roles WHERE group_id = ? AND netid = ?) AS "ever!: bool""#,
        group_id,
        netid
    );
    Ok(ever.fetch_one(db).await?)
}

/// Whether a person is in a group now; false for a group that does not exist.
pub(crate) async fn is_member(
    db: impl MySqlExecutor<'_>,
    key: &GroupKey,
    netid: &NetId,
) -> Result<bool, GroupError> {
    let is_member = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM group_roles p JOIN chapter_groups g ON g.id = p.group_id
                          WHERE g.kind = ? AND g.slug = ? AND g.ended_at IS NULL
                            AND p.netid = ? AND p.ended_at IS NULL) AS "is_member!: bool""#,
        key.kind.as_str(),
        key.slug,
        netid
    );
    Ok(is_member.fetch_one(db).await?)
}

/// Whether a person leads a group now.
pub(crate) async fn is_lead(
    db: impl MySqlExecutor<'_>,
    group_id: u64,
    netid: &NetId,
) -> Result<bool, GroupError> {
    let is_lead = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM group_roles
                          WHERE group_id = ? AND netid = ? AND is_lead AND ended_at IS NULL)
           AS "is_lead!: bool""#,
        group_id,
        netid
    );
    Ok(is_lead.fetch_one(db).await?)
}

/// Who is in a group now.
pub(crate) async fn members(
    db: impl MySqlExecutor<'_>,
    group: u64,
) -> Result<Vec<NetId>, GroupError> {
    let members = sqlx::query_scalar!(
        r#"SELECT DISTINCT netid AS "netid: NetId" FROM group_roles
           WHERE group_id = ? AND ended_at IS NULL ORDER BY netid"#,
        group
    );
    Ok(members.fetch_all(db).await?)
}

/// How many people are in a group.
pub(crate) async fn count_current(
    db: impl MySqlExecutor<'_>,
    group_id: u64,
) -> Result<i64, GroupError> {
    let count = sqlx::query_scalar!(
        r#"SELECT COUNT(*) AS "count!" FROM group_roles WHERE group_id = ? AND ended_at IS NULL"#,
        group_id
    );
    Ok(count.fetch_one(db).await?)
}

/// The officer roles that a person holds now, in order.
pub(crate) async fn officer_roles(
    db: impl MySqlExecutor<'_>,
    netid: &NetId,
) -> Result<Vec<Role>, GroupError> {
    let committees = sqlx::query_scalar!(
        r#"SELECT g.slug AS "slug: String"
           FROM group_roles p JOIN chapter_groups g ON g.id = p.group_id
           WHERE p.netid = ? AND p.ended_at IS NULL AND g.kind = 'committees'"#,
        netid
    );
    let committees = committees.fetch_all(db).await?;
    let mut roles: Vec<Role> = committees.iter().filter_map(|slug| slug.parse().ok()).collect();
    roles.sort_unstable();
    Ok(roles)
}

/// Gives a place to someone who has none in the group.
pub(crate) async fn insert(
    db: impl MySqlExecutor<'_>,
    group_id: u64,
    new: &NewPlace,
    by: &str,
    now: DateTime<Utc>,
) -> Result<u64, GroupError> {
    let inserted = sqlx::query!(
        "INSERT INTO group_roles (group_id, netid, name, is_lead, title, started_at, started_by)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
        group_id,
        new.netid,
        new.name,
        new.lead,
        new.title,
        now,
        by
    );
    match inserted.execute(db).await {
        Ok(done) => Ok(done.last_insert_id()),
        Err(cause) if Refusal::of(&cause) == Some(Refusal::Duplicate) => {
            Err(GroupError::AlreadyIn(new.netid.clone()))
        }
        Err(cause) => Err(cause.into()),
    }
}

/// Ends a place.
pub(crate) async fn end(
    db: impl MySqlExecutor<'_>,
    id: u64,
    by: &str,
    now: DateTime<Utc>,
) -> Result<(), GroupError> {
    sqlx::query!(
        "UPDATE group_roles SET ended_at = ?, ended_by = ? WHERE id = ? AND ended_at IS NULL",
        now,
        by,
        id
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Ends all present places of a group.
pub(crate) async fn end_all(
    db: impl MySqlExecutor<'_>,
    group_id: u64,
    by: &str,
    now: DateTime<Utc>,
) -> Result<(), GroupError> {
    sqlx::query!(
        "UPDATE group_roles SET ended_at = ?, ended_by = ? WHERE group_id = ? AND ended_at IS NULL",
        now,
        by,
        group_id
    )
    .execute(db)
    .await?;
    Ok(())
}
