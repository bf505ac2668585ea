//! What the program leaves in a database.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod rights;
mod setup;

use grove_setup::DatabaseServer;
use grove_testing as testing;

/// A server with schemas of its own names, so that tests run side by side.
async fn server() -> DatabaseServer {
    let prefix = format!("grove_t{:08x}_", rand::random::<u32>());
    DatabaseServer::new(&testing::server_url().await).unwrap().with_prefix(&prefix)
}
