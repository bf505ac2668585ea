//! What the service keeps of a person, and how it forgets them.

use grove_http::ApiError;
use grove_personal_data::PersonalData;
use grove_shared::{NetId, db, personal_data::Forgotten};
use serde_json::{Value, json};

use crate::{
    state::AppState,
    store::{groups, people},
};

impl PersonalData for AppState {
    async fn export(&self, netid: &NetId) -> Result<Value, ApiError> {
        let places = people::places(&self.db, netid).await?;
        let decisions = people::decisions(&self.db, netid).await?;
        let named_by = people::named_by(&self.db, netid).await?;
        if places.is_empty() && decisions.is_empty() && named_by.is_empty() {
            return Ok(Value::Null);
        }
        Ok(json!({
            "places": places,
            "places_of_others_given_or_ended": decisions,
            "groups_with_the_netid_in_their_words": named_by,
        }))
    }

    /// A place goes with its history: a past place of nobody would tell nothing.
    async fn forget(&self, netid: &NetId) -> Result<Forgotten, ApiError> {
        let mut transaction = db::begin(&self.db).await?;
        // Who gives or ends a place holds the lock of its group: that is over by now, or comes when nothing is
        // left of the person.
        groups::lock_all(&mut *transaction).await?;
        let places = people::delete_places(&mut *transaction, netid).await?;
        let decisions = people::forget_decider(&mut *transaction, netid).await?;
        let address = format!("{netid}@{}", self.mail_domain).to_lowercase();
        let addresses = people::clear_address(&mut *transaction, &address).await?;
        let named_by = people::named_by(&mut *transaction, netid).await?;
        transaction.commit().await?;
        let forgotten = Forgotten::default()
            .removed("places in groups, past ones too", places)
            .removed("the name of who gave or ended places of others", decisions)
            .removed("their mail address as that of groups", addresses);
        Ok(if named_by.is_empty() {
            forgotten
        } else {
            forgotten.kept(
                "the NetID in what groups say of themselves",
                "those are the groups' words, which their leads and officers change.",
            )
        })
    }
}
