//! The other services: credits, users and notifications in memory. They fail on demand.

pub(crate) use grove_credits_api::fake::{Failure, Operation as Call};
use grove_credits_api::{Hold, fake::FakeCredits};
use grove_notifications_api::{Notification, fake::FakeNotifications};
use grove_shared::{NetId, Standing, config::PeerUrls};
use grove_testing::TestKeys;
use grove_users_api::fake::FakeUsers;
use http::StatusCode;

/// 503, and nothing happens.
pub(crate) const DOWN: Failure = Failure::Refused(StatusCode::SERVICE_UNAVAILABLE);
/// It happens, and 503.
pub(crate) const LOST_ANSWER: Failure = Failure::AnswerLost(StatusCode::SERVICE_UNAVAILABLE);

#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) credits: FakeCredits,
    users: FakeUsers,
    notifications: FakeNotifications,
}

impl Ledger {
    pub(crate) async fn start() -> Self {
        Self {
            credits: FakeCredits::start().await,
            users: FakeUsers::start().await,
            notifications: FakeNotifications::start().await,
        }
    }

    /// Where they are.
    pub(crate) fn urls(&self) -> PeerUrls {
        let Self { credits, users, notifications } = self;
        let (credits, users, notifications) = (credits.url(), users.url(), notifications.url());
        let urls = format!("credits={credits},users={users},notifications={notifications}");
        urls.parse().unwrap()
    }

    /// Says whose calls count.
    pub(crate) fn trust(&self, keys: &TestKeys) {
        self.notifications.trust(keys.verifier("notifications"));
    }

    /// Gives a member their credits.
    pub(crate) fn give(&self, netid: &str, credits: i64) {
        self.credits.give(netid, credits);
        self.users.member(&name(netid));
    }

    /// Ends a membership.
    pub(crate) fn expire(&self, netid: &str) {
        self.users.person(&name(netid), "Jane", "Smith", Standing::Expired);
    }

    pub(crate) fn balance(&self, netid: &str) -> i64 {
        self.credits.balance(netid)
    }

    pub(crate) fn fail(&self, call: Call, failure: Failure, times: u32) {
        self.credits.fail(call, failure, times);
    }

    /// Answers 503 to the next question whether someone is a member.
    pub(crate) fn forget_members_once(&self) {
        self.users.fail_next(1);
    }

    pub(crate) fn mend(&self) {
        self.credits.mend();
    }

    /// How many failures have happened.
    pub(crate) fn failed(&self) -> usize {
        self.credits.failed()
    }

    pub(crate) fn holds(&self) -> Vec<Hold> {
        self.credits.holds()
    }

    /// The hold with a key; nothing when there is none.
    pub(crate) fn hold(&self, key: &str) -> Option<Hold> {
        self.credits.hold(key)
    }

    pub(crate) fn notifications(&self) -> Vec<Notification> {
        self.notifications.received().into_iter().map(|received| received.notification).collect()
    }
}

fn name(netid: &str) -> NetId {
    netid.parse().unwrap()
}
