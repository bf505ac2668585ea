//! A ledger in memory, in the place of credits in the tests of its callers. It answers what other services
//! ask as the real one does ([`contract`](crate::contract)), and fails on demand.

#![expect(clippy::unwrap_used, reason = "a test kit fails by panicking")]

mod ledger;
mod routes;
mod state;

use std::sync::{Arc, MutexGuard};

pub use self::state::{Failure, Operation, Received};
use self::state::{Inner, Shared};
use crate::{Hold, InternalTransfer, Party, SystemAccount};
use axum::Router;
use grove_testing::Neighbour;

/// A ledger in memory. Whoever was given credits, even none, is a member.
#[derive(Debug, Clone, Default)]
pub struct FakeCredits {
    inner: Shared,
    server: Option<Arc<Neighbour>>,
}

impl FakeCredits {
    /// Listens on a free port until it and all its clones are dropped.
    pub async fn start() -> Self {
        let fake = Self::default();
        let server = Neighbour::start(fake.router()).await;
        Self { server: Some(Arc::new(server)), ..fake }
    }

    /// What it answers, for tests without a port.
    pub fn router(&self) -> Router {
        routes::router(self.inner.clone())
    }

    /// Where it listens.
    ///
    /// # Panics
    /// Unless it was [started](FakeCredits::start).
    pub fn url(&self) -> String {
        self.server.as_ref().unwrap().url()
    }

    /// Sees that a member has exactly so many credits, which come from nowhere.
    ///
    /// # Panics
    /// When `netid` is not valid.
    pub fn give(&self, netid: &str, credits: i64) {
        self.inner().ledger.set(member(netid), credits);
    }

    /// What a member has, with what is held of it; 0 for someone without an account.
    ///
    /// # Panics
    /// When `netid` is not valid.
    pub fn balance(&self, netid: &str) -> i64 {
        self.inner().ledger.balance(&member(netid))
    }

    /// What an account of the chapter has.
    pub fn system_balance(&self, account: SystemAccount) -> i64 {
        self.inner().ledger.balance(&Party::System(account))
    }

    /// Every hold, the oldest first.
    pub fn holds(&self) -> Vec<Hold> {
        self.inner().ledger.holds()
    }

    /// The hold that was made under a key, if one was.
    pub fn hold(&self, key: &str) -> Option<Hold> {
        self.inner().ledger.hold_of_key(key)
    }

    /// Lets the time of a hold run out.
    pub fn expire(&self, hold: u64) {
        self.inner().ledger.expire(hold);
    }

    /// Every transfer that was made, the oldest first.
    pub fn transfers(&self) -> Vec<InternalTransfer> {
        self.inner().ledger.transfers().to_vec()
    }

    /// Lets the next `times` calls of a kind fail; `u32::MAX` is until it is mended.
    pub fn fail(&self, operation: Operation, failure: Failure, times: u32) {
        self.inner().failures.push((operation, failure, times));
    }

    /// Ends every failure, and lets what waits for it go on.
    pub fn mend(&self) {
        let mut inner = self.inner();
        inner.failures.clear();
        std::mem::take(&mut inner.mended).cancel();
    }

    /// How many calls have failed on demand.
    pub fn failed(&self) -> usize {
        self.inner().failed
    }

    /// Every call that came, the oldest first.
    pub fn received(&self) -> Vec<Received> {
        self.inner().received.clone()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }
}

fn member(netid: &str) -> Party {
    Party::Member(netid.parse().unwrap())
}
