//! Who did what, what is kept of a person, and what is left when they are forgotten.

use grove_auth_api::{NewSession, SERVICE};
use grove_shared::{
    Client,
    audit::{self, Entry, Filter},
    personal_data,
};

use super::*;

async fn log(auth: &Auth) -> Vec<Entry> {
    let officer = auth.app.officer("admin2");
    officer.call(audit::list(SERVICE, &Filter::default())).await.unwrap().items
}

/// Joins as people do: users has an account made, and the link of the mail sets the password.
async fn join(auth: &Auth, netid: &str) -> String {
    let made = auth.app.service("users").post("/internal/accounts", &person(netid)).await;
    assert_eq!(made.status, 200);
    let link = auth.mailed_token().await;
    auth.use_link(&link, PASSWORD).await.json::<NewSession>().token
}

fn actions(log: &[Entry]) -> Vec<(&str, &str)> {
    log.iter().rev().map(|entry| (entry.actor.as_str(), entry.action.as_str())).collect()
}

#[tokio::test]
async fn what_others_do_to_an_account_is_logged_once() {
    let auth = auth().await;
    join(&auth, "jsmith2").await;
    let officer = auth.app.officer("admin2");
    for status in [200, 200] {
        let ended = officer.delete("/session?username=jsmith2").await;
        assert_eq!(ended.status, status);
    }
    let refused = auth.app.member("mdoe3").delete("/session?username=jsmith2").await;
    assert_eq!(refused.status, 403);
    // What somebody does to their own is not for the log.
    auth.token("jsmith2", PASSWORD).await;
    assert_eq!(auth.app.member("jsmith2").delete("/session?username=jsmith2").await.status, 200);
    let users = auth.app.service("users");
    for _ in 0..2 {
        let body = json!({ "netid": "jsmith2" });
        assert_eq!(users.post("/internal/accounts/remove", &body).await.status, 200);
    }
    let log = log(&auth).await;
    assert_eq!(
        actions(&log),
        [("service:users", "made"), ("admin2", "ended"), ("service:users", "removed")]
    );
    assert_eq!(log[1].before, json!({ "sessions": 1 }));
    assert!(log.iter().all(|entry| entry.about == Some("jsmith2".parse().unwrap())));
}

#[tokio::test]
async fn everything_of_a_person_is_told_without_secrets_and_forgotten() {
    let auth = auth().await;
    let token = join(&auth, "jsmith2").await;
    auth.sign_in("jsmith2", OTHER_PASSWORD).await;
    let (users, jsmith2) = (auth.app.service("users"), person("jsmith2").netid);
    let export = async || users.call(personal_data::export(SERVICE, &jsmith2)).await.unwrap();
    let data = export().await["data"].clone();
    assert_eq!(data["account"]["has_password"], true);
    assert_eq!(data["account"]["last_name"], "Smithfield");
    for (kind, number) in [("sessions", 1), ("links", 1), ("attempts", 2)] {
        assert_eq!(data[kind].as_array().unwrap().len(), number, "{kind} {data}");
    }
    assert!(!data.to_string().contains("argon2") && !data.to_string().contains(&token));

    let forget = async || users.call(personal_data::forget(SERVICE, &jsmith2)).await.unwrap();
    let forgotten = forget().await;
    assert!(forgotten.removed.iter().any(|removed| removed.what == "sessions"));
    assert!(!forgotten.kept.is_empty());
    let again = forget().await;
    assert_eq!((again.removed, again.kept), (Vec::new(), forgotten.kept));
    assert!(export().await.is_null());
    assert!(auth.resolve(&token).await.is_none());
    assert_eq!(auth.sign_in("jsmith2", PASSWORD).await.status, 400);
    let mut left = auth.db.tables_mentioning("jsmith2").await;
    left.extend(auth.db.tables_mentioning("Smithfield").await);
    assert_eq!(left, ["audit_log.about", "audit_log.object"]);
}

#[tokio::test]
async fn who_comes_back_after_they_were_forgotten_begins_anew() {
    let auth = auth().await;
    let old = join(&auth, "jsmith2").await;
    let (users, jsmith2) = (auth.app.service("users"), person("jsmith2").netid);
    users.call(personal_data::forget(SERVICE, &jsmith2)).await.unwrap();
    assert_eq!(users.post("/internal/accounts", &person("jsmith2")).await.status, 200);
    assert!(auth.resolve(&old).await.is_none());
    assert_eq!(auth.sign_in("jsmith2", PASSWORD).await.status, 400);
    let member = auth.app.member("jsmith2");
    let seen = member.call(audit::list(SERVICE, &Filter::default())).await.unwrap().items;
    assert_eq!(actions(&seen), [("service:users", "made")]);
}

#[tokio::test]
async fn only_users_asks_for_personal_data() {
    let auth = auth().await;
    let jsmith2 = person("jsmith2").netid;
    for who in [auth.app.officer("admin2"), auth.app.client(), auth.app.service("gigs")] {
        assert!(who.call(personal_data::export(SERVICE, &jsmith2)).await.is_err());
        assert!(who.call(personal_data::forget(SERVICE, &jsmith2)).await.is_err());
    }
}
