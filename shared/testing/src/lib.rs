//! A database, a person and a neighbour for each test.
//!
//! ```ignore
//! let db = TestDatabase::create(&grove_shelves::MIGRATOR).await;
//! let app = TestApp::new("shelves", |keys| routes(AppState::new(db.pool(), keys.verifier("shelves"))));
//! let reply = app.member("jsmith2").post("/shelves", &json!({ "text": "..." })).await;
//! assert_eq!(reply.status, StatusCode::OK);
//! ```

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test kit fails by panicking"
)]

mod app;
mod database;
mod fake;
mod keys;
mod neighbour;
mod reply;

pub use app::{Person, TestApp};
pub use database::{TestDatabase, server_url, tables_mentioning};
pub use fake::{Fake, Memory};
pub use keys::TestKeys;
pub use neighbour::Neighbour;
pub use reply::Reply;
use secrecy::{ExposeSecret, SecretString};

/// Reads a secret, for sending it as a person would.
pub fn reveal(secret: &SecretString) -> &str {
    secret.expose_secret()
}
