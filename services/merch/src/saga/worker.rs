//! Moves purchases on.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use futures_util::future::join_all;
use grove_client::Peers;
use grove_shared::Clock;
use sqlx::MySqlPool;
use tokio::{sync::Notify, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{config::Restock, error::MerchError, machine::Machine, saga::unit::Unit, store::units};

/// While one worker is at a step, no other takes the unit, unless the first died this long ago. It is
/// longer than the longest step.
pub(super) const LEASE: TimeDelta = TimeDelta::seconds(15);
const AT_ONCE: usize = 16;
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// Moves the purchases of one schema on, until each is settled.
#[derive(Debug, Clone)]
pub struct Worker {
    /// The schema with the purchases.
    pub db: MySqlPool,
    /// The services credits and notifications.
    pub peers: Peers,
    /// The machine that vends, if there is one.
    pub machine: Option<Machine>,
    /// Decides what is due.
    pub clock: Clock,
    /// Who is told that something runs out.
    pub restock: Arc<Restock>,
    /// Rings when a purchase begins.
    pub bell: Arc<Notify>,
}

impl Worker {
    /// Works until `stop` is cancelled, then ends what is under way. Dropping the future ends that at
    /// once; another worker takes it up when its lease is over.
    pub async fn run(self, stop: CancellationToken) {
        let mut steps = JoinSet::new();
        while !stop.is_cancelled() {
            match self.claim(AT_ONCE.saturating_sub(steps.len())).await {
                Ok(units) => {
                    for unit in units {
                        let worker = self.clone();
                        steps.spawn(async move { worker.drive(unit).await });
                    }
                }
                Err(cause) => tracing::warn!(%cause, "purchases cannot be read"),
            }
            tokio::select! {
                () = tokio::time::sleep(POLL_INTERVAL) => {}
                () = self.bell.notified() => {}
                // The next thing of the same purchase may be due.
                Some(_) = steps.join_next() => {}
                () = stop.cancelled() => {}
            }
        }
        while steps.join_next().await.is_some() {}
    }

    /// Does everything that is due; returns how many units were taken up.
    ///
    /// # Errors
    /// When the purchases cannot be read.
    pub async fn settle_due(&self) -> anyhow::Result<usize> {
        let mut taken = 0;
        loop {
            let units = self.claim(AT_ONCE).await?;
            if units.is_empty() {
                return Ok(taken);
            }
            taken += units.len();
            join_all(units.into_iter().map(|unit| self.drive(unit))).await;
        }
    }

    async fn claim(&self, limit: usize) -> Result<Vec<Unit>, MerchError> {
        let now = self.clock.now();
        let limit = u32::try_from(limit).unwrap_or_default();
        units::claim(&self.db, now, now + LEASE, limit).await
    }

    /// Does step after step until the unit is settled or has to wait.
    async fn drive(&self, mut unit: Unit) {
        let id = unit.id;
        if let Err(cause) = self.steps(&mut unit).await {
            // The lease ends by itself, and then it goes on.
            tracing::warn!(unit.id = id, %cause, "item {id} of a purchase has to wait");
        }
    }
}
