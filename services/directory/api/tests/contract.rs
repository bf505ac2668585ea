//! The fake keeps the contract.

#![cfg(feature = "fake")]

use grove_client::Peers;
use grove_directory_api::{SERVICE, add, contract, fake::FakeDirectory};
use grove_identity::SigningKey;
use grove_shared::Client;

#[tokio::test]
async fn the_fake_keeps_the_contract() {
    let directory = FakeDirectory::start().await;
    let key = SigningKey::new("users", &SigningKey::generate_secret()).unwrap();
    let urls = format!("directory={}", directory.url()).parse().unwrap();
    let users = Peers::new(key, urls, &[SERVICE]).unwrap();
    let (ada, nobody) = ("ada".parse().unwrap(), "nobody1".parse().unwrap());
    directory.without_entry(&nobody);
    contract::suite(&users, &ada, &nobody).await;

    directory.fail_next(1);
    assert!(!users.call(add(&ada)).await.unwrap_err().is_final());
    users.call(add(&ada)).await.unwrap();
    assert_eq!((directory.listed(), directory.requests().len()), (vec![ada], 7));
}
