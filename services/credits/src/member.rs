//! Who has an account: members, from the first time that they are known to be one.
//!
//! Users says when somebody becomes one. It is asked for everyone again and again all the same, and for one
//! person when their credits are to move, so nothing depends on a message that could get lost.

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock},
};

use chrono::{DateTime, TimeDelta, Utc};
use grove_audit::Actor;
use grove_client::Peers;
use grove_credits_api::{Balance, Party};
use grove_http::ApiError;
use grove_shared::{Client, Clock, NetId, db};
use grove_users_api::CurrentMember;
use sqlx::MySqlPool;

use crate::{
    SERVICE,
    error::CreditsError,
    ledger,
    store::accounts::{self, Holder},
};

/// How long the answer of users about everyone counts: longer than until the next one.
const CURRENT_FOR: TimeDelta = TimeDelta::seconds(90);

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
    /// Who is a member.
    pub current: Current,
}

/// Who was a member when users was last asked for everyone; nobody when that is too long ago.
#[derive(Debug, Clone, Default)]
pub struct Current(Arc<RwLock<(DateTime<Utc>, HashSet<NetId>)>>);

impl Current {
    fn set(&self, members: impl Iterator<Item = NetId>, now: DateTime<Utc>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = (now, members.collect());
    }

    /// Forgets that someone is a member.
    pub(crate) fn remove(&self, netid: &NetId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).1.remove(netid);
    }

    fn contains(&self, netid: &NetId, now: DateTime<Utc>) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        now - known.0 < CURRENT_FOR && known.1.contains(netid)
    }
}

impl Members {
    /// Whose account it is; that of a member is opened unless it is open.
    pub(crate) async fn holder(&self, party: Party) -> Result<Holder, CreditsError> {
        match accounts::holder(&self.db, party.clone()).await? {
            Some(holder) => Ok(holder),
            None => self.open_for(party).await,
        }
    }

    /// As [`Members::holder`], for both sides of a transfer.
    pub(crate) async fn holders(&self, parties: [Party; 2]) -> Result<[Holder; 2], CreditsError> {
        let [one, other] = accounts::holders(&self.db, parties).await?;
        let one = match one {
            Ok(holder) => holder,
            Err(party) => self.open_for(party).await?,
        };
        let other = match other {
            Ok(holder) => holder,
            Err(party) => self.open_for(party).await?,
        };
        Ok([one, other])
    }

    /// Opens the account of a party that has none, if it is a member's.
    async fn open_for(&self, party: Party) -> Result<Holder, CreditsError> {
        if let Party::Member(netid) = &party {
            let asked = self.clock.now();
            // Who is only remembered as a member may have been forgotten since.
            if is_member(&self.peers, netid).await? != Some(true) {
                return Err(CreditsError::UnknownUser);
            }
            self.open(netid, SERVICE, asked).await?;
        }
        let opened = accounts::holder(&self.db, party).await?;
        opened.ok_or_else(|| sqlx::Error::RowNotFound.into())
    }

    /// Sees that someone is a member now, by what users said a moment ago or says when it is asked.
    pub(crate) async fn ensure_current(&self, netid: &NetId) -> Result<(), CreditsError> {
        if self.current.contains(netid, self.clock.now()) {
            return Ok(());
        }
        match is_member(&self.peers, netid).await? {
            Some(true) => Ok(()),
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

    /// Opens the account of someone who was a member at the moment `asked`, unless it is open. When anybody
    /// was forgotten since, it may be they: then it is asked again.
    pub(crate) async fn open(
        &self,
        netid: &NetId,
        actor: impl Into<Actor>,
        asked: DateTime<Utc>,
    ) -> Result<(), CreditsError> {
        let mut transaction = db::begin(&self.db).await?;
        let (actor, now) = (actor.into(), self.clock.now());
        let opened = ledger::open(&mut transaction, netid, self.initial, actor, now).await?;
        if opened && accounts::has_forgotten_since(&mut *transaction, asked).await? {
            return Err(ApiError::unavailable("Please try again in a moment").into());
        }
        Ok(transaction.commit().await?)
    }

    /// Opens the account of everyone who is a member now.
    ///
    /// # Errors
    /// When users or the database does not answer.
    pub async fn reconcile(&self) -> anyhow::Result<()> {
        let asked = self.clock.now();
        let members = self.peers.call(grove_users_api::members()).await?;
        self.current.set(members.iter().map(|member| member.netid.clone()), self.clock.now());
        let known = accounts::balances(&self.db).await?;
        for CurrentMember { netid, .. } in members {
            if known.binary_search_by(|balance| balance.netid.cmp(&netid)).is_err() {
                self.open(&netid, SERVICE, asked).await?;
            }
        }
        Ok(())
    }
}

/// Whether someone is a member; nothing when users knows nobody of that name.
pub(crate) async fn is_member(peers: &Peers, netid: &NetId) -> Result<Option<bool>, CreditsError> {
    match peers.call(grove_users_api::is_member(netid.as_str())).await {
        Ok(check) => Ok(Some(check.is_member)),
        Err(cause) if cause.is_not_found() => Ok(None),
        Err(cause) => Err(cause.into()),
    }
}
