//! Everything is reached and done by the keyboard.

use fantoccini::key::Key;

use super::{Driver, Visitor, visitor::USUAL};
use crate::world::{PASSWORD, World};

#[tokio::test]
async fn someone_signs_in_posts_a_quote_and_logs_out_by_keyboard() {
    let world = World::start().await;
    world.add_account("member1", &[]).await;
    let (driver, site) = (Driver::start().await, world.url("frontend"));
    let member = Visitor::new(&driver, &site, USUAL).await;
    let enter = char::from(Key::Enter).to_string();

    member.open("/").await;
    member.tab_to("a[href='/login']").await;
    member.keys(&enter).await;
    member.find("#netid:focus").await;
    member.keys("member1").await;
    member.tab_to("#password").await;
    member.keys(PASSWORD).await;
    member.keys(&enter).await;
    member.find("a[href='/account']").await;

    member.tab_to("a[href='/intranet/quotes']").await;
    member.keys(&enter).await;
    member.tab_to("#add summary").await;
    member.keys(&enter).await;
    member.tab_to("form[action='/intranet/quotes/new'] [name=text]").await;
    member.keys("No mouse was harmed.").await;
    member.tab_to("form[action='/intranet/quotes/new'] [name=source]").await;
    member.keys("member1").await;
    member.tab_to("form[action='/intranet/quotes/new'] button").await;
    member.keys(&enter).await;
    member.see("waiting for approval").await;

    member.tab_to("form[action='/logout'] button").await;
    member.keys(&enter).await;
    member.find("a[href='/login']").await;
    member.close().await;
    world.end().await;
}

#[tokio::test]
async fn the_terminal_answers_and_takes_no_keys_before_it_is_used() {
    let world = World::start().await;
    let (driver, site) = (Driver::start().await, world.url("frontend"));
    let visitor = Visitor::new(&driver, &site, USUAL).await;
    visitor.open("/").await;
    visitor.tab_to("a[href='/about']").await;
    visitor.tab_to("#acmsh-input").await;
    visitor.keys("cowsay moo").await;
    visitor.keys(&char::from(Key::Enter).to_string()).await;
    visitor.see("moo").await;
    visitor.close().await;
    world.end().await;
}
