//! No page breaks a rule of axe-core; `make pictures` takes a look at them too.

use fantoccini::error::CmdError;
use serde_json::Value;

use super::{
    Driver, Visitor, axe, picture_folder,
    visitor::{Browser, USUAL},
};
use crate::world::World;

const PUBLIC: &[&str] = &[
    "/",
    "/about",
    "/about/history",
    "/sigs",
    "/join",
    "/login",
    "/account/forgot",
    "/account/password?token=expired",
    "/unsubscribe/expired",
    "/credits/purchaseMembership",
    "/intranet/merch/items",
    "/nowhere",
];
const MEMBERS: &[&str] = &[
    "/intranet",
    "/intranet/quotes",
    "/intranet/groups",
    "/intranet/groups/sigs/SIGGraph",
    "/account",
    "/account/notifications",
    "/intranet/changes",
    "/credits",
    "/credits/transfer",
    "/credits/addFunds",
    "/credits/purchaseMembership",
    "/intranet/gigs?filter=active",
    "/intranet/gigs/new",
    "/intranet/gigs/1",
    "/intranet/merch/items",
    "/intranet/merch/buy?item-1=1",
    "/intranet/merch/purchases",
    "/intranet/merch/pin",
];
const OFFICERS: &[&str] = &[
    "/intranet",
    "/intranet/quotes",
    "/intranet/users",
    "/intranet/users/removed",
    "/intranet/changes",
    "/intranet/groups",
    "/intranet/groups/new",
    "/intranet/groups/sigs/SIGGraph",
    "/intranet/groups/committees/Top4",
    "/intranet/notifications",
    "/intranet/notifications/1",
    "/intranet/notifications/new",
    "/intranet/outbox",
    "/intranet/outbox/users",
    "/status",
    "/intranet/directory",
    "/credits/admin",
    "/credits/admin/vnakat2",
    "/credits/audit",
    "/intranet/gigs/new",
    "/intranet/gigs/1",
    "/intranet/merch/items",
    "/intranet/merch/items/E9/new",
    "/intranet/merch/items/1/A1/edit",
    "/intranet/merch/stock",
    "/intranet/merch/sales",
    "/intranet/merch/unresolved",
];

#[tokio::test]
async fn no_page_breaks_a_rule_in_light_or_dark_on_a_desktop_or_a_phone() {
    let world = World::start_demo().await;
    let (driver, site, axe) = (Driver::start().await, world.url("frontend"), axe());
    let mut broken = Vec::new();
    for browser in [USUAL, Browser { dark: true, width: 390, ..USUAL }] {
        for (netid, pages) in
            [(None, PUBLIC), (Some("vnakat2"), MEMBERS), (Some("adhawa2"), OFFICERS)]
        {
            let visitor = Visitor::new(&driver, &site, browser).await;
            if let Some(netid) = netid {
                visitor.sign_in(netid, grove::demo::PASSWORD).await;
            }
            for page in pages {
                visitor.open(page).await;
                let found = violations(&visitor, &axe).await.unwrap();
                broken.extend(found.iter().map(|rule| format!("{page} ({browser:?}): {rule}")));
                take_picture(&visitor, browser, netid, page).await;
            }
            visitor.close().await;
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    world.end().await;
}

async fn violations(visitor: &Visitor, axe: &str) -> Result<Vec<String>, CmdError> {
    visitor.client.execute(axe, Vec::new()).await?;
    let run = "const done = arguments[0];
        axe.run().then(r => done(r.violations.map(v => v.id + ': ' + v.help + ' ' +
            v.nodes.map(n => n.target.join(' ')).join(', '))))";
    let found = visitor.client.execute_async(run, Vec::new()).await?;
    let found = found.as_array().cloned().unwrap_or_default();
    Ok(found.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// Keeps a picture of the whole page, if pictures are wanted.
async fn take_picture(visitor: &Visitor, browser: Browser, netid: Option<&str>, page: &str) {
    let Some(folder) = picture_folder() else { return };
    std::fs::create_dir_all(&folder).unwrap();
    let height = "return Math.max(600, document.documentElement.scrollHeight)";
    if browser.width > 500 {
        visitor.client.set_window_size(browser.width, 600).await.unwrap();
        let height = visitor.client.execute(height, Vec::new()).await.unwrap();
        let height = u32::try_from(height.as_u64().unwrap().min(2500)).unwrap();
        visitor.client.set_window_size(browser.width, height).await.unwrap();
    }
    let page = page.split('?').next().unwrap().trim_matches('/').replace('/', "-");
    let scheme = if browser.dark { "dark" } else { "light" };
    let name = format!("{}-{page}-{}-{scheme}.png", netid.unwrap_or("anyone"), browser.width);
    std::fs::write(folder.join(name), visitor.client.screenshot().await.unwrap()).unwrap();
}
