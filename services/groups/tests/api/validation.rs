//! Bad input: a clear refusal, and nothing changed.

use grove_groups_api::Group;
use http::{Method, StatusCode};
use serde_json::json;

use crate::{Setting, roles};

const NAME: &str = "name takes letters, digits, spaces and . & + | ' - and needs a letter or digit";
const SITE: &str = "site must be an address that begins with http:// or https://, or empty";
const EMAIL: &str = "email must be a mail address, or empty";

#[tokio::test]
async fn a_bad_group_is_refused_with_a_reason_and_changes_nothing() {
    let setting = Setting::new().await;
    let (long_name, long, longer) = ("x".repeat(65), "x".repeat(101), "x".repeat(2001));
    for (body, error) in [
        (json!({}), "Missing name"),
        (json!({ "name": "  " }), "Missing name"),
        (json!({ "name": long_name }), "name may have at most 64 characters"),
        (json!({ "name": "a/b" }), NAME),
        (json!({ "name": "<b>" }), NAME),
        (json!({ "name": "a\nb" }), NAME),
        (json!({ "name": ".." }), NAME),
        (json!({ "name": 7 }), "invalid type: integer `7`, expected a string"),
        (
            json!({ "name": "ok", "description": longer }),
            "description may have at most 2000 characters",
        ),
        (json!({ "name": "ok", "meetingDay": long }), "meetingDay may have at most 100 characters"),
        (
            json!({ "name": "ok", "meetingTime": "6\u{7}" }),
            "meetingTime may not contain control characters",
        ),
        (
            json!({ "name": "ok", "meetingLoc": "a\nb" }),
            "meetingLoc may not contain control characters",
        ),
        (
            json!({ "name": "ok", "description": "\u{1b}[2J" }),
            "description may not contain control characters",
        ),
        (json!({ "name": "ok", "site": "example.org" }), SITE),
        (json!({ "name": "ok", "site": "javascript:alert(1)" }), SITE),
        (json!({ "name": "ok", "site": "ftp://example.org" }), SITE),
        (json!({ "name": "ok", "site": "https://" }), SITE),
        (json!({ "name": "ok", "site": "https://a b" }), SITE),
        (json!({ "name": "ok", "email": "someone" }), EMAIL),
        (json!({ "name": "ok", "email": "a@b" }), EMAIL),
        (json!({ "name": "ok", "email": "a@b.c, d@e.f" }), EMAIL),
        (json!({ "name": "ok", "email": "a b@example.org" }), EMAIL),
    ] {
        let reply = setting.officer().post("/groups/sigs", &body).await;
        assert_eq!((reply.status, reply.error().as_str()), (StatusCode::BAD_REQUEST, error));
    }
    let reply = setting.officer().post("/groups/teams", &json!({ "name": "ok" })).await;
    assert_eq!(reply.error(), "groupType does not exist, must be sig or committee");
    assert!(setting.app.client().get("/groups/sigs").await.json::<Vec<Group>>().is_empty());
}

#[tokio::test]
async fn a_bad_change_leaves_the_group_as_it_is() {
    let setting = Setting::new().await;
    setting.sig("SIGMusic").await;
    let change = json!({ "meetingDay": "Monday", "site": "nowhere" });
    let reply = setting.officer().put("/groups/sigs/SIGMusic", &change).await;
    assert_eq!((reply.status, reply.error().as_str()), (StatusCode::BAD_REQUEST, SITE));
    let group = setting.app.client().get("/groups/sigs/SIGMusic").await.json::<Group>();
    assert_eq!(group.meeting_day, "");
}

#[tokio::test]
async fn a_bad_place_is_refused_with_a_reason_and_changes_nothing() {
    let setting = Setting::new().await;
    setting.sig("SIGMusic").await;
    let path = "/groups/sigs/SIGMusic/roles";
    for (body, error) in [
        (json!({}), "missing field `netid`"),
        (json!({ "netid": "not a netid" }), "A valid netid must be entered"),
        (
            json!({ "netid": "jsmith2", "name": "x".repeat(101) }),
            "name may have at most 100 characters",
        ),
        (
            json!({ "netid": "jsmith2", "title": "a\tb" }),
            "title may not contain control characters",
        ),
        (
            json!({ "netid": "jsmith2", "lead": "yes" }),
            "invalid type: string \"yes\", expected a boolean",
        ),
    ] {
        let reply = setting.officer().post(path, &body).await;
        assert_eq!((reply.status, reply.error().as_str()), (StatusCode::BAD_REQUEST, error));
    }
    let reply = setting.officer().send(Method::POST, path, "{").await;
    assert_eq!(reply.error(), "The body is not valid JSON");
    let none = "/groups/sigs/none/roles";
    assert_eq!(setting.officer().post(none, &json!({ "netid": "jsmith2" })).await.status, 404);
    for id in ["0", "99", "x", "-1"] {
        assert_eq!(setting.officer().delete(&format!("{path}/{id}")).await.status, 404);
    }
    assert!(roles(&setting.officer(), "sigs/SIGMusic").await.roles.is_empty());
}
