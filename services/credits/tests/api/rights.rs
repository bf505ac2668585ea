//! The service under the rights that its account has in production.

use grove_credits_api::{Hold, HoldState};
use grove_setup::DatabaseServer;
use grove_shared::{Client, db};
use grove_testing as testing;

use super::*;

#[tokio::test]
async fn a_service_that_may_not_rewrite_the_ledger_does_all_that_it_has_to() {
    let server = DatabaseServer::new(&testing::server_url().await).unwrap();
    let server = server.with_prefix(&format!("grove_t{:08x}_", std::process::id()));
    server.migrate().await.unwrap();
    let accounts = server.provision().await.unwrap();
    let pool = db::connect(&accounts["credits"]).unwrap();
    let world = World::with_pool(TestDatabase::create_empty().await, pool.clone()).await;
    let (member, merch) = (world.app.member("marga2"), world.app.service("merch"));

    let gift = json!({ "to": "melik3", "amount": 50 });
    ok(&member.post_once("/credits/transfers", &gift, "one").await);
    let given = world.adjust("marga2", 250).await;
    let new = json!({ "netid": "marga2", "amount": 20, "description": "Can of soda" });
    for (key, then, state) in
        [("one", "capture", HoldState::Captured), ("two", "release", HoldState::Released)]
    {
        let held: Hold = ok(&merch.post_once("/internal/holds", &new, key).await).json();
        let (path, to) = (format!("/internal/holds/{}/{then}", held.id), "merch_sales");
        let settled = merch.post(&path, &json!({ "to": { "system": to } })).await;
        assert_eq!(ok(&settled).json::<Hold>().state, state);
    }
    let top_up = member.post_once("/credits/top-ups", &json!({ "amount": 1000 }), "two").await;
    world.stripe.pay(ok(&top_up).json::<Value>()["id"].as_u64().unwrap());
    world.clock.advance(chrono::TimeDelta::seconds(61));
    world.state.reconcile_payments().await.unwrap();
    let path = format!("/credits/transactions/{}", given.id);
    ok(&world.app.officer("officer1").delete(&path).await);

    assert_eq!(world.balance("marga2").await.balance, INITIAL - 50 - 20 + 1000);
    assert_eq!(world.problems().await, Vec::<String>::new());
    let forget = grove_shared::personal_data::forget(grove_credits::SERVICE, &netid("marga2"));
    world.app.service("users").call(forget).await.unwrap();
    assert_eq!(world.problems().await, Vec::<String>::new());
    let statements = [
        "UPDATE entries SET amount = 1",
        "DELETE FROM transactions",
        "UPDATE audit_log SET actor = 'melik3'",
    ];
    for statement in statements {
        assert!(sqlx::query(statement).execute(&pool).await.is_err(), "{statement}");
    }
    server.remove().await.unwrap();
}
