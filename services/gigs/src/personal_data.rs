//! What the service keeps of a person, and how it forgets them.

use chrono::{DateTime, Utc};
use grove_http::ApiError;
use grove_outbox::person::{forget_requests_of, requests_of};
use grove_personal_data::PersonalData;
use grove_shared::{NetId, db, personal_data::Forgotten};
use serde_json::{Value, json};

use crate::{
    claim::State::Withdrawn,
    deciding::has_account,
    editing,
    error::GigError,
    reservation::ASKED_FOR,
    state::AppState,
    store::{claims, gigs, personal},
};

impl PersonalData for AppState {
    async fn export(&self, netid: &NetId) -> Result<Value, ApiError> {
        let db = &self.db;
        let parts = [
            ("gigs", json!(personal::offered(db, netid).await?)),
            ("credits_asked_for", json!(personal::asked(db, netid).await?)),
            ("claims", json!(personal::claimed(db, netid).await?)),
            ("claims_decided_on", json!(personal::decided(db, netid).await?)),
            ("credits_and_mails", json!(personal::effects(db, netid).await?)),
            ("requests", json!(requests_of(db, netid).await?)),
        ];
        let is_nothing = parts.iter().all(|(_, part)| *part == json!([]));
        Ok(if is_nothing { Value::Null } else { parts.into_iter().collect() })
    }

    /// Takes back what is open first, which moves credits. Names go when those have arrived, so that nothing
    /// of theirs reaches whoever comes under the same name later; until then it is asked again.
    async fn forget(&self, netid: &NetId) -> Result<Forgotten, ApiError> {
        let now = self.clock.now();
        withdraw(self, netid, now).await?;
        // Whom credits do not know any more gets nothing, and nothing is taken from them.
        if personal::has_credits_under_way(&self.db, netid, now - ASKED_FOR).await?
            && has_account(&self.peers, netid).await?
        {
            return Err(ApiError::unavailable("Credits of theirs are on their way"));
        }
        Ok(remove(self, netid).await?)
    }
}

/// Closes their gigs and takes back their claims. Nothing that they ask for begins after it.
async fn withdraw(state: &AppState, netid: &NetId, now: DateTime<Utc>) -> Result<(), GigError> {
    personal::set_forgotten(&state.db, netid, now).await?;
    let mut transaction = begin(state, netid).await?;
    for gig in gigs::unfinished(&mut *transaction, netid).await? {
        editing::cancel(&mut transaction, state, netid, &gig, now).await?;
    }
    for claim in claims::pending_of(&mut *transaction, netid).await? {
        claims::end(&mut *transaction, claim.id, Withdrawn, netid, now).await?;
    }
    Ok(transaction.commit().await?)
}

/// Removes what is over, or the name from it: row by row, so that nothing is locked of what others do.
async fn remove(state: &AppState, netid: &NetId) -> Result<Forgotten, GigError> {
    let mut transaction = begin(state, netid).await?;
    let gigs = personal::offered(&mut *transaction, netid).await?;
    let (done, undone): (Vec<_>, Vec<_>) =
        gigs.into_iter().partition(|gig| gig.state == "fulfilled");
    for gig in &undone {
        personal::delete_gig(&mut transaction, gig.id).await?;
    }
    for gig in &done {
        personal::forget_issuer(&mut *transaction, gig.id).await?;
    }
    let claims = personal::claimed(&mut *transaction, netid).await?;
    let (paid, unpaid): (Vec<_>, Vec<_>) =
        claims.into_iter().partition(|claim| claim.state == "accepted");
    for claim in &unpaid {
        personal::delete_claim(&mut *transaction, claim.id).await?;
    }
    for claim in &paid {
        personal::forget_claimant(&mut *transaction, claim.id).await?;
    }
    let decided = personal::decided(&mut *transaction, netid).await?;
    for claim in &decided {
        personal::forget_decider(&mut *transaction, claim.id).await?;
    }
    let effects = personal::effects(&mut *transaction, netid).await?;
    for effect in &effects {
        personal::delete_effect(&mut *transaction, effect.id).await?;
    }
    let requests = forget_requests_of(&mut transaction, netid).await?;
    transaction.commit().await?;
    let forgotten = Forgotten::default()
        .removed("gigs that nobody did", undone.len() as u64)
        .removed("the name of who offered a gig", done.len() as u64)
        .removed("claims that were not paid", unpaid.len() as u64)
        .removed("the name of who did a gig", paid.len() as u64)
        .removed("the name of who decided on a claim", decided.len() as u64)
        .removed("what credits and notifications were asked for", effects.len() as u64)
        .removed("requests that could have been repeated", requests);
    Ok(if done.is_empty() && paid.is_empty() {
        forgotten
    } else {
        forgotten.kept(
            "gigs that were done, in the words of who offered them, and the claims on them, without a name",
            "somebody else offered them or was paid for them.",
        )
    })
}

/// Begins a transaction in which nobody else decides on a gig that has to do with someone. Which ones those are
/// is read before: what the transaction reads after the locks is then the latest.
async fn begin(state: &AppState, netid: &NetId) -> Result<db::Transaction, GigError> {
    let gigs = personal::gigs_of(&state.db, netid).await?;
    let mut transaction = db::begin(&state.db).await?;
    for id in gigs {
        match gigs::lock(&mut transaction, id).await {
            // One that went with its issuer, a moment ago.
            Ok(()) | Err(GigError::UnknownGig) => {}
            Err(cause) => return Err(cause),
        }
    }
    Ok(transaction)
}
