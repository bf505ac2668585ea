//! Side effects of services that have not arrived.

use grove_shared::api::{envelope::Message, outbox::Effects};
use serde_json::json;

use super::{Gateway, GatewayError};

impl Gateway {
    /// What a service has not delivered yet, the oldest first, after an effect.
    pub async fn effects(&self, service: &str, after: u64) -> Result<Effects, GatewayError> {
        self.get_with(&["outbox", service], &[("after", &after.to_string())]).await
    }

    /// Has an effect delivered again that was given up.
    pub async fn replay_effect(&self, service: &str, id: u64) -> Result<String, GatewayError> {
        let path = ["outbox", service, &id.to_string(), "replay"];
        Ok(self.post::<Message>(&path, &json!({})).await?.message)
    }
}
