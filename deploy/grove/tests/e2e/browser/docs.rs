//! The description of the API as a page, in a browser without the internet.

use serde_json::Value;

use super::{
    Driver,
    visitor::{USUAL, Visitor},
};
use crate::world::World;

#[tokio::test]
async fn the_page_of_the_api_shows_every_service_without_anything_from_elsewhere() {
    let world = World::start().await;
    let driver = Driver::start().await;
    let gateway = world.url("gateway");
    let visitor = Visitor::new(&driver, &gateway, USUAL).await;
    visitor.open("/docs").await;
    for service in grove_catalog::present() {
        visitor.find(&format!("h3.opblock-tag[data-tag={}]", service.name)).await;
    }
    visitor.find("h3.opblock-tag[data-tag=quotes]").await.click().await.unwrap();
    let approve = "#operations-quotes-quotes_approve";
    let summary = visitor.find(&format!("{approve} .opblock-summary-description")).await;
    assert_eq!(summary.text().await.unwrap(), "Approves a quote");

    let fetched = "return performance.getEntriesByType('resource').map(entry => entry.name)";
    let fetched = visitor.client.execute(fetched, Vec::new()).await.unwrap();
    let fetched: Vec<&str> = fetched.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(fetched.len() > 4, "{fetched:?}");
    for url in fetched {
        assert!(url.starts_with(&gateway) || url.starts_with("data:"), "{url}");
    }
    visitor.close().await;
    world.end().await;
}
