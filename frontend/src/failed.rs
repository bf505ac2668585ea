//! What did not go through when one service asked another: for the visitor who waits for it, and the words for
//! officers.

use futures_util::future::join_all;
use grove_auth_api as auth;
use grove_credits_api as credits;
use grove_gigs_api as gigs;
use grove_merch_api as merch;
use grove_shared::{
    Client, Service,
    effects::{self, PendingEffect},
};
use grove_users_api as users;

use crate::{gateway::Gateway, moment::Moment};

/// The services that ask others for something which may not go through.
pub(crate) const SERVICES: [Service; 5] =
    [auth::SERVICE, users::SERVICE, credits::SERVICE, gigs::SERVICE, merch::SERVICE];

/// What did not go through of what the visitor waits for. A page shows it by `_failed.html`.
#[derive(Debug, Default)]
pub(crate) struct Failed {
    pub(crate) rows: Vec<Row>,
    /// Whether a service does not say.
    pub(crate) is_unknown: bool,
}

/// Something that did not go through.
#[derive(Debug)]
pub(crate) struct Row {
    /// `The payment of 20 credits for the gig "Poster"`
    pub(crate) what: String,
    pub(crate) since: Moment,
}

impl Failed {
    /// Asks these services at the same time.
    pub(crate) async fn of_visitor(gateway: &Gateway, services: &[Service]) -> Self {
        let gateway = gateway.in_haste();
        let asked = services.iter().map(|service| gateway.call(effects::mine(*service)));
        let mut failed = Self::default();
        for answer in join_all(asked).await {
            match answer {
                Ok(rows) => failed.rows.extend(rows.into_iter().map(Row::from)),
                Err(cause) => {
                    tracing::debug!(%cause, "whether everything went through is not known");
                    failed.is_unknown = true;
                }
            }
        }
        failed
    }
}

impl From<effects::Failed> for Row {
    fn from(effects::Failed { what, created_at }: effects::Failed) -> Self {
        Self { what, since: Moment(created_at) }
    }
}

/// What officers read of something that has not arrived.
pub(crate) fn in_words(effect: &PendingEffect) -> String {
    effect.what.clone().unwrap_or_else(|| format!("Something for {}", effect.peer))
}
