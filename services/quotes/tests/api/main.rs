//! The quotes service through its router, on a database of its own for each test.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accountability;
mod import;
mod outage;
mod pages;
mod quotes;
mod votes;

use grove_quotes::{AppState, MIGRATOR, assemble};
use grove_quotes_api::Quote;
use grove_shared::{Clock, envelope::Data};
use grove_testing::{Person, TestApp, TestDatabase};
use serde_json::json;

/// The service on an empty database, which lives as long as the first half of the pair.
async fn app() -> (TestDatabase, TestApp) {
    let db = TestDatabase::create(&MIGRATOR).await;
    let app = TestApp::new("quotes", |keys| {
        assemble(AppState {
            db: db.pool(),
            verifier: keys.verifier("quotes"),
            clock: Clock::system(),
        })
        .into_router()
    });
    (db, app)
}

/// The quotes that a person sees.
async fn quotes(person: &Person) -> Vec<Quote> {
    person.get("/quotes").await.json::<Data<Vec<Quote>>>().data
}

/// Posts a quote of `mdoe3` as `jsmith2` and, if asked, approves it; returns its id.
async fn post(app: &TestApp, text: &str, approved: bool) -> u64 {
    let new = json!({ "text": text, "author": "jsmith2", "source": "mdoe3" });
    assert_eq!(app.member("jsmith2").post("/quotes", &new).await.status, 200);
    let officer = app.officer("admin2");
    let id = quotes(&officer).await.iter().find(|quote| quote.text == text).unwrap().id;
    if approved {
        assert_eq!(officer.put(&format!("/quotes/{id}/approve"), &json!({})).await.status, 200);
    }
    id
}
