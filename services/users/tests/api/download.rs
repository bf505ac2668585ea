//! What a person is told of themselves.

use std::io::{Cursor, Read};

use axum::{Router, routing::get};
use chrono::TimeDelta;
use grove_http::extract::{Json, Path};
use grove_testing::{Neighbour, Reply};
use http::{StatusCode, header};
use serde_json::{Value, json};
use zip::ZipArchive;

use crate::{World, neighbours_but};

/// A file of a ZIP, if it is there.
fn file(reply: &Reply, name: &str) -> Option<String> {
    let mut archive = ZipArchive::new(Cursor::new(reply.body.clone())).unwrap();
    let mut text = String::new();
    archive.by_name(name).ok()?.read_to_string(&mut text).unwrap();
    Some(text)
}

#[tokio::test]
async fn a_person_downloads_what_every_service_keeps_of_them() {
    let told = async |Path(netid): Path<String>| Json(json!({ "data": { "of": netid } }));
    let others = Router::new().route("/internal/personal-data/{netid}", get(told));
    let others = Neighbour::start(others).await;
    let away = [("gigs", "http://127.0.0.1:1".to_owned())];
    let world = World::with_urls(&neighbours_but(&others.url(), &away)).await;
    world.join("jsmith2", 100_000_001).await;
    world.pay("jsmith2").await;

    let reply = world.app.member("jsmith2").get("/users/me/data").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.headers[header::CONTENT_TYPE], "application/zip");
    let name = "attachment; filename=\"grove-jsmith2-2026-10-01.zip\"";
    assert_eq!(reply.headers[header::CONTENT_DISPOSITION], name);
    assert_eq!(reply.headers[header::CACHE_CONTROL], "no-store");

    let readme = file(&reply, "README.txt").unwrap();
    assert!(readme.contains("gigs did not answer; ask again later."), "{readme}");
    assert_eq!(file(&reply, "gigs.json"), None);
    for service in grove_catalog::present().map(|service| service.name) {
        if service != "gigs" {
            assert!(readme.contains(&format!("{service}.json: ")), "{readme}");
            let told = file(&reply, &format!("{service}.json")).unwrap();
            assert!(told.contains("\n  "), "it is for people: {told}");
        }
    }
    let quotes: Value = serde_json::from_str(&file(&reply, "quotes.json").unwrap()).unwrap();
    assert_eq!(quotes["data"]["of"], "jsmith2");
    let own: Value = serde_json::from_str(&file(&reply, "users.json").unwrap()).unwrap();
    assert_eq!(own["data"]["record"]["uin"], 100_000_001);
    assert_eq!(own["data"]["terms"][0]["confirmed_by"], "admin2");
    assert_eq!(own["changes"][0]["action"], "began");
}

#[tokio::test]
async fn who_has_an_account_alone_is_told_too_and_nobody_too_often() {
    let world = World::new().await;
    let person = world.app.applicant("mdoe3");
    for _ in 0..3 {
        let reply = person.get("/users/me/data").await;
        assert_eq!(reply.status, StatusCode::OK);
        assert!(file(&reply, "users.json").is_some());
    }
    let reply = person.get("/users/me/data").await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(reply.headers.contains_key(header::RETRY_AFTER));
    assert_eq!(world.app.applicant("jsmith2").get("/users/me/data").await.status, StatusCode::OK);
    world.clock.advance(TimeDelta::seconds(61));
    assert_eq!(person.get("/users/me/data").await.status, StatusCode::OK);
    assert_eq!(world.app.client().get("/users/me/data").await.status, StatusCode::UNAUTHORIZED);
}
