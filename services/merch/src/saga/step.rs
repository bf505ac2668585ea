//! The steps of a unit.
//!
//! What is done outside carries the unit's own key, so doing it again has no second effect; what it
//! came to is written before the next step. The machine and credits are never asked for opposite
//! things: only a row in `dropped` is captured, only one in `failed` or `lost` is released, and no way
//! leads from one to the other.

use chrono::{DateTime, TimeDelta, Utc};
use grove_credits_api::{self as credits, HoldState, Party, SystemAccount};
use grove_shared::{CallError, Client, db};
use http::StatusCode;

use crate::{
    error::MerchError,
    machine::{Machine, Verdict},
    restock,
    saga::{
        log,
        unit::{State, Unit},
        worker::{LEASE, Worker},
    },
    store::{stock, units},
};

/// Nobody waits for a can longer than this: a purchase that did not get to the machine is off.
const START_WITHIN: TimeDelta = TimeDelta::minutes(2);
/// How long credits may be silent about a hold.
const HOLD_WITHIN: TimeDelta = TimeDelta::seconds(10);
/// How long the machine may be silent. What then remains of half a minute is for the release.
const VERDICT_WITHIN: TimeDelta = TimeDelta::seconds(25);
const ASK_AGAIN_AFTER: TimeDelta = TimeDelta::seconds(1);
const CREDITS_AGAIN_AFTER: TimeDelta = TimeDelta::seconds(2);

/// After seven days credits give back by themselves what is held, whatever they answered before.
const SETTLED_WITHIN: TimeDelta = TimeDelta::days(8);
const SALES: Party = Party::System(SystemAccount::MerchSales);

/// Whether there is another step at once.
enum Next {
    Step,
    Rest,
}

impl Worker {
    /// Does what can be done for a unit now.
    pub(super) async fn steps(&self, unit: &mut Unit) -> Result<(), MerchError> {
        loop {
            let next = match unit.state {
                State::Holding => self.hold(unit).await?,
                State::Vending => self.ask(unit).await?,
                State::Dropped => self.capture(unit).await?,
                State::Failed | State::Lost => self.release(unit).await?,
                State::Done | State::Refunded | State::Unknown => Next::Rest,
            };
            if matches!(next, Next::Rest) {
                return Ok(());
            }
        }
    }

    async fn hold(&self, unit: &mut Unit) -> Result<Next, MerchError> {
        let now = self.clock.now();
        let Some(machine) = &self.machine else {
            return self.fail(unit, "The vending machine is not connected").await;
        };
        if now > unit.created_at + START_WITHIN {
            return self.fail(unit, "It took too long").await;
        }
        if units::silence_before(&self.db, unit).await? {
            return self.fail(unit, "The vending machine stopped answering").await;
        }
        let deadline = *unit.deadline_at.get_or_insert(now + HOLD_WITHIN);
        if unit.price > 0 {
            match self.peers.call(credits::hold(&unit.hold()).once(&unit.vend_key)).await {
                Ok(hold) if hold.state == HoldState::Held => unit.hold_id = Some(hold.id),
                Ok(hold) => {
                    unit.hold_id = Some(hold.id);
                    return self.fail(unit, "The credits were given back already").await;
                }
                Err(cause) if cause.is_final() => {
                    tracing::info!(unit.id = unit.id, %cause, "item {} is not paid", unit.id);
                    return self.fail(unit, refusal(&cause)).await;
                }
                Err(cause) if self.clock.now() >= deadline => {
                    tracing::warn!(unit.id = unit.id, %cause, "item {} is given up", unit.id);
                    return self.fail(unit, "The credits service does not answer").await;
                }
                Err(_) => return self.wait(unit, ASK_AGAIN_AFTER).await,
            }
        }
        self.begin_vending(unit, machine).await
    }

    /// From here on the machine may have been asked.
    async fn begin_vending(&self, unit: &mut Unit, machine: &Machine) -> Result<Next, MerchError> {
        unit.state = State::Vending;
        unit.deadline_at = Some(self.clock.now() + VERDICT_WITHIN);
        if !self.save(unit).await? {
            return Ok(Next::Rest);
        }
        match machine.vend(&unit.location, &unit.vend_key).await {
            Verdict::Dropped => self.dropped(unit).await,
            Verdict::Failed(reason) => self.fail(unit, reason).await,
            Verdict::NeverAsked | Verdict::Unknown => self.wait(unit, ASK_AGAIN_AFTER).await,
        }
    }

    /// Asks the machine what became of a unit that it did not answer for.
    async fn ask(&self, unit: &mut Unit) -> Result<Next, MerchError> {
        let Some(machine) = &self.machine else { return self.lost(unit).await };
        let deadline = unit.deadline_at.unwrap_or(unit.created_at);
        let is_over = self.clock.now() >= deadline;
        match machine.verdict(&unit.vend_key).await {
            Verdict::Dropped => self.dropped(unit).await,
            Verdict::Failed(reason) => self.fail(unit, reason).await,
            // No request of ours is under way any more: the deadline is longer than each of them.
            Verdict::NeverAsked if is_over => {
                self.fail(unit, "The vending machine could not be reached").await
            }
            Verdict::NeverAsked if self.leaves_time(machine, deadline) => {
                if !self.save(unit).await? {
                    return Ok(Next::Rest);
                }
                match machine.vend(&unit.location, &unit.vend_key).await {
                    Verdict::Dropped => self.dropped(unit).await,
                    // The first request may be on its way yet, so this says nothing final.
                    _ => self.wait_until(unit, deadline).await,
                }
            }
            Verdict::Unknown if is_over => self.lost(unit).await,
            Verdict::NeverAsked | Verdict::Unknown => self.wait_until(unit, deadline).await,
        }
    }

    fn leaves_time(&self, machine: &Machine, deadline: DateTime<Utc>) -> bool {
        let timeout = TimeDelta::from_std(machine.timeout()).unwrap_or(TimeDelta::MAX);
        self.clock.now().checked_add_signed(timeout).is_some_and(|end| end < deadline)
    }

    /// It fell out.
    async fn dropped(&self, unit: &mut Unit) -> Result<Next, MerchError> {
        self.decide(unit, State::Dropped, None);
        let lease = unit.next_attempt_at;
        self.renew(unit);
        let mut transaction = db::begin(&self.db).await?;
        let saved = units::save(&mut *transaction, unit, lease).await?;
        if saved {
            restock::check(&mut transaction, unit, &self.restock, self.clock.now()).await?;
        }
        transaction.commit().await?;
        Ok(if saved { Next::Step } else { Next::Rest })
    }

    /// It did not fall out.
    async fn fail(&self, unit: &mut Unit, reason: &str) -> Result<Next, MerchError> {
        self.decide(unit, State::Failed, Some(reason));
        self.restore(unit).await
    }

    /// Nobody will ever know, but perhaps an officer.
    async fn lost(&self, unit: &mut Unit) -> Result<Next, MerchError> {
        tracing::error!(unit.id = unit.id, "nobody knows whether item {} fell out", unit.id);
        self.decide(unit, State::Lost, Some("The vending machine did not say whether it fell out"));
        self.restore(unit).await
    }

    fn decide(&self, unit: &mut Unit, state: State, reason: Option<&str>) {
        unit.state = state;
        unit.reason = reason.map(str::to_owned);
        unit.decided_at = Some(self.clock.now());
        unit.deadline_at = None;
    }

    /// Writes a decision and puts the unit back into stock.
    async fn restore(&self, unit: &mut Unit) -> Result<Next, MerchError> {
        let lease = unit.next_attempt_at;
        self.renew(unit);
        let mut transaction = db::begin(&self.db).await?;
        let saved = units::save(&mut *transaction, unit, lease).await?;
        if saved {
            stock::correct(&mut transaction, &unit.location, unit.item_id, 1).await?;
            log::decision(&mut transaction, unit, self.clock.now()).await?;
        }
        transaction.commit().await?;
        Ok(if saved { Next::Step } else { Next::Rest })
    }

    async fn capture(&self, unit: &mut Unit) -> Result<Next, MerchError> {
        let captured = match unit.hold_id {
            Some(hold) => self.peers.call(credits::capture(hold, SALES)).await.map(drop),
            None => Ok(()),
        };
        match captured {
            Ok(()) => unit.charged = true,
            Err(cause) if self.is_over(unit, &cause) => {
                tracing::error!(unit.id = unit.id, %cause, "item {} stays unpaid", unit.id);
                unit.reason = Some("It could not be charged".to_owned());
            }
            Err(_) => return self.wait(unit, CREDITS_AGAIN_AFTER).await,
        }
        self.settle(unit, State::Done).await
    }

    async fn release(&self, unit: &mut Unit) -> Result<Next, MerchError> {
        // It is not known whether credits made the hold; asking again tells, and makes it if not.
        let hold = match unit.hold_id {
            None if unit.price > 0 => {
                let hold = self.peers.call(credits::hold(&unit.hold()).once(&unit.vend_key)).await;
                hold.map(|hold| Some(hold.id))
            }
            hold => Ok(hold),
        };
        let released = match hold {
            Ok(Some(hold)) => {
                unit.hold_id = Some(hold);
                self.peers.call(credits::release(hold)).await.map(drop)
            }
            Ok(None) => Ok(()),
            Err(cause) if cause.is_final() => Ok(()),
            Err(cause) => Err(cause),
        };
        match released {
            Ok(()) => {}
            Err(cause) if self.is_over(unit, &cause) => {
                tracing::error!(unit.id = unit.id, %cause, "item {} is not given back", unit.id);
            }
            Err(_) => return self.wait(unit, CREDITS_AGAIN_AFTER).await,
        }
        let settled = if unit.state == State::Lost { State::Unknown } else { State::Refunded };
        self.settle(unit, settled).await
    }

    /// Whether credits will never take or give back what is held.
    fn is_over(&self, unit: &Unit, cause: &CallError) -> bool {
        cause.is_final() || self.clock.now() > unit.created_at + SETTLED_WITHIN
    }

    async fn settle(&self, unit: &mut Unit, state: State) -> Result<Next, MerchError> {
        let lease = unit.next_attempt_at;
        unit.state = state;
        unit.next_attempt_at = None;
        let mut transaction = db::begin(&self.db).await?;
        let saved = units::save(&mut *transaction, unit, lease).await?;
        if saved {
            log::decision(&mut transaction, unit, self.clock.now()).await?;
        }
        transaction.commit().await?;
        if saved {
            tracing::info!(
                unit.id = unit.id,
                "item {} of purchase {}: {state:?}",
                unit.position,
                unit.purchase_id
            );
        }
        Ok(Next::Rest)
    }

    async fn wait(&self, unit: &mut Unit, time: TimeDelta) -> Result<Next, MerchError> {
        let lease = unit.next_attempt_at;
        unit.next_attempt_at = Some(self.clock.now() + time);
        units::save(&self.db, unit, lease).await?;
        Ok(Next::Rest)
    }

    /// Waits a little, but not beyond the deadline.
    async fn wait_until(
        &self,
        unit: &mut Unit,
        deadline: DateTime<Utc>,
    ) -> Result<Next, MerchError> {
        let left = deadline - self.clock.now();
        self.wait(unit, ASK_AGAIN_AFTER.min(left).max(TimeDelta::zero())).await
    }

    /// Writes where the unit is; false when another worker has it.
    async fn save(&self, unit: &mut Unit) -> Result<bool, MerchError> {
        let lease = unit.next_attempt_at;
        self.renew(unit);
        units::save(&self.db, unit, lease).await
    }

    fn renew(&self, unit: &mut Unit) {
        unit.next_attempt_at = Some(self.clock.now() + LEASE);
    }
}

fn refusal(cause: &CallError) -> &'static str {
    match cause {
        CallError::Refused { status: StatusCode::PAYMENT_REQUIRED, .. } => {
            "User does not have sufficient credits"
        }
        _ => "The credits service refused",
    }
}
