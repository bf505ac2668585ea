//! What the `grove` program does to the records of people, without an officer and without mails.

use anyhow::Context;
use chrono::{DateTime, Utc};
use grove_auth_api::NewAccount;
use grove_shared::{NetId, db};
use sqlx::MySqlPool;

use crate::{
    error::UserError,
    store, term,
    user::{Name, NewUser},
};

/// Adds someone with a proven mail address and no membership; false when they are there already.
///
/// # Errors
/// When a name is not valid or the database fails.
pub async fn add_user(
    db: &MySqlPool,
    netid: &NetId,
    first_name: &str,
    last_name: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<bool> {
    insert(db, netid, (first_name, last_name), Some(now), now).await
}

/// Adds someone who has joined and has not followed the link in the first mail; false when they are
/// there already.
///
/// # Errors
/// As [`add_user`].
pub async fn add_applicant(
    db: &MySqlPool,
    netid: &NetId,
    first_name: &str,
    last_name: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<bool> {
    insert(db, netid, (first_name, last_name), None, now).await
}

/// The names of everyone on record, as their accounts have them.
///
/// # Errors
/// When the database fails.
pub async fn everyone(db: &MySqlPool, now: DateTime<Utc>) -> anyhow::Result<Vec<NewAccount>> {
    let users = store::list(db, now.date_naive()).await?;
    let accounts = users.into_iter().map(|user| NewAccount {
        netid: user.netid,
        first_name: user.first_name,
        last_name: user.last_name,
    });
    Ok(accounts.collect())
}

async fn insert(
    db: &MySqlPool,
    netid: &NetId,
    (first_name, last_name): (&str, &str),
    verified_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> anyhow::Result<bool> {
    let user = NewUser {
        netid: netid.clone(),
        first_name: Name::parse("first_name", Some(first_name))?,
        last_name: Name::parse("last_name", Some(last_name))?,
        uin: None,
        verified_at,
        added_to_directory: false,
        created_at: now,
    };
    let mut transaction = db::begin(db).await?;
    match store::insert(&mut *transaction, &user).await {
        Ok(()) => transaction.commit().await.map(|()| true).context("adding a user"),
        Err(UserError::Exists) => Ok(false),
        Err(cause) => Err(cause.into()),
    }
}

/// Adds someone as [`add_user`] does, if need be, and gives them a term that has begun at
/// `now`; false when they are a member already.
///
/// # Errors
/// As [`add_user`].
pub async fn add_member(
    db: &MySqlPool,
    netid: &NetId,
    first_name: &str,
    last_name: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<bool> {
    add_user(db, netid, first_name, last_name, now).await?;
    let term = term::begun_by(now);
    let mut transaction = db::begin(db).await?;
    store::lock(&mut transaction, netid).await?;
    if store::find(&mut *transaction, netid, now.date_naive()).await?.is_member {
        return Ok(false);
    }
    store::insert_membership(&mut *transaction, netid, &term, None, now).await?;
    transaction.commit().await?;
    Ok(true)
}
