//! What the service keeps of a person, and how it forgets them.

use grove_http::ApiError;
use grove_personal_data::PersonalData;
use grove_shared::{NetId, personal_data::Forgotten};
use serde_json::{Value, json};

use crate::{AppState, store};

impl PersonalData for AppState {
    async fn export(&self, netid: &NetId) -> Result<Value, ApiError> {
        let {{name}} = store::added_by(&self.db, netid).await?;
        Ok(if {{name}}.is_empty() { Value::Null } else { json!({ "{{name}}": {{name}} }) })
    }

    async fn forget(&self, netid: &NetId) -> Result<Forgotten, ApiError> {
        let deleted = store::delete_added_by(&self.db, netid).await?;
        Ok(Forgotten::default().removed("{{name}}", deleted))
    }
}
