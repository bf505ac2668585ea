//! What happens in other services because of a gig: credits move, people get mails.

use chrono::{DateTime, Utc};
use grove_credits_api::{self as credits, InternalTransfer, Party, SystemAccount, Transaction};
use grove_notifications_api::{self as notifications, GIGS, Notification};
use grove_outbox::{Words, enqueue};
use grove_shared::{Call, NetId, db, text};

use crate::{config::MailConfig, error::GigError, gig::Gig};

const ESCROW: Party = Party::System(SystemAccount::GigEscrow);

/// Sets credits aside for a gig. The same question has to be the same call, so this depends on nothing
/// that may change.
pub(crate) fn reservation(
    gig_id: u64,
    issuer: &NetId,
    title: &str,
    amount: i64,
) -> Call<Transaction> {
    let from = Party::Member(issuer.clone());
    let description = format!("Reserved for gig {gig_id}: {title}");
    credits::transfer(&InternalTransfer { from, to: ESCROW, amount, description })
}

/// Pays the reward of a gig to `claimant`; returns the effect.
pub(crate) async fn pay(
    transaction: &mut db::Transaction,
    gig: &Gig,
    claimant: &NetId,
    now: DateTime<Utc>,
) -> Result<u64, GigError> {
    let from = if gig.admin_task { Party::System(SystemAccount::Mint) } else { ESCROW };
    let to = Party::Member(claimant.clone());
    let description = format!("Gig {}: {}", gig.id, one_line(&gig.title));
    let payment = InternalTransfer { from, to, amount: gig.credits, description };
    let what = format!("The payment of {} for the gig \"{}\"", amount(gig.credits), gig.title);
    let words = Words::for_person(claimant, &what);
    Ok(enqueue(transaction, &credits::transfer(&payment), &words, now).await?)
}

/// Gives `returned` of what is escrowed for a gig back to its issuer.
pub(crate) async fn give_back(
    transaction: &mut db::Transaction,
    gig: &Gig,
    returned: i64,
    now: DateTime<Utc>,
) -> Result<(), GigError> {
    let Some(issuer) = &gig.issuer else { return Ok(()) };
    let to = Party::Member(issuer.clone());
    let description = format!("Returned from gig {}: {}", gig.id, one_line(&gig.title));
    let refund = InternalTransfer { from: ESCROW, to, amount: returned, description };
    let what = format!("The return of {} from the gig \"{}\"", amount(returned), gig.title);
    let words = Words::for_person(issuer, &what);
    enqueue(transaction, &credits::transfer(&refund), &words, now).await?;
    Ok(())
}

/// `1 credit`, `20 credits`
fn amount(credits: i64) -> String {
    format!("{credits} credit{}", if credits == 1 { "" } else { "s" })
}

/// Titles of old gigs may have characters that credits do not take.
fn one_line(title: &str) -> String {
    title.chars().filter(|c| text::is_clean(c.encode_utf8(&mut [0; 4]))).collect()
}

/// What people get a mail about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ClaimEvent<'a> {
    /// To the issuer: someone wants to do the gig.
    Claimed { by: &'a NetId },
    /// To the claimant.
    Accepted { claimant: &'a NetId },
    /// To the claimant.
    Rejected { claimant: &'a NetId },
}

/// Sends a mail.
pub(crate) async fn tell(
    transaction: &mut db::Transaction,
    gig: &Gig,
    event: ClaimEvent<'_>,
    mails: &MailConfig,
    now: DateTime<Utc>,
) -> Result<(), GigError> {
    let Gig { id, title, credits, .. } = gig;
    let (recipient, subject, text) = match event {
        ClaimEvent::Claimed { by } => (
            gig.issuer.as_ref(),
            format!("{by} would like to do your gig: {title}"),
            format!(
                "{by} would like to do your gig \"{title}\". Accept the claim when it is done."
            ),
        ),
        ClaimEvent::Accepted { claimant } => (
            Some(claimant),
            format!("Your claim was accepted: {title}"),
            format!("Thanks for doing \"{title}\". {credits} credits are on their way to you."),
        ),
        ClaimEvent::Rejected { claimant } => (
            Some(claimant),
            format!("Your claim was not accepted: {title}"),
            format!(
                "The gig \"{title}\" went to someone else, was closed, or your claim was declined."
            ),
        ),
    };
    let Some(recipient) = recipient else { return Ok(()) };
    let site = mails.site_url.trim_end_matches('/');
    let text = format!("Hi {recipient},\n\n{text}\n\nThe gig is at {site}/intranet/gigs/{id}\n");
    let address = format!("{recipient}@{}", mails.mail_domain);
    let mail = Notification::mail(address, &subject, text).of_kind(GIGS);
    let words = Words::for_person(recipient, &format!("The mail \"{subject}\""));
    enqueue(transaction, &notifications::send(&mail), &words, now).await?;
    Ok(())
}
