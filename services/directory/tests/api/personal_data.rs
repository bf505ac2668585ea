//! What is kept of a person, and what is left when they are forgotten.

use chrono::TimeDelta;
use grove_directory::{SERVICE, look_after};
use grove_shared::{
    Client,
    audit::{self, Filter},
    personal_data::Forgotten,
};
use grove_testing::Reply;
use serde_json::{Value, json};

use crate::{
    World,
    slapd::{Slapd, dn},
};

impl World {
    async fn data(&self, netid: &str) -> Value {
        let users = self.app.service("users");
        let reply = users.get(&format!("/internal/personal-data/{netid}")).await;
        assert_eq!(reply.status, 200);
        reply.json()
    }

    async fn forget(&self, netid: &str) -> Reply {
        let users = self.app.service("users");
        users.post("/internal/personal-data/forget", &json!({ "netid": netid })).await
    }

    /// Where someone is mentioned, but for the log of who did what.
    async fn left_of(&self, text: &str) -> Vec<String> {
        let mut tables = self.db.tables_mentioning(text).await;
        tables.retain(|column| !column.starts_with("audit_log."));
        tables
    }
}

/// Leaves something of `jsmith2` in every table, and of others too.
async fn with_history() -> World {
    let mut world = World::new().await;
    // Unknown, then in the group without being a member, then missing.
    world.slapd.plant(&dn("jsmith2")).await;
    world.reconcile().await;
    world.slapd.uproot(&dn("jsmith2")).await;
    for netid in ["jsmith2", "mdoe3"] {
        world.add(netid).await;
    }
    world.reconcile().await;
    world.slapd.uproot(&dn("jsmith2")).await;
    world.users.set_members(&["jsmith2"]);
    world.reconcile().await;
    world.slapd.plant(&dn("jsmith2")).await;
    world.users.set_members(&["mdoe3"]);
    // An officer, who asked for what is not done yet.
    world.slapd.stop();
    let officer = world.app.officer("jsmith2");
    let reply = officer.post("/activedirectory/add", &json!({ "netid": "zoe" })).await;
    assert_eq!(reply.status, 503);
    world.slapd.restart().await;
    world
}

#[tokio::test]
async fn everything_of_a_person_is_told() {
    let world = with_history().await;
    assert_eq!(world.data("nobody1").await, Value::Null);
    let data = world.data("jsmith2").await;
    let entry = &data["data"]["entry"];
    assert_eq!((&entry["wanted"], &entry["state"]), (&true.into(), &"done".into()));
    assert_eq!(entry["added_dn"], dn("jsmith2"));
    let reports = data["data"]["reports"].as_array().unwrap();
    let kinds: Vec<_> = reports.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["unknown", "surplus", "missing"]);
    assert!(reports.iter().all(|line| line["dn"] == dn("jsmith2")));
    assert_eq!(data["data"]["asked_for"], json!(["zoe"]));
    assert_eq!(data["changes"][0]["action"], "added");
}

#[tokio::test]
async fn nothing_is_left_of_who_is_forgotten_but_the_log() {
    let world = with_history().await;
    let mentioned = ["entries.netid", "entries.added_dn", "entries.asked_by"];
    let mentioned = mentioned.into_iter().chain(["report_lines.netid", "report_lines.dn"]);
    let mut left = world.left_of("jsmith2").await;
    for column in mentioned {
        let found = left.iter().position(|left| left == column);
        left.remove(found.unwrap_or_else(|| panic!("{column}")));
    }
    assert!(left.is_empty(), "{left:?}");

    let forgotten: Forgotten = world.forget("jsmith2").await.json();
    let removed: Vec<_> = forgotten.removed.iter().map(|removed| removed.count).collect();
    assert_eq!(removed, [1, 3, 1], "{forgotten:?}");
    assert_eq!(forgotten.kept.len(), 1, "the log: {forgotten:?}");
    assert!(world.left_of("jsmith2").await.is_empty());
    assert_eq!(world.slapd.listed().await, [dn("mdoe3")]);
    assert_eq!(world.data("jsmith2").await["data"], Value::Null);
    assert!(!world.left_of("mdoe3").await.is_empty());

    // Once more does no harm.
    let again: Forgotten = world.forget("jsmith2").await.json();
    assert!(again.removed.is_empty(), "{again:?}");
    assert!(world.left_of("jsmith2").await.is_empty());

    // What they asked for is done all the same, and in the log as nobody's.
    world.state.clock.advance(TimeDelta::minutes(2));
    look_after(&world.state).await.unwrap();
    assert_eq!(world.slapd.listed().await, [dn("mdoe3"), dn("zoe")]);
    assert_eq!(world.data("zoe").await["changes"][0]["actor"], "service:directory");
}

#[tokio::test]
async fn someone_whose_entry_says_nothing_of_their_netid_is_forgotten_too() {
    let world = World::new().await;
    let report = async || {
        world.reconcile().await;
        world.left_of("Grace").await
    };
    assert_eq!(world.add("ghopper9").await.status, 200);
    let listed = world.slapd.listed().await;
    assert_eq!(world.remove("ghopper9").await.status, 200);
    world.slapd.plant(&listed[0]).await;
    sqlx::query("DELETE FROM entries").execute(&world.db.pool()).await.unwrap();
    assert_eq!(report().await, ["report_lines.dn"]);
    assert_eq!(world.forget("ghopper9").await.status, 200);
    assert!(world.left_of("Grace").await.is_empty());
    assert!(report().await.is_empty());
}

#[tokio::test]
async fn who_comes_back_begins_anew() {
    let world = with_history().await;
    assert_eq!(world.forget("jsmith2").await.status, 200);
    assert_eq!(world.add("jsmith2").await.status, 200);
    let data = world.data("jsmith2").await["data"].clone();
    assert_eq!((&data["reports"], &data["asked_for"]), (&json!([]), &json!([])));
    assert_eq!(world.slapd.listed().await, [dn("jsmith2"), dn("mdoe3")]);
    let revision: u64 = sqlx::query_scalar("SELECT revision FROM entries WHERE netid = 'jsmith2'")
        .fetch_one(&world.db.pool())
        .await
        .unwrap();
    assert_eq!(revision, 1);
    // Nothing removes them later.
    world.state.clock.advance(TimeDelta::minutes(2));
    look_after(&world.state).await.unwrap();
    assert_eq!(world.entry("jsmith2").await.0, "done");
}

#[tokio::test]
async fn who_is_forgotten_during_an_outage_is_gone_after_it() {
    let mut world = World::new().await;
    world.add("ada").await;
    world.slapd.stop();
    assert_eq!(world.forget("ada").await.status, 503);
    let told = world.app.service("users").get("/internal/personal-data/ada").await;
    assert_eq!(told.status, 503);
    world.slapd.restart().await;
    world.state.clock.advance(TimeDelta::minutes(2));
    look_after(&world.state).await.unwrap();
    assert!(world.slapd.listed().await.is_empty());
    assert!(world.left_of("ada").await.is_empty());
    assert_eq!(world.forget("ada").await.status, 200);
    assert!(world.data("ada").await.is_null());
    let officer = world.app.officer("admin2");
    let log = officer.call(audit::list(SERVICE, &Filter::default())).await.unwrap().items;
    let actions: Vec<_> = log.iter().rev().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["added", "removed", "forgotten"]);
}

#[tokio::test]
async fn who_is_forgotten_while_they_are_added_is_in_the_group_and_in_the_table_or_in_neither() {
    let world = World::new().await;
    for _ in 0..5 {
        let (added, forgotten) = tokio::join!(world.add("ada"), world.forget("ada"));
        assert_eq!((added.status.as_u16(), forgotten.status.as_u16()), (200, 200));
        let is_kept = !world.left_of("ada").await.is_empty();
        assert_eq!(world.slapd.listed().await.len(), usize::from(is_kept));
    }
    assert_eq!(world.forget("ada").await.status, 200);
    assert!(world.left_of("ada").await.is_empty());
}

#[tokio::test]
async fn two_entries_of_one_netid_keep_nobody_from_being_forgotten() {
    let world = World::new().await;
    assert_eq!(world.add("twin1").await.status, 409);
    assert_eq!(world.forget("twin1").await.status, 200);
    assert!(world.left_of("twin1").await.is_empty());
}

#[tokio::test]
async fn without_a_directory_only_what_has_to_be_taken_out_of_one_waits() {
    let world = World::with_campus(Slapd::start(&["ada"]).await, None).await;
    for netid in ["ada", "max"] {
        world.add(netid).await;
    }
    sqlx::query("UPDATE entries SET added_dn = 'cn=max,o=Campus' WHERE netid = 'max'")
        .execute(&world.db.pool())
        .await
        .unwrap();
    assert_eq!(world.forget("ada").await.status, 200);
    assert!(world.left_of("ada").await.is_empty());
    for _ in 0..2 {
        let forgotten: Forgotten = world.forget("max").await.json();
        let kept: Vec<_> = forgotten.kept.iter().map(|kept| kept.what.as_str()).collect();
        assert!(kept[0].contains("campus directory"), "{kept:?}");
        assert!(forgotten.removed.is_empty(), "{forgotten:?}");
    }
    assert_eq!(world.left_of("max").await, ["entries.added_dn", "entries.netid"]);
}

#[tokio::test]
async fn only_users_asks_for_personal_data() {
    let world = World::new().await;
    world.add("ada").await;
    let (app, body) = (&world.app, json!({ "netid": "ada" }));
    for who in [app.officer("admin2"), app.member("ada"), app.client(), app.service("gigs")] {
        let exported = who.get("/internal/personal-data/ada").await.status;
        let forgotten = who.post("/internal/personal-data/forget", &body).await.status;
        for status in [exported, forgotten] {
            assert!([401, 403].contains(&status.as_u16()), "{status}");
        }
    }
    assert_eq!(world.slapd.listed().await, [dn("ada")]);
}
