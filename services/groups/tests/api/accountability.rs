//! Who did what, what is kept of a person, and what is left when they are forgotten.

use std::time::Duration;

use chrono::TimeDelta;
use grove_groups::Kind;
use grove_groups_api::{self as api, Departure, Group, NewGroupRole, SERVICE, end_roles_of};
use grove_shared::{
    Client,
    audit::{self, Entry, Filter},
    db,
    personal_data::{self, Forgotten},
};
use grove_testing::Person;
use serde_json::{Value, json};

use crate::{Setting, lead, netids, plain, roles};

const MUSIC: &str = "/groups/sigs/SIGMusic";
const MUSICIANS: &str = "/groups/sigs/SIGMusic/roles";

/// What a person sees of the log, the oldest first.
async fn log(person: &Person) -> Vec<Entry> {
    let mut log = person.call(audit::list(SERVICE, &Filter::default())).await.unwrap().items;
    log.reverse();
    log
}

/// Who did what to what.
fn told(log: &[Entry]) -> Vec<(&str, &str, &str)> {
    log.iter().map(|entry| (&*entry.actor, &*entry.action, &*entry.object)).collect()
}

/// Has the last change taken back by an officer, as the log says.
async fn undo_last(setting: &Setting) {
    let log = log(&setting.officer()).await;
    let undo = log.last().and_then(|last| last.undo.clone()).unwrap();
    setting.officer().call(undo.call(SERVICE).unwrap()).await.unwrap();
}

/// Gives someone a place in a SIG; returns its path.
async fn give(person: &Person, new: &Value) -> String {
    let place = person.post(MUSICIANS, new).await.json::<api::GroupRole>();
    format!("{MUSICIANS}/{}", place.id)
}

#[tokio::test]
async fn what_becomes_of_a_group_is_logged_once_and_without_its_words() {
    let setting = Setting::new().await;
    let officer = setting.officer();
    let new = json!({ "name": "SIGMusic", "description": "Loud." });
    for status in [201, 409] {
        assert_eq!(officer.post("/groups/sigs", &new).await.status, status);
    }
    let edit = json!({ "description": "Very loud.", "meetingDay": "Monday", "site": "" });
    for _ in 0..2 {
        assert_eq!(officer.put(MUSIC, &edit).await.status, 200);
    }
    for (bad, status) in
        [(json!({ "site": "music" }), 400), (json!({ "name": "SIGNoise" }), 400), (json!({}), 200)]
    {
        assert_eq!(officer.put(MUSIC, &bad).await.status, status);
    }
    let member = setting.app.member("jsmith2");
    assert_eq!(member.put(MUSIC, &json!({ "site": "" })).await.status, 403);
    for status in [200, 404] {
        assert_eq!(officer.delete(MUSIC).await.status, status);
    }
    assert_eq!(officer.post("/groups/sigs", &new).await.status, 201);

    let log = log(&officer).await;
    let expected = ["made", "edited", "ended", "reopened"];
    assert_eq!(told(&log), expected.map(|action| ("admin2", action, "sigs/sigmusic")));
    assert_eq!(log[1].after, json!({ "changed": ["description", "meetingDay"] }));
    assert!(!serde_json::to_string(&log).unwrap().contains("oud."));
}

#[tokio::test]
async fn who_is_put_into_a_group_and_taken_out_is_logged_once_leads_too() {
    let setting = Setting::new().await;
    setting.sig("SIGMusic").await;
    let (officer, lead) = (setting.officer(), setting.app.member("mdoe3"));
    give(&officer, &json!({ "netid": "mdoe3", "lead": true })).await;
    let place = give(&lead, &json!({ "netid": "jsmith2", "title": "DJ" })).await;
    for (new, status) in [("jsmith2", 409), ("nobody99", 400)] {
        assert_eq!(lead.post(MUSICIANS, &json!({ "netid": new })).await.status, status);
    }
    assert_eq!(setting.app.member("other1").delete(&place).await.status, 403);
    for status in [200, 409] {
        assert_eq!(lead.delete(&place).await.status, status);
    }

    let log = log(&officer).await;
    let expected = [
        ("admin2", "made", "sigs/sigmusic"),
        ("admin2", "given", "sigs/sigmusic/mdoe3"),
        ("mdoe3", "given", "sigs/sigmusic/jsmith2"),
        ("mdoe3", "ended", "sigs/sigmusic/jsmith2"),
    ];
    assert_eq!(told(&log), expected);
    assert!(log[2].is_overtaken && !log[3].is_overtaken);
    let own = self::log(&setting.app.member("jsmith2")).await;
    assert_eq!(told(&own), &expected[2..]);
    assert!(own.iter().all(|entry| entry.undo.is_none()));
}

#[tokio::test]
async fn what_is_logged_is_taken_back_where_nothing_is_lost() {
    let setting = Setting::new().await;
    let (officer, client) = (setting.officer(), setting.app.client());
    setting.sig("SIGMusic").await;
    undo_last(&setting).await;
    assert_eq!(client.get(MUSIC).await.status, 404);
    // Now the last change is that the group ended.
    undo_last(&setting).await;
    assert_eq!(client.get(MUSIC).await.json::<Group>().name, "SIGMusic");
    undo_last(&setting).await;
    assert_eq!(client.get(MUSIC).await.status, 404);
    undo_last(&setting).await;

    let place = give(&officer, &json!({ "netid": "mdoe3", "lead": true })).await;
    undo_last(&setting).await;
    assert_eq!(officer.delete(&place).await.error(), "This role has ended already");
    undo_last(&setting).await;
    let current = roles(&officer, "sigs/SIGMusic").await.roles.remove(0);
    assert_eq!((current.netid.as_str(), current.lead, current.ended_at), ("mdoe3", true, None));

    let place = give(&officer, &json!({ "netid": "jsmith2", "title": "DJ" })).await;
    officer.delete(&place).await;
    officer.put(MUSIC, &json!({ "meetingDay": "Monday" })).await;
    officer.delete(MUSIC).await;
    let log = log(&officer).await;
    let last: Vec<_> = log.iter().rev().take(3).collect();
    assert!(last.iter().all(|entry| entry.undo.is_none() && entry.irreversible.is_some()));
}

#[tokio::test]
async fn what_ends_when_someone_leaves_the_chapter_is_logged_once() {
    let setting = Setting::new().await;
    for committee in ["admin", "top4"] {
        setting.put(Kind::Committees, committee, plain("jsmith2")).await;
    }
    let departure = Departure { netid: "jsmith2".parse().unwrap(), left_at: setting.clock.now() };
    for _ in 0..2 {
        setting.app.service("users").call(end_roles_of(&departure)).await.unwrap();
    }
    let expected = ["committees/admin/jsmith2", "committees/top4/jsmith2"];
    let log = log(&setting.officer()).await;
    assert_eq!(told(&log), expected.map(|place| ("service:users", "ended", place)));
    assert!(log.iter().all(|entry| entry.irreversible.is_some()));
}

/// Everything that the service keeps of someone, as users is told.
async fn data(setting: &Setting, netid: &str) -> Value {
    let call = personal_data::export(SERVICE, &netid.parse().unwrap());
    setting.app.service("users").call(call).await.unwrap()
}

async fn forget(setting: &Setting, netid: &str) -> Forgotten {
    let call = personal_data::forget(SERVICE, &netid.parse().unwrap());
    setting.app.service("users").call(call).await.unwrap()
}

/// Puts Jo Smith into everything that there is.
async fn everywhere(setting: &Setting) {
    let words = json!({
        "name": "SIGMusic", "description": "Ask jsmith2 or madjsmith2!", "email": "jsmith2@example.edu",
    });
    setting.officer().post("/groups/sigs", &words).await;
    setting.put(Kind::Committees, "admin", plain("jsmith2")).await;
    setting.put(Kind::Sigs, "SIGMusic", lead("jsmith2", "Jo Smith")).await;
    let jo = setting.app.member("jsmith2");
    let other = give(&jo, &json!({ "netid": "mdoe3" })).await;
    jo.delete(&other).await;
    give(&jo, &json!({ "netid": "other1" })).await;
    setting.clock.advance(TimeDelta::days(1));
    let office = NewGroupRole { title: "DJ".to_owned(), ..lead("jsmith2", "Jo Smith") };
    setting.put(Kind::Sigs, "SIGMusic", office).await;
}

#[tokio::test]
async fn everything_of_a_person_is_told_and_forgotten() {
    let setting = Setting::new().await;
    assert_eq!(data(&setting, "jsmith2").await, Value::Null);
    everywhere(&setting).await;

    let told = data(&setting, "jsmith2").await;
    let places = told["data"]["places"].as_array().unwrap();
    let groups: Vec<_> = places.iter().map(|place| place["group"].as_str().unwrap()).collect();
    assert_eq!(groups, ["committees/admin", "sigs/sigmusic", "sigs/sigmusic"]);
    assert_eq!((&places[1]["name"], &places[1]["lead"]), (&json!("Jo Smith"), &json!(true)));
    assert_eq!((&places[1]["ended_by"], &places[2]["title"]), (&json!("setup1"), &json!("DJ")));
    let decided = &told["data"]["places_of_others_given_or_ended"];
    assert!(decided[0]["gave_at"].is_string() && decided[0]["ended_at"].is_string());
    assert!(decided[1]["gave_at"].is_string() && decided[1]["ended_at"].is_null());
    let words = &told["data"]["groups_with_the_netid_in_their_words"];
    assert_eq!(words[0]["group"], "sigs/sigmusic");
    assert_eq!(told["changes"].as_array().unwrap().len(), 3);

    let first = forget(&setting, "jsmith2").await;
    let counts: Vec<_> = first.removed.iter().map(|removed| removed.count).collect();
    assert_eq!((counts, first.kept.len()), (vec![3, 2, 1], 2));
    let second = forget(&setting, "jsmith2").await;
    assert_eq!((second.removed.len(), second.kept.len()), (0, 2));
    let left = setting.db.tables_mentioning("jsmith2").await;
    assert_eq!(
        left,
        ["audit_log.about", "audit_log.actor", "audit_log.object", "chapter_groups.description"]
    );
    assert!(setting.db.tables_mentioning("Jo Smith").await.is_empty());

    let music = roles(&setting.officer(), "sigs/SIGMusic").await;
    assert_eq!(netids(&music), ["other1", "mdoe3"]);
    assert!(music.roles.iter().all(|role| role.granted_by == "a former member"));
    let group = setting.app.client().get(MUSIC).await.json::<Group>();
    assert_eq!((group.email.as_str(), group.chairs.as_str(), group.member_count), ("", "", 1));

    // A word that is no more than a part of another names nobody.
    let edit = json!({ "description": "Ask madjsmith2!" });
    setting.officer().put(MUSIC, &edit).await;
    let kept = forget(&setting, "jsmith2").await.kept;
    assert_eq!(kept.len(), 1, "the log alone: {kept:?}");
}

#[tokio::test]
async fn whoever_comes_back_after_they_were_forgotten_has_nothing() {
    let setting = Setting::new().await;
    everywhere(&setting).await;
    forget(&setting, "jsmith2").await;
    assert!(setting.officer_roles("jsmith2").await.is_empty());
    let jo = setting.app.member("jsmith2");
    assert_eq!(jo.put(MUSIC, &json!({})).await.status, 403);

    give(&setting.officer(), &json!({ "netid": "jsmith2" })).await;
    let places = data(&setting, "jsmith2").await["data"]["places"].take();
    assert_eq!(places.as_array().unwrap().len(), 1);
    assert_eq!((&places[0]["lead"], &places[0]["title"]), (&json!(false), &json!("")));
    assert_eq!(jo.put(MUSIC, &json!({})).await.status, 403);
}

#[tokio::test]
async fn who_is_deleted_while_they_are_put_into_a_group_has_no_place() {
    let setting = Setting::new().await;
    setting.sig("SIGMusic").await;
    let pool = setting.db.pool();
    let mut other = db::begin(&pool).await.unwrap();
    sqlx::query("SELECT id FROM chapter_groups FOR UPDATE").fetch_all(&mut *other).await.unwrap();
    let officer = setting.officer();
    let giving =
        tokio::spawn(async move { officer.post(MUSICIANS, &json!({ "netid": "jsmith2" })).await });
    let waiting = "SELECT COUNT(*) FROM information_schema.processlist
                   WHERE db = DATABASE() AND id <> CONNECTION_ID() AND info LIKE '%slug%FOR UPDATE%'";
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&pool).await.unwrap() == 0 {
        assert!(!giving.is_finished(), "the group is locked");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    setting.users.remove(&"jsmith2".parse().unwrap());
    other.rollback().await.unwrap();
    assert_eq!(giving.await.unwrap().error(), "Nobody has joined the chapter as jsmith2");
    assert!(setting.db.tables_mentioning("jsmith2").await.is_empty());
}

#[tokio::test]
async fn only_users_asks_for_personal_data() {
    let setting = Setting::new().await;
    let app = &setting.app;
    for who in [app.officer("admin2"), app.member("jsmith2"), app.client(), app.service("gateway")]
    {
        let reply = who.get("/internal/personal-data/jsmith2").await;
        assert!([401, 403].contains(&reply.status.as_u16()));
        let body = json!({ "netid": "jsmith2" });
        let reply = who.post("/internal/personal-data/forget", &body).await;
        assert!([401, 403].contains(&reply.status.as_u16()));
    }
}
