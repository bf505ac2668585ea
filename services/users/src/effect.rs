//! What happens in other services when someone joins, pays or leaves.
//!
//! Effects on accounts and on the directory keep their order for each person: what is left over of
//! someone who was deleted arrives before what follows from joining again.

use chrono::{DateTime, Utc};
use grove_auth_api::NewAccount;
use grove_groups_api::Departure;
use grove_notifications_api::{MEMBERSHIP, Notification, send};
use grove_outbox::{enqueue, enqueue_in_order};
use grove_shared::{NetId, db::Transaction};

use crate::{
    config::Chapter,
    error::UserError,
    user::{NewUser, User},
};

/// An applicant gets an account and the first mail.
pub(crate) async fn joined(
    transaction: &mut Transaction,
    user: &NewUser,
    chapter: &Chapter,
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    let account = NewAccount {
        netid: user.netid.clone(),
        first_name: user.first_name.as_str().to_owned(),
        last_name: user.last_name.as_str().to_owned(),
    };
    let account = grove_auth_api::create_account(&account);
    enqueue_in_order(transaction, &account, user.netid.as_str(), now).await?;
    enqueue(transaction, &send(&welcome(user, chapter)), now).await?;
    Ok(())
}

/// A member is entered in the campus directory and gets a receipt; returns the directory's effect.
pub(crate) async fn paid(
    transaction: &mut Transaction,
    user: &User,
    chapter: &Chapter,
    now: DateTime<Utc>,
) -> Result<u64, UserError> {
    let entry = grove_directory_api::add(&user.netid);
    let entry = enqueue_in_order(transaction, &entry, user.netid.as_str(), now).await?;
    enqueue(transaction, &send(&confirmation(user, chapter)), now).await?;
    Ok(entry)
}

/// A member gets an account of credits at once, rather than when credits looks for new members.
pub(crate) async fn credited(
    transaction: &mut Transaction,
    netid: &NetId,
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    enqueue(transaction, &grove_credits_api::open_account(netid), now).await?;
    Ok(())
}

/// The directory no longer lists someone whose membership has ended.
pub(crate) async fn expired(
    transaction: &mut Transaction,
    netid: &NetId,
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    let removal = grove_directory_api::remove(netid);
    enqueue_in_order(transaction, &removal, netid.as_str(), now).await?;
    Ok(())
}

/// The effects that end what other services have of someone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Removals {
    pub(crate) auth: u64,
    pub(crate) directory: u64,
    pub(crate) groups: u64,
}

/// Someone who was deleted can no longer sign in, the directory no longer lists them, and they are in no group.
pub(crate) async fn deleted(
    transaction: &mut Transaction,
    netid: &NetId,
    now: DateTime<Utc>,
) -> Result<Removals, UserError> {
    let auth = grove_auth_api::remove_account(netid);
    let auth = enqueue_in_order(transaction, &auth, netid.as_str(), now).await?;
    let directory = grove_directory_api::remove(netid);
    let directory = enqueue_in_order(transaction, &directory, netid.as_str(), now).await?;
    let departure = Departure { netid: netid.clone(), left_at: now };
    let groups = grove_groups_api::end_roles_of(&departure);
    let groups = enqueue_in_order(transaction, &groups, netid.as_str(), now).await?;
    Ok(Removals { auth, directory, groups })
}

/// An applicant who has proven nothing can no longer do so by an old link.
pub(crate) async fn forgotten(
    transaction: &mut Transaction,
    netid: &NetId,
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    let removal = grove_auth_api::remove_account(netid);
    enqueue_in_order(transaction, &removal, netid.as_str(), now).await?;
    Ok(())
}

/// Someone who asks to join and is known already is told so.
pub(crate) async fn known_already(
    transaction: &mut Transaction,
    netid: &NetId,
    chapter: &Chapter,
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    let name = &chapter.chapter_name;
    let text = format!(
        "Hello,\n\
         \n\
         someone, most likely you, asked to join {name} as {netid}. You have joined already, so nothing \
         has changed.\n\
         \n\
         Log in at {}, where you can also choose a new password if you forgot yours. Where you are on the \
         way to membership is shown at {}\n",
        chapter.login(),
        chapter.intranet(),
    );
    let subject = format!("You have joined {name} already");
    let mail = Notification::mail(chapter.address_of(netid), &subject, text).of_kind(MEMBERSHIP);
    enqueue(transaction, &send(&mail), now).await?;
    Ok(())
}

/// Whoever joins gives any name, so it does not stand in a mail before the address is proven.
fn welcome(user: &NewUser, chapter: &Chapter) -> Notification {
    let text = format!(
        "Hello,\n\
         \n\
         someone, most likely you, asked to join. Welcome to {}! Two steps make you a member:\n\
         \n\
         1. Choose a password. Another mail brings you the link for it.\n\
         2. {}\n\
         \n\
         Where you are is shown at {}\n",
        chapter.chapter_name,
        chapter.dues_instructions,
        chapter.intranet(),
    );
    let subject = format!("Welcome to {}!", chapter.chapter_name);
    Notification::mail(chapter.address_of(&user.netid), &subject, text).of_kind(MEMBERSHIP)
}

fn confirmation(user: &User, chapter: &Chapter) -> Notification {
    let name = user.verified_at.map(|_| format!(" {}", user.first_name)).unwrap_or_default();
    let text = format!(
        "Hello{name},\n\
         \n\
         thanks for your membership payment. You are a member of {} now.\n\
         \n\
         Everything for members is at {}\n",
        chapter.chapter_name,
        chapter.intranet(),
    );
    let subject = format!("Thanks for your membership payment for {}", chapter.chapter_name);
    Notification::mail(chapter.address_of(&user.netid), &subject, text).of_kind(MEMBERSHIP)
}
