//! Holds that nobody settles.

use chrono::TimeDelta;
use grove_credits_api::{
    HoldState, NewHold, Party, SystemAccount, capture, find_hold, hold, open_holds, release,
    release_hold,
};
use grove_shared::{Client, Role, page::PageRequest};

use super::*;

const SALES: Party = Party::System(SystemAccount::MerchSales);

fn soda(expires_in: Option<u32>) -> NewHold {
    let (netid, description) = (netid("marga2"), "Can of soda".to_owned());
    NewHold { netid, amount: 300, description, expires_in }
}

#[tokio::test]
async fn what_is_held_for_too_long_is_given_back_and_cannot_be_captured() {
    let world = World::start().await;
    let merch = world.app.service("merch");
    let made = merch.call(hold(&soda(Some(60))).once("one")).await.unwrap();
    let usual = merch.call(hold(&NewHold { amount: 10, ..soda(None) }).once("two")).await.unwrap();
    world.clock.advance(TimeDelta::seconds(59));
    world.state.expire_holds().await.unwrap();
    assert_eq!(world.balance("marga2").await.held, 310);
    world.clock.advance(TimeDelta::seconds(1));
    // Also before the upkeep has come to it.
    let refused = merch.call(capture(made.id, SALES)).await.unwrap_err();
    assert_eq!((refused.status(), refused.is_final()), (Some(StatusCode::GONE), true));
    world.state.expire_holds().await.unwrap();
    assert_eq!(world.balance("marga2").await.held, 10);
    assert_eq!(merch.call(find_hold(made.id)).await.unwrap().state, HoldState::Expired);
    let refused = merch.call(capture(made.id, SALES)).await.unwrap_err();
    assert!(refused.to_string().ends_with("The hold has expired"), "{refused}");
    assert_eq!(merch.call(release(made.id)).await.unwrap().state, HoldState::Expired);
    world.clock.advance(TimeDelta::days(7));
    world.state.expire_holds().await.unwrap();
    assert_eq!(merch.call(find_hold(usual.id)).await.unwrap().state, HoldState::Expired);
    assert_eq!(world.balance("marga2").await.available, INITIAL);
    assert_eq!(world.problems().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_admin_sees_what_is_held_and_releases_it() {
    let world = World::start().await;
    let (merch, admin) = (world.app.service("merch"), world.app.officer("officer1"));
    let made = merch.call(hold(&soda(None)).once("one")).await.unwrap();
    let small = NewHold { amount: 5, ..soda(None) };
    merch.call(hold(&small).once("two")).await.unwrap();
    let first = PageRequest { after: None, limit: Some(grove_shared::page::Limit::new(1)) };
    let page = admin.call(open_holds(first)).await.unwrap();
    assert_eq!((&page.items[0].hold, &*page.items[0].service), (&made, "merch"));
    assert_eq!((page.items.len(), page.next), (1, Some(made.id)));

    for _ in 0..2 {
        admin.call(release_hold(made.id)).await.unwrap();
    }
    let refused = merch.call(capture(made.id, SALES)).await.unwrap_err();
    assert_eq!(refused.status(), Some(StatusCode::CONFLICT));
    assert_eq!(world.balance("marga2").await.held, 5);
    let rest = admin.call(open_holds(PageRequest::default())).await.unwrap();
    assert_eq!((rest.items.len(), rest.next), (1, None));
    assert!(admin.call(release_hold(4711)).await.unwrap_err().is_not_found());
    for other in [world.app.member("marga2"), world.app.person("top5", &[Role::Top4])] {
        let refused = other.call(open_holds(PageRequest::default())).await.unwrap_err();
        assert_eq!(refused.status(), Some(StatusCode::FORBIDDEN));
        let refused = other.call(release_hold(made.id)).await.unwrap_err();
        assert_eq!(refused.status(), Some(StatusCode::FORBIDDEN));
    }
    assert_eq!(world.problems().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_state_that_nobody_knows_is_an_error() {
    let world = World::start().await;
    let merch = world.app.service("merch");
    let made = merch.call(hold(&soda(None)).once("one")).await.unwrap();
    for statement in [
        "ALTER TABLE holds DROP CONSTRAINT holds_captured",
        "ALTER TABLE holds MODIFY state VARCHAR(10) NOT NULL",
        "UPDATE holds SET state = 'lost'",
    ] {
        sqlx::query(statement).execute(&world.db.pool()).await.unwrap();
    }
    merch.call(capture(made.id, SALES)).await.unwrap_err();
    merch.call(find_hold(made.id)).await.unwrap_err();
    assert_eq!(world.balance("marga2").await.balance, INITIAL);
}
