//! The ledger in memory keeps the contract.

#![cfg(feature = "fake")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use grove_credits_api::{
    HoldState, NewHold, Party, SystemAccount, capture,
    contract::{Cast, suite},
    fake::{Failure, FakeCredits, Operation},
    hold, release,
};
use grove_shared::Client;
use grove_testing::{Person, TestApp};
use http::StatusCode;

fn fake() -> (FakeCredits, TestApp) {
    let fake = FakeCredits::default();
    let app = TestApp::new("credits", |_| fake.router());
    (fake, app)
}

fn soda() -> NewHold {
    let (netid, description) = ("ada2".parse().unwrap(), "Can of soda".to_owned());
    NewHold { netid, amount: 100, description, expires_in: None }
}

#[tokio::test]
async fn it_keeps_the_contract() {
    let (fake, app) = fake();
    fake.give("ada2", 500);
    fake.give("bob3", 500);
    let service = |name: &str| -> Person { app.service(name) };
    suite(&Cast {
        gigs: service("gigs"),
        merch: service("merch"),
        users: service("users"),
        members: ["ada2".parse().unwrap(), "bob3".parse().unwrap()],
        nobody: "eve4".parse().unwrap(),
    })
    .await;
}

#[tokio::test]
async fn it_fails_on_demand() {
    let (fake, app) = fake();
    fake.give("ada2", 500);
    let merch = app.service("merch");
    fake.fail(Operation::Hold, Failure::Refused(StatusCode::SERVICE_UNAVAILABLE), 1);
    fake.fail(Operation::Hold, Failure::AnswerLost(StatusCode::BAD_GATEWAY), u32::MAX);
    merch.call(hold(&soda()).once("one")).await.unwrap_err();
    assert!(fake.holds().is_empty());
    merch.call(hold(&soda()).once("one")).await.unwrap_err();
    assert_eq!(fake.hold("one").unwrap().state, HoldState::Held);
    fake.mend();
    merch.call(hold(&soda()).once("one")).await.unwrap();
    assert_eq!((fake.holds().len(), fake.failed(), fake.received().len()), (1, 2, 3));
}

#[tokio::test]
async fn what_has_expired_is_given_back_and_not_captured() {
    let (fake, app) = fake();
    fake.give("ada2", 500);
    let merch = app.service("merch");
    let made = merch.call(hold(&soda()).once("one")).await.unwrap();
    fake.expire(made.id);
    let sales = Party::System(SystemAccount::MerchSales);
    let refused = merch.call(capture(made.id, sales)).await.unwrap_err();
    assert!(refused.is_final() && refused.status() == Some(StatusCode::GONE), "{refused}");
    assert_eq!(merch.call(release(made.id)).await.unwrap().state, HoldState::Expired);
    assert_eq!(fake.balance("ada2"), 500);
}
