//! How every service is.

use grove_shared::api::status::Status;

use super::{Gateway, GatewayError};

impl Gateway {
    /// How every service and the backups are, for officers.
    pub async fn status(&self) -> Result<Status, GatewayError> {
        self.get(&["status"]).await
    }
}
