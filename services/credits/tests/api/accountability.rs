//! Who did what, as the log has it.

use futures_util::future::join_all;
use grove_credits::SERVICE;
use grove_credits_api::{
    Adjustment, Hold, InternalTransfer, NewHold, Party, SystemAccount, adjust, capture, hold,
    open_account, release, release_hold, reverse, transfer,
};
use grove_shared::{
    Client,
    audit::{Entry, Filter, list},
};
use grove_testing::Person;

use super::*;
use crate::payments::id_of;

const ESCROW: Party = Party::System(SystemAccount::GigEscrow);
const SALES: Party = Party::System(SystemAccount::MerchSales);

/// What the person sees of the log of one kind of thing, the oldest first.
async fn log(person: &Person, kind: &str) -> Vec<Entry> {
    let filter = Filter { kind: Some(kind.to_owned()), ..Filter::default() };
    let mut log = person.call(list(SERVICE, &filter)).await.unwrap().items;
    log.reverse();
    log
}

/// Who did what to whom.
fn told(log: &[Entry]) -> Vec<(&str, &str, Option<&str>)> {
    let told = log.iter().map(|entry| {
        let about = entry.about.as_ref().map(NetId::as_str);
        (entry.actor.as_str(), entry.action.as_str(), about)
    });
    told.collect()
}

fn soda(amount: i64) -> NewHold {
    let (netid, description) = (netid("marga2"), "Can of soda".to_owned());
    NewHold { netid, amount, description, expires_in: Some(60) }
}

/// What an officer gives.
fn gives(amount: i64) -> Adjustment {
    let (netid, description) = ("marga2".to_owned(), "won the quiz".to_owned());
    Adjustment { netid, amount, description }
}

#[tokio::test]
async fn what_officers_do_is_logged_once_and_what_is_refused_or_repeated_is_not() {
    let world = World::start().await;
    let (officer, member) = (world.app.officer("officer1"), world.app.member("marga2"));
    let given = officer.call(adjust(&gives(50)).once("one")).await.unwrap();
    officer.call(adjust(&gives(50)).once("one")).await.unwrap();
    officer.call(adjust(&gives(-5000))).await.unwrap_err();
    officer.call(adjust(&gives(0))).await.unwrap_err();
    member.call(adjust(&gives(50))).await.unwrap_err();
    member.call(reverse(given.id, "")).await.unwrap_err();
    officer.call(reverse(given.id, "for Ada Lovelace")).await.unwrap();
    officer.call(reverse(given.id, "")).await.unwrap_err();
    officer.call(reverse(4711, "")).await.unwrap_err();

    let entries = log(&officer, "transaction").await;
    let about = Some("marga2");
    let expected = [("officer1", "booked", about), ("officer1", "reversed", about)];
    assert_eq!(told(&entries), expected);
    let [booked, reversed] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((&booked.object, &booked.after), (&given.id.to_string(), &json!({ "amount": 50 })));
    assert_eq!((&reversed.object, &reversed.after["amount"]), (&booked.object, &json!(-50)));
    assert!(booked.is_overtaken && booked.undo.is_some() && reversed.irreversible.is_some());

    let merch = world.app.service("merch");
    let held = merch.call(hold(&soda(10)).once("hold")).await.unwrap();
    member.call(release_hold(held.id)).await.unwrap_err();
    for _ in 0..2 {
        officer.call(release_hold(held.id)).await.unwrap();
    }
    let entries = log(&officer, "hold").await;
    let expected = [("service:merch", "held", about), ("officer1", "released", about)];
    assert_eq!(told(&entries), expected);
    assert_eq!(entries[1].before, json!({ "state": "held" }));
    // What nothing can delete again holds no text that somebody wrote.
    assert_eq!(world.db.tables_mentioning("Ada Lovelace").await, ["transactions.description"]);
    for text in ["won the quiz", "Can of soda"] {
        let found = world.db.tables_mentioning(text).await;
        assert!(!found.iter().any(|column| column.starts_with("audit_log")), "{found:?}");
    }
}

#[tokio::test]
async fn the_undo_in_the_log_takes_a_change_back() {
    let world = World::start().await;
    let (officer, merch) = (world.app.officer("officer1"), world.app.service("merch"));
    world.set("marga2", 500).await;
    for amount in [50, -50] {
        officer.call(adjust(&gives(amount))).await.unwrap();
        let booked = log(&officer, "transaction").await.pop().unwrap();
        officer.call(booked.undo.unwrap().call(SERVICE).unwrap()).await.unwrap();
        assert_eq!(world.balance("marga2").await.available, 500, "{amount}");
    }
    merch.call(hold(&soda(10)).once("hold")).await.unwrap();
    let held = log(&officer, "hold").await.pop().unwrap();
    officer.call(held.undo.unwrap().call(SERVICE).unwrap()).await.unwrap();
    assert_eq!(world.balance("marga2").await.available, 500);
    assert_eq!(world.problems().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_services_change_is_logged_once_and_what_people_do_themselves_is_not() {
    let world = World::start().await;
    let [gigs, merch, users] = ["gigs", "merch", "users"].map(|name| world.app.service(name));
    let officer = world.app.officer("officer1");
    for _ in 0..2 {
        users.call(open_account(&netid("marga2"))).await.unwrap();
        users.call(open_account(&netid("melik3"))).await.unwrap();
    }
    let gift = json!({ "to": "melik3", "amount": 5 });
    ok(&world.app.member("marga2").post_once("/credits/transfers", &gift, "gift").await);
    assert!(log(&officer, "transaction").await.is_empty());

    let reserve = InternalTransfer {
        from: Party::Member(netid("marga2")),
        to: ESCROW,
        amount: 40,
        description: "Reserved for gig 1".to_owned(),
    };
    for _ in 0..2 {
        gigs.call(transfer(&reserve).once("gig")).await.unwrap();
    }
    let much = InternalTransfer { amount: 4000, ..reserve };
    gigs.call(transfer(&much).once("much")).await.unwrap_err();
    let about = Some("marga2");
    let moved = log(&officer, "transaction").await;
    assert_eq!(told(&moved), [("service:gigs", "booked", about)]);
    assert_eq!(
        moved[0].after,
        json!({ "amount": -40, "counterparty": { "system": "gig_escrow" } })
    );

    let captured = merch.call(hold(&soda(10)).once("one")).await.unwrap();
    let released = merch.call(hold(&soda(20)).once("two")).await.unwrap();
    merch.call(hold(&soda(30)).once("three")).await.unwrap();
    for _ in 0..2 {
        merch.call(hold(&soda(10)).once("one")).await.unwrap();
        merch.call(capture(captured.id, SALES)).await.unwrap();
        merch.call(release(released.id)).await.unwrap();
    }
    merch.call(release(captured.id)).await.unwrap_err();
    world.clock.advance(chrono::TimeDelta::minutes(2));
    world.state.expire_holds().await.unwrap();
    world.state.expire_holds().await.unwrap();
    let by = |action: &'static str| ("service:merch", action, about);
    let expired = ("service:credits", "expired", about);
    let expected = [by("held"), by("held"), by("held"), by("captured"), by("released"), expired];
    assert_eq!(told(&log(&officer, "hold").await), expected);

    let opened = ["marga2", "melik3"].map(|netid| ("service:users", "opened", Some(netid)));
    assert_eq!(told(&log(&officer, "account").await), opened);
    let own = log(&world.app.member("melik3"), "account").await;
    assert_eq!(told(&own), [opened[1]], "a person sees what was done to them");
}

#[tokio::test]
async fn a_payment_that_comes_or_goes_back_is_logged_once() {
    let world = World::start().await;
    let id = id_of(&world.top_up(1000, "one").await);
    let page = world.stripe.pay(id);
    let refund = json!({ "id": "ch_1", "payment_intent": format!("pi_{id}"), "amount": 1000,
                         "amount_refunded": 300, "metadata": page["metadata"] });
    for number in 0..2 {
        let [paid, back] = ["paid", "back"].map(|name| format!("evt_{name}_{number}"));
        assert_eq!(world.tell(&paid, "checkout.session.completed", &page).await, 200);
        assert_eq!(world.tell(&back, "charge.refunded", &refund).await, 200);
    }
    let entries = log(&world.app.officer("officer1"), "payment").await;
    let by = |action: &'static str| ("service:credits", action, Some("marga2"));
    assert_eq!(told(&entries), [by("settled"), by("refunded")]);
    assert_eq!(entries[0].after, json!({ "amount": 1000, "purpose": "top_up" }));
    assert_eq!(entries[1].after, json!({ "refunded": 300, "owed": 0 }));
}

#[tokio::test]
async fn changes_that_come_at_once_are_logged_once() {
    let world = World::start().await;
    let (officer, merch) = (world.app.officer("officer1"), world.app.service("merch"));
    let held: Hold = merch.call(hold(&soda(10)).once("hold")).await.unwrap();
    join_all((0..10).map(|_| officer.call(release_hold(held.id)))).await;
    merch.call(hold(&soda(20)).once("another")).await.unwrap();
    world.clock.advance(chrono::TimeDelta::minutes(2));
    join_all((0..5).map(|_| world.state.expire_holds())).await;
    join_all((0..10).map(|_| world.state.members.reconcile())).await;
    assert_eq!(log(&officer, "hold").await.len(), 4);
    assert_eq!(log(&officer, "account").await.len(), MEMBERS.len());
}
