//! The fake keeps the contract.

#![cfg(feature = "fake")]

use grove_client::Peers;
use grove_groups_api::{SERVICE, contract, fake::FakeGroups};
use grove_identity::SigningKey;
use grove_shared::Role;

#[tokio::test]
async fn the_fake_keeps_the_contract() {
    let groups = FakeGroups::start().await;
    let officer = "jsmith2".parse().unwrap();
    groups.officer(&officer, &[Role::Admin, Role::Top4]);
    let service = |name: &str| {
        let key = SigningKey::new(name, &SigningKey::generate_secret()).unwrap();
        let urls = format!("groups={}", groups.url()).parse().unwrap();
        Peers::new(key, urls, &[SERVICE]).unwrap()
    };
    let now = "2026-10-01T12:00:00Z".parse().unwrap();
    contract::suite(service, &officer, now).await;
    assert_eq!(groups.departures().len(), 3);
}
