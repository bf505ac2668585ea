//! Adding people to the group and removing them.

use grove_shared::Role;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{World, slapd::dn};

#[tokio::test]
async fn adding_twice_lists_someone_once() {
    let world = World::new().await;
    for _ in 0..2 {
        let reply = world.add("jsmith2").await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.json::<Value>(), json!({ "message": "Success" }));
    }
    let officer = world.officer();
    let reply = officer.post("/activedirectory/add", &json!({ "netid": "ada" })).await;
    assert_eq!(reply.json::<Value>(), json!({ "message": "Success" }));
    assert_eq!(world.slapd.listed().await, [dn("ada"), dn("jsmith2")]);
}

#[tokio::test]
async fn removing_twice_is_fine() {
    let world = World::new().await;
    world.add("jsmith2").await;
    world.add("ada").await;
    for _ in 0..2 {
        let reply = world.remove("jsmith2").await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.json::<Value>(), json!({ "message": "Success" }));
    }
    // Who was never in the group, and whom the campus does not know.
    assert_eq!(world.remove("max").await.status, StatusCode::OK);
    assert_eq!(world.remove("nobody1").await.status, StatusCode::OK);
    assert_eq!(world.slapd.listed().await, [dn("ada")]);
}

#[tokio::test]
async fn someone_told_by_name_is_removed_whoever_added_them() {
    let world = World::new().await;
    world.slapd.plant(&dn("max")).await;
    assert_eq!(world.remove("max").await.status, StatusCode::OK);
    assert!(world.slapd.listed().await.is_empty());
}

#[tokio::test]
async fn who_has_no_entry_is_refused_for_good() {
    let world = World::new().await;
    let reply = world.add("nobody1").await;
    let expected = "The directory has no entry for nobody1";
    assert_eq!((reply.status.as_u16(), reply.error().as_str()), (409, expected));
    assert_eq!(world.entry("nobody1").await, ("refused".to_owned(), Some(expected.to_owned())));
    let reply = world.add("twin1").await;
    let expected = "The directory has several entries for twin1";
    assert_eq!((reply.status.as_u16(), reply.error().as_str()), (409, expected));
    assert_eq!(world.status().await["refused"], 2);
    assert!(world.slapd.listed().await.is_empty());
}

#[tokio::test]
async fn a_name_full_of_special_characters_is_added_and_removed() {
    let world = World::new().await;
    assert_eq!(world.add("ghopper9").await.status, StatusCode::OK);
    assert_eq!(world.add("ghopper9").await.status, StatusCode::OK);
    let listed = world.slapd.listed().await;
    assert!(listed.len() == 1 && listed[0].contains("Grace (old) *"), "{listed:?}");
    world.users.set_members(&["ghopper9"]);
    let report = world.reconcile().await;
    assert_eq!(report["missing"], json!([]));
    assert_eq!(world.remove("ghopper9").await.status, StatusCode::OK);
    assert!(world.slapd.listed().await.is_empty());
}

#[tokio::test]
async fn no_netid_changes_what_is_asked_of_the_directory() {
    let world = World::new().await;
    for hostile in [
        "*",
        "a*",
        "ada)(uid=*",
        "*)(objectClass=*",
        "ada,o=Campus",
        "ada\\2c",
        "ada\0",
        "ada\nmax",
        "Ada",
        "",
        "ada ",
        " ada",
        "аda",
        "averyverylongname1",
    ] {
        for path in ["/activedirectory/add", "/activedirectory/remove"] {
            let reply = world.app.service("users").post(path, &json!({ "netid": hostile })).await;
            let refusal = (reply.status.as_u16(), reply.error());
            assert_eq!(refusal, (400, "A valid netid must be entered".to_owned()), "{hostile:?}");
        }
    }
    assert!(world.slapd.listed().await.is_empty());
}

#[tokio::test]
async fn what_is_no_request_is_refused_as_before() {
    let world = World::new().await;
    for (body, error) in [
        ("{}", "Could not parse JSON"),
        ("", "Could not parse JSON"),
        ("[]", "Could not parse JSON"),
        ("\"ada\"", "Could not parse JSON"),
        ("{\"netid\":", "Could not parse JSON"),
        ("{\"name\":\"ada\"}", "Missing netid"),
        ("{\"netid\":null}", "Missing netid"),
        ("{\"netid\":7}", "A valid netid must be entered"),
        ("{\"netid\":[\"ada\"]}", "A valid netid must be entered"),
    ] {
        for path in ["/activedirectory/add", "/activedirectory/remove"] {
            let reply = world.officer().send(Method::POST, path, body).await;
            let refusal = (reply.status.as_u16(), reply.error());
            assert_eq!(refusal, (400, error.to_owned()), "{body}");
        }
    }
}

#[tokio::test]
async fn only_officers_and_users_change_the_group() {
    let world = World::new().await;
    let ada = json!({ "netid": "ada" });
    for (person, status) in [
        (world.app.member("ada"), StatusCode::FORBIDDEN),
        (world.app.service("auth"), StatusCode::FORBIDDEN),
        (world.app.client(), StatusCode::UNAUTHORIZED),
        (world.app.stranger(), StatusCode::UNAUTHORIZED),
    ] {
        for path in ["/activedirectory/add", "/activedirectory/remove"] {
            let reply = person.post(path, &ada).await;
            assert_eq!(reply.status, status);
            reply.error();
        }
    }
    for (person, status) in [
        (world.app.member("ada"), StatusCode::FORBIDDEN),
        (world.app.service("users"), StatusCode::UNAUTHORIZED),
        (world.app.client(), StatusCode::UNAUTHORIZED),
        (world.app.stranger(), StatusCode::UNAUTHORIZED),
    ] {
        for (method, path) in [
            (Method::GET, "/directory/status"),
            (Method::GET, "/directory/report"),
            (Method::POST, "/directory/reconcile"),
            (Method::POST, "/directory/repair"),
        ] {
            assert_eq!(person.send(method, path, "{}").await.status, status, "{path}");
        }
    }
    assert!(world.slapd.listed().await.is_empty());
}

#[tokio::test]
async fn the_directory_is_a_matter_of_admin_and_top4() {
    let world = World::new().await;
    for (role, status) in [(Role::Corporate, 403), (Role::Top4, 200), (Role::Admin, 200)] {
        let officer = world.app.person("officer2", &[role]);
        for path in ["/activedirectory/add", "/activedirectory/remove", "/directory/reconcile"] {
            let reply = officer.post(path, &json!({ "netid": "ada" })).await;
            assert_eq!(reply.status, status, "{role}: {path}");
        }
        for path in ["/directory/status", "/directory/report"] {
            assert_eq!(officer.get(path).await.status, status, "{role}: {path}");
        }
        assert_eq!(officer.post("/directory/repair", &json!({})).await.status, status, "{role}");
    }
}

#[tokio::test]
async fn a_state_that_is_none_is_not_kept() {
    let world = World::new().await;
    world.add("ada").await;
    world.reconcile().await;
    for lost in ["UPDATE entries SET state = 'lost'", "UPDATE report_lines SET kind = 'lost'"] {
        assert!(sqlx::query(lost).execute(&world.db.pool()).await.is_err(), "{lost}");
    }
    // A line that says too little is no line of another kind.
    let broken = "UPDATE report_lines SET kind = 'surplus', dn = NULL";
    sqlx::query(broken).execute(&world.db.pool()).await.unwrap();
    assert_eq!(world.officer().get("/directory/report").await.status, 500);
}

#[tokio::test]
async fn of_changes_at_once_the_last_one_stands() {
    let world = World::new().await;
    for _ in 0..5 {
        let (added, removed) = tokio::join!(world.add("ada"), world.remove("ada"));
        assert_eq!((added.status, removed.status), (StatusCode::OK, StatusCode::OK));
        let wanted: bool = sqlx::query_scalar("SELECT wanted FROM entries WHERE netid = 'ada'")
            .fetch_one(&world.db.pool())
            .await
            .unwrap();
        let expected = if wanted { vec![dn("ada")] } else { Vec::new() };
        assert_eq!(world.slapd.listed().await, expected);
        assert_eq!(world.entry("ada").await, ("done".to_owned(), None));
    }
}
