//! What the fake of this service promises holds for the service itself.

use grove_users_api::contract;

use crate::World;

#[tokio::test]
async fn the_service_keeps_the_contract() {
    let world = World::new().await;
    world.join("jsmith2", 100_000_001).await;
    world.join("jsmith3", 100_000_002).await;
    world.pay("jsmith3").await;
    let (applicant, member) = ("jsmith2".parse().unwrap(), "jsmith3".parse().unwrap());
    contract::suite(|name| world.app.service(name), &applicant, &member).await;
}
