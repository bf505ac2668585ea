//! Finding gigs.

use std::collections::BTreeSet;

use grove_gigs_api::GigPage;
use serde_json::{Value, json};

use crate::{World, ok, refusal, refused};

#[tokio::test]
async fn the_list_is_empty_at_first() {
    let world = World::new().await;
    let reply = world.app.client().get("/gigs").await;
    assert_eq!(
        ok(&reply).json::<Value>(),
        json!({ "gigs": [], "page": 1, "num_pages": 0, "next_page": null, "prev_page": null })
    );
}

#[tokio::test]
async fn pages_neither_overlap_nor_lose_gigs_of_the_same_moment() {
    let world = World::new().await;
    for number in 0..50 {
        world.post(&format!("Gig {number}"), 1).await;
    }
    let mut seen = Vec::new();
    for (page, count, next, prev) in
        [(1, 24, Some(2), None), (2, 24, Some(3), Some(1)), (3, 2, None, Some(2))]
    {
        let reply = world.app.client().get(&format!("/gigs?page={page}")).await;
        let found: GigPage = ok(&reply).json();
        assert_eq!((found.gigs.len(), found.page, found.num_pages), (count, page, 3));
        assert_eq!((found.next_page, found.prev_page), (next, prev));
        seen.extend(found.gigs.into_iter().map(|gig| gig.id));
    }
    assert!(seen.is_sorted_by(|a, b| a > b));
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 50);
    for page in ["0", "-1", "4", "9223372036854775807"] {
        let reply = world.app.client().get(&format!("/gigs?page={page}")).await;
        assert_eq!(refusal(&reply), refused(404, "There is no such page"));
    }
}

#[tokio::test]
async fn gigs_are_found_by_issuer_state_and_claimant() {
    let world = World::new().await;
    let (open, closed) = (world.post("Open", 10).await, world.post("Closed", 10).await);
    let paid = world.post("Paid", 10).await;
    world.post_admin_gig("Chapter", 10).await;
    ok(&world.close(closed.id).await);
    let claim = world.claim("mdoe3", paid.id).await;
    ok(&world.accept(claim.id).await);
    let withdrawn = world.claim("adam", open.id).await;
    ok(&world.app.member("adam").delete(&format!("/gigs/claims/{}", withdrawn.id)).await);
    world.claim("mdoe3", open.id).await;
    let reader = world.app.client();
    for (query, titles) in [
        ("", vec!["Chapter", "Paid", "Closed", "Open"]),
        ("active=true", vec!["Chapter", "Open"]),
        ("active=1&page=1", vec!["Chapter", "Open"]),
        ("active=false", vec!["Paid", "Closed"]),
        ("active=&issuer=&claimed_by=&page=", vec!["Chapter", "Paid", "Closed", "Open"]),
        ("issuer=admin2", vec!["Chapter"]),
        ("issuer=jsmith2&active=True", vec!["Open"]),
        ("claimed_by=mdoe3", vec!["Paid", "Open"]),
        ("claimed_by=adam", vec![]),
        ("issuer=nobody", vec![]),
        ("issuer=%27%20OR%201=1", vec![]),
    ] {
        assert_eq!(world.found(&reader, query).await, titles, "{query}");
    }
}

#[tokio::test]
async fn a_filter_that_cannot_be_read_is_named() {
    let world = World::new().await;
    for (query, field, error) in [
        ("page=abc", "page", "invalid literal for int() with base 10: 'abc'"),
        ("page=1.5", "page", "invalid literal for int() with base 10: '1.5'"),
        ("active=zz", "active", "Invalid literal for boolean(): zz"),
    ] {
        let reply = world.app.client().get(&format!("/gigs?{query}")).await;
        assert_eq!(refusal(&reply), refused(400, error));
        assert_eq!(reply.json::<Value>()["message"], json!({ field: error }));
    }
}
