//! What the service promises those who call it; the fake of it keeps the same.

use grove_directory_api::contract;

use crate::World;

#[tokio::test]
async fn the_service_keeps_the_contract() {
    let world = World::new().await;
    let (ada, nobody) = ("ada".parse().unwrap(), "nobody1".parse().unwrap());
    contract::suite(&world.app.service("users"), &ada, &nobody).await;
}
