//! The ways to people. Each has a queue and a worker of its own, so that one that is dead neither delays
//! another nor doubles what it sent.

mod company;
mod discord;
mod letter;
mod mail;
mod mail_folder;
pub(crate) mod oauth;
mod slack;
mod smtp;
mod x;

use std::{fmt, sync::Arc};

pub(crate) use self::letter::{Letter, SendError};
pub use self::{
    discord::Discord,
    mail::{Mail, MailSecurity, MailServer},
    mail_folder::MailFolder,
    slack::Slack,
    x::X,
};

/// A way to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// Mail.
    Email,
    /// Slack's web API.
    Slack,
    /// A webhook of Discord.
    Discord,
    /// X, which was Twitter.
    X,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 4] = [Self::Email, Self::Slack, Self::Discord, Self::X];

    /// What the API and the database call it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Slack => "slack",
            Self::Discord => "discord",
            Self::X => "x",
        }
    }

    /// The channel of that name; X has kept the old one.
    pub(crate) fn find(name: &str) -> Option<Self> {
        let name = if name == "twitter" { "x" } else { name };
        Self::ALL.into_iter().find(|channel| channel.as_str() == name)
    }

    /// How many messages go out at the same time at most.
    pub(crate) fn at_once(self) -> u32 {
        if self == Self::Email { 8 } else { 1 }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What sends the messages of each channel; none when the channel is not configured.
#[derive(Debug, Clone, Default)]
pub struct Carriers {
    /// Mail, to a server or to a folder.
    pub mail: Option<MailCarrier>,
    /// Slack.
    pub slack: Option<Slack>,
    /// Discord.
    pub discord: Option<Discord>,
    /// X.
    pub x: Option<X>,
}

/// Where mails go.
#[derive(Debug, Clone)]
pub enum MailCarrier {
    /// To a mail server.
    Server(Mail),
    /// Into files, for a chapter that is only tried out.
    Folder(Arc<MailFolder>),
}

impl Carriers {
    /// Whether messages can go out on a channel.
    pub(crate) fn carries(&self, channel: Channel) -> bool {
        match channel {
            Channel::Email => self.mail.is_some(),
            Channel::Slack => self.slack.is_some(),
            Channel::Discord => self.discord.is_some(),
            Channel::X => self.x.is_some(),
        }
    }

    /// Sends a message.
    pub(crate) async fn send(&self, channel: Channel, letter: &Letter) -> Result<(), SendError> {
        let off = || SendError::Unavailable(format!("{channel} is not configured"));
        match channel {
            Channel::Email => match self.mail.as_ref().ok_or_else(off)? {
                MailCarrier::Server(mail) => mail.send(letter).await,
                MailCarrier::Folder(folder) => folder.put(letter),
            },
            Channel::Slack => self.slack.as_ref().ok_or_else(off)?.send(letter).await,
            Channel::Discord => self.discord.as_ref().ok_or_else(off)?.send(letter).await,
            Channel::X => self.x.as_ref().ok_or_else(off)?.send(letter).await,
        }
    }
}
