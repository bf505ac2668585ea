//! What people see while something is down.

use grove_shared::Role;
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_service_that_does_not_exist_yet_answers_503_with_a_reason() {
    let world = World::start().await;
    let member = world.person("member1", &[]).await;
    for path in ["/events/upcoming", "/memes", "/jobs", "/recruiters"] {
        let answer = member.get(path).await;
        assert!([503, 403].contains(&answer.status), "{path}: {}", answer.status);
        assert!(
            answer.json["error"].is_string() && answer.json["request_id"].is_string(),
            "{path}"
        );
    }
    assert_eq!(member.get("/events/upcoming").await.status, 503);
    world.end().await;
}

#[tokio::test]
async fn bad_input_is_refused_with_a_reason_and_changes_nothing() {
    let world = World::start().await;
    for (body, error) in [
        (json!({}), "Missing first_name"),
        (
            json!({ "first_name": "A", "last_name": "B", "netid": "A1", "uin": "612345678" }),
            "A valid netid must be entered",
        ),
        (
            json!({ "first_name": "A", "last_name": "B", "netid": "ab2", "uin": "x" }),
            "UIN must be an integer",
        ),
    ] {
        let answer = world.client().post("/users", &body).await;
        assert_eq!((answer.status, answer.json["error"].as_str()), (400, Some(error)));
    }
    let officer = world.person("officer1", &[Role::Admin]).await;
    assert_eq!(officer.get("/users/ab2").await.status, 404);
    assert_eq!(world.client().get("/nowhere").await.status, 404);
    world.end().await;
}
