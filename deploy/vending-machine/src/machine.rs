//! The machine itself: slots, motors, and a memory of what it did.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use grove_shared::{config::secret, token};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use crate::{
    config::Config,
    fault::{Fault, FaultKind},
};

/// Something fell out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drop {
    /// From where.
    pub slot: String,
    /// The key of the request, if it had one.
    pub key: Option<String>,
}

/// What the machine remembers of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The motor was started, and nobody knows what came of it.
    Begun,
    Dropped,
    /// Nothing fell, and this is why.
    Failed(&'static str),
}

/// What a request for a drop comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Verdict(Verdict),
    /// 500 without a verdict.
    Error,
    /// The connection ends without an answer.
    Cut,
    /// Nothing, for ever.
    Silence,
    NoSuchSlot,
}

/// A vending machine with the slots A1 to E9; clones are the same machine.
#[derive(Debug, Clone)]
pub struct Machine {
    token: Arc<[u8; 32]>,
    motor: Duration,
    old: bool,
    /// There is one motor for all slots.
    turn: Arc<tokio::sync::Mutex<()>>,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    slots: BTreeMap<String, u32>,
    verdicts: HashMap<String, Verdict>,
    faults: Vec<Fault>,
    drops: Vec<Drop>,
}

impl Machine {
    /// A full machine without faults.
    ///
    /// # Errors
    /// When it has no token.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let (token, file) = (config.machine_token.as_ref(), config.machine_token_file.as_ref());
        let token = secret(token, file, "MACHINE_TOKEN")?;
        let slots = ('A'..='E').flat_map(|row| (1..=9).map(move |column| format!("{row}{column}")));
        let slots = slots.map(|slot| (slot, config.stock)).collect();
        Ok(Self {
            token: Arc::new(token::hash(token.expose_secret())),
            motor: Duration::from_millis(config.motor_ms),
            old: config.old,
            turn: Arc::default(),
            inner: Arc::new(Mutex::new(Inner { slots, ..Inner::default() })),
        })
    }

    /// Puts `quantity` into a slot.
    pub fn fill(&self, slot: &str, quantity: u32) {
        self.inner().slots.insert(slot.to_owned(), quantity);
    }

    /// How much lies in each slot.
    pub fn slots(&self) -> BTreeMap<String, u32> {
        self.inner().slots.clone()
    }

    /// Everything that fell out so far.
    pub fn drops(&self) -> Vec<Drop> {
        self.inner().drops.clone()
    }

    /// Orders a fault; the first that fits a request is the one that happens.
    pub fn fail(&self, fault: Fault) {
        self.inner().faults.push(fault);
    }

    /// Forgets all faults that have not happened.
    pub fn mend(&self) {
        self.inner().faults.clear();
    }

    pub(crate) fn is_old(&self) -> bool {
        self.old
    }

    /// Compares hashes: how long that takes tells nothing about the token.
    pub(crate) fn knows(&self, token: &str) -> bool {
        token::hash(token) == *self.token
    }

    /// Drops one unit of `slot`, once for each key.
    pub(crate) async fn vend(&self, slot: &str, key: Option<String>) -> Answer {
        let key = key.filter(|_| !self.old);
        let _turn = self.turn.lock().await;
        let fault = match self.begin(slot, key.as_deref()) {
            Ok(fault) => fault,
            Err(answer) => return answer,
        };
        if !self.motor.is_zero() {
            tokio::time::sleep(self.motor).await;
        }
        self.inner().finish(slot, key, fault)
    }

    /// Remembers the key before the motor moves; says what goes wrong from here on.
    fn begin(&self, slot: &str, key: Option<&str>) -> Result<Option<FaultKind>, Answer> {
        let mut inner = self.inner();
        if !inner.slots.contains_key(slot) {
            return Err(Answer::NoSuchSlot);
        }
        if let Some(verdict) = key.and_then(|key| inner.verdicts.get(key)) {
            return Err(Answer::Verdict(*verdict));
        }
        let fault = inner.next_fault(|fault| {
            fault.fault != FaultKind::NoVerdict && fault.slot.as_deref().is_none_or(|s| s == slot)
        });
        if fault == Some(FaultKind::LoseRequest) {
            return Err(Answer::Cut);
        }
        if let Some(key) = key {
            inner.verdicts.insert(key.to_owned(), Verdict::Begun);
        }
        Ok(fault)
    }

    /// What is known of a key; an error when the machine does not say.
    pub(crate) fn verdict(&self, key: &str) -> Result<Option<Verdict>, Answer> {
        let mut inner = self.inner();
        if inner.next_fault(|fault| fault.fault == FaultKind::NoVerdict).is_some() {
            return Err(Answer::Error);
        }
        Ok(inner.verdicts.get(key).copied())
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn next_fault(&mut self, fits: impl Fn(&Fault) -> bool) -> Option<FaultKind> {
        let fault = self.faults.iter_mut().find(|fault| fault.times > 0 && fits(fault))?;
        fault.times -= 1;
        Some(fault.fault)
    }

    fn finish(&mut self, slot: &str, key: Option<String>, fault: Option<FaultKind>) -> Answer {
        use FaultKind as F;
        match fault {
            Some(F::Hang) => return Answer::Silence,
            Some(F::DieBeforeDrop) => return Answer::Cut,
            Some(F::Error) => {
                self.record(key, Verdict::Failed("failed"));
                return Answer::Error;
            }
            Some(F::Jam) => return Answer::Verdict(self.record(key, Verdict::Failed("jammed"))),
            _ => {}
        }
        let Some(quantity) = self.slots.get_mut(slot).filter(|quantity| **quantity > 0) else {
            return Answer::Verdict(self.record(key, Verdict::Failed("empty")));
        };
        *quantity -= 1;
        self.drops.push(Drop { slot: slot.to_owned(), key: key.clone() });
        if fault == Some(F::DieAfterDrop) {
            return Answer::Cut;
        }
        let verdict = self.record(key, Verdict::Dropped);
        match fault {
            Some(F::LoseAnswer) => Answer::Cut,
            Some(F::HangAfterDrop) => Answer::Silence,
            _ => Answer::Verdict(verdict),
        }
    }

    fn record(&mut self, key: Option<String>, verdict: Verdict) -> Verdict {
        if let Some(key) = key {
            self.verdicts.insert(key, verdict);
        }
        verdict
    }
}
