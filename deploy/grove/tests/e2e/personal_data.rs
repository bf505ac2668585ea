//! What the chapter keeps of a person, whole: they download it, and are forgotten by every service.

use std::{
    io::{Cursor, Read},
    time::{Duration, Instant},
};

use grove::schema::OWNERS;
use grove_shared::Role;
use grove_testing::tables_mentioning;
use serde_json::{Value, json};
use zip::ZipArchive;

use crate::world::{Caller, PASSWORD, World, token_of};

/// The services, each of which keeps something of [`busy_member`].
const SERVICES: [&str; 9] =
    ["auth", "credits", "directory", "gigs", "groups", "merch", "notifications", "quotes", "users"];
const TIMEOUT: Duration = Duration::from_mins(1);

async fn succeeds(person: &Caller, path: &str, body: Value) -> Value {
    let answer = person.post(path, &body).await;
    assert!([200, 201].contains(&answer.status), "{path}: {} {}", answer.status, answer.json);
    answer.json
}

/// Someone with something in every service.
async fn busy_member(world: &World, officer: &Caller, netid: &str) -> Caller {
    let form = json!({ "first_name": "Quillon", "last_name": "Vexley", "netid": netid, "uin": "612345678" });
    succeeds(&world.client(), "/users", form).await;
    let mail = world.mail(netid, "token=").await;
    let member = world.use_link(token_of(&mail), PASSWORD).await;
    let paid = officer.put(&format!("/users/{netid}/paid"), &json!({})).await;
    assert_eq!(paid.status, 200, "{}", paid.json);
    member.until(&format!("/credits/users/{netid}"), 200).await;

    let quote = json!({ "text": "Not again.", "source": netid, "author": netid });
    succeeds(&member, "/quotes", quote).await;
    let others = json!({ "text": "It was like this.", "source": "officer1", "author": "officer1" });
    succeeds(officer, "/quotes", others).await;
    for quote in officer.get("/quotes").await.json["data"].as_array().unwrap() {
        let approved = officer.put(&format!("/quotes/{}/approve", quote["id"]), &json!({})).await;
        assert_eq!(approved.status, 200, "{}", approved.json);
        succeeds(&member, &format!("/quotes/{}/vote", quote["id"]), json!({})).await;
    }

    succeeds(officer, "/groups/sigs", json!({ "name": "SIGTest", "description": "Testing." }))
        .await;
    let place = json!({ "netid": netid, "name": "Quillon Vexley", "lead": true });
    succeeds(officer, "/groups/sigs/SIGTest/roles", place).await;

    let prize = json!({ "netid": netid, "amount": 1000, "description": "A prize" });
    succeeds(officer, "/credits/transactions", prize).await;
    let gig = |issuer: &str| json!({ "issuer": issuer, "title": "Paint the fence", "details": "", "credits": 100 });
    succeeds(&member, "/gigs", gig(netid)).await;
    let gig = succeeds(officer, "/gigs", gig("officer1")).await;
    let claim = json!({ "claimant": netid, "gig_id": gig["id"].to_string() });
    succeeds(&member, "/gigs/claims", claim).await;

    let item = json!({ "name": "Cola", "price": "125", "image_url": "https://example.edu/cola.png",
                       "quantity": "2", "location": "A1" });
    succeeds(officer, "/merch/items", item).await;
    let id = officer.get("/merch/items").await.json["data"][0]["id"].clone();
    succeeds(&member, &format!("/merch/users/{netid}/pin"), json!({})).await;
    let bought = member.post_once("/merch/purchases", &json!({ "items": [id] }), "one").await;
    assert_eq!(bought.status, 201, "{}", bought.json);
    let settled = |account: &Value| account["available"] == 1275;
    member.until_json(&format!("/credits/users/{netid}"), settled).await;

    let preferences = member.get("/notifications/preferences").await.json;
    let choices = preferences["preferences"].as_array().unwrap().iter();
    let choice = choices.clone().find(|choice| choice["mandatory"] == false).unwrap();
    let change = json!({ "kind": choice["kind"], "channel": choice["channel"], "enabled": false });
    let changed =
        member.put("/notifications/preferences", &json!({ "preferences": [change] })).await;
    assert_eq!(changed.status, 200, "{}", changed.json);
    member
}

/// The files that a person downloads.
async fn download(person: &Caller) -> ZipArchive<Cursor<Vec<u8>>> {
    let request = person.http.get(format!("{}/users/me/data", person.gateway));
    let request = request.header("Authorization", person.client_token.as_ref().unwrap());
    let reply = request.header("Token", person.session.as_ref().unwrap()).send().await.unwrap();
    assert_eq!(reply.status(), 200);
    assert_eq!(reply.headers()["content-type"], "application/zip");
    ZipArchive::new(Cursor::new(reply.bytes().await.unwrap().to_vec())).unwrap()
}

fn text(archive: &mut ZipArchive<Cursor<Vec<u8>>>, name: &str) -> String {
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

async fn everything_is_told(person: &Caller) {
    let mut archive = download(person).await;
    let readme = text(&mut archive, "README.txt");
    assert!(!readme.contains("did not answer"), "{readme}");
    for service in SERVICES {
        let told = text(&mut archive, &format!("{service}.json"));
        let data: Value = serde_json::from_str(&told).unwrap();
        assert!(!data["data"].is_null(), "{service} tells nothing");
    }
    let (users, merch) = (text(&mut archive, "users.json"), text(&mut archive, "merch.json"));
    assert!(users.contains("Quillon") && users.contains("612345678"), "{users}");
    assert!(merch.contains("Cola"), "{merch}");
    assert!(text(&mut archive, "quotes.json").contains("Not again"));
}

/// The newest deletion, once it has ended.
async fn ended(officer: &Caller) -> Value {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let newest = officer.get("/users/deletions").await.json["items"][0].clone();
        if !newest["ended_at"].is_null() {
            return newest;
        }
        assert!(Instant::now() < deadline, "{newest}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The services that a deletion waits for.
fn awaited(deletion: &Value) -> Vec<&str> {
    let steps = deletion["steps"].as_array().unwrap().iter();
    let open = steps.filter(|step| step["confirmed_at"].is_null());
    open.map(|step| step["service"].as_str().unwrap()).collect()
}

/// The columns that docs/security.md lists, as `service table.column` or ` table.column` for all services.
fn listed() -> Vec<String> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/security.md");
    let page = std::fs::read_to_string(page).unwrap();
    let section = page.split("## Being forgotten\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let mut listed = Vec::new();
    for row in section.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let service = cells[1].split('`').nth(1).unwrap_or_default();
        let columns = cells[2].split('`').skip(1).step_by(2);
        listed.extend(columns.map(|column| format!("{service} {column}")));
    }
    assert!(listed.len() > 10, "{listed:?}");
    listed
}

/// Nothing names the person but what docs/security.md says, and that by the NetID alone.
async fn nothing_is_left(world: &World, netid: &str) {
    let (listed, address) = (listed(), format!("{netid}@"));
    let mut left = Vec::new();
    for owner in OWNERS {
        let db = world.database.open(owner.name).unwrap();
        for words in ["Quillon", "Vexley", "612345678", &address] {
            for column in tables_mentioning(&db, words).await {
                left.push(format!("{} {column} has {words}", owner.name));
            }
        }
        for column in tables_mentioning(&db, netid).await {
            let places = [owner.name, ""].map(|service| format!("{service} {column}"));
            if !places.iter().any(|place| listed.contains(place)) {
                left.push(format!("{} {column}", owner.name));
            }
        }
    }
    assert!(left.is_empty(), "{left:#?}");
}

#[tokio::test]
async fn a_member_is_told_everything_and_forgotten_by_every_service() {
    let world = World::start().await;
    let officer = world.person("officer1", &[Role::Admin]).await;
    let member = busy_member(&world, &officer, "zbrook7").await;
    everything_is_told(&member).await;

    assert_eq!(officer.delete("/users/zbrook7").await.status, 200);
    let deletion = ended(&officer).await;
    assert_eq!(deletion["steps"].as_array().unwrap().len(), SERVICES.len(), "{deletion}");
    assert!(deletion["steps"].as_array().unwrap().iter().all(|step| !step["forgotten"].is_null()));
    nothing_is_left(&world, "zbrook7").await;
    assert_eq!(member.get("/users/me").await.status, 401);

    // Who comes back begins anew.
    let form = json!({ "first_name": "Quillon", "last_name": "Vexley", "netid": "zbrook7", "uin": "612345678" });
    succeeds(&world.client(), "/users", form).await;
    assert_eq!(officer.put("/users/zbrook7/paid", &json!({})).await.status, 200);
    let fresh = |account: &Value| account["balance"] == 500 && account["held"] == 0;
    officer.until_json("/credits/users/zbrook7", fresh).await;
    world.end().await;
}

#[tokio::test]
async fn a_deletion_waits_for_services_that_are_away_and_ends_when_they_are_back() {
    let world = World::start().await;
    let officer = world.person("officer1", &[Role::Admin]).await;
    let member = busy_member(&world, &officer, "zbrook7").await;
    // Without one of their tables they can tell nothing and forget nobody.
    let away = [("merch", "customers"), ("quotes", "votes")];
    for (service, table) in away {
        let rename = format!("RENAME TABLE {table} TO {table}_away");
        let rename = sqlx::query(sqlx::AssertSqlSafe(rename));
        rename.execute(&world.database.open(service).unwrap()).await.unwrap();
    }
    let mut archive = download(&member).await;
    let readme = text(&mut archive, "README.txt");
    for (service, _) in away {
        assert!(
            readme.contains(&format!("{service} did not answer; ask again later.")),
            "{readme}"
        );
        assert!(archive.by_name(&format!("{service}.json")).is_err());
    }

    assert_eq!(officer.delete("/users/zbrook7").await.status, 200);
    let waits = |page: &Value| awaited(&page["items"][0]) == ["merch", "quotes"];
    officer.until_json("/users/deletions", waits).await;
    for (service, table) in away {
        let rename = format!("RENAME TABLE {table}_away TO {table}");
        let rename = sqlx::query(sqlx::AssertSqlSafe(rename));
        rename.execute(&world.database.open(service).unwrap()).await.unwrap();
    }
    ended(&officer).await;
    nothing_is_left(&world, "zbrook7").await;
    world.end().await;
}
