//! What the service keeps of a person, and how it forgets them.

use std::collections::BTreeSet;

use grove_http::ApiError;
use grove_outbox::person::{forget_requests_of, requests_of};
use grove_personal_data::PersonalData;
use grove_shared::{NetId, db, personal_data::Forgotten};
use serde_json::{Value, json};

use crate::{
    AppState,
    kind::Kind,
    store::personal::{self, MessageTo, Names},
};

/// Stands for the text of a message that only its recipient may read.
const SECRET: &str = "not shown: it holds a link that is a key";

impl PersonalData for AppState {
    async fn export(&self, netid: &NetId) -> Result<Value, ApiError> {
        let (db, names) = (&self.db, Names::new(netid, &self.mail_domain));
        let to_them = personal::messages_to(db, &names).await?;
        let by_them = personal::messages_by(db, netid).await?;
        let mut mentions = personal::mentions(db, &names).await?;
        let choices = personal::choices(db, netid).await?;
        let links = personal::links(db, netid).await?;
        let requests = requests_of(db, netid).await?;
        let told: BTreeSet<u64> = to_them.iter().map(|message| message.message_id).collect();
        mentions.retain(|mention| !told.contains(&mention.message_id));
        let is_nothing = to_them.is_empty()
            && by_them.is_empty()
            && mentions.is_empty()
            && choices.is_empty()
            && links.is_empty()
            && requests.is_empty();
        if is_nothing {
            return Ok(Value::Null);
        }
        Ok(json!({
            "messages_to_them": to_them.into_iter().map(shown).collect::<Vec<_>>(),
            "messages_by_them": by_them,
            "messages_to_others_with_the_netid": mentions,
            "preferences": choices,
            "links_that_switch_mails_off": links,
            "requests": requests,
        }))
    }

    /// A message that went to nobody else goes as a whole. What services wrote about them to others stays
    /// without their name, and waits on.
    async fn forget(&self, netid: &NetId) -> Result<Forgotten, ApiError> {
        let names = Names::new(netid, &self.mail_domain);
        let mut transaction = db::begin(&self.db).await?;
        let requests = forget_requests_of(&mut transaction, netid).await?;
        let written = personal::forget_author(&mut *transaction, netid).await?;
        let deliveries = personal::lock_deliveries_to(&mut *transaction, &names).await?;
        for delivery in &deliveries {
            personal::delete_delivery(&mut *transaction, delivery.id).await?;
            personal::delete_if_for_nobody(&mut *transaction, delivery.notification_id).await?;
        }
        let links = personal::delete_links(&mut *transaction, netid).await?;
        let choices = personal::delete_choices(&mut *transaction, netid).await?;
        let (mut replaced, mut is_named) = (0, false);
        for mention in personal::mentions(&mut *transaction, &names).await? {
            if mention.is_by_service() {
                let id = mention.message_id;
                personal::forget_in_text(&mut *transaction, id, &names).await?;
                personal::forget_in_parts(&mut *transaction, id, &names).await?;
                replaced += 1;
            } else {
                is_named = true;
            }
        }
        transaction.commit().await?;

        let mut forgotten = Forgotten::default()
            .removed("requests that could be repeated", requests)
            .removed("the name of who wrote messages", written)
            .removed("messages to them, also those that waited", deliveries.len() as u64)
            .removed("links that switch mails off", links)
            .removed("preferences", choices)
            .removed("the NetID in what services wrote to others", replaced);
        if written > 0 {
            forgotten = forgotten.kept(
                "what they wrote to others as an officer, without a name",
                "it says what the chapter told people, and goes with the delivery log.",
            );
        }
        if is_named {
            forgotten = forgotten.kept(
                "the NetID in what officers wrote to others",
                "those are the officers' words, which go with the delivery log.",
            );
        }
        Ok(forgotten)
    }
}

/// A message as its recipient may know it.
fn shown(message: MessageTo) -> MessageTo {
    let is_secret = Kind::find(&message.kind).is_none_or(Kind::is_secret);
    if is_secret && !message.text.is_empty() {
        MessageTo { text: SECRET.to_owned(), html: None, ..message }
    } else {
        message
    }
}
