//! From joining to voting, over HTTP.

use grove_shared::Role;
use http::Method;
use serde_json::json;

use crate::world::{PASSWORD, World, token_of};

#[tokio::test]
async fn someone_joins_pays_signs_in_posts_and_others_approve_and_vote() {
    let world = World::start().await;
    let officer = world.person("officer1", &[Role::Admin]).await;
    let voter = world.person("voter1", &[]).await;

    let wish = json!({ "first_name": "Nova", "last_name": "Reed", "netid": "nreed2", "uin": "612345678", "SIGCrypt": "on" });
    let joined = world.client().post("/users", &wish).await;
    assert_eq!(
        (joined.status, &joined.json["message"]),
        (200, &json!("Your request to join ACM was successful."))
    );
    // Whoever asks learns nothing of who is known; it is said by mail.
    let again = json!({ "first_name": "Test", "last_name": "Person", "netid": "voter1", "uin": "612345679" });
    assert_eq!(world.client().post("/users", &again).await.json, joined.json);

    let mail = world.mail("nreed2", "token=").await;
    let member = world.use_link(token_of(&mail), PASSWORD).await;
    // Whoever signs in by it has shown that the address is theirs, though its news may be on its way still.
    assert_eq!(member.get("/users/me").await.json["data"]["state"], "awaiting_payment");
    let again = json!({ "token": token_of(&mail), "password": PASSWORD });
    assert_eq!(world.client().post("/password/link", &again).await.status, 404);
    assert_eq!(
        world.client().get("/users/nreed2/is_member").await.json["data"]["is_member"],
        false
    );
    let paid = officer.put("/users/nreed2/paid", &json!({})).await;
    assert_eq!(paid.status, 200, "{}", paid.json);
    assert_eq!(
        officer.put("/users/nreed2/paid", &json!({})).await.json["error"],
        "User is already a member"
    );
    assert_eq!(world.client().get("/users/nreed2/is_member").await.json["data"]["is_member"], true);
    assert_eq!(member.get("/users/me").await.json["data"]["state"], "member");
    world.mail("nreed2", "Thanks for your membership payment").await;

    let quote = json!({ "text": "It was like this when I got here.", "source": "voter1", "author": "nreed2" });
    assert_eq!(member.post("/quotes", &quote).await.status, 200);
    assert_eq!(voter.get("/quotes").await.json["data"], json!([]));
    let id = officer.get("/quotes").await.json["data"][0]["id"].as_u64().unwrap();
    assert_eq!(voter.put(&format!("/quotes/{id}/approve"), &json!({})).await.status, 403);
    assert_eq!(officer.send(Method::PUT, &format!("/quotes/{id}/approve"), None).await.status, 200);
    assert_eq!(voter.post(&format!("/quotes/{id}/vote"), &json!({})).await.status, 200);
    let seen = voter.get("/quotes").await.json["data"][0].clone();
    assert_eq!((&seen["votes"], &seen["upvoted"]), (&json!(1), &json!(true)));
    assert_eq!(voter.delete(&format!("/quotes/{id}/vote")).await.status, 200);
    world.end().await;
}

#[tokio::test]
async fn a_lead_and_an_officer_gain_and_lose_their_power_with_the_next_request() {
    let world = World::start().await;
    let officer = world.person("officer1", &[Role::Admin]).await;
    let member = world.person("member1", &[]).await;
    let sig = json!({ "name": "SIGTest", "description": "Testing." });
    assert_eq!(officer.post("/groups/sigs", &sig).await.status, 201);

    let change = json!({ "meetingDay": "Friday" });
    assert_eq!(member.put("/groups/sigs/SIGTest", &change).await.status, 403);
    let lead = json!({ "netid": "member1", "name": "Test Person", "lead": true });
    let place = officer.post("/groups/sigs/SIGTest/roles", &lead).await;
    assert_eq!(place.status, 201, "{}", place.json);
    assert_eq!(member.put("/groups/sigs/SIGTest", &change).await.status, 200);
    let place = format!("/groups/sigs/SIGTest/roles/{}", place.json["id"]);
    assert_eq!(officer.delete(&place).await.status, 200);
    assert_eq!(member.put("/groups/sigs/SIGTest", &change).await.status, 403);

    assert_eq!(member.get("/users").await.status, 403);
    let office =
        officer.post("/groups/committees/top4/roles", &json!({ "netid": "member1" })).await;
    assert_eq!(office.status, 201, "{}", office.json);
    assert_eq!(member.get("/users").await.status, 200);
    let place = format!("/groups/committees/top4/roles/{}", office.json["id"]);
    assert_eq!(officer.delete(&place).await.status, 200);
    assert_eq!(member.get("/users").await.status, 403);
    world.end().await;
}

#[tokio::test]
async fn a_session_ends_with_logout_and_with_a_new_password() {
    let world = World::start().await;
    let first = world.person("member1", &[]).await;
    let second = world.sign_in("member1", PASSWORD).await;
    let sessions = first.get("/sessions").await.json["sessions"].clone();
    assert_eq!(sessions.as_array().unwrap().len(), 2);

    let token = json!({ "token": second.session });
    assert_eq!(second.post("/users/logout", &token).await.status, 200);
    assert_eq!(second.get("/quotes").await.status, 401);
    assert_eq!(first.get("/quotes").await.status, 200);

    let third = world.sign_in("member1", PASSWORD).await;
    let change = json!({ "current": PASSWORD, "new": "nine boats under a quiet bridge" });
    assert_eq!(third.put("/password", &change).await.status, 200);
    assert_eq!(first.get("/quotes").await.status, 401);
    assert_eq!(third.get("/quotes").await.status, 200);

    let asked = world.client().post("/password/reset", &json!({ "netid": "member1" })).await;
    let unknown = world.client().post("/password/reset", &json!({ "netid": "nobody9" })).await;
    assert_eq!((asked.status, &asked.json), (200, &unknown.json));
    let mail = world.mail("member1", "token=").await;
    let fourth = world.use_link(token_of(&mail), "four kettles and a violin").await;
    assert_eq!(third.get("/quotes").await.status, 401);
    assert_eq!(fourth.get("/quotes").await.status, 200);
    world.sign_in("member1", "four kettles and a violin").await;
    world.end().await;
}

#[tokio::test]
async fn twenty_parallel_approvals_make_one_membership_and_one_mail() {
    let world = World::start().await;
    let officer = world.person("officer1", &[Role::Top4]).await;
    let wish =
        json!({ "first_name": "Nova", "last_name": "Reed", "netid": "nreed2", "uin": 612_345_678 });
    assert_eq!(world.client().post("/users", &wish).await.status, 200);
    let approvals: Vec<_> = (0..20)
        .map(|_| {
            let officer = officer.clone();
            tokio::spawn(async move { officer.put("/users/nreed2/paid", &json!({})).await.status })
        })
        .collect();
    let mut approved = 0;
    for approval in approvals {
        let status = approval.await.unwrap();
        assert!([200, 400].contains(&status), "{status}");
        approved += usize::from(status == 200);
    }
    assert_eq!(approved, 1);
    world.mail("nreed2", "Thanks for your membership payment").await;
    let confirmed = world.mails("nreed2").iter().filter(|mail| mail.contains("Thanks")).count();
    assert_eq!(confirmed, 1);
    world.end().await;
}
