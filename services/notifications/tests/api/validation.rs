//! What is not a message: refused as a whole, before any of it is queued.

use grove_notifications::Channel;
use grove_shared::Role;
use grove_testing::Person;
use http::Method;
use serde_json::{Value, json};

use crate::{World, accepted, mail_to, post_to};

/// Sends what is wrong; returns the refusal's sentence.
async fn refused(sender: &Person, message: &Value) -> String {
    let reply = sender.post("/notification", message).await;
    assert_eq!(reply.status, 400, "{message}");
    reply.error()
}

/// Sends what is wrong in a field; returns the refusal's `errors`.
async fn errors(sender: &Person, message: &Value) -> Value {
    let reply = sender.post("/notification", message).await;
    assert_eq!(reply.status, 400, "{message}");
    reply.json::<Value>()["errors"].clone()
}

#[tokio::test]
async fn the_old_refusals_are_kept() {
    let world = World::new().await;
    let officer = world.officer();
    let with = |services: Value| json!({ "services": services, "message": "Hi" });

    let error = refused(&officer, &json!({})).await;
    assert_eq!(error, "Could not parse JSON from request body");
    assert_eq!(refused(&officer, &with(json!([]))).await, "Must specify services to send to");
    assert_eq!(refused(&officer, &with(json!([{ "name": "fax" }]))).await, "Invalid service: fax");
    let tweet = with(json!([{ "name": "twitter", "recipients": ["a"] }]));
    let error = refused(&officer, &tweet).await;
    assert_eq!(error, "Invalid key for service \"twitter\": recipients");

    let missing = json!({ "services": [{ "name": "x" }] });
    let expected = json!({ "message": ["Missing data for required field."] });
    assert_eq!(errors(&officer, &missing).await, expected);
    let missing = json!({ "services": { "0": { "name": ["Missing data for required field."] } } });
    assert_eq!(errors(&officer, &json!({ "message": "Hi" })).await, missing);
    assert_eq!(errors(&officer, &with(json!([{ "recipients": [] }]))).await, missing);
    let expected = json!({ "services": ["Invalid type."] });
    assert_eq!(errors(&officer, &with(json!("x"))).await, expected);
    let list = with(json!([{ "name": "slack", "recipients": "#general" }]));
    let expected = json!({ "services": { "0": { "recipients": ["Not a valid list."] } } });
    assert_eq!(errors(&officer, &list).await, expected);
    let number = json!({ "services": [{ "name": "x" }], "message": 7 });
    assert_eq!(errors(&officer, &number).await, json!({ "message": ["Not a valid string."] }));

    let reply = officer.send(Method::POST, "/notification", "{ no json").await;
    assert_eq!(reply.status, 400);
    assert_eq!(reply.error(), "The body is not valid JSON");
    assert_eq!(world.count("notifications").await, 0);
}

#[tokio::test]
async fn a_message_is_taken_whatever_content_type_it_claims_and_keys_nobody_knows_are_dropped() {
    let world = World::new().await;
    let mut message = mail_to("ada1@example.edu");
    message["services"][0]["mimetype"] = json!("text/plain");
    message["services"][0]["priority"] = json!("high");
    let headers = [("content-type", "text/plain")];
    let reply = world.officer();
    let body = serde_json::to_vec(&message).unwrap();
    let reply = reply.send_with(Method::POST, "/notification", &headers, body).await;
    accepted(&reply);
    assert_eq!(world.count("deliveries").await, 1);
}

#[tokio::test]
async fn one_wrong_service_stops_the_others() {
    let world = World::new().await;
    let message = json!({
        "services": [{ "name": "x" }, { "name": "slack", "recipients": ["#general"] }, { "name": "fax" }],
        "message": "Hi",
    });
    assert_eq!(refused(&world.officer(), &message).await, "Invalid service: fax");
    assert_eq!(world.count("notifications").await, 0);
    assert_eq!(world.deliver(Channel::X).await + world.deliver(Channel::Slack).await, 0);
    assert!(world.elsewhere.calls().is_empty());
}

#[tokio::test]
async fn no_field_can_smuggle_in_a_header_or_a_recipient() {
    let world = World::new().await;
    let officer = world.officer();
    let recipients = [
        "a@example.edu\r\nBcc: b@example.edu",
        "a@example.edu\nRCPT TO:<b@example.edu>",
        "a@example.edu, b@example.edu",
        "a@example.edu;b@example.edu",
        "friends: a@example.edu, b@example.edu;",
        "friends:a@example.edu;",
        "Ada <a@example.edu>",
        "<a@example.edu>",
        "a@example.edu\0",
        "a b@example.edu",
        "\"a b\"@example.edu",
        "a@example.edu> SIZE=1",
        "a(b)@example.edu",
        "a@[127.0.0.1]",
        "@example.edu",
        "a@",
        "a",
        "",
        "ä@example.edu",
    ];
    for recipient in recipients {
        let error = refused(&officer, &mail_to(recipient)).await;
        assert!(error.starts_with("Invalid recipient: "), "{recipient:?}: {error}");
    }
    let long = format!("{}@example.edu", "a".repeat(250));
    assert!(refused(&officer, &mail_to(&long)).await.starts_with("Invalid recipient: "));
    for subject in ["Hi\r\nBcc: b@example.edu", "Hi\nthere", "Hi\rthere", "Hi\0", "Hi\u{85}"] {
        let mut message = mail_to("a@example.edu");
        message["services"][0]["subject"] = json!(subject);
        assert_eq!(refused(&officer, &message).await, "The subject must be one line");
    }
    let senders = [
        "acm@example.edu\r\nBcc: b@example.edu",
        "president@example.edu",
        "acm@example.edu.evil.example",
        "acm@example.edu <mallory@evil.example>",
        "mallory@evil.example (acm@example.edu)",
        "",
    ];
    for sender in senders {
        let mut message = mail_to("a@example.edu");
        message["services"][0]["sender"] = json!(sender);
        let error = refused(&officer, &message).await;
        let expected = "Invalid sender. Must be one of acm@example.edu, treasurer@example.edu";
        assert_eq!(error, expected, "{sender:?}");
    }
    for recipient in ["", "#", "#a b", "#a\nb", "<!channel>"] {
        let message = post_to(&json!({ "name": "slack", "recipients": [recipient] }));
        assert!(refused(&officer, &message).await.starts_with("Invalid recipient: "));
    }
    assert_eq!(world.count("notifications").await, 0);
}

#[tokio::test]
async fn what_is_too_long_or_too_much_is_refused() {
    let world = World::new().await;
    let officer = world.officer();
    let long = "a".repeat(256 * 1024 + 1);
    let mut message = mail_to("a@example.edu");
    message["message"] = json!(long);
    assert_eq!(officer.post("/notification", &message).await.status, 413);
    let mut message = mail_to("a@example.edu");
    message["services"][0]["html"] = json!(long);
    assert_eq!(officer.post("/notification", &message).await.status, 413);
    message = mail_to("a@example.edu");
    message["services"][0]["subject"] = json!("a".repeat(201));
    assert_eq!(refused(&officer, &message).await, "The subject has 200 characters at most");

    let many: Vec<_> = (0..5001).map(|n| format!("p{n}@example.edu")).collect();
    message = mail_to("a@example.edu");
    message["services"][0]["recipients"] = json!(many);
    let problem = errors(&officer, &message).await;
    let reason = &problem["services"]["0"]["recipients"][0];
    assert_eq!(reason, "Too many recipients; name an audience.");
    for (name, most) in [("discord", 2000), ("x", 280), ("slack", 40_000)] {
        let mut message = post_to(&json!({ "name": name }));
        if name == "slack" {
            message["services"][0]["recipients"] = json!(["#general"]);
        }
        message["message"] = json!("ä".repeat(most + 1));
        let error = refused(&officer, &message).await;
        assert!(error.ends_with(&format!(" takes {most} characters at most")), "{error}");
    }
    assert_eq!(world.count("notifications").await, 0);
}

#[tokio::test]
async fn a_message_says_who_gets_it_what_it_is_and_something() {
    let world = World::new().await;
    let officer = world.officer();
    let mut message = mail_to("a@example.edu");
    message["services"][0]["recipients"] = json!([]);
    assert_eq!(refused(&officer, &message).await, "An email needs recipients");
    let message = post_to(&json!({ "name": "slack" }));
    assert_eq!(refused(&officer, &message).await, "Slack needs recipients");
    for text in ["", " \n"] {
        let mut message = mail_to("a@example.edu");
        message["message"] = json!(text);
        assert_eq!(refused(&officer, &message).await, "The message is empty");
    }
    for (field, value, expected) in [
        ("kind", "gossip", "Invalid kind: gossip"),
        ("kind", "account", "Messages about accounts come from the services"),
        ("audience", "everyone", "The audience is members, officers, sigs/NAME or committees/NAME"),
        (
            "audience",
            "sigs/../x",
            "The audience is members, officers, sigs/NAME or committees/NAME",
        ),
    ] {
        let mut message = mail_to("a@example.edu");
        message[field] = json!(value);
        assert_eq!(refused(&officer, &message).await, expected);
    }
    let mut message = mail_to("a@example.edu");
    message["services"][0]["mimetype"] = json!("image/png");
    assert_eq!(refused(&officer, &message).await, "The mimetype is text/plain or text/html");
    let twice = json!({ "services": [{ "name": "x" }, { "name": "twitter" }], "message": "Hi" });
    assert_eq!(refused(&officer, &twice).await, "Each service can be there once");
    assert_eq!(world.count("notifications").await, 0);
}

#[tokio::test]
async fn officers_and_services_send_messages_and_nobody_else() {
    let world = World::new().await;
    let message = mail_to("a@example.edu");
    let post = async |person: Person| person.post("/notification", &message).await.status;
    assert_eq!(post(world.app.stranger()).await, 401);
    assert_eq!(post(world.app.client()).await, 401);
    assert_eq!(post(world.app.member("jsmith2")).await, 403);
    assert_eq!(post(world.app.service("quotes")).await, 403);
    assert_eq!(world.count("notifications").await, 0);
    for service in ["auth", "users", "credits", "gigs", "merch", "groups"] {
        assert_eq!(post(world.app.service(service)).await, 200, "{service}");
    }
    assert_eq!(post(world.officer()).await, 200);
    for path in ["/notifications", "/notifications/channels", "/notification/1"] {
        assert_eq!(world.app.member("jsmith2").get(path).await.status, 403);
        assert_eq!(world.app.stranger().get(path).await.status, 401);
    }
    for path in ["/notifications/preview", "/notifications/deliveries/1/replay"] {
        assert_eq!(world.app.member("jsmith2").post(path, &message).await.status, 403);
    }
    assert_eq!(
        world.app.service("gigs").post("/notifications/preview", &message).await.status,
        403
    );
    assert_eq!(world.app.client().get("/notifications/preferences").await.status, 401);
}

#[tokio::test]
async fn a_repeated_request_is_one_message() {
    let world = World::new().await;
    let (gigs, message) = (world.app.service("gigs"), mail_to("a@example.edu"));
    let first = gigs.post_once("/notification", &message, "gig-1").await;
    let again = gigs.post_once("/notification", &message, "gig-1").await;
    assert_eq!((first.status, first.body), (again.status, again.body));
    let other = gigs.post_once("/notification", &mail_to("b@example.edu"), "gig-1").await;
    assert_eq!(other.status, 422);
    assert_eq!(world.count("notifications").await, 1);
    // Keys of different services have nothing to do with each other.
    accepted(&world.app.service("merch").post_once("/notification", &message, "gig-1").await);
    assert_eq!(world.count("deliveries").await, 2);
}

#[tokio::test]
async fn what_nobody_sees_is_refused_from_people_and_in_subjects() {
    let world = World::new().await;
    let officer = world.officer();
    for foul in ["a\u{202e}b", "a\u{2028}b", "a\u{200b}b", "a\0b", "a\u{1b}[31mb"] {
        let mut message = mail_to("a@example.edu");
        message["services"][0]["subject"] = json!(foul);
        for sender in [&officer, &world.app.service("gigs")] {
            assert_eq!(refused(sender, &message).await, "The subject must be one line");
        }
        for field in ["message", "html"] {
            let mut message = mail_to("a@example.edu");
            let place = if field == "html" { &mut message["services"][0] } else { &mut message };
            place[field] = json!(foul);
            let error = refused(&officer, &message).await;
            assert_eq!(error, "The message has characters that nobody sees", "{field}");
        }
    }
    assert_eq!(world.count("notifications").await, 0);
    let mut message = mail_to("a@example.edu");
    message["message"] = json!("Two lines:\r\n\tnaïve 日本 👩\u{200d}💻");
    accepted(&officer.post("/notification", &message).await);
}

#[tokio::test]
async fn a_message_to_every_member_comes_from_admin_or_top4() {
    let world = World::new().await;
    let mut message = mail_to("a@example.edu");
    for (roles, audience, status) in [
        (&[Role::Corporate][..], "members", 403),
        (&[Role::Corporate], "officers", 200),
        (&[Role::Corporate], "sigs/SIGPwny", 200),
        (&[Role::Top4], "members", 200),
        (&[Role::Corporate, Role::Admin], "members", 200),
    ] {
        message["audience"] = json!(audience);
        let officer = world.app.person("corp2", roles);
        let reply = officer.post("/notification", &message).await;
        assert_eq!(reply.status, status, "{roles:?} to {audience}");
        let preview = officer.post("/notifications/preview", &message).await;
        assert_eq!(preview.status, status, "{roles:?} to {audience}");
    }
    let corporate = world.app.person("corp2", &[Role::Corporate]);
    for path in ["/notifications", "/notifications/channels"] {
        assert_eq!(corporate.get(path).await.status, 200, "{path}");
    }
}
