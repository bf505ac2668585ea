//! What the service keeps of a person, and how it forgets them.

use grove_http::ApiError;
use grove_outbox::person::requests_of;
use grove_personal_data::PersonalData;
use grove_shared::{NetId, db, personal_data::Forgotten};
use serde_json::{Map, Value, json};

use crate::{forgetting, state::AppState, store::personal};

impl PersonalData for AppState {
    async fn export(&self, netid: &NetId) -> Result<Value, ApiError> {
        let db = &self.db;
        let address = self.chapter.address_of(netid);
        let mut told = Map::new();
        let mut tell = |what: &str, parts: Value| {
            if parts != json!([]) && !parts.is_null() {
                told.insert(what.to_owned(), parts);
            }
        };
        tell("record", json!(personal::record(db, netid).await?));
        tell("terms", json!(personal::terms(db, netid).await?));
        tell("terms_of_others_confirmed", json!(personal::confirmed_by(db, netid).await?));
        tell("deleted_before", json!(personal::deletions_of(db, netid).await?));
        tell("deleted_others_at", json!(personal::deletions_by(db, netid).await?));
        tell("told_to_other_services", json!(personal::told(db, netid, &address).await?));
        tell("requests", json!(requests_of(db, netid).await?));
        tell("replies_to_others", json!(personal::replies(db, netid).await?));
        tell("counted", json!(personal::counts(db, netid).await?));
        Ok(if told.is_empty() { Value::Null } else { Value::Object(told) })
    }

    /// As a deletion does it here: whoever is deleted is forgotten everywhere by effects.
    async fn forget(&self, netid: &NetId) -> Result<Forgotten, ApiError> {
        let mut transaction = db::begin(&self.db).await?;
        let gone =
            forgetting::forget(&mut transaction, netid, &self.chapter, self.clock.now()).await?;
        let is_listed = !personal::deletions_of(&mut *transaction, netid).await?.is_empty();
        transaction.commit().await?;
        Ok(if is_listed { forgetting::listed(gone.report) } else { gone.report })
    }
}
