//! What the `grove` program does.

use grove_groups::{
    Kind,
    admin::{ensure_group, grant, set_officer_roles},
};
use grove_groups_api::{Group, GroupChange};
use grove_shared::Role;

use crate::{Setting, lead, netids, plain, roles};

#[tokio::test]
async fn a_grant_is_made_once_and_a_different_one_replaces_it() {
    let setting = Setting::new().await;
    setting.sig("SIGMusic").await;
    let (db, now) = (setting.db.pool(), setting.clock.now());
    let music = (Kind::Sigs, "sigmusic");
    for (role, changed) in [
        (plain("jsmith2"), true),
        (plain("jsmith2"), false),
        (lead("jsmith2", "Jo Smith"), true),
        (lead("jsmith2", "Jo Smith"), false),
    ] {
        assert_eq!(grant(&db, music, role, "grove", now).await.unwrap(), changed);
    }
    let seen = roles(&setting.officer(), "sigs/SIGMusic").await.roles;
    assert_eq!(seen.len(), 2);
    assert!(seen[0].lead && seen[0].ended_at.is_none() && seen[1].ended_at.is_some());
    assert_eq!(seen[0].granted_by, "grove");

    let unknown = grant(&db, (Kind::Sigs, "none"), plain("jsmith2"), "grove", now).await;
    assert_eq!(unknown.unwrap_err().to_string(), "Group does not exist");
}

#[tokio::test]
async fn officer_roles_become_exactly_those_given() {
    let setting = Setting::new().await;
    let (db, now) = (setting.db.pool(), setting.clock.now());
    let (jo, other) = ("jsmith2".parse().unwrap(), "other1".parse().unwrap());
    for (roles, changed) in [
        (vec![Role::Admin, Role::Corporate], true),
        (vec![Role::Corporate, Role::Admin], false),
        (vec![Role::Top4, Role::Admin], true),
    ] {
        let set = set_officer_roles(&db, &jo, &roles, "grove", now).await;
        assert_eq!(set.unwrap(), changed);
    }
    assert_eq!(setting.officer_roles("jsmith2").await, [Role::Admin, Role::Top4]);

    assert!(set_officer_roles(&db, &jo, &[Role::Corporate], "grove", now).await.is_err());
    assert_eq!(setting.officer_roles("jsmith2").await, [Role::Admin, Role::Top4]);
    set_officer_roles(&db, &other, &[Role::Admin], "grove", now).await.unwrap();
    set_officer_roles(&db, &jo, &[], "grove", now).await.unwrap();
    assert!(setting.officer_roles("jsmith2").await.is_empty());
    let history = roles(&setting.officer(), "committees/corporate").await;
    assert_eq!(netids(&history), ["jsmith2"]);
}

#[tokio::test]
async fn an_ensured_group_is_made_or_gets_what_it_lacks() {
    let setting = Setting::new().await;
    let (db, now) = (setting.db.pool(), setting.clock.now());
    let group = |name: &str, description: &str| GroupChange {
        name: Some(name.to_owned()),
        description: Some(description.to_owned()),
        ..GroupChange::default()
    };
    for (group, changed) in [
        (group("Events", ""), true),
        (group("events", "Plans events."), true),
        (group("Events", "Something else."), false),
    ] {
        let ensured = ensure_group(&db, Kind::Committees, &group, now).await;
        assert_eq!(ensured.unwrap(), changed);
    }
    let events = setting.app.client().get("/groups/committees/events").await.json::<Group>();
    assert_eq!((events.name.as_str(), events.description.as_str()), ("Events", "Plans events."));

    setting.officer().delete("/groups/committees/events").await;
    let again = group("Events", "Plans events.");
    assert!(!ensure_group(&db, Kind::Committees, &again, now).await.unwrap());
    assert_eq!(setting.app.client().get("/groups/committees/events").await.status, 404);
    assert!(ensure_group(&db, Kind::Sigs, &GroupChange::default(), now).await.is_err());
}
