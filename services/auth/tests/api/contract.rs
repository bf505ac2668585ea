//! What the fake of this service promises holds for the service itself.

use grove_auth_api::contract;

use crate::{PASSWORD, auth, person};

#[tokio::test]
async fn the_service_keeps_the_contract() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    contract::suite(|name| auth.app.service(name), &person("jsmith2"), PASSWORD).await;
}
