//! The fake keeps the contract.

#![cfg(feature = "fake")]

use grove_auth_api::{NewAccount, SERVICE, contract, fake::FakeAuth};
use grove_client::Peers;
use grove_identity::SigningKey;

#[tokio::test]
async fn the_fake_keeps_the_contract() {
    let auth = FakeAuth::start().await;
    let account = NewAccount {
        netid: "jsmith2".parse().unwrap(),
        first_name: "Jane".to_owned(),
        last_name: "Smith".to_owned(),
    };
    auth.account(account.clone(), "umbrella trombone glacier");
    let service = |name: &str| {
        let key = SigningKey::new(name, &SigningKey::generate_secret()).unwrap();
        let urls = format!("auth={}", auth.url()).parse().unwrap();
        Peers::new(key, urls, &[SERVICE]).unwrap()
    };
    contract::suite(service, &account, "umbrella trombone glacier").await;
    assert_eq!((auth.created().len(), auth.removed().len()), (1, 2));
}
