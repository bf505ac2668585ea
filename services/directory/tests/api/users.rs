//! The service users: it answers who is a member.

use std::sync::Mutex;

use grove_shared::NetId;
use grove_users_api::fake::FakeUsers;

/// Serves on a free port until it is dropped.
#[derive(Debug)]
pub(crate) struct Users {
    fake: FakeUsers,
    members: Mutex<Vec<NetId>>,
}

impl Users {
    /// Without members.
    pub(crate) async fn start() -> Self {
        Self { fake: FakeUsers::start().await, members: Mutex::default() }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        self.fake.url()
    }

    /// Lets these people be members, and nobody else; and mends it.
    pub(crate) fn set_members(&self, netids: &[&str]) {
        let netids = netids.iter().map(|netid| netid.parse().unwrap()).collect();
        let mut members = self.members.lock().unwrap();
        for former in std::mem::replace(&mut *members, netids) {
            self.fake.remove(&former);
        }
        for member in members.iter() {
            self.fake.member(member);
        }
        self.fake.fail_next(0);
    }

    /// Lets it be out of order.
    pub(crate) fn break_down(&self) {
        self.fake.fail_next(u32::MAX);
    }
}
