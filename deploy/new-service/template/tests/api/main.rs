//! The {{name}} service through its router, on a database of its own for each test.

mod {{name}};

use grove_{{name}}::{AppState, MIGRATOR, assemble};
use grove_shared::Clock;
use grove_testing::{TestApp, TestDatabase};

/// The service on an empty database, which lives as long as the first half of the pair.
async fn app() -> (TestDatabase, TestApp) {
    let db = TestDatabase::create(&MIGRATOR).await;
    let app = TestApp::new("{{name}}", |keys| {
        assemble(AppState {
            db: db.pool(),
            verifier: keys.verifier("{{name}}"),
            clock: Clock::system(),
        })
        .into_router()
    });
    (db, app)
}
