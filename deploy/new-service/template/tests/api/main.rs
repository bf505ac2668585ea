//! The {{name}} service through its router, on a database of its own for each test.

mod {{name}};

use grove_{{name}}::{AppState, MIGRATOR, router};
use grove_shared::{
    Clock,
    testing::{TestApp, TestDatabase},
};

/// The service on an empty database, which lives as long as the first half of the pair.
async fn app() -> (TestDatabase, TestApp) {
    let db = TestDatabase::create(&MIGRATOR).await;
    let app = TestApp::new("{{name}}", |keys| {
        router(AppState {
            db: db.pool(),
            verifier: keys.verifier("{{name}}"),
            clock: Clock::system(),
        })
    });
    (db, app)
}
