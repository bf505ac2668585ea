//! Groups as everyone sees them, and who makes, changes and ends them.

use grove_groups::Kind;
use grove_groups_api::{Group, NewGroupRole};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{Setting, at, lead, netids, plain, roles};

#[tokio::test]
async fn there_are_sigs_and_committees() {
    let setting = Setting::new().await;
    let reply = setting.app.client().get("/groups").await;
    assert_eq!(
        (reply.status, reply.json::<Value>()),
        (StatusCode::OK, json!(["sigs", "committees"]))
    );

    let committees = setting.app.client().get("/groups/committees").await.json::<Vec<Group>>();
    let names: Vec<_> = committees.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names, ["Admin", "Corporate", "Top4"]);
    assert_eq!(setting.app.client().get("/groups/sigs").await.json::<Value>(), json!([]));

    for path in ["/groups/sig", "/groups/Sigs", "/groups/sig/x"] {
        let reply = setting.app.client().get(path).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND);
        assert_eq!(reply.error(), "groupType does not exist, must be sig or committee");
    }
    assert_eq!(setting.app.client().get("/groups/sigs/x").await.error(), "Group does not exist");
}

#[tokio::test]
async fn a_group_has_the_fields_of_the_old_system() {
    let setting = Setting::new().await;
    let new = json!({
        "name": "SIGPwny", "description": "Security.\r\nAll levels.", "meetingDay": "Thursday",
        "meetingTime": "6:00 PM", "meetingLoc": "Siebel 1404", "site": "https://sigpwny.example",
        "email": "sigpwny@example.org", "chairs": "not settable",
    });
    let reply = setting.officer().post("/groups/sigs", &new).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    setting.put(Kind::Sigs, "SIGPwny", lead("jsmith2", "Jo Smith")).await;
    setting.put(Kind::Sigs, "SIGPwny", lead("mdoe3", "")).await;
    setting.put(Kind::Sigs, "SIGPwny", plain("hidden1")).await;
    let treasurer = NewGroupRole {
        title: "Treasurer".to_owned(),
        name: "Sam Lee".to_owned(),
        ..plain("slee4")
    };
    setting.put(Kind::Sigs, "SIGPwny", treasurer).await;

    let expected = json!({
        "name": "SIGPwny", "description": "Security.\nAll levels.", "chairs": "Jo Smith, mdoe3",
        "meetingDay": "Thursday", "meetingTime": "6:00 PM", "meetingLoc": "Siebel 1404",
        "site": "https://sigpwny.example", "email": "sigpwny@example.org", "memberCount": 4,
        "roles": [{ "name": "Treasurer", "holder": "Sam Lee", "email": "slee4@example.edu" }],
    });
    let client = setting.app.client();
    assert_eq!(client.get("/groups/sigs").await.json::<Value>(), json!([expected]));
    for name in ["SIGPwny", "sigpwny", "SIGPWNY"] {
        assert_eq!(client.get(&format!("/groups/sigs/{name}")).await.json::<Value>(), expected);
    }
}

#[tokio::test]
async fn an_empty_group_has_every_field() {
    let setting = Setting::new().await;
    let top4 = setting.app.client().get("/groups/committees/top4").await.json::<Value>();
    let expected = json!({
        "name": "Top4", "description": "", "chairs": "", "meetingDay": "", "meetingTime": "",
        "meetingLoc": "", "site": "", "email": "", "memberCount": 0, "roles": [],
    });
    assert_eq!(top4, expected);
}

#[tokio::test]
async fn names_with_signs_are_found_by_their_path() {
    let setting = Setting::new().await;
    for (name, path) in [
        ("SIG C++", "SIG%20C++"),
        ("SIG C++", "sig%20c%2b%2b"),
        ("Reflections|Projections", "reflections%7Cprojections"),
        ("Women's ACM", "Women's%20ACM"),
        ("R&D .NET-2", "R&D%20.NET-2"),
        ("SIG Größe", "SIG%20GR%C3%96SSE"),
    ] {
        setting.officer().post("/groups/sigs", &json!({ "name": name })).await;
        let reply = setting.app.client().get(&format!("/groups/sigs/{path}")).await;
        match path {
            // Upper case of ß is SS, which is another name.
            "SIG%20GR%C3%96SSE" => assert_eq!(reply.status, StatusCode::NOT_FOUND),
            _ => assert_eq!(reply.json::<Group>().name, name),
        }
    }
    let groups = setting.app.client().get("/groups/sigs").await.json::<Vec<Group>>();
    let names: Vec<_> = groups.iter().map(|group| group.name.as_str()).collect();
    let sorted = ["R&D .NET-2", "Reflections|Projections", "SIG C++", "SIG Größe", "Women's ACM"];
    assert_eq!(names, sorted);
}

#[tokio::test]
async fn nobody_reads_without_the_gateway_or_writes_without_a_session() {
    let setting = Setting::new().await;
    for path in ["/groups", "/groups/sigs", "/groups/committees/admin?isMember=jsmith2"] {
        assert_eq!(setting.app.stranger().get(path).await.status, StatusCode::UNAUTHORIZED);
    }
    for person in [setting.app.stranger(), setting.app.client(), setting.app.service("users")] {
        for (method, path) in [
            (Method::POST, "/groups/sigs"),
            (Method::PUT, "/groups/committees/top4"),
            (Method::DELETE, "/groups/committees/top4"),
            (Method::GET, "/groups/committees/top4/roles"),
            (Method::POST, "/groups/committees/top4/roles"),
            (Method::DELETE, "/groups/committees/top4/roles/1"),
        ] {
            let reply = person.send(method, path, "{}").await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
            assert_eq!(reply.error(), "Request did not originate from groot");
        }
    }
}

#[tokio::test]
async fn a_plain_member_changes_nothing() {
    let setting = Setting::new().await;
    setting.sig("SIGMusic").await;
    setting.put(Kind::Sigs, "SIGMusic", plain("jsmith2")).await;
    let place = setting.put(Kind::Sigs, "SIGMusic", plain("mdoe3")).await;

    let member = setting.app.member("jsmith2");
    let role = format!("/groups/sigs/SIGMusic/roles/{}", place.id);
    for (method, path, body) in [
        (Method::POST, "/groups/sigs", r#"{"name":"SIGMine"}"#),
        (Method::PUT, "/groups/sigs/SIGMusic", r#"{"description":"Mine."}"#),
        (Method::DELETE, "/groups/sigs/SIGMusic", ""),
        (Method::POST, "/groups/sigs/SIGMusic/roles", r#"{"netid":"jsmith2","lead":true}"#),
        (Method::POST, "/groups/committees/admin/roles", r#"{"netid":"jsmith2"}"#),
        (Method::DELETE, role.as_str(), ""),
    ] {
        assert_eq!(member.send(method, path, body).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let groups = setting.app.client().get("/groups/sigs").await.json::<Vec<Group>>();
    assert_eq!((groups.len(), groups[0].description.as_str()), (1, ""));
    assert_eq!(roles(&setting.officer(), "sigs/SIGMusic").await.roles.len(), 2);
    assert!(setting.officer_roles("jsmith2").await.is_empty());
}

#[tokio::test]
async fn only_the_given_fields_change_and_the_name_never() {
    let setting = Setting::new().await;
    let officer = setting.officer();
    let new = json!({ "name": "SIGMusic", "meetingDay": "Monday", "site": "http://music.example" });
    officer.post("/groups/sigs", &new).await;
    let change = json!({ "name": "sigmusic", "meetingDay": "Friday", "email": null });
    let group = officer.put("/groups/sigs/SIGMusic", &change).await.json::<Group>();
    assert_eq!(
        (group.meeting_day.as_str(), group.site.as_str()),
        ("Friday", "http://music.example")
    );
    let group = officer.put("/groups/sigs/SIGMusic", &json!({ "site": "" })).await.json::<Group>();
    assert_eq!((group.name.as_str(), group.site.as_str()), ("SIGMusic", ""));

    let reply = officer.put("/groups/sigs/SIGMusic", &json!({ "name": "SIGNoise" })).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(reply.error(), "A group keeps its name: end it and make another instead");
    let reply = officer.put("/groups/sigs/SIGNoise", &json!({})).await;
    assert_eq!(reply.error(), "Group does not exist");
}

#[tokio::test]
async fn a_name_is_taken_once_a_kind_whatever_its_case() {
    let setting = Setting::new().await;
    setting.sig("SIGMusic").await;
    let reply = setting.officer().post("/groups/sigs", &json!({ "name": "SigMusic " })).await;
    assert_eq!(
        (reply.status, reply.error().as_str()),
        (StatusCode::CONFLICT, "Group already exists")
    );
    let committee = json!({ "name": "SIGMusic" });
    assert_eq!(setting.officer().post("/groups/committees", &committee).await.status, 201);
}

#[tokio::test]
async fn an_ended_group_is_gone_until_it_is_taken_up_again_with_its_history() {
    let setting = Setting::new().await;
    let officer = setting.officer();
    officer.post("/groups/sigs", &json!({ "name": "SIGMusic", "meetingDay": "Monday" })).await;
    setting.put(Kind::Sigs, "SIGMusic", lead("jsmith2", "Jo Smith")).await;
    assert_eq!(officer.delete("/groups/sigs/sigmusic").await.json::<Group>().member_count, 1);

    let client = setting.app.client();
    assert_eq!(client.get("/groups/sigs").await.json::<Value>(), json!([]));
    assert_eq!(client.get("/groups/sigs/SIGMusic").await.status, StatusCode::NOT_FOUND);
    let check = client.get("/groups/sigs/SIGMusic?isMember=jsmith2").await.json::<Value>();
    assert_eq!(check, json!({ "isValid": false }));
    for path in ["/groups/sigs/SIGMusic", "/groups/sigs/SIGMusic/roles/1"] {
        assert_eq!(officer.delete(path).await.error(), "Group does not exist");
    }

    let again = json!({ "name": "SigMusic", "meetingLoc": "Siebel" });
    let group = officer.post("/groups/sigs", &again).await.json::<Group>();
    assert_eq!((group.name.as_str(), group.meeting_day.as_str()), ("SigMusic", "Monday"));
    assert_eq!((group.meeting_loc.as_str(), group.chairs.as_str()), ("Siebel", ""));
    let history = roles(&officer, "sigs/SIGMusic").await;
    assert_eq!(netids(&history), ["jsmith2"]);
    assert_eq!(history.roles[0].ended_at, Some(at("2026-09-01T18:00:00Z")));
}

#[tokio::test]
async fn the_officer_committees_never_end() {
    let setting = Setting::new().await;
    for name in ["admin", "Top4", "CORPORATE"] {
        let reply = setting.officer().delete(&format!("/groups/committees/{name}")).await;
        assert_eq!(reply.status, StatusCode::CONFLICT);
        assert_eq!(reply.error(), "The committees admin, top4 and corporate cannot be ended");
    }
    setting.sig("Admin").await;
    assert_eq!(setting.officer().delete("/groups/sigs/admin").await.status, StatusCode::OK);
}

#[tokio::test]
async fn who_has_the_groups_already_is_told_so_until_one_changes() {
    let setting = Setting::new().await;
    let client = setting.app.client();
    setting.officer().post("/groups/sigs", &json!({ "name": "SIGPwny" })).await;
    for path in ["/groups", "/groups/sigs", "/groups/sigs/SIGPwny"] {
        let first = client.get(path).await;
        let tag = first.headers["etag"].to_str().unwrap();
        let ask =
            async |method| client.send_with(method, path, &[("if-none-match", tag)], "").await;
        for method in [Method::GET, Method::HEAD] {
            let again = ask(method).await;
            assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{path}");
            assert_eq!(again.headers["etag"], tag);
        }
        let head = client.send(Method::HEAD, path, "").await;
        assert_eq!((head.status, &head.headers["etag"]), (StatusCode::OK, &first.headers["etag"]));
        let change = json!({ "description": format!("Not as {path} said.") });
        setting.officer().put("/groups/sigs/SIGPwny", &change).await;
        let changed = ask(Method::GET).await.status;
        assert_eq!(changed == StatusCode::OK, path != "/groups", "{path}");
        let stranger = setting.app.stranger();
        let refused = stranger.send_with(Method::GET, path, &[("if-none-match", tag)], "").await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    let places = setting.officer().get("/groups/sigs/SIGPwny/roles").await;
    assert!(!places.headers.contains_key("etag"), "not the same for everybody");
}
