//! Someone who was deleted is gone everywhere, and may come back as anyone may.

use chrono::TimeDelta;
use grove_auth_api::{NewAccount, fake::FakeAuth};
use grove_groups_api::{Departure, fake::FakeGroups};
use grove_shared::Standing;
use grove_users_api::{PersonStanding, UserState};
use http::StatusCode;
use serde_json::{Value, json};

use crate::{World, receiver::Receiver};

const LATER: TimeDelta = TimeDelta::hours(2);

/// The service between auth and groups that can be told what to do, and others that take everything.
struct Chapter {
    world: World,
    auth: FakeAuth,
    groups: FakeGroups,
    _others: Receiver,
}

impl Chapter {
    async fn new() -> Self {
        let (auth, groups) = (FakeAuth::start().await, FakeGroups::start().await);
        let others = Receiver::start().await;
        let (a, g, o) = (auth.url(), groups.url(), &others.url);
        let urls = format!("auth={a},groups={g},notifications={o},directory={o},credits={o}");
        Self { world: World::with_urls(&urls).await, auth, groups, _others: others }
    }

    /// Someone who joined, paid and has a password.
    async fn member(&self, netid: &str) {
        self.world.join(netid, 100_000_001).await;
        self.deliver().await;
        let (first_name, last_name) = ("Jane".to_owned(), "Smith".to_owned());
        let account = NewAccount { netid: netid.parse().unwrap(), first_name, last_name };
        self.auth.account(account, "correct horse");
        self.world.pay(netid).await;
        self.deliver().await;
    }

    async fn login(&self, netid: &str) -> StatusCode {
        let login = json!({ "netid": netid, "password": "correct horse" });
        self.world.app.client().post("/users/login", &login).await.status
    }

    async fn standing(&self, netid: &str) -> Standing {
        let gateway = self.world.app.service("gateway");
        let reply = gateway.post("/internal/standing", &json!({ "netid": netid })).await;
        reply.json::<PersonStanding>().standing
    }

    async fn deliver(&self) {
        while self.world.worker().deliver_due().await.unwrap() > 0 {}
    }

    /// When the deletions ended, as far as they did.
    async fn ends(&self) -> Vec<bool> {
        let (db, now) = (self.world.db.pool(), self.world.clock.now());
        grove_users::follow_up_deletions(&db, now).await.unwrap();
        let ends = sqlx::query_scalar("SELECT ended_at IS NOT NULL FROM deletions ORDER BY id");
        ends.fetch_all(&db).await.unwrap()
    }
}

#[tokio::test]
async fn a_deletion_ends_when_every_service_has_confirmed_it() {
    let chapter = Chapter::new().await;
    chapter.member("jsmith2").await;
    let left_at = chapter.world.clock.now();
    chapter.world.officer().delete("/users/jsmith2").await;
    assert_eq!(chapter.ends().await, [false]);
    chapter.groups.fail_next(1);
    chapter.deliver().await;
    assert_eq!(chapter.ends().await, [false]);
    chapter.world.clock.advance(LATER);
    chapter.deliver().await;
    assert_eq!(chapter.ends().await, [true]);
    let netid = "jsmith2".parse().unwrap();
    assert_eq!(chapter.groups.departures(), [Departure { netid, left_at }]);
    assert_eq!(chapter.auth.removed().len(), 1);
}

#[tokio::test]
async fn a_deletion_that_was_given_up_goes_on() {
    let chapter = Chapter::new().await;
    chapter.member("jsmith2").await;
    chapter.world.officer().delete("/users/jsmith2").await;
    chapter.auth.fail_next(40);
    for _ in 0..40 {
        chapter.deliver().await;
        chapter.world.clock.advance(LATER);
    }
    let dead = chapter.world.officer().get("/outbox/users").await.json::<Value>();
    assert_eq!(dead["dead"], 1);
    assert_eq!(chapter.ends().await, [false]);
    chapter.deliver().await;
    assert_eq!(chapter.ends().await, [true]);
}

#[tokio::test]
async fn who_signs_in_before_auth_knows_of_the_deletion_is_refused_and_can_join_again() {
    let chapter = Chapter::new().await;
    chapter.member("jsmith2").await;
    assert_eq!(chapter.login("jsmith2").await, StatusCode::OK);
    chapter.world.officer().delete("/users/jsmith2").await;
    assert_eq!(chapter.login("jsmith2").await, StatusCode::BAD_REQUEST);
    assert!(chapter.world.users().await.is_empty());

    // Also when the form to join comes before auth knows.
    chapter.world.join("jsmith2", 100_000_001).await;
    assert_eq!(chapter.login("jsmith2").await, StatusCode::BAD_REQUEST);
    assert_eq!(chapter.world.users().await[0].state, UserState::Unverified);
    chapter.deliver().await;
    assert_eq!((chapter.auth.removed().len(), chapter.auth.created().len()), (1, 2));
    assert_eq!(chapter.login("jsmith2").await, StatusCode::BAD_REQUEST, "by the old password");
    let (first_name, last_name) = ("Jane".to_owned(), "Smith".to_owned());
    let netid = "jsmith2".parse().unwrap();
    chapter.auth.account(NewAccount { netid, first_name, last_name }, "correct horse");
    assert_eq!(chapter.login("jsmith2").await, StatusCode::OK);
    assert_eq!(chapter.world.users().await[0].state, UserState::AwaitingPayment);
}

#[tokio::test]
async fn who_rejoins_is_no_member_before_the_old_roles_have_ended() {
    let chapter = Chapter::new().await;
    chapter.member("jsmith2").await;
    assert_eq!(chapter.standing("jsmith2").await, Standing::Member);
    chapter.world.officer().delete("/users/jsmith2").await;
    chapter.world.join("jsmith2", 100_000_001).await;
    chapter.groups.fail_next(1);
    chapter.deliver().await;
    chapter.world.pay("jsmith2").await;
    assert!(chapter.world.users().await[0].is_member);
    assert_eq!(chapter.standing("jsmith2").await, Standing::Applicant);
    chapter.world.clock.advance(LATER);
    chapter.deliver().await;
    assert_eq!(chapter.standing("jsmith2").await, Standing::Member);
}

#[tokio::test]
async fn late_news_of_the_old_account_proves_nothing_of_the_new_one() {
    let chapter = Chapter::new().await;
    chapter.member("jsmith2").await;
    chapter.world.officer().delete("/users/jsmith2").await;
    chapter.world.join("jsmith2", 100_000_001).await;
    let verified = json!({ "netid": "jsmith2" });
    chapter.world.app.service("auth").post("/internal/users/verified", &verified).await;
    assert_eq!(chapter.world.users().await[0].state, UserState::Unverified);
}
