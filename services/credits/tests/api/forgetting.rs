//! What is kept of a person, and what is left when they are forgotten.

use chrono::TimeDelta;
use futures_util::future::join_all;
use grove_credits::SERVICE;
use grove_credits_api::{
    History, HoldState, InternalTransfer, NewHold, Party, SystemAccount, adjust, capture,
    find_hold, hold, release, release_hold, reverse, transfer,
};
use grove_shared::{
    CallError, Client, personal_data,
    personal_data::{Forgotten, export},
};

use super::*;
use crate::{
    payments::id_of,
    stripe::{Change, Point},
};

const TRANSFERS: &str = "/credits/transfers";

impl World {
    async fn told(&self, person: &str) -> Value {
        self.app.service("users").call(export(SERVICE, &netid(person))).await.unwrap()
    }

    async fn forget(&self, person: &str) -> Forgotten {
        let forgotten = self.forget_now(person).await.unwrap();
        self.users.remove(&netid(person));
        self.clock.advance(TimeDelta::seconds(1));
        forgotten
    }

    async fn forget_now(&self, person: &str) -> Result<Forgotten, CallError> {
        let users = self.app.service("users");
        users.call(personal_data::forget(SERVICE, &netid(person))).await
    }

    async fn give(&self, from: &str, to: &str, amount: i64, key: &str) -> Reply {
        let gift = json!({ "to": to, "amount": amount, "description": "for the pizza" });
        self.app.member(from).post_once(TRANSFERS, &gift, key).await
    }

    /// Where a person is named, without what can only be kept.
    async fn names(&self, person: &str) -> Vec<String> {
        let mut found = self.db.tables_mentioning(person).await;
        found.retain(|column| !column.starts_with("audit_log."));
        found
    }

    /// Pays somebody's dues on Stripe's page.
    async fn pay_dues(&self, person: &str, key: &str) {
        let (path, body) = ("/credits/membership-payments", json!({ "netid": person }));
        let begun = self.app.client().post_once(path, &body, key).await;
        let page = self.stripe.pay(id_of(&begun));
        assert_eq!(self.tell(key, "checkout.session.completed", &page).await, 200);
    }
}

fn soda(person: &str) -> NewHold {
    let (netid, description) = (netid(person), "Can of soda".to_owned());
    NewHold { netid, amount: 20, description, expires_in: None }
}

/// Someone of whom each table keeps something, though no officer.
async fn marga_everywhere(world: &World) {
    let [gigs, merch] = ["gigs", "merch"].map(|name| world.app.service(name));
    ok(&world.give("marga2", "melik3", 5, "gift").await);
    ok(&world.give("melik3", "marga2", 7, "gift").await);
    world.adjust("marga2", 100).await;
    let reserve = InternalTransfer {
        from: Party::Member(netid("marga2")),
        to: Party::System(SystemAccount::GigEscrow),
        amount: 40,
        description: "Reserved for gig 1".to_owned(),
    };
    gigs.call(transfer(&reserve).once("gig")).await.unwrap();
    let sales = Party::System(SystemAccount::MerchSales);
    for (key, is_captured) in [("open", false), ("captured", true)] {
        let made = merch.call(hold(&soda("marga2")).once(key)).await.unwrap();
        if is_captured {
            merch.call(capture(made.id, sales.clone())).await.unwrap();
        }
    }
    let paid = id_of(&world.top_up(1000, "paid").await);
    let page = world.stripe.pay(paid);
    assert_eq!(world.tell("paid", "checkout.session.completed", &page).await, 200);
    id_of(&world.top_up(2000, "pending").await);
    let old = json!({ "netid": "marga2", "amount": 500, "token": "tok_1" });
    ok(&world.app.member("marga2").post("/payment", &old).await);
    // Dues that users has heard of, and some that it has not.
    world.standing("marga2", Standing::Expired);
    world.pay_dues("marga2", "dues").await;
    world.worker.deliver_due().await.unwrap();
    world.standing("marga2", Standing::Expired);
    world.pay_dues("marga2", "dues again").await;
}

#[tokio::test]
async fn everything_of_a_person_is_told_and_forgotten() {
    let world = World::start().await;
    assert_eq!(world.told("zoe2").await, Value::Null);
    marga_everywhere(&world).await;
    let told = world.told("marga2").await;
    let data = &told["data"];
    assert_eq!(data["account"]["balance"], INITIAL - 5 + 7 + 100 - 40 - 20 + 1000 + 500);
    let count = |what: &str| data[what].as_array().map_or(0, Vec::len);
    let counts = ["transactions", "holds", "card_payments", "told_to_users", "requests"].map(count);
    // A request with a key is a gift; a payment keeps its key itself.
    assert_eq!(counts, [8, 2, 5, 2, 1]);
    assert!(count("replies_to_others") >= 4, "{data}");
    let old = data["card_payments"].as_array().unwrap();
    assert!(old.iter().any(|payment| payment["has_hash_of_card_token"] == true));
    assert!(!told["changes"].as_array().unwrap().is_empty());
    let tables = world.names("marga2").await;
    for table in ["accounts", "idempotency_keys", "outbox", "payments"] {
        assert!(tables.iter().any(|column| column.starts_with(table)), "{table}: {tables:?}");
    }

    for round in 0..2 {
        let forgotten = world.forget("marga2").await;
        assert_eq!(forgotten.removed.is_empty(), round == 1, "{forgotten:?}");
        assert_eq!(forgotten.kept.len(), if round == 0 { 3 } else { 1 }, "{forgotten:?}");
        assert_eq!(world.names("marga2").await, Vec::<String>::new());
        assert_eq!(world.problems().await, Vec::<String>::new());
    }
    assert_eq!(world.told("marga2").await, Value::Null);
    world.worker.deliver_due().await.unwrap();
    assert_eq!(world.users.admitted().len(), 1, "nobody is admitted who was forgotten");
}

#[tokio::test]
async fn others_keep_their_history_of_somebody_who_was_forgotten() {
    let world = World::start().await;
    marga_everywhere(&world).await;
    let history: History = world.app.member("melik3").get("/credits/transactions").await.json();
    assert!(history.transactions.iter().any(|line| line.actor == "marga2"));
    let first = world.give("melik3", "marga2", 7, "gift").await;
    world.forget("marga2").await;

    let after: History = world.app.member("melik3").get("/credits/transactions").await.json();
    assert_eq!(
        (after.account, after.transactions.len()),
        (history.account, history.transactions.len())
    );
    let got = after.transactions.iter().find(|line| line.amount == 5).unwrap();
    assert_eq!((&*got.actor, &got.counterparty), ("a former member", &None));
    // A request that is repeated has no second effect, and its reply names nobody.
    let again = world.give("melik3", "marga2", 7, "gift").await;
    let [first, again] = [&first, &again].map(|reply| ok(reply).json::<Transaction>());
    assert_eq!((again.id, again.amount, again.counterparty), (first.id, first.amount, None));
    let merch = world.app.service("merch");
    let repeated = merch.call(hold(&soda("marga2")).once("open")).await;
    let held = repeated.unwrap();
    assert_eq!((held.netid, held.state), (None, HoldState::Held));
    // What was held was given back, and merch hears so.
    assert_eq!(merch.call(find_hold(held.id)).await.unwrap().state, HoldState::Released);
    assert_eq!(merch.call(release(held.id)).await.unwrap().netid, None);
    let refused = merch.call(capture(held.id, Party::System(SystemAccount::MerchSales))).await;
    assert_eq!(refused.unwrap_err().status(), Some(StatusCode::CONFLICT));
}

#[tokio::test]
async fn nothing_moves_on_an_account_of_nobody() {
    let world = World::start().await;
    let given = world.adjust("marga2", 100).await;
    world.forget("marga2").await;
    let officer = world.app.officer("officer1");
    let new = credits_for("marga2", 5);
    assert_eq!(
        officer.call(adjust(&new)).await.unwrap_err().status(),
        Some(StatusCode::BAD_REQUEST)
    );
    assert!(officer.call(reverse(given.id, "")).await.unwrap_err().is_not_found());
    assert_eq!(world.give("melik3", "marga2", 5, "gift").await.status, 404);
    let merch = world.app.service("merch");
    assert!(merch.call(hold(&soda("marga2")).once("one")).await.unwrap_err().is_not_found());
    let everyone: Vec<Balance> = officer.get("/credits/users").await.json();
    assert!(everyone.iter().all(|balance| balance.netid.as_str() != "marga2"));
    assert_eq!(world.names("marga2").await, Vec::<String>::new());
}

fn credits_for(person: &str, amount: i64) -> grove_credits_api::Adjustment {
    let (netid, description) = (person.to_owned(), String::new());
    grove_credits_api::Adjustment { netid, amount, description }
}

#[tokio::test]
async fn who_comes_back_begins_anew() {
    let world = World::start().await;
    marga_everywhere(&world).await;
    world.forget("marga2").await;
    // Remembered as a member for a moment, but none is made of that.
    assert_eq!(world.give("melik3", "marga2", 1, "too early").await.status, 404);
    world.users.member(&netid("marga2"));
    world.state.members.reconcile().await.unwrap();

    let balance = world.balance("marga2").await;
    assert_eq!((balance.balance, balance.held), (INITIAL, 0));
    let history: History = world.app.member("marga2").get("/credits/transactions").await.json();
    assert_eq!(history.transactions.len(), 1);
    // The keys that they used before are free.
    ok(&world.give("marga2", "melik3", 5, "gift").await);
    id_of(&world.top_up(1000, "paid").await);
    assert_eq!(world.balance("marga2").await.balance, INITIAL - 5);
    let told = world.told("marga2").await;
    let data = &told["data"];
    assert_eq!(data["card_payments"].as_array().unwrap().len(), 1);
    assert_eq!((&data["holds"], &data["told_to_users"]), (&Value::Null, &Value::Null));
    // And they can be forgotten again.
    world.forget("marga2").await;
    assert_eq!(world.names("marga2").await, Vec::<String>::new());
    assert_eq!(world.problems().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_member_list_from_before_opens_no_account_of_somebody_who_was_forgotten() {
    let world = World::start().await;
    world.state.members.reconcile().await.unwrap();
    // In the same moment that everybody's accounts are looked after.
    world.forget_now("marga2").await.unwrap();
    world.state.members.reconcile().await.unwrap_err();
    assert_eq!(world.names("marga2").await, Vec::<String>::new());
    world.users.remove(&netid("marga2"));
    world.clock.advance(TimeDelta::seconds(30));
    world.state.members.reconcile().await.unwrap();
    assert_eq!(world.names("marga2").await, Vec::<String>::new());
}

#[tokio::test]
async fn what_stripe_tells_later_makes_no_account_and_is_kept_in_the_books() {
    let world = World::start().await;
    let bought = id_of(&world.top_up(1000, "bought").await);
    let late = id_of(&world.top_up(2000, "late").await);
    let page = world.stripe.pay(bought);
    assert_eq!(world.tell("bought", "checkout.session.completed", &page).await, 200);
    world.standing("aline2", Standing::Applicant);
    let dues = json!({ "netid": "aline2" });
    let path = "/credits/membership-payments";
    let dues = id_of(&world.app.client().post_once(path, &dues, "dues").await);
    for person in ["marga2", "aline2"] {
        world.forget(person).await;
    }
    for id in [late, dues] {
        let page = world.stripe.pay(id);
        let event = format!("late {id}");
        assert_eq!(world.tell(&event, "checkout.session.completed", &page).await, 200);
    }
    let refund = json!({ "id": "ch_1", "payment_intent": format!("pi_{bought}"), "amount": 1000,
                         "amount_refunded": 1000, "metadata": page["metadata"] });
    assert_eq!(world.tell("refund", "charge.refunded", &refund).await, 200);
    let dispute = json!({ "id": "dp_1", "payment_intent": format!("pi_{bought}"), "metadata": {} });
    assert_eq!(world.tell("dispute", "charge.dispute.created", &dispute).await, 200);
    world.clock.advance(TimeDelta::minutes(2));
    world.state.reconcile_payments().await.unwrap();
    world.worker.deliver_due().await.unwrap();

    let officer = world.app.officer("officer1");
    for id in [bought, late, dues] {
        let payment: Value = officer.get(&format!("/credits/top-ups/{id}")).await.json();
        assert_eq!(payment["state"], "succeeded");
    }
    let everyone: Vec<Balance> = officer.get("/credits/users").await.json();
    assert_eq!(everyone, []);
    assert_eq!(world.users.admitted(), []);
    let proof: Value = officer.get("/credits/audit").await.json();
    assert_eq!(proof["debts"], json!([]));
    for person in ["marga2", "aline2"] {
        assert_eq!(world.names(person).await, Vec::<String>::new());
    }
    assert_eq!(world.problems().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_purchase_that_is_on_its_way_to_stripe_ends_without_a_name() {
    let world = World::start().await;
    world.stripe.stop_at(Point::Before(Change::CreateSession));
    let (member, body) = (world.app.member("marga2"), json!({ "amount": 1000 }));
    let request = async move { member.post_once("/credits/top-ups", &body, "one").await };
    let request = tokio::spawn(request);
    world.stripe.stopped().await;
    world.forget("marga2").await;
    assert_eq!(world.names("marga2").await, Vec::<String>::new());
    request.abort();
    // Nobody was given a page: after a while it is given up.
    world.clock.advance(TimeDelta::hours(1));
    world.state.reconcile_payments().await.unwrap();
    let payment: Value = world.app.officer("officer1").get("/credits/top-ups/1").await.json();
    assert_eq!(payment["state"], "failed");
}

#[tokio::test]
async fn what_comes_while_somebody_is_forgotten_is_done_before_or_refused() {
    let world = World::start().await;
    for person in ["marga2", "melik3", "mona4"] {
        world.set(person, 1000).await;
    }
    let merch = world.app.service("merch");
    let gifts = (0..8).map(async |number| {
        let key = number.to_string();
        let (from, to) = if number % 2 == 0 { ("marga2", "melik3") } else { ("mona4", "marga2") };
        (world.give(from, to, 1, &key).await.status.as_u16(), number)
    });
    let holds = (0..4).map(async |number: u32| {
        let held = merch.call(hold(&soda("marga2")).once(number.to_string())).await;
        // Without a status, it may come again later: 503.
        held.map_or_else(|cause| cause.status().map_or(503, |status| status.as_u16()), |_| 200)
    });
    let top_ups = (0..4).map(async |number: u32| {
        world.top_up(1000, &format!("top-up {number}")).await.status.as_u16()
    });
    let forget = async {
        // Whoever forgets asks again until it is done.
        while world.forget_now("marga2").await.is_err() {}
        world.users.remove(&netid("marga2"));
    };
    let ((), gifts, holds, top_ups) =
        tokio::join!(forget, join_all(gifts), join_all(holds), join_all(top_ups));
    let statuses = gifts.iter().map(|(status, _)| status).chain(&holds).chain(&top_ups);
    for status in statuses {
        assert!([200, 404, 503].contains(status), "{gifts:?} {holds:?} {top_ups:?}");
    }
    assert_eq!(world.names("marga2").await, Vec::<String>::new());
    assert_eq!(world.problems().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_officer_who_is_forgotten_stays_named_where_the_ledger_is_sealed() {
    let world = World::start().await;
    let (officer, merch) = (world.app.officer("mofic2"), world.app.service("merch"));
    let given = officer.call(adjust(&credits_for("marga2", 10))).await.unwrap();
    officer.call(reverse(given.id, "wrong person")).await.unwrap();
    let held = merch.call(hold(&soda("marga2")).once("one")).await.unwrap();
    officer.call(release_hold(held.id)).await.unwrap();
    let told = world.told("mofic2").await;
    assert_eq!(told["data"]["booked_for_others"].as_array().unwrap().len(), 2);
    assert_eq!(told["data"]["holds_ended_for_others"].as_array().unwrap().len(), 1);

    let forgotten = world.forget("mofic2").await;
    assert!(forgotten.kept.iter().any(|kept| kept.what.starts_with("the NetID as who booked")));
    // Whoever comes under the NetID later is not told what others were given before.
    assert_eq!(world.told("mofic2").await, Value::Null);
    let again = world.forget("mofic2").await;
    assert!(again.kept.iter().any(|kept| kept.what.starts_with("the NetID as who booked")));
    let sealed = ["transactions.actor", "transactions.description"];
    assert_eq!(world.names("mofic2").await, sealed);
    assert_eq!(world.problems().await, Vec::<String>::new());
}

#[tokio::test]
async fn only_users_asks_for_personal_data() {
    let world = World::start().await;
    let [gigs, merch] = ["gigs", "merch"].map(|name| world.app.service(name));
    let app = &world.app;
    for who in [app.officer("officer1"), app.member("marga2"), app.client(), gigs, merch] {
        let told = who.call(export(SERVICE, &netid("marga2"))).await.unwrap_err();
        let forgotten =
            who.call(personal_data::forget(SERVICE, &netid("marga2"))).await.unwrap_err();
        for refused in [told, forgotten] {
            assert!([401, 403].contains(&refused.status().unwrap().as_u16()), "{refused}");
        }
    }
}
