//! Changing one's own password, and what makes a good one.

use http::StatusCode;
use serde_json::{Value, json};

use crate::{OTHER_PASSWORD, PASSWORD, auth};

#[tokio::test]
async fn a_new_password_replaces_the_old_one_and_ends_the_other_sessions() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    let current = auth.token("jsmith2", PASSWORD).await;
    let another = auth.token("jsmith2", PASSWORD).await;
    auth.forget("jsmith2").await;
    let link = auth.mailed_token().await;

    let change = json!({ "current": PASSWORD, "new": OTHER_PASSWORD });
    let reply = auth.app.member("jsmith2").put("/password", &change).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(reply.json::<Value>()["message"].is_string());
    assert!(auth.resolve(&current).await.is_some());
    assert!(auth.resolve(&another).await.is_none());
    assert_eq!(auth.use_link(&link, PASSWORD).await.status, StatusCode::NOT_FOUND);
    assert_eq!(auth.sign_in("jsmith2", PASSWORD).await.status, StatusCode::BAD_REQUEST);
    auth.token("jsmith2", OTHER_PASSWORD).await;
}

#[tokio::test]
async fn a_refused_change_changes_nothing() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    auth.token("jsmith2", PASSWORD).await;
    let another = auth.token("jsmith2", PASSWORD).await;
    let member = auth.app.member("jsmith2");
    let long = "long ".repeat(300);
    for (current, new, error) in [
        ("not the right one", OTHER_PASSWORD, "The current password is wrong"),
        (PASSWORD, "short one here", "at least 15 characters"),
        (PASSWORD, &long, "at most 1024 bytes"),
        (PASSWORD, "Password1234567890", "unrelated words"),
        (PASSWORD, "smithfield-johanna", "your name"),
        (PASSWORD, "jsmith2jsmith2!jsmith2", "your name"),
        (PASSWORD, "chapter of testing 26", "the chapter's"),
        (PASSWORD, "Grove Testing chapter", "the chapter's"),
        (PASSWORD, "Johanna Smithfield Grove1", "your name"),
    ] {
        let reply = member.put("/password", &json!({ "current": current, "new": new })).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        assert!(reply.error().contains(error), "{new}: {}", reply.error());
    }
    let change = json!({ "current": PASSWORD, "new": OTHER_PASSWORD });
    assert_eq!(auth.app.client().put("/password", &change).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        auth.app.member("other1").put("/password", &change).await.status,
        StatusCode::BAD_REQUEST
    );
    assert!(auth.resolve(&another).await.is_some());
    auth.token("jsmith2", PASSWORD).await;
}

#[tokio::test]
async fn any_script_and_128_characters_make_a_password() {
    let auth = auth().await;
    auth.joined("jsmith2").await;
    let member = auth.app.member("jsmith2");
    let clefs: String = (0..128).filter_map(|n| char::from_u32(0x1D100 + n * 37 % 128)).collect();
    let mut current = PASSWORD;
    for new in [&clefs, "пингвин читает газету", "ελέφαντας στο ρυάκι", PASSWORD]
    {
        let reply = member.put("/password", &json!({ "current": current, "new": new })).await;
        assert_eq!(reply.status, StatusCode::OK);
        auth.token("jsmith2", new).await;
        current = new;
    }
}
