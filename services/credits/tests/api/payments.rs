//! Payment by card.

use chrono::TimeDelta;
use grove_testing::Person;
use grove_users_api::NewMembership;

use super::*;
use crate::stripe::{Fault, WEBHOOK_SECRET, event, signature};

impl World {
    /// Stripe tells something; returns the status of the answer.
    pub(crate) async fn tell(&self, id: &str, kind: &str, object: &Value) -> u16 {
        let body = event(id, kind, object);
        let signature = signature(WEBHOOK_SECRET, self.clock.now().timestamp(), &body);
        self.webhook(&body, &signature).await
    }

    pub(crate) async fn webhook(&self, body: &str, signature: &str) -> u16 {
        let headers = [("stripe-signature", signature)];
        let client: Person = self.app.client();
        let reply =
            client.send_with(http::Method::POST, "/stripe/webhook", &headers, body.to_owned());
        reply.await.status.as_u16()
    }

    pub(crate) async fn top_up(&self, amount: i64, key: &str) -> Reply {
        let body = json!({ "amount": amount });
        self.app.member("marga2").post_once("/credits/top-ups", &body, key).await
    }

    async fn old_payment(&self, token: &str) -> Reply {
        let body = json!({ "netid": "marga2", "amount": "1000", "token": token,
                           "description": "Balance refill" });
        self.app.member("marga2").post("/payment", &body).await
    }
}

pub(crate) fn id_of(reply: &Reply) -> u64 {
    ok(reply).json::<Value>()["id"].as_u64().unwrap()
}

#[tokio::test]
async fn a_top_up_is_credited_once_however_often_stripe_tells() {
    let world = World::start().await;
    let begun: Value = ok(&world.top_up(1000, "one").await).json();
    assert_eq!(begun["state"], "pending");
    assert!(begun["url"].as_str().unwrap().starts_with("https://checkout."));
    let again: Value = ok(&world.top_up(1000, "one").await).json();
    assert_eq!(begun, again);
    assert_eq!(refusal(&world.top_up(2000, "one").await).0, 422);

    let id = begun["id"].as_u64().unwrap();
    let page = world.stripe.pay(id);
    for number in 0..10 {
        let name = format!("evt_{}", number % 3);
        assert_eq!(world.tell(&name, "checkout.session.completed", &page).await, 200);
    }
    assert_eq!(world.balance("marga2").await.balance, INITIAL + 1000);
    let state: Value =
        world.app.member("marga2").get(&format!("/credits/top-ups/{id}")).await.json();
    assert_eq!(state["state"], "succeeded");
    let other = world.app.member("melik3").get(&format!("/credits/top-ups/{id}")).await;
    assert_eq!(other.status, 404);
    assert_eq!(world.problems().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_event_that_stripe_did_not_sign_now_is_refused() {
    let world = World::start().await;
    let id = id_of(&world.top_up(1000, "one").await);
    let body = event("evt_1", "checkout.session.completed", &world.stripe.pay(id));
    let now = world.clock.now().timestamp();
    for wrong in [
        String::new(),
        "t=,v1=".to_owned(),
        format!("t={now}"),
        format!("t={now},v1=zz"),
        format!("t={now},v1=é"),
        signature("another secret", now, &body),
        signature(WEBHOOK_SECRET, now - 301, &body),
        signature(WEBHOOK_SECRET, now + 301, &body),
        signature(WEBHOOK_SECRET, now, &format!("{body} ")),
        format!("t={},{}", i64::MIN, signature(WEBHOOK_SECRET, now, &body)),
    ] {
        assert_eq!(world.webhook(&body, &wrong).await, 400, "{wrong}");
    }
    assert_eq!(world.webhook("{}", &signature(WEBHOOK_SECRET, now, "{}")).await, 400);
    assert_eq!(world.balance("marga2").await.balance, INITIAL);
    let unknown = json!({ "metadata": { "payment": "4711" }, "payment_status": "paid" });
    assert_eq!(world.tell("evt_2", "checkout.session.completed", &unknown).await, 200);
    assert_eq!(world.tell("evt_3", "customer.created", &json!({})).await, 200);
    assert_eq!(world.balance("marga2").await.balance, INITIAL);
}

#[tokio::test]
async fn a_payment_of_which_nothing_is_told_is_asked_for() {
    let world = World::start().await;
    let id = id_of(&world.top_up(1000, "one").await);
    world.stripe.pay(id);
    world.state.reconcile_payments().await.unwrap();
    assert_eq!(world.balance("marga2").await.balance, INITIAL, "it was asked for too early");
    world.clock.advance(TimeDelta::seconds(61));
    world.state.reconcile_payments().await.unwrap();
    assert_eq!(world.balance("marga2").await.balance, INITIAL + 1000);

    let expired = id_of(&world.top_up(500, "two").await);
    world.stripe.expire(expired);
    world.clock.advance(TimeDelta::seconds(61));
    world.state.reconcile_payments().await.unwrap();
    let path = format!("/credits/top-ups/{expired}");
    let state: Value = world.app.member("marga2").get(&path).await.json();
    assert_eq!(
        (&state["state"], &state["failure"]),
        (&json!("failed"), &json!("Nobody paid in time"))
    );
}

#[tokio::test]
async fn whatever_is_cut_off_around_a_charge_paid_is_credited_once() {
    let world = World::start().await;
    for (number, fault) in
        [None, Some(Fault::Before), Some(Fault::After)].into_iter().cycle().take(9).enumerate()
    {
        let token = format!("tok_{number}");
        world.stripe.fail(fault);
        let first = world.old_payment(&token).await.status.as_u16();
        assert_eq!(first, if fault.is_none() { 200 } else { 503 });
        world.stripe.fail(None);
        // The client tries again, or does not; Stripe is asked in any case.
        if number % 2 == 0 {
            assert_eq!(world.old_payment(&token).await.status, 200);
        }
        world.clock.advance(TimeDelta::seconds(61));
        world.state.reconcile_payments().await.unwrap();
    }
    let credited = world.balance("marga2").await.balance - INITIAL;
    assert_eq!(credited, world.stripe.charged());
    assert!(credited >= 5000);
    assert_eq!(world.problems().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_confirmation_whose_answer_is_lost_is_credited_when_stripe_is_asked() {
    let world = World::start().await;
    world.stripe.fail(Some(Fault::Before));
    assert_eq!(world.old_payment("tok_1").await.status, 503);
    world.stripe.fail(None);
    // The payment exists at Stripe from here on, and the confirmation is lost.
    world.stripe.lose_confirmations(true);
    assert_eq!(world.old_payment("tok_1").await.status, 503);
    assert_eq!((world.stripe.charged(), world.balance("marga2").await.balance), (1000, INITIAL));
    world.clock.advance(TimeDelta::seconds(61));
    world.state.reconcile_payments().await.unwrap();
    assert_eq!(world.balance("marga2").await.balance, INITIAL + 1000);
}

#[tokio::test]
async fn the_old_route_charges_a_token_and_says_so() {
    let world = World::start().await;
    assert_eq!(
        ok(&world.old_payment("tok_1").await).json::<Value>(),
        json!({ "successful": true })
    );
    // The token again is the same payment.
    ok(&world.old_payment("tok_1").await);
    assert_eq!(world.balance("marga2").await.balance, INITIAL + 1000);

    world.stripe.fail(Some(Fault::Declined));
    let declined = world.old_payment("tok_2").await;
    assert_eq!(refusal(&declined), (402, "Your card was declined.".to_owned()));
    assert_eq!(declined.json::<Value>()["successful"], false);
    assert_eq!(world.balance("marga2").await.balance, INITIAL + 1000);

    let member = world.app.member("marga2");
    let good = json!({ "netid": "marga2", "amount": 1000, "token": "tok_3", "description": "" });
    for (field, value, status) in [
        ("netid", json!("melik3"), 403),
        ("netid", json!(null), 400),
        ("amount", json!(0), 400),
        ("amount", json!("much"), 400),
        ("amount", json!(499), 400),
        ("amount", json!(5001), 400),
        ("amount", json!(4150), 402),
        ("token", json!(""), 400),
        ("adjust_balance", json!("false"), 400),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let reply = member.post("/payment", &body).await;
        assert_eq!(reply.status.as_u16(), status, "{body}");
        assert_eq!(reply.json::<Value>()["successful"], false);
        if field == "amount" && status == 400 {
            assert_eq!(reply.error(), "Invalid transaction amount.");
        }
    }
}

#[tokio::test]
async fn one_key_charges_one_token() {
    let world = World::start().await;
    let member = world.app.member("marga2");
    let body = |token: &str| json!({ "netid": "marga2", "amount": 1000, "token": token, "description": "" });
    ok(&member.post_once("/payment", &body("tok_1"), "one").await);
    ok(&member.post_once("/payment", &body("tok_1"), "one").await);
    let other = member.post_once("/payment", &body("tok_2"), "one").await;
    assert_eq!(refusal(&other).0, 422);
    assert_eq!(world.stripe.charged(), 1000);
}

#[tokio::test]
async fn dues_by_the_old_route_are_paid_once_and_say_so_twice() {
    let world = World::start().await;
    let body = json!({ "netid": "aline2", "amount": 4150, "token": "tok_1", "description": "",
                       "adjust_balance": false });
    let applicant = world.app.applicant("aline2");
    ok(&applicant.post("/payment", &body).await);
    world.worker.deliver_due().await.unwrap();
    assert_eq!(world.users.admitted().len(), 1);
    ok(&applicant.post("/payment", &body).await);
    assert_eq!((world.stripe.charged(), world.users.admitted().len()), (4150, 1));
}

#[tokio::test]
async fn dues_that_were_paid_by_card_make_a_member_once() {
    let world = World::start().await;
    let body = json!({ "netid": "aline2" });
    let path = "/credits/membership-payments";
    let begun = world.app.client().post_once(path, &body, "one").await;
    let id = id_of(&begun);
    assert_eq!(begun.json::<Value>()["amount"], 4150);
    let page = world.stripe.pay(id);
    for name in ["evt_1", "evt_2", "evt_1"] {
        assert_eq!(world.tell(name, "checkout.session.completed", &page).await, 200);
    }
    world.worker.deliver_due().await.unwrap();
    let payment = format!("card payment {id}");
    let reported = NewMembership { netid: netid("aline2"), payment };
    assert_eq!(world.users.admitted(), [reported]);
    let everyone: Vec<Balance> = world.app.officer("officer1").get("/credits/users").await.json();
    assert_eq!(everyone, [], "dues are no credits");
    // The same request again is the same payment, though nothing has to be paid any more.
    let again = world.app.client().post_once(path, &body, "one").await;
    assert_eq!((id_of(&again), &again.json::<Value>()["state"]), (id, &json!("succeeded")));

    for (netid, status) in [("marga2", 409), ("zoe2", 404)] {
        let body = json!({ "netid": netid });
        let reply = world.app.client().post_once(path, &body, netid).await;
        assert_eq!(reply.status.as_u16(), status);
    }
}

#[tokio::test]
async fn refunds_become_entries_and_what_is_spent_already_a_debt() {
    let world = World::start().await;
    let id = id_of(&world.top_up(1000, "one").await);
    let page = world.stripe.pay(id);
    let charge = |refunded: i64| {
        json!({ "id": "ch_1", "payment_intent": format!("pi_{id}"), "amount": 1000,
                "amount_refunded": refunded, "metadata": page["metadata"] })
    };
    // The refund is told before the payment, and that after.
    assert_eq!(world.tell("evt_1", "charge.refunded", &charge(300)).await, 200);
    assert_eq!(world.balance("marga2").await.balance, INITIAL + 700);
    let page = world.stripe.pay(id);
    assert_eq!(world.tell("evt_0", "checkout.session.completed", &page).await, 200);
    assert_eq!(world.tell("evt_1", "charge.refunded", &charge(300)).await, 200);
    assert_eq!(world.tell("evt_2", "charge.refunded", &charge(300)).await, 200);
    assert_eq!(world.balance("marga2").await.balance, INITIAL + 700);

    let gift = json!({ "to": "melik3", "amount": 1100 });
    ok(&world.app.member("marga2").post_once("/credits/transfers", &gift, "gift").await);
    assert_eq!(world.tell("evt_3", "charge.refunded", &charge(1000)).await, 200);
    assert_eq!(world.balance("marga2").await.balance, 0);
    // A dispute carries nothing of ours; it names what Stripe calls the payment.
    let dispute = json!({ "id": "dp_1", "payment_intent": format!("pi_{id}"), "metadata": {} });
    assert_eq!(world.tell("evt_4", "charge.dispute.created", &dispute).await, 200);
    let proof: Value = world.app.officer("officer1").get("/credits/audit").await.json();
    assert_eq!(proof["debts"][0]["owed"], 600);
    assert!(proof["debts"][0]["disputed_at"].is_string());
    assert_eq!(world.problems().await, Vec::<String>::new());
}

#[tokio::test]
async fn without_a_key_card_payment_is_off_and_says_so() {
    let world = World::without_card().await;
    let options: Value = world.app.client().get("/credits/payment-options").await.json();
    assert_eq!(options["card"], false);
    assert_eq!(options["membership"], json!({ "dues": 4000, "fee": 150 }));
    let off = (503, "Card payment is switched off".to_owned());
    assert_eq!(refusal(&world.top_up(1000, "one").await), off);
    assert_eq!(refusal(&world.old_payment("tok_1").await), off);
    let body = json!({ "netid": "aline2" });
    let path = "/credits/membership-payments";
    assert_eq!(refusal(&world.app.client().post_once(path, &body, "one").await), off);
    assert_eq!(world.webhook("{}", "").await, 503);
}

#[tokio::test]
async fn a_top_up_has_bounds() {
    let world = World::start().await;
    for amount in [0, 499, 5001, -1000] {
        assert_eq!(refusal(&world.top_up(amount, "one").await).0, 400, "{amount}");
    }
    for (number, amount) in [500, 5000].into_iter().enumerate() {
        ok(&world.top_up(amount, &format!("good {number}")).await);
    }
}
