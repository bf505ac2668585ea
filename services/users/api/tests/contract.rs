//! The fake keeps the contract.

#![cfg(feature = "fake")]

use grove_client::Peers;
use grove_identity::SigningKey;
use grove_users_api::{SERVICE, contract, fake::FakeUsers};

#[tokio::test]
async fn the_fake_keeps_the_contract() {
    let users = FakeUsers::start().await;
    let (applicant, member) = ("jsmith2".parse().unwrap(), "jsmith3".parse().unwrap());
    users.applicant(&applicant);
    users.member(&member);
    let service = |name: &str| {
        let key = SigningKey::new(name, &SigningKey::generate_secret()).unwrap();
        let urls = format!("users={}", users.url()).parse().unwrap();
        Peers::new(key, urls, &[SERVICE]).unwrap()
    };
    contract::suite(service, &applicant, &member).await;
    assert_eq!((users.admitted().len(), users.verified().len()), (1, 3));
}
