//! The old question `?isMember=`, and what lists of people tell to whom.

use grove_groups::Kind;
use grove_groups_api::NewGroupRole;
use http::StatusCode;
use serde_json::{Value, json};

use crate::{Setting, lead, netids, plain, roles};

#[tokio::test]
async fn the_old_membership_question_is_always_answered() {
    let setting = Setting::new().await;
    setting.put(Kind::Committees, "Top4", plain("jsmith2")).await;
    let yes = json!({ "netid": "jsmith2", "isValid": true });
    let no = json!({ "isValid": false });
    for (path, expected) in [
        ("committees/Top4?isMember=jsmith2", &yes),
        ("committees/top4?isMember=jsmith2", &yes),
        ("committees/TOP4?isMember=jsmith2", &yes),
        ("committees/Top4?isMember=JSmith2", &no),
        ("committees/Top4?isMember=mdoe3", &no),
        ("committees/Top4?isMember=", &no),
        ("committees/Top4?isMember", &no),
        ("committees/Top4?isMember=jsmith2%20", &no),
        ("committees/Top4?isMember=%27%20OR%201=1", &no),
        ("committees/admin?isMember=jsmith2", &no),
        ("committees/nothing?isMember=jsmith2", &no),
        ("nothing/Top4?isMember=jsmith2", &no),
        ("sigs/Top4?isMember=jsmith2", &no),
    ] {
        let reply = setting.app.client().get(&format!("/groups/{path}")).await;
        assert_eq!((reply.status, &reply.json::<Value>()), (StatusCode::OK, expected), "{path}");
    }
}

#[tokio::test]
async fn members_see_leads_and_offices_and_only_those_in_charge_see_everyone() {
    let setting = Setting::new().await;
    setting.sig("SIGMusic").await;
    let office = NewGroupRole { title: "Secretary".to_owned(), ..plain("office1") };
    setting.put(Kind::Sigs, "SIGMusic", plain("hidden1")).await;
    setting.put(Kind::Sigs, "SIGMusic", office).await;
    setting.put(Kind::Sigs, "SIGMusic", lead("lead1", "")).await;
    let past = setting.put(Kind::Sigs, "SIGMusic", lead("past1", "")).await;
    let path = format!("/groups/sigs/SIGMusic/roles/{}", past.id);
    setting.officer().delete(&path).await;

    for (person, expected, manageable) in [
        (setting.app.member("other1"), vec!["office1", "lead1"], false),
        (setting.app.member("hidden1"), vec!["office1", "lead1"], false),
        (setting.app.member("past1"), vec!["office1", "lead1"], false),
        (setting.app.member("lead1"), vec!["lead1", "office1", "hidden1", "past1"], true),
        (setting.officer(), vec!["lead1", "office1", "hidden1", "past1"], true),
    ] {
        let seen = roles(&person, "sigs/SIGMusic").await;
        assert_eq!((netids(&seen), seen.manageable), (expected, manageable));
    }
    let public = setting.app.client().get("/groups/sigs").await.body;
    assert!(!String::from_utf8(public).unwrap().contains("hidden1"));
}
