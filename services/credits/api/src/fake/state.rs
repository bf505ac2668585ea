//! What the ledger has received, and how it fails.

use std::sync::{Arc, Mutex};

use http::StatusCode;
use tokio_util::sync::CancellationToken;

use super::ledger::Ledger;

/// What a service may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// [`transfer`](crate::transfer)
    Transfer,
    /// [`hold`](crate::hold)
    Hold,
    /// [`find_hold`](crate::find_hold)
    FindHold,
    /// [`capture`](crate::capture)
    Capture,
    /// [`release`](crate::release)
    Release,
    /// [`member_balance`](crate::member_balance)
    Balance,
    /// [`open_account`](crate::open_account)
    OpenAccount,
}

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Nothing happens, and this is the answer.
    Refused(StatusCode),
    /// It happens, and this is the answer.
    AnswerLost(StatusCode),
    /// Nothing happens, and there is no answer.
    Hangs,
    /// It happens, and there is no answer.
    HangsAfterwards,
    /// It happens when the ledger is mended, and the answer comes then.
    Delayed,
    /// It happens at once, and the answer comes when the ledger is mended.
    AnswerDelayed,
}

/// A call that came, whether it failed or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Which service called.
    pub service: String,
    /// What it asked.
    pub operation: Operation,
    /// Its idempotency key, if it had one.
    pub key: Option<String>,
}

/// The ledger, and how it fails.
#[derive(Debug, Default)]
pub(super) struct Inner {
    pub(super) ledger: Ledger,
    pub(super) failures: Vec<(Operation, Failure, u32)>,
    pub(super) failed: usize,
    /// Cancelled when the ledger is mended.
    pub(super) mended: CancellationToken,
    pub(super) received: Vec<Received>,
}

pub(super) type Shared = Arc<Mutex<Inner>>;

impl Inner {
    /// How the next call of a kind fails, if it does.
    pub(super) fn next_failure(&mut self, operation: Operation) -> Option<Failure> {
        let mut failures = self.failures.iter_mut();
        let (_, failure, times) = failures.find(|(of, _, times)| *of == operation && *times > 0)?;
        if *times != u32::MAX {
            *times -= 1;
        }
        self.failed += 1;
        Some(*failure)
    }
}
