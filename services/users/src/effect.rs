//! What happens in other services when someone joins, pays or leaves.
//!
//! Effects on accounts and on the directory keep their order for each person: what is left over of
//! someone who was deleted arrives before what follows from joining again. When one does not go through, that is
//! for officers alone: there may be another way, such as the repair of the directory, after which it is
//! still there to be tried again.

use chrono::{DateTime, Utc};
use grove_auth_api::NewAccount;
use grove_notifications_api::{MEMBERSHIP, Notification, send};
use grove_outbox::{Words, enqueue, enqueue_in_order};
use grove_shared::{Call, NetId, Service, db::Transaction, personal_data};

use crate::{config::Chapter, error::UserError, services, user::User};

/// An applicant gets an account and the first mail.
pub(crate) async fn joined(
    transaction: &mut Transaction,
    account: &NewAccount,
    chapter: &Chapter,
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    let netid = &account.netid;
    let what = format!("The account of {netid} for signing in");
    let effect = grove_auth_api::create_account(account);
    keep_in_order(transaction, &effect, netid, &what, now).await?;
    let words = Words::for_person(netid, "The welcome mail");
    enqueue(transaction, &send(&welcome(netid, chapter)), &words, now).await?;
    Ok(())
}

/// Whoever asked to join, and perhaps paid, while another deletion under the same name had not ended gets now
/// what the services would have forgotten with it.
pub(crate) async fn rejoined(
    transaction: &mut Transaction,
    user: &User,
    chapter: &Chapter,
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    joined(transaction, &user.account(), chapter, now).await?;
    if user.is_member {
        listed(transaction, &user.netid, now).await?;
        credited(transaction, &user.netid, now).await?;
    }
    Ok(())
}

/// A member is entered in the campus directory and gets a receipt; returns the directory's effect.
pub(crate) async fn paid(
    transaction: &mut Transaction,
    user: &User,
    chapter: &Chapter,
    now: DateTime<Utc>,
) -> Result<u64, UserError> {
    let netid = &user.netid;
    let entry = listed(transaction, netid, now).await?;
    let words = Words::for_person(netid, "The receipt for the dues by mail");
    enqueue(transaction, &send(&confirmation(user, chapter)), &words, now).await?;
    Ok(entry)
}

async fn listed(
    transaction: &mut Transaction,
    netid: &NetId,
    now: DateTime<Utc>,
) -> Result<u64, UserError> {
    let what = format!("The entry of {netid} in the campus directory");
    keep_in_order(transaction, &grove_directory_api::add(netid), netid, &what, now).await
}

/// A member gets an account of credits at once, rather than when credits looks for new members.
pub(crate) async fn credited(
    transaction: &mut Transaction,
    netid: &NetId,
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    let what = format!("The account of {netid} for credits");
    keep_in_order(transaction, &grove_credits_api::open_account(netid), netid, &what, now).await?;
    Ok(())
}

/// The directory no longer lists someone whose membership has ended.
pub(crate) async fn expired(
    transaction: &mut Transaction,
    netid: &NetId,
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    let removal = grove_directory_api::remove(netid);
    let what = format!("The removal of {netid} from the campus directory");
    keep_in_order(transaction, &removal, netid, &what, now).await?;
    Ok(())
}

/// Every other service forgets someone who was deleted: each by this effect.
pub(crate) async fn deleted(
    transaction: &mut Transaction,
    netid: &NetId,
    now: DateTime<Utc>,
) -> Result<Vec<(Service, u64)>, UserError> {
    let mut effects = Vec::new();
    for keeper in services::others() {
        let service = keeper.service;
        let what = format!("That {} forgets {netid}", service.name);
        let effect = personal_data::forget(service, netid);
        effects.push((service, keep_in_order(transaction, &effect, netid, &what, now).await?));
    }
    Ok(effects)
}

/// An applicant who has proven nothing can no longer do so by an old link.
pub(crate) async fn forgotten(
    transaction: &mut Transaction,
    netid: &NetId,
    now: DateTime<Utc>,
) -> Result<(), UserError> {
    let removal = grove_auth_api::remove_account(netid);
    let what = format!("The end of the account of {netid}");
    keep_in_order(transaction, &removal, netid, &what, now).await?;
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
    let words = Words::for_person(netid, "The answer by mail to a second request to join");
    enqueue(transaction, &send(&mail), &words, now).await?;
    Ok(())
}

/// Records an effect on what another service has of someone; officers read `what` if it does not go through.
async fn keep_in_order<T>(
    transaction: &mut Transaction,
    effect: &Call<T>,
    netid: &NetId,
    what: &str,
    now: DateTime<Utc>,
) -> Result<u64, UserError> {
    let words = Words::for_officers(what);
    Ok(enqueue_in_order(transaction, effect, netid.as_str(), &words, now).await?)
}

/// Whoever joins gives any name, so it does not stand in a mail before the address is proven.
fn welcome(netid: &NetId, chapter: &Chapter) -> Notification {
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
    Notification::mail(chapter.address_of(netid), &subject, text).of_kind(MEMBERSHIP)
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
