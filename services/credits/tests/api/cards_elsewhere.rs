//! Events of an account at Stripe that serves another installation too, or this one before it was restored
//! from a backup: both have given the same numbers to payments of other people.

use super::*;
use crate::payments::id_of;

/// What Stripe sends about a page that was paid, as it was recorded, for a payment that is called so.
fn paid_page(reference: &str, session: &str, intent: &str) -> Value {
    json!({
        "id": session, "object": "checkout.session", "after_expiration": null,
        "allow_promotion_codes": null, "amount_subtotal": 1000, "amount_total": 1000,
        "automatic_tax": { "enabled": false, "liability": null, "status": null },
        "client_reference_id": reference, "currency": "usd",
        "customer_details": { "email": "someone@example.edu", "name": "Someone" },
        "expires_at": 1_788_350_400, "livemode": false,
        "metadata": { "payment": reference }, "mode": "payment", "payment_intent": intent,
        "payment_method_types": ["card"], "payment_status": "paid", "status": "complete",
        "success_url": "https://elsewhere.example.edu/credits?payment=1", "url": null
    })
}

fn intent(reference: &str, id: &str) -> Value {
    json!({
        "id": id, "object": "payment_intent", "amount": 1000, "amount_capturable": 0,
        "amount_received": 1000, "capture_method": "automatic", "currency": "usd",
        "latest_charge": "ch_elsewhere", "livemode": false, "metadata": { "payment": reference },
        "payment_method_types": ["card"], "status": "succeeded"
    })
}

fn charge(reference: &str, intent: &str) -> Value {
    json!({
        "id": "ch_elsewhere", "object": "charge", "amount": 1000, "amount_captured": 1000,
        "amount_refunded": 1000, "captured": true, "currency": "usd", "disputed": false,
        "metadata": { "payment": reference }, "paid": true, "payment_intent": intent,
        "refunded": true, "status": "succeeded"
    })
}

fn dispute(intent: &str) -> Value {
    json!({ "id": "dp_elsewhere", "object": "dispute", "amount": 1000, "charge": "ch_elsewhere",
            "currency": "usd", "metadata": {}, "payment_intent": intent, "reason": "fraudulent",
            "status": "needs_response" })
}

impl World {
    /// Everything that Stripe may tell about a payment of somebody else's.
    async fn tell_all(&self, name: &str, reference: &str, session: &str, intent_id: &str) {
        let page = paid_page(reference, session, intent_id);
        for (number, (kind, object)) in [
            ("checkout.session.completed", &page),
            ("checkout.session.expired", &page),
            ("payment_intent.succeeded", &intent(reference, intent_id)),
            ("charge.refunded", &charge(reference, intent_id)),
            ("charge.dispute.created", &dispute(intent_id)),
        ]
        .into_iter()
        .enumerate()
        {
            let id = format!("evt_{name}_{number}");
            assert_eq!(self.tell(&id, kind, object).await, 200, "{kind}");
        }
    }

    async fn state_of(&self, payment: u64) -> String {
        let path = format!("/credits/top-ups/{payment}");
        let payment: Value = ok(&self.app.member("marga2").get(&path).await).json();
        payment["state"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn events_of_another_installation_move_nothing() {
    let world = World::start().await;
    let paid = id_of(&world.top_up(1000, "paid").await);
    let page = world.stripe.pay(paid);
    assert_eq!(world.tell("evt_own", "checkout.session.completed", &page).await, 200);
    let open = id_of(&world.top_up(1000, "open").await);
    let before: Value = world.app.officer("officer1").get("/credits/audit").await.json();

    // A number of a payment here, as an installation of the version before names its own.
    for payment in [paid, open] {
        let name = format!("old_{payment}");
        world.tell_all(&name, &payment.to_string(), "cs_elsewhere", "pi_elsewhere").await;
    }
    // A reference that this installation lost with what was not in the backup.
    world.tell_all("lost", &"0123456789abcdef".repeat(2), "cs_lost", "pi_lost").await;
    // The right reference on another page, and of another intent than the one on file.
    let own = page["metadata"]["payment"].as_str().unwrap();
    for (name, session, intent) in [
        ("page", "cs_elsewhere", page["payment_intent"].as_str().unwrap()),
        ("intent", page["id"].as_str().unwrap(), "pi_elsewhere"),
    ] {
        let page = paid_page(own, session, intent);
        world.tell(&format!("evt_{name}"), "checkout.session.expired", &page).await;
    }
    world.tell("evt_charge", "charge.refunded", &charge(own, "pi_elsewhere")).await;

    let after: Value = world.app.officer("officer1").get("/credits/audit").await.json();
    for what in ["transactions", "entries", "debts"] {
        assert_eq!(before[what], after[what], "{what}");
    }
    assert_eq!(world.balance("marga2").await.balance, INITIAL + 1000);
    assert_eq!(world.state_of(paid).await, "succeeded");
    assert_eq!(world.state_of(open).await, "pending");
    // Its own event still counts.
    let page = world.stripe.pay(open);
    assert_eq!(world.tell("evt_late", "checkout.session.completed", &page).await, 200);
    assert_eq!(world.balance("marga2").await.balance, INITIAL + 2000);
}

#[tokio::test]
async fn a_payment_from_before_there_were_references_is_known_by_its_page() {
    let world = World::start().await;
    let id = id_of(&world.top_up(1000, "old").await);
    sqlx::query("UPDATE payments SET reference = NULL").execute(&world.db.pool()).await.unwrap();
    let session = world.stripe.pay(id)["id"].as_str().unwrap().to_owned();
    let number = id.to_string();
    world.tell_all("elsewhere", &number, "cs_elsewhere", "pi_elsewhere").await;
    assert_eq!(world.balance("marga2").await.balance, INITIAL);
    let page = paid_page(&number, &session, "pi_own");
    assert_eq!(world.tell("evt_own", "checkout.session.completed", &page).await, 200);
    assert_eq!(world.balance("marga2").await.balance, INITIAL + 1000);
}
