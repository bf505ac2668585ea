//! The gigs service through its router, beside a bank that can be told to fail.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accepting;
mod accountability;
mod bank;
mod cancelling;
mod claims;
mod editing;
mod forgetting;
mod listing;
mod not_through;
mod posting;
mod reservations;
mod validation;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use clap::Parser;
use grove_client::Peers;
use grove_gigs::{AppState, Config, MIGRATOR, Reconciler, assemble};
use grove_gigs_api::{Claim, ClaimState, Gig, GigPage, GigState};
use grove_outbox::Worker;
use grove_shared::{Clock, config::PeerUrls};
use grove_testing::{Person, Reply, TestApp, TestDatabase};
use serde_json::{Value, json};

use crate::bank::Bank;

const FAR_BEYOND_THE_BACKOFF: TimeDelta = TimeDelta::hours(2);

/// The service, the bank, and what a test does behind their backs.
struct World {
    /// Lives as long as the service does.
    db: TestDatabase,
    app: TestApp,
    clock: Clock,
    state: AppState,
    bank: Bank,
}

impl World {
    /// Without gigs, on 1 October 2026, in a bank where `jsmith2` has 1000 credits.
    async fn new() -> Self {
        let db = TestDatabase::create(&MIGRATOR).await;
        let bank = Bank::start().await;
        bank.set_balance("jsmith2", 1000);
        let start: DateTime<Utc> = "2026-10-01T12:00:00Z".parse().unwrap();
        let clock = Clock::stopped_at(start);
        let urls = (bank.credits.url(), bank.notifications.url());
        let urls: PeerUrls =
            format!("credits={},notifications={}", urls.0, urls.1).parse().unwrap();
        let mut kept = None;
        let app = TestApp::new("gigs", |keys| {
            bank.notifications.trust(keys.verifier("notifications"));
            let state = AppState {
                db: db.pool(),
                verifier: keys.verifier("gigs"),
                clock: clock.clone(),
                peers: Peers::new(keys.key("gigs"), urls, &[]).unwrap(),
                mails: Arc::new(Config::parse_from(["gigs"]).mails),
            };
            kept = Some(state.clone());
            assemble(state).into_router()
        });
        Self { db, app, clock, state: kept.unwrap(), bank }
    }

    fn issuer(&self) -> Person {
        self.app.member("jsmith2")
    }

    async fn try_post(&self, title: &str, credits: i64) -> Reply {
        self.issuer().post("/gigs", &form(title, credits)).await
    }

    /// Posts a gig of `jsmith2`.
    async fn post(&self, title: &str, credits: i64) -> Gig {
        ok(&self.try_post(title, credits).await).json()
    }

    /// Posts a gig of the officer `admin2` that the chapter pays for.
    async fn post_admin_gig(&self, title: &str, credits: i64) -> Gig {
        let mut form = form(title, credits);
        form["issuer"] = json!("admin2");
        form["admin_task"] = json!(true);
        ok(&self.app.officer("admin2").post("/gigs", &form).await).json()
    }

    async fn try_claim(&self, claimant: &str, gig: u64) -> Reply {
        let claim = json!({ "claimant": claimant, "gig_id": gig.to_string() });
        self.app.member(claimant).post("/gigs/claims", &claim).await
    }

    async fn claim(&self, claimant: &str, gig: u64) -> Claim {
        ok(&self.try_claim(claimant, gig).await).json()
    }

    /// Accepts a claim as `jsmith2`.
    async fn accept(&self, claim: u64) -> Reply {
        self.issuer().put(&format!("/gigs/claims/{claim}"), &json!({})).await
    }

    /// Closes a gig as `jsmith2`.
    async fn close(&self, gig: u64) -> Reply {
        self.issuer().put(&format!("/gigs/{gig}"), &json!({ "active": false })).await
    }

    async fn state_of(&self, gig: u64) -> GigState {
        ok(&self.issuer().get(&format!("/gigs/{gig}")).await).json::<Gig>().state
    }

    async fn state_of_claim(&self, claim: u64) -> ClaimState {
        ok(&self.issuer().get(&format!("/gigs/claims/{claim}")).await).json::<Claim>().state
    }

    /// The first page of what a person finds.
    async fn found(&self, person: &Person, query: &str) -> Vec<String> {
        let page: GigPage = ok(&person.get(&format!("/gigs?{query}")).await).json();
        page.gigs.into_iter().map(|gig| gig.title).collect()
    }

    fn worker(&self) -> Worker {
        self.state.worker()
    }

    fn reconciler(&self) -> Reconciler {
        self.state.reconciler()
    }

    /// Lets everything arrive that is on its way, however long it had to wait.
    async fn deliver(&self) {
        self.clock.advance(FAR_BEYOND_THE_BACKOFF);
        self.worker().deliver_due().await.unwrap();
        let left: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM outbox WHERE delivered_at IS NULL")
                .fetch_one(&self.db.pool())
                .await
                .unwrap();
        assert_eq!(left, 0, "something did not arrive");
        let escrowed: i64 =
            sqlx::query_scalar("SELECT CAST(COALESCE(SUM(escrowed), 0) AS SIGNED) FROM gigs")
                .fetch_one(&self.db.pool())
                .await
                .unwrap();
        assert_eq!(self.bank.escrow(), escrowed, "the bank keeps what open gigs promise");
    }
}

/// A gig of `jsmith2`, as the old website sends it.
fn form(title: &str, credits: i64) -> Value {
    json!({
        "issuer": "jsmith2",
        "title": title,
        "details": "Bring gloves.",
        "credits": credits,
        "admin_task": false,
    })
}

/// The reply, which has to be a success.
fn ok(reply: &Reply) -> &Reply {
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    reply
}

/// The status and the error of a refusal.
fn refusal(reply: &Reply) -> (u16, String) {
    (reply.status.as_u16(), reply.error())
}

fn refused(status: u16, error: &str) -> (u16, String) {
    (status, error.to_owned())
}
