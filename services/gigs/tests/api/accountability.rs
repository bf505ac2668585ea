//! Who did what: what officers do about gigs and claims of others is in the log, once.

use grove_gigs_api::SERVICE;
use grove_shared::{
    Client, NetId,
    audit::{Entry, Filter, list},
};
use grove_testing::Person;
use serde_json::{Value, json};

use crate::{World, form, ok};

/// What a person sees of the log, the newest first.
pub(crate) async fn log(person: &Person) -> Vec<Entry> {
    person.call(list(SERVICE, &Filter::default())).await.unwrap().items
}

impl World {
    /// The only change that the log has.
    async fn logged(&self) -> Entry {
        let mut log = log(&self.app.officer("admin3")).await;
        assert_eq!(log.len(), 1, "{log:?}");
        let entry = log.remove(0);
        assert_eq!((entry.actor.as_str(), &entry.undo), ("admin2", &None));
        assert!(entry.irreversible.is_some() && !entry.is_overtaken);
        entry
    }
}

/// What an entry says: what was done, to what, about whom, and what was and is.
fn said(entry: &Entry) -> (String, Option<&str>, &Value, &Value) {
    let what = format!("{} {} {}", entry.action, entry.kind, entry.object);
    (what, entry.about.as_ref().map(NetId::as_str), &entry.before, &entry.after)
}

#[tokio::test]
async fn that_an_officer_rejects_a_claim_is_logged_once() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await;
    let claim = world.claim("mdoe3", gig.id).await.id;
    let (path, officer) = (format!("/gigs/claims/{claim}"), world.app.officer("admin2"));
    assert_eq!(world.app.member("adam").delete(&path).await.status, 403);
    ok(&officer.delete(&path).await);
    assert_eq!(officer.delete(&path).await.status, 409);
    let entry = world.logged().await;
    let (before, after) = (json!({ "state": "pending" }), json!({ "state": "rejected" }));
    assert_eq!(said(&entry), (format!("rejected claim {claim}"), Some("mdoe3"), &before, &after));
}

#[tokio::test]
async fn that_the_chapter_pays_is_logged_once() {
    let world = World::new().await;
    let gig = world.post_admin_gig("Clean the office", 300).await;
    let claim = world.claim("mdoe3", gig.id).await.id;
    world.claim("adam", gig.id).await;
    let (path, officer) = (format!("/gigs/claims/{claim}"), world.app.officer("admin2"));
    assert_eq!(world.app.member("adam").put(&path, &json!({})).await.status, 403);
    // Their own gig, and the chapter's credits.
    ok(&officer.put(&path, &json!({})).await);
    assert_eq!(officer.put(&path, &json!({})).await.status, 409);
    let entry = world.logged().await;
    let before = json!({ "state": "pending" });
    let after = json!({ "state": "accepted", "credits": 300, "other_claims_rejected": 1 });
    assert_eq!(said(&entry), (format!("accepted claim {claim}"), Some("mdoe3"), &before, &after));
}

#[tokio::test]
async fn that_an_officer_closes_a_gig_of_another_is_logged_once() {
    let world = World::new().await;
    let mut form = form("Clean the office", 300);
    (form["issuer"], form["admin_task"]) = (json!("admin3"), json!(true));
    let gig = world.app.officer("admin3").post("/gigs", &form).await.json::<Value>()["id"].clone();
    let (path, close) = (format!("/gigs/{gig}"), json!({ "active": false }));
    assert_eq!(world.app.member("mdoe3").put(&path, &close).await.status, 403);
    let officer = world.app.officer("admin2");
    ok(&officer.put(&path, &close).await);
    ok(&officer.put(&path, &close).await);
    let entry = world.logged().await;
    let (before, after) = (json!({ "state": "open" }), json!({ "state": "closed" }));
    assert_eq!(said(&entry), (format!("closed gig {gig}"), Some("admin3"), &before, &after));
}

#[tokio::test]
async fn that_an_officer_deletes_a_gig_of_another_is_logged_once() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await.id;
    world.claim("mdoe3", gig).await;
    let (path, officer) = (format!("/gigs/{gig}"), world.app.officer("admin2"));
    assert_eq!(world.app.member("mdoe3").delete(&path).await.status, 403);
    ok(&officer.delete(&path).await);
    assert_eq!(officer.delete(&path).await.status, 404);
    let entry = world.logged().await;
    let before = json!({ "state": "open", "set_aside": 300 });
    assert_eq!(
        said(&entry),
        (format!("deleted gig {gig}"), Some("jsmith2"), &before, &Value::Null)
    );
}

#[tokio::test]
async fn what_people_do_with_their_own_is_not_logged() {
    let world = World::new().await;
    let done = world.post("Paint the fence", 300).await.id;
    let (rejected, accepted) = (world.claim("adam", done).await, world.claim("mdoe3", done).await);
    ok(&world.issuer().delete(&format!("/gigs/claims/{}", rejected.id)).await);
    ok(&world.accept(accepted.id).await);
    let closed = world.post("Paint the shed", 100).await.id;
    let withdrawn = world.claim("adam", closed).await.id;
    ok(&world.app.member("adam").delete(&format!("/gigs/claims/{withdrawn}")).await);
    ok(&world.close(closed).await);
    ok(&world.issuer().delete(&format!("/gigs/{closed}")).await);
    let own = world.post_admin_gig("Clean the office", 300).await.id;
    ok(&world.app.officer("admin2").delete(&format!("/gigs/{own}")).await);
    assert!(log(&world.app.officer("admin3")).await.is_empty());
}

#[tokio::test]
async fn people_see_what_was_done_to_themselves_and_nothing_else() {
    let world = World::new().await;
    let gig = world.post("Paint the fence", 300).await.id;
    ok(&world.app.officer("admin2").delete(&format!("/gigs/{gig}")).await);
    let own = log(&world.issuer()).await;
    assert_eq!(own.len(), 1);
    let (other, path) = (world.app.member("mdoe3"), format!("/audit/gigs/{}", own[0].id));
    ok(&world.issuer().get(&path).await);
    assert!(log(&other).await.is_empty());
    assert_eq!(other.get(&path).await.status, 404);
    assert_eq!(world.app.client().get("/audit/gigs").await.status, 401);
}
