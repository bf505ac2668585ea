//! What the service keeps of a person, and how it forgets them.

use grove_audit::Actor;
use grove_directory_api::SERVICE;
use grove_http::ApiError;
use grove_personal_data::PersonalData;
use grove_shared::{NetId, db, personal_data::Forgotten};
use serde_json::{Value, json};

use crate::{
    AppState,
    change_request::{ChangeRequest, Place},
    entry,
    error::DirectoryError,
    store::{
        entries::{self, Kept},
        reports,
    },
};

impl PersonalData for AppState {
    async fn export(&self, netid: &NetId) -> Result<Value, ApiError> {
        let entry = entries::kept(&self.db, netid).await?;
        let names = names(self, netid, entry.as_ref()).await?;
        let reports = reports::mentioning(&self.db, netid, &names).await?;
        let asked_for = entries::asked_for_by(&self.db, &Actor::from(netid)).await?;
        if entry.is_none() && reports.is_empty() && asked_for.is_empty() {
            return Ok(Value::Null);
        }
        Ok(json!({ "entry": entry, "reports": reports, "asked_for": asked_for }))
    }

    /// Takes them out of the group first. What is kept of their place in it goes once that is done, here or,
    /// when the directory is away, by the service itself.
    async fn forget(&self, netid: &NetId) -> Result<Forgotten, ApiError> {
        let entry = entries::kept(&self.db, netid).await?;
        let users = Actor::from(grove_users_api::SERVICE);
        entry::set(self, &ChangeRequest { netid, place: Place::Forgotten, asked_by: &users })
            .await?;
        let names = names(self, netid, entry.as_ref()).await?;

        let mut transaction = db::begin(&self.db).await?;
        let lines = reports::mentioning(&mut *transaction, netid, &names).await?;
        for line in &lines {
            reports::delete_line(&mut *transaction, line.id).await?;
        }
        let this = Actor::from(SERVICE);
        let asked_for =
            entries::replace_asker(&mut *transaction, &Actor::from(netid), &this).await?;
        let waits =
            self.campus.is_none() && entries::kept(&mut *transaction, netid).await?.is_some();
        transaction.commit().await?;

        let forgotten = Forgotten::default()
            .removed("the place in the campus directory", u64::from(entry.is_some() && !waits))
            .removed("lines in reports", lines.len() as u64)
            .removed("the name of who asked for a change that waits", asked_for);
        Ok(if waits {
            let why =
                "no directory is configured; they are taken out of it as soon as there is one.";
            forgotten.kept("the NetID and its name in the campus directory", why)
        } else {
            forgotten
        })
    }
}

/// What the directory calls someone, now and when they were added.
async fn names(
    state: &AppState,
    netid: &NetId,
    entry: Option<&Kept>,
) -> Result<Vec<String>, DirectoryError> {
    let mut names = match &state.campus {
        Some(campus) => entry::names(campus, netid).await?,
        None => Vec::new(),
    };
    names.extend(entry.and_then(|entry| entry.added_dn.clone()));
    Ok(names)
}
