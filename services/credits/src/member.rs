//! Who has an account: members, from the first time that they are known to be one.
//!
//! Users is asked for everyone again and again, and for one person when their credits are to move. So
//! nothing depends on news that could get lost.

use std::time::Duration;

use grove_shared::{
    Clock, NetId,
    api::{
        credits::Balance,
        envelope::Data,
        users::{CurrentMember, IsMember},
    },
    peer::{PeerError, Peers},
};
use http::{Method, StatusCode};
use serde_json::json;
use sqlx::MySqlPool;
use tokio_util::sync::CancellationToken;

use crate::{error::CreditsError, ledger, store::accounts};

const USERS: &str = "users";
/// How often everyone is asked for.
const INTERVAL: Duration = Duration::from_mins(1);
/// How soon again when users did not answer.
const RETRY: Duration = Duration::from_secs(2);

/// Opens accounts.
#[derive(Debug, Clone)]
pub struct Members {
    /// The service's schema.
    pub db: MySqlPool,
    /// Where users is.
    pub peers: Peers,
    /// Tells the time.
    pub clock: Clock,
    /// What a new member gets, in credits.
    pub initial: i64,
}

impl Members {
    /// Sees that someone has an account if they are a member.
    pub(crate) async fn ensure_account(&self, netid: &NetId) -> Result<(), CreditsError> {
        if accounts::id_of_member(&self.db, netid).await?.is_some() {
            return Ok(());
        }
        match is_member(&self.peers, netid).await? {
            Some(true) => self.open(netid).await,
            Some(false) | None => Err(CreditsError::UnknownUser),
        }
    }

    /// Sees that someone is a member now, and has an account.
    pub(crate) async fn ensure_member(&self, netid: &NetId) -> Result<(), CreditsError> {
        match is_member(&self.peers, netid).await? {
            Some(true) => self.open(netid).await,
            Some(false) | None => Err(CreditsError::UnknownUser),
        }
    }

    /// What someone has. A member whose account is not open yet has what it will begin with; nobody
    /// gets an account by being asked about.
    pub(crate) async fn balance(&self, netid: &NetId) -> Result<Option<Balance>, CreditsError> {
        if let Some(balance) = accounts::balance(&self.db, netid).await? {
            return Ok(Some(balance));
        }
        let is_member = is_member(&self.peers, netid).await? == Some(true);
        let (netid, initial) = (netid.clone(), self.initial);
        let begins = Balance { netid, balance: initial, held: 0, available: initial };
        Ok(is_member.then_some(begins))
    }

    /// Opens the account of someone who is a member, unless it is open.
    pub(crate) async fn open(&self, netid: &NetId) -> Result<(), CreditsError> {
        let mut transaction = self.db.begin().await?;
        ledger::open(&mut transaction, netid, self.initial, self.clock.now()).await?;
        Ok(transaction.commit().await?)
    }

    /// Opens the account of everyone who is a member now.
    ///
    /// # Errors
    /// When users or the database does not answer.
    pub async fn reconcile(&self) -> anyhow::Result<()> {
        let members: Vec<CurrentMember> =
            self.peers.call(USERS, Method::GET, "/internal/members", &json!({})).await?;
        let known: Vec<_> = accounts::balances(&self.db).await?;
        for CurrentMember { netid, .. } in members {
            if known.binary_search_by(|balance| balance.netid.cmp(&netid)).is_err() {
                self.open(&netid).await?;
            }
        }
        Ok(())
    }

    /// Opens accounts until `stop` is cancelled.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let pause = match self.reconcile().await {
                Ok(()) => INTERVAL,
                Err(cause) => {
                    tracing::debug!("who is a member is not known yet: {cause:#}");
                    RETRY
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => return,
            }
        }
    }
}

/// Whether someone is a member; nothing when users knows nobody of that name.
pub(crate) async fn is_member(peers: &Peers, netid: &NetId) -> Result<Option<bool>, CreditsError> {
    let path = format!("/users/{netid}/is_member");
    let check: Result<Data<IsMember>, _> = peers.call(USERS, Method::GET, &path, &json!({})).await;
    match check {
        Ok(check) => Ok(Some(check.data.is_member)),
        Err(PeerError::Refused { status: StatusCode::NOT_FOUND, .. }) => Ok(None),
        Err(cause) => Err(cause.into()),
    }
}
