//! From joining to voting, by mouse.

use grove_shared::Role;

use super::{
    Driver, Visitor,
    visitor::{Browser, USUAL},
};
use crate::world::{PASSWORD, World, token_of};

#[tokio::test]
async fn someone_joins_and_ends_up_voting() {
    join_to_vote(USUAL).await;
}

#[tokio::test]
async fn someone_without_javascript_joins_and_ends_up_voting() {
    join_to_vote(Browser { javascript: false, ..USUAL }).await;
}

async fn join_to_vote(browser: Browser) {
    let world = World::start().await;
    world.add_account("officer1", &[Role::Top4]).await;
    world.add_account("voter1", &[]).await;
    let (driver, site) = (Driver::start().await, world.url("frontend"));

    let applicant = Visitor::new(&driver, &site, browser).await;
    applicant.open("/join").await;
    for (field, text) in
        [("first_name", "Nova"), ("last_name", "Reed"), ("netid", "nreed2"), ("uin", "612345678")]
    {
        applicant.fill(&format!("#{field}"), text).await;
    }
    applicant.click("main form button").await;
    applicant.see("mail").await;

    let mail = world.mail("nreed2", "token=").await;
    applicant.open(&format!("/account/password?token={}", token_of(&mail))).await;
    applicant.fill("#password", PASSWORD).await;
    applicant.fill("#repeated", PASSWORD).await;
    applicant.click("main form button").await;
    applicant.see("you are signed in").await;
    applicant.see("the dues").await;

    let officer = Visitor::new(&driver, &site, browser).await;
    officer.sign_in("officer1", PASSWORD).await;
    officer.open("/intranet/users").await;
    officer.click("form[action='/intranet/users/nreed2/paid'] button").await;
    officer.see("nreed2").await;
    applicant.open("/account").await;
    applicant.see("member").await;

    applicant.open("/intranet/quotes").await;
    applicant.click("#add summary").await;
    applicant.fill("form[action='/intranet/quotes/new'] [name=text]", "It was like this.").await;
    applicant.fill("form[action='/intranet/quotes/new'] [name=source]", "voter1").await;
    applicant.click("form[action='/intranet/quotes/new'] button").await;
    applicant.see("waiting for approval").await;

    let voter = Visitor::new(&driver, &site, browser).await;
    voter.sign_in("voter1", PASSWORD).await;
    voter.open("/intranet/quotes").await;
    assert!(!voter.text().await.contains("It was like this."));
    officer.open("/intranet/quotes").await;
    officer.click("form[action$='/approve'] button").await;
    officer.find("form[action$='/vote'] button").await;

    voter.open("/intranet/quotes").await;
    voter.see("It was like this.").await;
    voter.click("form[action$='/vote'] button").await;
    voter.find("form[action$='/unvote'] button").await;
    applicant.open("/intranet/quotes").await;
    applicant.see("1 vote").await;

    for visitor in [applicant, officer, voter] {
        visitor.close().await;
    }
    world.end().await;
}
