//! One-time links to choose a password, and the mails that carry them.
//!
//! The raw token is in the mail and nowhere else. So the outbox holds the wish for a mail, not the
//! mail: it calls this service's own `/internal/links`, which makes the link and hands the mail on.

use chrono::{DateTime, TimeDelta, Utc};
use grove_shared::{
    NetId,
    api::notifications::{ACCOUNT, Notification},
    outbox::{self, Effect},
};
use serde::{Deserialize, Serialize};
use sqlx::MySqlConnection;

use crate::{account::Account, config::Chapter};

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Purpose {
    /// The first password of an account.
    Activation,
    /// A new password instead of a forgotten one.
    Reset,
}

impl Purpose {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::Reset => "reset",
        }
    }

    /// How long a link works.
    pub(crate) fn lifetime(self) -> TimeDelta {
        match self {
            Self::Activation => TimeDelta::hours(72),
            Self::Reset => TimeDelta::minutes(10),
        }
    }
}

/// A wish for a link, as the outbox keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LinkRequest {
    pub(crate) netid: NetId,
    pub(crate) purpose: Purpose,
}

impl LinkRequest {
    /// What the link is for as things are by now, if a link is of use at all.
    pub(crate) fn purpose_for(&self, account: &Account) -> Option<Purpose> {
        match (account.disabled_at, &account.password_hash, self.purpose) {
            (Some(_), _, _) | (None, Some(_), Purpose::Activation) => None,
            (None, None, _) => Some(Purpose::Activation),
            (None, Some(_), Purpose::Reset) => Some(Purpose::Reset),
        }
    }

    /// Has the link made and mailed once the transaction is committed.
    pub(crate) async fn enqueue(
        &self,
        transaction: &mut MySqlConnection,
        now: DateTime<Utc>,
    ) -> Result<(), sqlx::Error> {
        let effect = Effect { peer: crate::NAME, path: "/internal/links", body: self };
        outbox::enqueue(transaction, &effect, now).await
    }
}

/// The mail with a link.
pub(crate) fn mail(
    purpose: Purpose,
    account: &Account,
    chapter: &Chapter,
    token: &str,
) -> Notification {
    let name = &account.first_name;
    let chapter_name = &chapter.chapter_name;
    let netid = &account.netid;
    let mut link = chapter.site_url.clone();
    link.set_path("/account/password");
    link.query_pairs_mut().clear().append_pair("token", token);
    let (subject, message) = match purpose {
        Purpose::Activation => (
            format!("Activate your {chapter_name} account"),
            format!(
                "Hello {name},\n\nwelcome to {chapter_name}! Choose a password for your account \
                 {netid} here:\n\n{link}\n\nThe link works once, for three days. If you did not \
                 join, ignore this mail and nothing happens.\n\n{chapter_name}\n"
            ),
        ),
        Purpose::Reset => (
            format!("Choose a new {chapter_name} password"),
            format!(
                "Hello {name},\n\nsomeone, most likely you, asked for a new password for your \
                 {chapter_name} account {netid}. Choose one here:\n\n{link}\n\nThe link works \
                 once, for ten minutes; until then your old password stays valid. If it was not \
                 you, ignore this mail and nothing changes.\n\n{chapter_name}\n"
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
        let mail = mail(Purpose::Reset, &account, &chapter, "abc-_1");
        assert_eq!(mail.services[0].recipients, ["jsmith2@example.edu"]);
        let link = "\nhttps://grove.example.edu/account/password?token=abc-_1\n";
        assert!(mail.message.contains(link), "{}", mail.message);
    }
}
