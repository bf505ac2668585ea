//! What the callers of the ledger rely on.

use grove_credits_api::contract::{Cast, suite};

use super::*;

#[tokio::test]
async fn the_service_keeps_the_contract() {
    let world = World::start().await;
    let service = |name: &str| world.app.service(name);
    suite(&Cast {
        gigs: service("gigs"),
        merch: service("merch"),
        users: service("users"),
        members: [netid("marga2"), netid("melik3")],
        nobody: netid("zoe2"),
    })
    .await;
    assert_eq!(world.problems().await, Vec::<String>::new());
}
