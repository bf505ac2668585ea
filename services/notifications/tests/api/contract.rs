//! What the service promises those who call it; the fake of it keeps the same.

use grove_notifications_api::contract;

use crate::World;

#[tokio::test]
async fn the_service_keeps_the_contract() {
    let world = World::new().await;
    let app = &world.app;
    contract::suite(&app.service("gigs"), &app.service("merch"), &app.service("quotes")).await;
}
