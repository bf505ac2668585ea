//! What the service keeps of a person, and how it forgets them.

use grove_http::ApiError;
use grove_personal_data::PersonalData;
use grove_shared::{NetId, db, personal_data::Forgotten};
use serde_json::{Value, json};

use crate::{AppState, quote::without, store};

impl PersonalData for AppState {
    async fn export(&self, netid: &NetId) -> Result<Value, ApiError> {
        let posted = store::posted_by(&self.db, netid).await?;
        let said = store::mentioning(&self.db, netid).await?;
        let votes = store::votes_of(&self.db, netid).await?;
        if posted.is_empty() && said.is_empty() && votes.is_empty() {
            return Ok(Value::Null);
        }
        Ok(json!({ "posted": posted, "said": said, "votes": votes }))
    }

    /// The words of quotes are the chapter's; who posted and who said them is not known afterwards.
    async fn forget(&self, netid: &NetId) -> Result<Forgotten, ApiError> {
        let mut transaction = db::begin(&self.db).await?;
        let votes = store::delete_votes_of(&mut *transaction, netid).await?;
        let approvals = store::forget_approver(&mut *transaction, netid).await?;
        let posted = store::forget_author(&mut *transaction, netid).await?;
        let mut said = 0;
        for quote in store::mentioning(&mut *transaction, netid).await? {
            let source = without(&quote.source, netid);
            store::set_source(&mut *transaction, quote.id, &source).await?;
            said += 1;
        }
        transaction.commit().await?;
        let forgotten = Forgotten::default()
            .removed("votes", votes)
            .removed("the name under quotes that were posted", posted)
            .removed("the name of who said a quote", said)
            .removed("the name of who approved a quote", approvals);
        Ok(if posted + said > 0 {
            forgotten.kept("the words of quotes", "they belong to the chapter, and name nobody.")
        } else {
            forgotten
        })
    }
}
