//! Who may have a place: people whom users knows, under the name that it knows.

use chrono::TimeDelta;
use grove_groups::Kind;
use grove_groups_api::{Departure, Group, GroupRole, end_roles_of};
use grove_shared::{Client, Standing};
use http::StatusCode;
use serde_json::json;

use crate::{Setting, lead, netids, plain, roles};

#[tokio::test]
async fn a_group_takes_people_who_exist_under_their_own_name() {
    let setting = Setting::new().await;
    setting.sig("SIGMusic").await;
    let (officer, places) = (setting.officer(), "/groups/sigs/SIGMusic/roles");
    let nobody = officer.post(places, &json!({ "netid": "nobody99" })).await;
    assert_eq!(
        (nobody.status.as_u16(), nobody.error().as_str()),
        (400, "Nobody has joined the chapter as nobody99")
    );
    let new = json!({ "netid": "mdoe3", "name": "Not His Name", "lead": true });
    let place = officer.post(places, &new).await.json::<GroupRole>();
    assert_eq!(place.name, "Max Doe");
    let group = setting.app.client().get("/groups/sigs/SIGMusic").await.json::<Group>();
    assert_eq!(group.chairs, "Max Doe");

    setting.users.fail_next(1);
    let reply = officer.post(places, &json!({ "netid": "jsmith2" })).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(netids(&roles(&officer, "sigs/SIGMusic").await), ["mdoe3"]);
}

#[tokio::test]
async fn only_members_become_officers() {
    let setting = Setting::new().await;
    let officer = setting.officer();
    for standing in [Standing::Applicant, Standing::Expired] {
        setting.users.person(&"fresh1".parse().unwrap(), "Fred", "Fresh", standing);
        let new = json!({ "netid": "fresh1" });
        let reply = officer.post("/groups/committees/corporate/roles", &new).await;
        assert_eq!(reply.status, StatusCode::CONFLICT, "{}", reply.error());
        setting.sig(&format!("SIG{standing:?}")).await;
        let path = format!("/groups/sigs/SIG{standing:?}/roles");
        assert_eq!(officer.post(&path, &new).await.status, StatusCode::CREATED);
    }
    assert!(setting.officer_roles("fresh1").await.is_empty());
}

#[tokio::test]
async fn who_left_the_chapter_has_no_place_but_those_taken_later() {
    let setting = Setting::new().await;
    for name in ["SIGMusic", "SIGPwny"] {
        setting.sig(name).await;
    }
    setting.put(Kind::Committees, "admin", plain("jsmith2")).await;
    setting.put(Kind::Sigs, "SIGMusic", lead("jsmith2", "")).await;
    setting.put(Kind::Sigs, "SIGMusic", plain("mdoe3")).await;
    let left_at = setting.clock.now();
    setting.clock.advance(TimeDelta::hours(1));
    // The news is late: they have joined again.
    setting.put(Kind::Sigs, "SIGPwny", plain("jsmith2")).await;
    let departure = Departure { netid: "jsmith2".parse().unwrap(), left_at };
    let users = setting.app.service("users");
    for _ in 0..2 {
        users.call(end_roles_of(&departure)).await.unwrap();
    }
    assert!(setting.officer_roles("jsmith2").await.is_empty());
    let music = roles(&setting.officer(), "sigs/SIGMusic").await.roles;
    assert_eq!((music[0].netid.as_str(), music[0].ended_at), ("mdoe3", None));
    assert_eq!((music[1].netid.as_str(), music[1].ended_at), ("jsmith2", Some(left_at)));
    let pwny = roles(&setting.officer(), "sigs/SIGPwny").await.roles;
    assert_eq!(pwny[0].ended_at, None);

    for other in [setting.officer(), setting.app.service("gateway"), setting.app.client()] {
        let reply = other.post("/internal/roles/end", &departure).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
    }
}
