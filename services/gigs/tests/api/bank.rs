//! The other services: a ledger and a letter box in memory, as gigs uses them.

use grove_credits_api::{
    SystemAccount,
    fake::{Failure, FakeCredits, Operation},
};
use grove_notifications_api::{GIGS, fake::FakeNotifications};
use http::StatusCode;

/// How the bank treats transfers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Works,
    /// Answers 503 and does nothing.
    Away,
    /// Answers 401 and does nothing.
    Distrustful,
    /// Never answers.
    Hangs,
    /// Does what it is asked, and answers 502.
    LosesAnswers,
}

/// Everyone who has an account.
const MEMBERS: [&str; 10] =
    ["jsmith2", "mdoe3", "adam", "zroe", "admin2", "ab1", "ab2", "ab3", "ab4", "ab5"];

#[derive(Debug)]
pub(crate) struct Bank {
    pub(crate) credits: FakeCredits,
    pub(crate) notifications: FakeNotifications,
}

impl Bank {
    /// Where everyone has an account without credits.
    pub(crate) async fn start() -> Self {
        let bank = Self {
            credits: FakeCredits::start().await,
            notifications: FakeNotifications::start().await,
        };
        for member in MEMBERS {
            bank.set_balance(member, 0);
        }
        bank
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        self.credits.mend();
        let failure = match mood {
            Mood::Works => return,
            Mood::Away => Failure::Refused(StatusCode::SERVICE_UNAVAILABLE),
            Mood::Distrustful => Failure::Refused(StatusCode::UNAUTHORIZED),
            Mood::Hangs => Failure::Hangs,
            Mood::LosesAnswers => Failure::AnswerLost(StatusCode::BAD_GATEWAY),
        };
        for operation in [Operation::Transfer, Operation::Balance] {
            self.credits.fail(operation, failure, u32::MAX);
        }
    }

    /// Lets the next transfer wait until [`Bank::push`].
    pub(crate) fn hesitate(&self) {
        self.credits.fail(Operation::Transfer, Failure::Delayed, 1);
    }

    pub(crate) fn push(&self) {
        self.credits.mend();
    }

    pub(crate) fn set_balance(&self, netid: &str, balance: i64) {
        self.credits.give(netid, balance);
    }

    pub(crate) fn balance(&self, netid: &str) -> i64 {
        self.credits.balance(netid)
    }

    pub(crate) fn escrow(&self) -> i64 {
        self.credits.system_balance(SystemAccount::GigEscrow)
    }

    /// What moved, in the order of its movement.
    pub(crate) fn descriptions(&self) -> Vec<String> {
        self.credits.transfers().into_iter().map(|transfer| transfer.description).collect()
    }

    /// The key of each transfer that was asked for, done or not.
    pub(crate) fn keys(&self) -> Vec<String> {
        let received = self.credits.received().into_iter();
        let transfers = received.filter(|call| call.operation == Operation::Transfer);
        transfers.map(|call| call.key.unwrap()).collect()
    }

    /// The recipient and the subject of each mail, sorted.
    pub(crate) fn mails(&self) -> Vec<(String, String)> {
        let received = self.notifications.received().into_iter();
        let mails = received.map(|received| {
            assert_eq!(received.notification.kind.as_deref(), Some(GIGS));
            let mail = &received.notification.services[0];
            (mail.recipients[0].clone(), mail.subject.clone().unwrap())
        });
        let mut mails: Vec<_> = mails.collect();
        mails.sort();
        mails
    }
}
