//! Places in groups: given, ended, kept in the history, and what power they give.

use chrono::TimeDelta;
use grove_groups::Kind;
use grove_groups_api::{Group, GroupRole};
use grove_shared::Role;
use http::StatusCode;
use serde_json::json;

use crate::{Setting, at, lead, netids, plain, roles};

#[tokio::test]
async fn a_lead_gains_and_loses_power_with_the_very_next_request() {
    let setting = Setting::new().await;
    setting.sig("SIGMusic").await;
    let (officer, member) = (setting.officer(), setting.app.member("jsmith2"));
    let (group, places) = ("/groups/sigs/SIGMusic", "/groups/sigs/SIGMusic/roles");
    let change = json!({ "meetingDay": "Sunday" });
    let refused = member.put(group, &change).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.error(), "Only officers and the leads of this group may do this");

    let reply = officer.post(places, &json!({ "netid": "jsmith2", "lead": true })).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    let place = reply.json::<GroupRole>();
    assert_eq!(member.put(group, &change).await.json::<Group>().meeting_day, "Sunday");
    let friend = member.post(places, &json!({ "netid": "mdoe3", "title": "DJ" })).await;
    assert_eq!(friend.json::<GroupRole>().granted_by, "jsmith2");
    assert!(roles(&member, "sigs/SIGMusic").await.manageable);

    officer.delete(&format!("{places}/{}", place.id)).await;
    assert_eq!(member.put(group, &change).await.status, StatusCode::FORBIDDEN);
    let friend = member.post(places, &json!({ "netid": "other1" })).await;
    assert_eq!(friend.status, StatusCode::FORBIDDEN);
    assert!(!roles(&member, "sigs/SIGMusic").await.manageable);
}

#[tokio::test]
async fn a_lead_has_power_over_the_own_group_alone() {
    let setting = Setting::new().await;
    setting.sig("SIGMusic").await;
    setting.sig("SIGChess").await;
    setting.put(Kind::Sigs, "SIGMusic", lead("jsmith2", "")).await;
    let place = setting.put(Kind::Sigs, "SIGChess", plain("mdoe3")).await;

    let member = setting.app.member("jsmith2");
    let other = json!({ "netid": "other1" });
    assert_eq!(member.post("/groups/sigs/SIGChess/roles", &other).await.status, 403);
    assert_eq!(
        member.delete(&format!("/groups/sigs/SIGChess/roles/{}", place.id)).await.status,
        403
    );
    // The place of another group is not reached through the own one.
    let path = format!("/groups/sigs/SIGMusic/roles/{}", place.id);
    assert_eq!(member.delete(&path).await.error(), "Role does not exist in this group");
    assert_eq!(member.delete("/groups/sigs/SIGMusic").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_past_place_stays_in_the_history_with_its_dates() {
    let setting = Setting::new().await;
    setting.sig("SIGMusic").await;
    let (officer, places) = (setting.officer(), "/groups/sigs/SIGMusic/roles");
    let new = json!({ "netid": "jsmith2", "name": "Jo Smith", "lead": true, "title": "DJ" });
    let place = officer.post(places, &new).await.json::<GroupRole>();
    let begun = at("2026-09-01T18:00:00Z");
    assert_eq!((place.started_at, place.ended_at), (begun, None));
    assert_eq!((place.name.as_str(), place.title.as_str()), ("Jo Smith", "DJ"));
    assert_eq!((place.lead, place.granted_by.as_str()), (true, "admin2"));

    setting.clock.advance(TimeDelta::days(30));
    let path = format!("{places}/{}", place.id);
    let ended = officer.delete(&path).await.json::<GroupRole>();
    assert_eq!(ended, GroupRole { ended_at: Some(begun + TimeDelta::days(30)), ..place });
    let again = officer.delete(&path).await;
    assert_eq!(
        (again.status, again.error().as_str()),
        (StatusCode::CONFLICT, "This role has ended already")
    );

    setting.clock.advance(TimeDelta::days(30));
    officer.post(places, &json!({ "netid": "mdoe3" })).await;
    officer.post(places, &json!({ "netid": "jsmith2" })).await;
    let seen = roles(&officer, "sigs/SIGMusic").await;
    assert_eq!(netids(&seen), ["mdoe3", "jsmith2", "jsmith2"]);
    assert_eq!((seen.roles[1].lead, seen.roles[1].ended_at), (false, None));
    assert_eq!(seen.roles[2], ended);
    let group = officer.get("/groups/sigs/SIGMusic").await.json::<Group>();
    assert_eq!((group.member_count, group.chairs.as_str()), (2, ""));
}

#[tokio::test]
async fn parallel_grants_to_a_person_make_one_place() {
    let setting = Setting::new().await;
    setting.sig("SIGMusic").await;
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let officer = setting.officer();
            tokio::spawn(async move {
                let new = json!({ "netid": "jsmith2", "lead": true });
                officer.post("/groups/sigs/SIGMusic/roles", &new).await
            })
        })
        .collect();
    let mut granted = 0;
    for reply in tries {
        let reply = reply.await.unwrap();
        granted += usize::from(reply.status == StatusCode::CREATED);
        if reply.status != StatusCode::CREATED {
            assert_eq!(reply.status, StatusCode::CONFLICT);
            let error = "jsmith2 is in this group already: end that role first to give another";
            assert_eq!(reply.error(), error);
        }
    }
    assert_eq!(granted, 1);
    assert_eq!(roles(&setting.officer(), "sigs/SIGMusic").await.roles.len(), 1);
}

#[tokio::test]
async fn the_database_itself_refuses_a_second_current_place() {
    let setting = Setting::new().await;
    let insert = "INSERT INTO group_roles (group_id, netid, started_at, started_by, ended_at)
                  VALUES (1, 'jsmith2', NOW(6), 'test', IF(?, NOW(6), NULL))";
    let insert = |ended: bool| {
        let db = setting.db.pool();
        async move { sqlx::query(insert).bind(ended).execute(&db).await.is_ok() }
    };
    assert!(insert(true).await && insert(true).await && insert(false).await);
    assert!(!insert(false).await);
    assert!(insert(true).await);
}

#[tokio::test]
async fn only_the_gateway_asks_for_officer_roles() {
    let setting = Setting::new().await;
    for committee in ["corporate", "Admin"] {
        setting.put(Kind::Committees, committee, plain("jsmith2")).await;
    }
    setting.sig("Top4").await;
    setting.put(Kind::Sigs, "Top4", lead("jsmith2", "")).await;
    assert_eq!(setting.officer_roles("jsmith2").await, [Role::Admin, Role::Corporate]);
    assert!(setting.officer_roles("mdoe3").await.is_empty());

    let question = json!({ "netid": "jsmith2" });
    for person in [setting.app.service("users"), setting.officer(), setting.app.client()] {
        let reply = person.post("/internal/roles", &question).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
    }
    let stranger = setting.app.stranger();
    assert_eq!(stranger.post("/internal/roles", &question).await.status, 401);
}

#[tokio::test]
async fn notifications_learns_who_is_in_a_group_now_and_nobody_else_does() {
    let setting = Setting::new().await;
    setting.sig("SIGMusic").await;
    setting.put(Kind::Sigs, "SIGMusic", plain("zoe1")).await;
    setting.put(Kind::Sigs, "SIGMusic", lead("mdoe3", "")).await;
    let former = setting.put(Kind::Sigs, "SIGMusic", plain("former9")).await;
    let place = format!("/groups/sigs/SIGMusic/roles/{}", former.id);
    assert_eq!(setting.officer().delete(&place).await.status, 200);

    let (path, notifications) =
        ("/internal/groups/sigs/SIGMusic/members", setting.app.service("notifications"));
    let members: Vec<String> = notifications.get(path).await.json();
    assert_eq!(members, ["mdoe3", "zoe1"]);
    for group in ["sigs/SIGNowhere", "committees/SIGMusic", "clubs/SIGMusic"] {
        let path = format!("/internal/groups/{group}/members");
        assert_eq!(notifications.get(&path).await.status, 404, "{group}");
    }
    for person in [setting.app.service("users"), setting.officer(), setting.app.member("zoe1")] {
        assert_eq!(person.get(path).await.status, 403);
    }
    for nobody in [setting.app.client(), setting.app.stranger()] {
        assert!([401, 403].contains(&nobody.get(path).await.status.as_u16()));
    }
}
