//! One-time links to choose a password, and the mails that carry them.
//!
//! The raw token is in the mail and nowhere else. So the outbox holds what is asked for, not the
//! mail: it calls this service's own `/internal/links`, which makes the link and hands the mail on.
//! The token follows from the key of that call, so that a repetition of it is the same mail.

use std::{fmt, sync::Arc};

use anyhow::Context;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use grove_auth_api::{LinkPurpose, LinkRequest, mail_link};
use grove_notifications_api::{ACCOUNT, Notification};
use grove_outbox::{Words, enqueue};
use grove_shared::{NetId, db::Transaction};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::{account::Account, config::Chapter};

/// What the secret makes here and nothing else that is made of it.
const CONTEXT: &[u8] = b"grove one-time link\0";

/// Makes the tokens of links from the keys of the calls that ask for them.
#[derive(Clone)]
pub struct LinkTokens(Arc<SecretString>);

impl LinkTokens {
    /// By a secret of this service: only who has it can make the token that belongs to a key.
    pub fn new(secret: &SecretString) -> Self {
        Self(Arc::new(secret.clone()))
    }

    /// The token that belongs to a key, 256 bits as any other.
    pub(crate) fn token(&self, key: &str) -> anyhow::Result<SecretString> {
        let mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret().as_bytes());
        let mut mac = mac.context("the secret is no key")?;
        mac.update(CONTEXT);
        mac.update(key.as_bytes());
        Ok(BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()).into())
    }
}

impl fmt::Debug for LinkTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkTokens")
    }
}

/// Has a link mailed. Who waits for it can hardly sign in, so it is for officers alone when the mail does not
/// go through.
pub(crate) async fn request(
    transaction: &mut Transaction,
    netid: NetId,
    purpose: LinkPurpose,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let words = Words::for_officers(&format!("The mail to {netid} with a link to a new password"));
    enqueue(transaction, &mail_link(&LinkRequest { netid, purpose }), &words, now).await?;
    Ok(())
}

/// How long a link works.
pub(crate) fn lifetime(purpose: LinkPurpose) -> TimeDelta {
    match purpose {
        LinkPurpose::Activation => TimeDelta::hours(72),
        LinkPurpose::Reset => TimeDelta::minutes(10),
    }
}

/// What a link is for as things are by now, if a link is of use at all.
pub(crate) fn purpose_for(asked: LinkPurpose, account: &Account) -> Option<LinkPurpose> {
    use LinkPurpose::{Activation, Reset};
    match (account.disabled_at, &account.password_hash, asked) {
        (Some(_), _, _) | (None, Some(_), Activation) => None,
        (None, None, _) => Some(Activation),
        (None, Some(_), Reset) => Some(Reset),
    }
}

/// The mail with a link.
pub(crate) fn mail(
    purpose: LinkPurpose,
    account: &Account,
    chapter: &Chapter,
    token: &str,
) -> Notification {
    let chapter_name = &chapter.chapter_name;
    let netid = &account.netid;
    let mut link = chapter.site_url.clone();
    link.set_path("/account/password");
    link.query_pairs_mut().clear().append_pair("token", token);
    let (subject, message) = match purpose {
        // Whoever joins gives any name, so it does not stand in a mail before the address is proven.
        LinkPurpose::Activation => (
            format!("Activate your {chapter_name} account"),
            format!(
                "Hello,\n\nwelcome to {chapter_name}! Choose a password for your account {netid} \
                 here:\n\n{link}\n\nThe link works once, for three days. If you did not join, ignore \
                 this mail and nothing happens.\n\n{chapter_name}\n"
            ),
        ),
        LinkPurpose::Reset => (
            format!("Choose a new {chapter_name} password"),
            format!(
                "Hello {},\n\nsomeone, most likely you, asked for a new password for your \
                 {chapter_name} account {netid}. Choose one here:\n\n{link}\n\nThe link works \
                 once, for ten minutes; until then your old password stays valid. If it was not \
                 you, ignore this mail and nothing changes.\n\n{chapter_name}\n",
                account.first_name
            ),
        ),
    };
    Notification::mail(chapter.address_of(netid), &subject, message).of_kind(ACCOUNT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_is_of_the_website() {
        let account = Account {
            id: 1,
            netid: "jsmith2".parse().unwrap(),
            first_name: "Jo".to_owned(),
            last_name: "Smith".to_owned(),
            password_hash: None,
            disabled_at: None,
        };
        let chapter = Chapter {
            site_url: "https://grove.example.edu/?x=1".parse().unwrap(),
            chapter_name: "ACM".to_owned(),
            mail_domain: "example.edu".to_owned(),
        };
        let mail = mail(LinkPurpose::Reset, &account, &chapter, "abc-_1");
        assert_eq!(mail.services[0].recipients, ["jsmith2@example.edu"]);
        let link = "\nhttps://grove.example.edu/account/password?token=abc-_1\n";
        assert!(mail.message.contains(link), "{}", mail.message);
    }
}
