//! What happens in other services because of a gig: credits move, people get mails.

use chrono::{DateTime, Utc};
use grove_shared::{
    NetId,
    api::{
        credits::{InternalTransfer, Party, SystemAccount},
        notifications::{GIGS, Notification},
    },
    outbox::{Effect, enqueue},
};
use sqlx::MySqlConnection;

use crate::{config::MailConfig, error::GigError, gig::Gig, store};

/// The service that moves credits.
pub(crate) const CREDITS: &str = "credits";
/// Its route for that.
pub(crate) const TRANSFERS: &str = "/internal/transfers";

const ESCROW: Party = Party::System(SystemAccount::GigEscrow);

/// What moves when a gig asks for credits. The same question has to be the same call, so this depends
/// on nothing that may change.
pub(crate) fn reservation(
    gig_id: u64,
    issuer: &NetId,
    title: &str,
    amount: i64,
) -> InternalTransfer {
    let from = Party::Member(issuer.clone());
    let description = format!("Reserved for gig {gig_id}: {title}");
    InternalTransfer { from, to: ESCROW, amount, description }
}

/// Pays the reward of a gig to `claimant`; returns the effect.
pub(crate) async fn pay(
    transaction: &mut MySqlConnection,
    gig: &Gig,
    claimant: &NetId,
    now: DateTime<Utc>,
) -> Result<u64, GigError> {
    let from = if gig.admin_task { Party::System(SystemAccount::Mint) } else { ESCROW };
    let to = Party::Member(claimant.clone());
    let description = format!("Gig {}: {}", gig.id, gig.title);
    let body = InternalTransfer { from, to, amount: gig.credits, description };
    enqueue(transaction, &Effect { peer: CREDITS, path: TRANSFERS, body }, now).await?;
    store::last_id(transaction).await
}

/// Gives `amount` of what is escrowed for a gig back to its issuer.
pub(crate) async fn give_back(
    transaction: &mut MySqlConnection,
    gig: &Gig,
    amount: i64,
    now: DateTime<Utc>,
) -> Result<(), GigError> {
    let to = Party::Member(gig.issuer.clone());
    let description = format!("Returned from gig {}: {}", gig.id, gig.title);
    let body = InternalTransfer { from: ESCROW, to, amount, description };
    Ok(enqueue(transaction, &Effect { peer: CREDITS, path: TRANSFERS, body }, now).await?)
}

/// What people are told.
#[derive(Debug, Clone, Copy)]
pub(crate) enum News<'a> {
    /// To the issuer: someone wants to do the gig.
    Claimed { by: &'a NetId },
    /// To the claimant.
    Accepted { claimant: &'a NetId },
    /// To the claimant.
    Rejected { claimant: &'a NetId },
}

/// Sends a mail.
pub(crate) async fn tell(
    transaction: &mut MySqlConnection,
    gig: &Gig,
    news: News<'_>,
    mails: &MailConfig,
    now: DateTime<Utc>,
) -> Result<(), GigError> {
    let Gig { id, title, credits, .. } = gig;
    let (recipient, subject, text) = match news {
        News::Claimed { by } => (
            &gig.issuer,
            format!("{by} would like to do your gig: {title}"),
            format!(
                "{by} would like to do your gig \"{title}\". Accept the claim when it is done."
            ),
        ),
        News::Accepted { claimant } => (
            claimant,
            format!("Your claim was accepted: {title}"),
            format!("Thanks for doing \"{title}\". {credits} credits are on their way to you."),
        ),
        News::Rejected { claimant } => (
            claimant,
            format!("Your claim was not accepted: {title}"),
            format!(
                "The gig \"{title}\" went to someone else, was closed, or your claim was declined."
            ),
        ),
    };
    let site = mails.site_url.trim_end_matches('/');
    let text = format!("Hi {recipient},\n\n{text}\n\nThe gig is at {site}/intranet/gigs/{id}\n");
    let address = format!("{recipient}@{}", mails.mail_domain);
    let body = Notification::mail(address, &subject, text).of_kind(GIGS);
    let mail = Effect { peer: "notifications", path: "/notification", body };
    Ok(enqueue(transaction, &mail, now).await?)
}
