//! What the service keeps of a person, and how it forgets them.

use grove_http::ApiError;
use grove_personal_data::PersonalData;
use grove_shared::{NetId, db, personal_data::Forgotten};
use serde_json::{Value, json};

use crate::{
    AppState,
    store::{accounts, people},
};

impl PersonalData for AppState {
    async fn export(&self, netid: &NetId) -> Result<Value, ApiError> {
        let kept = people::find(&self.db, netid).await?;
        Ok(if kept.is_nothing() { Value::Null } else { json!(kept) })
    }

    async fn forget(&self, netid: &NetId) -> Result<Forgotten, ApiError> {
        let mut transaction = db::begin(&self.db).await?;
        // Whoever signs in at this moment is waited for, and ends with the others.
        accounts::lock(&mut *transaction, netid.as_str()).await?;
        let removed = people::remove(&mut transaction, netid).await?;
        transaction.commit().await?;
        Ok(Forgotten::default()
            .removed("accounts with their passwords", removed.accounts)
            .removed("sessions", removed.sessions)
            .removed("one-time links", removed.links)
            .removed("tries to sign in", removed.attempts)
            .removed("what other services were told", removed.effects))
    }
}
