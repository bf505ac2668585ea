//! Who decides who is an officer.

use grove_groups::Kind;
use grove_shared::{Role, Standing};
use http::StatusCode;
use serde_json::json;

use crate::{Setting, lead, plain};

#[tokio::test]
async fn only_admin_and_top4_touch_the_officer_committees() {
    let setting = Setting::new().await;
    setting.put(Kind::Committees, "corporate", lead("corp1", "")).await;
    let place = setting.put(Kind::Committees, "top4", plain("top1")).await;
    let corporate = setting.app.person("corp1", &[Role::Corporate]);
    for committee in ["admin", "Top4", "CORPORATE"] {
        let path = format!("/groups/committees/{committee}/roles");
        let reply = corporate.post(&path, &json!({ "netid": "friend1" })).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
        let error = "Only members of the committees admin and top4 decide who is in this committee";
        assert_eq!(reply.error(), error);
    }
    let path = format!("/groups/committees/top4/roles/{}", place.id);
    assert_eq!(corporate.delete(&path).await.status, StatusCode::FORBIDDEN);
    // A lead without a role, as it is for the seconds after the last change, has no more power.
    let lead = setting.app.member("corp1");
    let friend = json!({ "netid": "friend1" });
    assert_eq!(lead.post("/groups/committees/corporate/roles", &friend).await.status, 403);

    for (role, committee) in
        [(Role::Top4, "admin"), (Role::Top4, "corporate"), (Role::Admin, "top4")]
    {
        let officer = setting.app.person("chief1", &[role]);
        let path = format!("/groups/committees/{committee}/roles");
        assert_eq!(officer.post(&path, &friend).await.status, StatusCode::CREATED);
    }
    assert_eq!(setting.officer_roles("friend1").await, Role::ALL);
    setting.officer().delete(&path).await;
    assert!(setting.officer_roles("top1").await.is_empty());
}

#[tokio::test]
async fn admin_and_top4_manage_the_other_groups_and_corporate_those_that_it_leads() {
    let setting = Setting::new().await;
    let corporate = setting.app.person("corp1", &[Role::Corporate]);
    let events = json!({ "name": "Events" });
    assert_eq!(corporate.post("/groups/committees", &events).await.status, 403);
    let chair = setting.app.person("chair1", &[Role::Top4]);
    assert_eq!(chair.post("/groups/committees", &events).await.status, 201);
    let new = json!({ "netid": "jsmith2", "lead": true });
    assert_eq!(corporate.post("/groups/committees/events/roles", &new).await.status, 403);
    assert_eq!(corporate.put("/groups/committees/events", &json!({})).await.status, 403);
    setting.put(Kind::Committees, "events", lead("corp1", "")).await;
    assert_eq!(corporate.put("/groups/committees/events", &json!({})).await.status, 200);
    assert_eq!(chair.post("/groups/committees/events/roles", &new).await.status, 201);
    assert!(setting.officer_roles("jsmith2").await.is_empty());
    assert_eq!(corporate.delete("/groups/committees/events").await.status, 403);
    assert_eq!(chair.delete("/groups/committees/events").await.status, 200);
}

#[tokio::test]
async fn who_is_no_member_leads_nothing() {
    let setting = Setting::new().await;
    setting.sig("SIGMusic").await;
    setting.put(Kind::Sigs, "SIGMusic", lead("jsmith2", "")).await;
    let path = "/groups/sigs/SIGMusic";
    for (standing, status) in
        [(Standing::Applicant, 403), (Standing::Expired, 403), (Standing::Member, 200)]
    {
        let person = setting.app.standing("jsmith2", &[], standing);
        assert_eq!(person.put(path, &json!({})).await.status.as_u16(), status);
    }
}

#[tokio::test]
async fn the_last_admin_stays() {
    let setting = Setting::new().await;
    let first = setting.put(Kind::Committees, "admin", plain("first1")).await;
    let officer = setting.officer();
    let path = format!("/groups/committees/admin/roles/{}", first.id);
    let reply = officer.delete(&path).await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    assert_eq!(reply.error(), "The last member of Admin cannot leave it: add another one first");

    setting.put(Kind::Committees, "admin", plain("second1")).await;
    assert_eq!(officer.delete(&path).await.status, StatusCode::OK);
    assert_eq!(officer.delete(&path).await.error(), "This role has ended already");
    let top4 = setting.put(Kind::Committees, "top4", plain("top1")).await;
    let path = format!("/groups/committees/top4/roles/{}", top4.id);
    assert_eq!(officer.delete(&path).await.status, StatusCode::OK);
}

#[tokio::test]
async fn parallel_removals_of_all_admins_leave_one() {
    let setting = Setting::new().await;
    let mut places = Vec::new();
    for netid in ["first1", "second1", "third1"] {
        places.push(setting.put(Kind::Committees, "admin", plain(netid)).await.id);
    }
    let tries: Vec<_> = places
        .into_iter()
        .map(|id| {
            let officer = setting.officer();
            tokio::spawn(async move {
                officer.delete(&format!("/groups/committees/admin/roles/{id}")).await.status
            })
        })
        .collect();
    let mut removed = 0;
    for status in tries {
        let status = status.await.unwrap();
        assert!([StatusCode::OK, StatusCode::CONFLICT].contains(&status), "{status}");
        removed += usize::from(status == StatusCode::OK);
    }
    assert_eq!(removed, 2);
}
