//! What the service keeps of a person, and how it forgets them.
//!
//! Everything that changes something locks in the same order: keys of requests, payments, accounts, holds. So
//! does forgetting; what is under way then is either done before, or finds the account of nobody.

use grove_credits_api::{Hold, Party, Transaction};
use grove_http::ApiError;
use grove_outbox::person::{forget_requests_of, requests_of};
use grove_personal_data::{FORMER_MEMBER, PersonalData};
use grove_shared::{NetId, db, personal_data::Forgotten};
use serde_json::{Value, json};

use crate::{
    AppState, holding,
    store::{
        personal,
        transactions::{self, Filter},
    },
};

impl PersonalData for AppState {
    async fn export(&self, netid: &NetId) -> Result<Value, ApiError> {
        let db = &self.db;
        let account = personal::account(db, netid).await?;
        let id = account.as_ref().map(|account| account.id);
        let mut told = serde_json::Map::new();
        let mut tell = |what: &str, parts: Value| {
            if parts != json!([]) && !parts.is_null() {
                told.insert(what.to_owned(), parts);
            }
        };
        tell("account", json!(account));
        tell("transactions", json!(transactions::history(db, &Filter::all_of(netid)).await?));
        tell("booked_for_others", json!(personal::booked(db, netid).await?));
        tell("holds", json!(personal::holds(db, id).await?));
        tell("holds_ended_for_others", json!(personal::holds_ended_by(db, netid).await?));
        tell("card_payments", json!(personal::payments(db, netid).await?));
        tell("told_to_users", json!(personal::effects(db, netid).await?));
        tell("requests", json!(requests_of(db, netid).await?));
        tell("replies_to_others", json!(personal::replies(db, netid).await?));
        Ok(if told.is_empty() { Value::Null } else { Value::Object(told) })
    }

    /// The account is nobody's from here on, with all that is on it. So whoever comes back under the same
    /// NetID begins with a new one.
    async fn forget(&self, netid: &NetId) -> Result<Forgotten, ApiError> {
        let now = self.clock.now();
        let mut transaction = db::begin(&self.db).await?;
        let requests = forget_requests_of(&mut transaction, netid).await?;
        let replies = personal::lock_replies(&mut transaction, netid).await?;
        for reply in &replies {
            personal::set_reply(&mut *transaction, reply, &without(&reply.reply, netid)).await?;
        }
        let effects = personal::forget_effects(&mut *transaction, netid).await?;
        let paid = personal::forget_payments(&mut *transaction, netid).await?;
        let account = holding::forget(&mut transaction, netid, now).await?;
        let ended = personal::forget_settler(&mut *transaction, netid).await?;
        let is_named = personal::is_in_ledger(&mut *transaction, netid).await?;
        transaction.commit().await?;
        self.members.current.remove(netid);

        let mut forgotten = Forgotten::default()
            .removed("the name of an account", account.map_or(0, |_| 1))
            .removed("credits that were set aside", account.unwrap_or_default())
            .removed("the name of who paid by card", paid)
            .removed("the name of who ended a hold", ended)
            .removed("messages to users", effects)
            .removed("requests that could be repeated", requests)
            .removed("the name in replies to others", replies.len().try_into().unwrap_or_default());
        if account.is_some() {
            forgotten = forgotten.kept(
                "the amounts on the account and what they were for, without a name",
                "the ledger is sealed: nobody can change it and prove that it adds up.",
            );
        }
        if is_named {
            forgotten = forgotten.kept(
                "the NetID as who booked a transaction for others, or gave credits before names were left out",
                "it is in the sealed ledger, which nobody can change.",
            );
        }
        if paid > 0 {
            forgotten = forgotten.kept(
                "amounts of card payments and what Stripe calls them, without a name",
                "the chapter has to keep its books.",
            );
        }
        Ok(forgotten)
    }
}

/// A reply to somebody else, kept for when the request is repeated, without this person in it.
fn without(reply: &str, netid: &NetId) -> String {
    let is_them = |name: &String| name == netid.as_str();
    let nameless = if let Ok(mut line) = serde_json::from_str::<Transaction>(reply) {
        line.user = line.user.filter(|user| !is_them(user));
        line.counterparty =
            line.counterparty.filter(|party| *party != Party::Member(netid.clone()));
        if is_them(&line.actor) {
            FORMER_MEMBER.clone_into(&mut line.actor);
        }
        json!(line)
    } else if let Ok(hold) = serde_json::from_str::<Hold>(reply) {
        json!(Hold { netid: hold.netid.filter(|holder| holder != netid), ..hold })
    } else {
        Value::Null
    };
    nameless.to_string()
}
