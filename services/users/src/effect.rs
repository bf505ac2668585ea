//! What happens in other services when someone joins, pays or leaves.
//!
//! Effects on accounts and on the directory keep their order for each person: what is left over of
//! someone who was deleted arrives before what follows from joining again.

use chrono::{DateTime, Utc};
use grove_shared::{
    NetId,
    api::{
        accounts::{AccountName, NewAccount},
        notifications::{MEMBERSHIP, Notification},
    },
    outbox::{Effect, enqueue, enqueue_in_order},
};
use sqlx::MySqlConnection;

use crate::{
    config::Chapter,
    error::UserError,
    store,
    user::{NewUser, User},
};

/// An applicant gets an account and the first mail.
pub(crate) async fn joined(
    transaction: &mut MySqlConnection,
    user: &NewUser,
    chapter: &Chapter,
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    let account = NewAccount {
        netid: user.netid.clone(),
        first_name: user.first_name.as_str().to_owned(),
        last_name: user.last_name.as_str().to_owned(),
    };
    let account = Effect { peer: "auth", path: "/internal/accounts", body: account };
    enqueue_in_order(transaction, &account, user.netid.as_str(), now).await?;
    enqueue(transaction, &mail(welcome(user, chapter)), now).await?;
    Ok(())
}

/// A member is entered in the campus directory and gets a receipt; returns the directory's effect.
pub(crate) async fn paid(
    transaction: &mut MySqlConnection,
    user: &User,
    chapter: &Chapter,
    now: DateTime<Utc>,
) -> Result<u64, UserError> {
    let body = AccountName { netid: user.netid.clone() };
    let entry = Effect { peer: "directory", path: "/activedirectory/add", body };
    enqueue_in_order(transaction, &entry, user.netid.as_str(), now).await?;
    let entry = store::last_id(transaction).await?;
    enqueue(transaction, &mail(confirmation(user, chapter)), now).await?;
    Ok(entry)
}

/// The directory no longer lists someone whose membership has ended.
pub(crate) async fn expired(
    transaction: &mut MySqlConnection,
    netid: &NetId,
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    let body = AccountName { netid: netid.clone() };
    let removal = Effect { peer: "directory", path: "/activedirectory/remove", body };
    Ok(enqueue_in_order(transaction, &removal, netid.as_str(), now).await?)
}

/// Someone who was deleted can no longer sign in, and the directory no longer lists them.
pub(crate) async fn deleted(
    transaction: &mut MySqlConnection,
    netid: &NetId,
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    let body = AccountName { netid: netid.clone() };
    let removal = Effect { peer: "auth", path: "/internal/accounts/remove", body };
    enqueue_in_order(transaction, &removal, netid.as_str(), now).await?;
    expired(transaction, netid, now).await
}

fn mail(body: Notification) -> Effect<'static, Notification> {
    Effect { peer: "notifications", path: "/notification", body }
}

fn welcome(user: &NewUser, chapter: &Chapter) -> Notification {
    let text = format!(
        "Hi {},\n\
         \n\
         Welcome to {}! Two steps make you a member:\n\
         \n\
         1. Choose a password. Another mail brings you the link for it.\n\
         2. {}\n\
         \n\
         Where you are is shown at {}\n",
        user.first_name.as_str(),
        chapter.chapter_name,
        chapter.dues_instructions,
        chapter.intranet(),
    );
    let subject = format!("Welcome to {}!", chapter.chapter_name);
    Notification::mail(chapter.address_of(&user.netid), &subject, text).of_kind(MEMBERSHIP)
}

fn confirmation(user: &User, chapter: &Chapter) -> Notification {
    let text = format!(
        "Hi {},\n\
         \n\
         Thanks for your membership payment. You are a member of {} now.\n\
         \n\
         Everything for members is at {}\n",
        user.first_name,
        chapter.chapter_name,
        chapter.intranet(),
    );
    let subject = format!("Thanks for your membership payment for {}", chapter.chapter_name);
    Notification::mail(chapter.address_of(&user.netid), &subject, text).of_kind(MEMBERSHIP)
}
