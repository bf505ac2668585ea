//! Who has an account: members, from the first time that they are known to be one.
//!
//! Users is asked for everyone again and again, and for one person when their credits are to move. So
//! nothing depends on news that could get lost.

use std::time::Duration;

use grove_shared::{
    Clock, NetId,
    api::{
        credits::{Balance, Party},
        envelope::Data,
        users::{CurrentMember, IsMember},
    },
    peer::{PeerError, Peers},
};
use http::{Method, StatusCode};
use serde_json::json;
use sqlx::MySqlPool;
use tokio_util::sync::CancellationToken;

use crate::{
    error::CreditsError,
    ledger,
    store::accounts::{self, Holder},
};

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
    /// Whose account it is; that of a member is opened unless it is open.
    pub(crate) async fn holder(&self, party: Party) -> Result<Holder, CreditsError> {
        match (accounts::holder(&self.db, party.clone()).await?, party) {
            (Some(holder), _) => Ok(holder),
            (None, Party::Member(netid)) => self.current(&netid).await,
            (None, Party::System(_)) => Err(sqlx::Error::RowNotFound.into()),
        }
    }

    /// As [`Members::holder`], for someone who has to be a member now.
    pub(crate) async fn current(&self, netid: &NetId) -> Result<Holder, CreditsError> {
        if is_member(&self.peers, netid).await? != Some(true) {
            return Err(CreditsError::UnknownUser);
        }
        let party = Party::Member(netid.clone());
        if let Some(holder) = accounts::holder(&self.db, party.clone()).await? {
            return Ok(holder);
        }
        self.open(netid).await?;
        let opened = accounts::holder(&self.db, party).await?;
        opened.ok_or_else(|| sqlx::Error::RowNotFound.into())
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
