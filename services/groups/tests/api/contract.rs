//! What the fake of this service promises holds for the service itself.

use grove_groups::Kind;
use grove_groups_api::contract;

use crate::{Setting, plain};

#[tokio::test]
async fn the_service_keeps_the_contract() {
    let setting = Setting::new().await;
    setting.put(Kind::Committees, "admin", plain("jsmith2")).await;
    setting.put(Kind::Committees, "top4", plain("jsmith2")).await;
    let (officer, now) = ("jsmith2".parse().unwrap(), setting.clock.now());
    contract::suite(|name| setting.app.service(name), &officer, now).await;
}
