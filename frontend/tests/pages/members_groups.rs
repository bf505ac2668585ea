//! Groups, for members, their leads and officers.

use grove_groups_api::{Group, GroupRole, GroupRoles};
use http::Method;
use serde_json::json;

use crate::{
    gateway::{FakeGateway, named},
    members::{HOSTILE, signed_in},
    public,
};

const CPP: &str = "/intranet/groups/sigs/SIG%20C%2B%2B";

fn group(name: &str) -> Group {
    Group {
        description: "We talk.\nThen we code.".to_owned(),
        chairs: "Ada Dhawan".to_owned(),
        member_count: 1,
        ..public::group(name)
    }
}

fn role(id: u64, name: &str, ended_at: Option<&str>) -> GroupRole {
    GroupRole {
        id,
        netid: named("adhawa2"),
        name: name.to_owned(),
        lead: id == 1,
        title: "Treasurer".to_owned(),
        started_at: named("2025-09-01T10:00:00Z"),
        ended_at: ended_at.map(named),
        granted_by: "bkimur2".to_owned(),
    }
}

/// A gateway with the group `SIG C++`, whose people the visitor manages or not.
async fn with_group(manageable: bool) -> FakeGateway {
    let gateway = FakeGateway::start().await;
    gateway.answers(Method::GET, "/groups/sigs", 200, [group("SIG C++"), group("A|B")]);
    gateway.answers(Method::GET, "/groups/sigs/SIG%20C++", 200, group("SIG C++"));
    let roles = vec![role(1, "Ada Dhawan", None), role(2, "", Some("2026-01-31T10:00:00Z"))];
    let roles = GroupRoles { manageable, roles };
    gateway.answers(Method::GET, "/groups/sigs/SIG%20C++/roles", 200, roles);
    gateway
}

#[tokio::test]
async fn a_member_reads_about_every_group_and_changes_none() {
    let gateway = with_group(false).await;
    let mut member = signed_in(&gateway, &[]);
    let page = member.get("/intranet/groups").await;
    assert!(page.body.contains(&format!("href=\"{CPP}\"")) && page.body.contains("A%7CB"));
    assert!(page.body.contains("Tuesday, 6:00 PM") && page.body.contains("1 person"));

    let page = member.get(CPP).await;
    assert_eq!(page.status, 200);
    for part in ["Who to talk to", "Lead, Treasurer", "https://sig.example/", "Sep 1, 2025"] {
        assert!(page.body.contains(part), "{part}");
    }
    for part in ["/edit\"", "/people\"", "/end\"", "bkimur2\"", "/intranet/groups/new"] {
        assert!(!page.body.contains(part), "{part}");
    }
    for path in ["/intranet/groups/robots/x", "/intranet/groups/sigs/nothing"] {
        assert_eq!(member.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_lead_changes_the_group_and_keeps_what_was_typed() {
    let gateway = with_group(true).await;
    gateway.answers(Method::PUT, "/groups/sigs/SIG%20C++", 200, group("SIG C++"));
    let mut lead = signed_in(&gateway, &[]);
    let page = lead.get(CPP).await;
    assert!(page.body.contains(&format!("action=\"{CPP}/edit\"")));
    assert!(!page.body.contains(&format!("action=\"{CPP}/end\"")), "officers end groups");
    let fields = [("description", "Templates"), ("site", ""), ("meeting_loc", "Room 1")];
    let done = lead.submit(&format!("{CPP}/edit"), &fields).await;
    assert_eq!((done.status.as_u16(), done.location()), (303, CPP));
    let call = &gateway.calls(&Method::PUT, "/groups/sigs/SIG%20C++")[0];
    assert_eq!(call.body["description"], "Templates");
    assert_eq!((&call.body["meetingLoc"], &call.body["site"]), (&json!("Room 1"), &json!("")));
    assert!(lead.get(CPP).await.body.contains("The page of SIG C++ is changed."));

    let refusal = json!({ "error": "email must be a mail address, or empty" });
    gateway.answers(Method::PUT, "/groups/sigs/SIG%20C++", 400, refusal);
    let fields = [("description", HOSTILE), ("email", "at@home")];
    let page = lead.submit_and_follow(&format!("{CPP}/edit"), &fields).await;
    assert!(page.is_wrong_form());
    assert!(page.body.contains("email must be a mail address") && page.body.contains("at@home"));
    assert!(page.body.contains("id=\"edit\" open") && !page.body.contains("<script>"));

    let refusal = json!({ "error": "Only officers and the leads of this group may do this" });
    gateway.answers(Method::PUT, "/groups/sigs/SIG%20C++", 403, refusal);
    let page = lead.submit(&format!("{CPP}/edit"), &[]).await;
    assert_eq!(page.status, 403);
    assert!(page.body.contains("Only officers and the leads of this group"));
}

#[tokio::test]
async fn a_lead_adds_someone_and_ends_a_role() {
    let gateway = with_group(true).await;
    let roles = "/groups/sigs/SIG%20C++/roles";
    gateway.answers(Method::POST, roles, 201, role(3, "Bao", None));
    gateway.answers(Method::DELETE, &format!("{roles}/1"), 200, role(1, "Ada", None));
    let mut lead = signed_in(&gateway, &[]);
    let page = lead.get(CPP).await;
    assert!(page.body.contains("History (1)") && page.body.contains("Jan 31, 2026"));
    let people = format!("{CPP}/people");
    let fields =
        [("netid", " BKimur2 "), ("name", "Bao"), ("lead", "on"), ("title", "Vice \"chair\"")];
    let done = lead.submit(&people, &fields).await;
    assert_eq!((done.status.as_u16(), done.location()), (303, format!("{CPP}#people").as_str()));
    let expected =
        json!({ "netid": "bkimur2", "name": "Bao", "lead": true, "title": "Vice \"chair\"" });
    assert_eq!(gateway.calls(&Method::POST, roles)[0].body, expected);

    gateway.answers(
        Method::POST,
        roles,
        409,
        json!({ "error": "bkimur2 is in this group already" }),
    );
    let page = lead.submit_and_follow(&people, &fields).await;
    assert!(page.is_wrong_form());
    assert!(page.body.contains("is in this group already") && page.body.contains("bkimur2"));
    assert!(
        page.body.contains("name=\"lead\" value=\"on\" checked")
            && page.body.contains("&#34;chair&#34;")
    );
    let page = lead.submit_and_follow(&people, &[("netid", "no one")]).await;
    assert!(page.is_wrong_form());
    assert!(page.body.contains("A valid netid must be entered"));
    assert_eq!(gateway.calls(&Method::POST, roles).len(), 2);

    lead.submit(&format!("{people}/1/end"), &[]).await;
    assert_eq!(gateway.calls(&Method::DELETE, &format!("{roles}/1")).len(), 1);
    assert!(lead.get(CPP).await.body.contains("It stays in the history."));
    let refusal = json!({ "error": "The last member of Admin cannot leave it" });
    gateway.answers(Method::DELETE, &format!("{roles}/1"), 409, refusal);
    lead.submit(&format!("{people}/1/end"), &[]).await;
    assert!(lead.get(CPP).await.body.contains("The last member of Admin cannot leave it"));
}

#[tokio::test]
async fn an_officer_makes_and_ends_a_group() {
    let gateway = with_group(true).await;
    gateway.answers(Method::POST, "/groups/sigs", 201, group("SIG C++"));
    gateway.answers(Method::DELETE, "/groups/sigs/SIG%20C++", 200, group("SIG C++"));
    let mut officer = signed_in(&gateway, &["admin"]);
    assert!(officer.get("/intranet/groups").await.body.contains("/intranet/groups/new"));
    officer.get("/intranet/groups/new").await;
    let fields = [("kind", "sigs"), ("name", "SIG C++"), ("description", "Templates")];
    let done = officer.submit("/intranet/groups/new", &fields).await;
    assert_eq!((done.status.as_u16(), done.location()), (303, CPP));
    let call = &gateway.calls(&Method::POST, "/groups/sigs")[0];
    assert_eq!(
        (&call.body["name"], &call.body["description"]),
        (&fields[1].1.into(), &fields[2].1.into())
    );

    gateway.answers(Method::POST, "/groups/sigs", 409, json!({ "error": "Group already exists" }));
    let page = officer.submit_and_follow("/intranet/groups/new", &fields).await;
    assert!(page.is_wrong_form());
    assert!(page.body.contains("Group already exists") && page.body.contains("Templates"));
    assert!(page.body.contains("value=\"sigs\" required checked"));
    let page = officer.submit_and_follow("/intranet/groups/new", &[("name", "x")]).await;
    assert!(page.is_wrong_form() && page.body.contains("Choose whether it is a SIG"));

    assert!(officer.get(CPP).await.body.contains(&format!("action=\"{CPP}/end\"")));
    let done = officer.submit(&format!("{CPP}/end"), &[]).await;
    assert_eq!(done.location(), "/intranet/groups");
    assert!(officer.get("/intranet/groups").await.body.contains("SIG C++ has ended."));
}

#[tokio::test]
async fn the_committees_of_officers_are_not_offered_to_be_ended() {
    let gateway = FakeGateway::start().await;
    let roles = GroupRoles { manageable: true, roles: vec![] };
    // The website asks for officers by the lower-case name.
    gateway.answers(Method::GET, "/groups/committees/Top4", 200, group("Top4"));
    gateway.answers(Method::GET, "/groups/committees/Top4/roles", 200, roles.clone());
    gateway.answers(Method::GET, "/groups/sigs/Top4", 200, group("Top4"));
    gateway.answers(Method::GET, "/groups/sigs/Top4/roles", 200, roles);
    let mut officer = signed_in(&gateway, &["admin"]);
    let page = officer.get("/intranet/groups/committees/Top4").await;
    assert!(page.body.contains("Edit details") && !page.body.contains("End this group"));
    let page = officer.get("/intranet/groups/sigs/Top4").await;
    assert!(page.body.contains("End this group"));
}

#[tokio::test]
async fn hostile_groups_are_shown_and_do_nothing() {
    let gateway = with_group(true).await;
    let hostile = || HOSTILE.to_owned();
    let place = GroupRole { title: hostile(), granted_by: hostile(), ..role(1, HOSTILE, None) };
    let hostile = Group {
        description: hostile(),
        chairs: hostile(),
        meeting_day: hostile(),
        meeting_loc: hostile(),
        email: hostile(),
        site: "javascript:alert(1)".to_owned(),
        ..group(HOSTILE)
    };
    let roles = GroupRoles { manageable: true, roles: vec![place] };
    gateway.answers(Method::GET, "/groups/sigs", 200, [&hostile]);
    gateway.answers(Method::GET, "/groups/sigs/SIG%20C++", 200, hostile);
    gateway.answers(Method::GET, "/groups/sigs/SIG%20C++/roles", 200, roles);
    let mut officer = signed_in(&gateway, &["admin"]);
    for path in ["/intranet/groups", CPP] {
        let page = officer.get(path).await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("alert(1)"));
        assert!(!page.body.contains("<script>") && !page.body.contains("<img src=x"));
        assert!(!page.body.contains("href=\"javascript:"));
    }
}
