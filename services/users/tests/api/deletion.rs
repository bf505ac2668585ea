//! Someone who was deleted is gone everywhere, and may come back as anyone may.

use chrono::TimeDelta;
use grove_auth_api::{NewAccount, fake::FakeAuth};
use grove_groups_api::fake::FakeGroups;
use grove_shared::{Standing, page::Page};
use grove_users_api::{Deletion, PersonStanding, UserState};
use http::StatusCode;
use serde_json::{Value, json};

use crate::{World, neighbours_but, receiver::Receiver};

const LATER: TimeDelta = TimeDelta::hours(2);

/// The service between auth and groups that can be told what to do, and others that take everything.
struct Chapter {
    world: World,
    auth: FakeAuth,
    groups: FakeGroups,
    others: Receiver,
}

impl Chapter {
    async fn new() -> Self {
        let (auth, groups) = (FakeAuth::start().await, FakeGroups::start().await);
        let others = Receiver::start().await;
        let known = [("auth", auth.url()), ("groups", groups.url())];
        let world = World::with_urls(&neighbours_but(&others.url, &known)).await;
        Self { world, auth, groups, others }
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

    /// Whether each deletion has ended, once what is confirmed and what was given up is seen to.
    async fn ends(&self) -> Vec<bool> {
        let (db, now) = (self.world.db.pool(), self.world.clock.now());
        grove_users::end_deletions(&db, &self.world.chapter, now).await.unwrap();
        grove_users::follow_up_deletions(&db, now).await.unwrap();
        let deletions = self.deletions().await.into_iter();
        deletions.map(|deletion| deletion.ended_at.is_some()).collect()
    }

    async fn deletions(&self) -> Vec<Deletion> {
        let reply = self.world.officer().get("/users/deletions").await;
        reply.json::<Page<Deletion>>().items
    }
}

#[tokio::test]
async fn a_deletion_ends_when_every_service_has_confirmed_it() {
    let chapter = Chapter::new().await;
    chapter.member("jsmith2").await;
    chapter.world.officer().delete("/users/jsmith2").await;
    assert_eq!(chapter.ends().await, [false]);
    chapter.groups.fail_next(1);
    chapter.deliver().await;
    assert_eq!(chapter.ends().await, [false]);
    let [deletion] = &chapter.deletions().await[..] else { panic!("not one") };
    let waits = deletion.steps.iter().filter(|step| step.confirmed_at.is_none());
    assert_eq!(waits.map(|step| step.service.as_str()).collect::<Vec<_>>(), ["groups"]);

    chapter.world.clock.advance(LATER);
    chapter.deliver().await;
    assert_eq!(chapter.ends().await, [true]);
    assert_eq!(chapter.groups.forgotten().len(), 1);
    assert_eq!(chapter.auth.removed().len(), 1);
    let forgets = chapter.others.calls().into_iter();
    let forgets = forgets.filter(|call| call.path == "/internal/personal-data/forget");
    assert_eq!(
        forgets.count(),
        grove_catalog::present().count() - 3,
        "all but auth, groups, users"
    );
}

#[tokio::test]
async fn officers_see_what_was_removed_and_kept_for_400_days() {
    let chapter = Chapter::new().await;
    chapter.member("jsmith2").await;
    chapter.world.officer().delete("/users/jsmith2").await;
    chapter.deliver().await;
    assert_eq!(chapter.ends().await, [true]);
    // The outbox forgets what it delivered; the report stays.
    chapter.world.clock.advance(TimeDelta::days(399));
    let [deletion] = &chapter.deletions().await[..] else { panic!("not one") };
    assert_eq!(deletion.netid.as_str(), "jsmith2");
    assert_eq!(deletion.deleted_by.as_ref().unwrap().as_str(), "admin2");
    let report = |name: &str| {
        let step = deletion.steps.iter().find(|step| step.service == name).unwrap();
        step.forgotten.clone().unwrap()
    };
    assert_eq!(report("auth").removed[0].what, "the account");
    let own = report("users");
    assert!(own.removed.iter().any(|gone| gone.what == "terms of membership" && gone.count == 1));
    assert!(own.kept.iter().any(|kept| kept.what.contains("list of deletions")), "{own:?}");

    let member = chapter.world.app.member("mdoe3");
    assert_eq!(member.get("/users/deletions").await.status, StatusCode::FORBIDDEN);
    chapter.world.clock.advance(TimeDelta::days(2));
    assert!(chapter.deletions().await.is_empty());
    chapter.ends().await;
    assert!(
        chapter
            .world
            .db
            .tables_mentioning("jsmith2")
            .await
            .iter()
            .all(|one| { one.starts_with("audit_log.") })
    );
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
async fn who_signs_in_before_the_deletion_has_ended_is_refused_and_can_join_again() {
    let chapter = Chapter::new().await;
    chapter.member("jsmith2").await;
    assert_eq!(chapter.login("jsmith2").await, StatusCode::OK);
    chapter.world.officer().delete("/users/jsmith2").await;
    assert_eq!(chapter.login("jsmith2").await, StatusCode::BAD_REQUEST);
    assert!(chapter.world.users().await.is_empty());

    // Also when the form to join comes before the end. It is answered as always.
    chapter.world.join("jsmith2", 100_000_001).await;
    assert_eq!(chapter.login("jsmith2").await, StatusCode::BAD_REQUEST);
    assert_eq!(chapter.world.users().await[0].state, UserState::Unverified);
    chapter.groups.fail_next(1);
    chapter.deliver().await;
    assert_eq!(chapter.ends().await, [false]);
    chapter.deliver().await;
    assert_eq!((chapter.auth.removed().len(), chapter.auth.created().len()), (1, 1));

    chapter.world.clock.advance(LATER);
    chapter.deliver().await;
    assert_eq!(chapter.ends().await, [true]);
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
async fn who_rejoins_is_no_member_before_everything_of_before_has_ended() {
    let chapter = Chapter::new().await;
    chapter.member("jsmith2").await;
    assert_eq!(chapter.standing("jsmith2").await, Standing::Member);
    chapter.world.officer().delete("/users/jsmith2").await;
    chapter.world.join("jsmith2", 100_000_001).await;
    chapter.groups.fail_next(1);
    chapter.deliver().await;
    chapter.world.pay("jsmith2").await;
    assert!(chapter.world.users().await[0].is_member);
    chapter.deliver().await;
    assert_eq!(chapter.ends().await, [false]);
    assert_eq!(chapter.standing("jsmith2").await, Standing::Applicant);
    chapter.world.clock.advance(LATER);
    chapter.deliver().await;
    assert_eq!(chapter.ends().await, [true]);
    assert_eq!(chapter.standing("jsmith2").await, Standing::Member);
    // What a service forgot late, it is told anew.
    chapter.deliver().await;
    let calls = chapter.others.calls_in_order();
    let last = calls.iter().rposition(|call| call.path == "/activedirectory/add").unwrap();
    let forgets = calls.iter().rposition(|call| call.path == "/internal/personal-data/forget");
    assert!(last > forgets.unwrap());
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

#[tokio::test]
async fn a_mail_that_is_under_way_arrives_before_its_receiver_forgets_the_person() {
    let chapter = Chapter::new().await;
    chapter.world.join("jsmith2", 100_000_001).await;
    chapter.others.set_out_of_order(true);
    chapter.deliver().await;
    chapter.world.officer().delete("/users/jsmith2").await;
    chapter.others.set_out_of_order(false);
    chapter.deliver().await;
    chapter.world.clock.advance(LATER);
    chapter.deliver().await;
    let calls = chapter.others.calls_in_order();
    let mail = calls.iter().rposition(|call| call.path == "/notification").unwrap();
    let forget = "/internal/personal-data/forget";
    assert!(calls[mail..].iter().any(|call| call.path == forget));
    assert_eq!(chapter.ends().await, [true]);
}

#[tokio::test]
async fn what_the_version_before_deletes_is_forgotten_everywhere_too() {
    let chapter = Chapter::new().await;
    let begun = sqlx::query(
        "INSERT INTO deletions (netid, deleted_by, deleted_at, auth_effect_id,
                                directory_effect_id, groups_effect_id)
         VALUES ('jsmith2', 'admin2', ?, 1, 2, 3)",
    );
    begun.bind(chapter.world.clock.now()).execute(&chapter.world.db.pool()).await.unwrap();
    assert_eq!(chapter.ends().await, [false]);
    assert_eq!(chapter.login("jsmith2").await, StatusCode::BAD_REQUEST);
    chapter.deliver().await;
    assert_eq!(chapter.ends().await, [true]);
    assert_eq!(chapter.auth.removed().len(), 1);
}
