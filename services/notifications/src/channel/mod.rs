//! The ways to people. Each has a queue and a worker of its own, so that one that is dead neither delays
//! another nor doubles what it sent.

mod discord;
mod mail;
mod mail_folder;
pub(crate) mod oauth;
mod slack;
mod smtp;
mod x;

use std::{fmt, sync::Arc, time::Duration};

use grove_shared::Clock;
use http::{HeaderMap, StatusCode, header};
use serde::Serialize;

pub use self::{
    discord::Discord,
    mail::{Mail, MailSecurity, MailServer},
    mail_folder::MailFolder,
    slack::Slack,
    x::X,
};

/// A way to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
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

/// A message to one recipient.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    /// Names the message on every try, so that receivers know it again.
    pub(crate) key: String,
    pub(crate) recipient: String,
    pub(crate) sender: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) text: String,
    pub(crate) html: Option<String>,
    /// Where the recipient switches such messages off.
    pub(crate) unsubscribe: Option<String>,
    /// Whether it was tried before.
    pub(crate) is_repetition: bool,
}

/// Why a message did not go out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// It never will.
    #[error("{0}")]
    Refused(String),
    /// This one may later.
    #[error("{0}")]
    Deferred(String),
    /// The channel carries nothing now.
    #[error("{0}")]
    Unavailable(String),
    /// The channel wants to be left alone for a while.
    #[error("asked to wait {} s", .0.as_secs())]
    Wait(Duration),
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

/// What an HTTP answer says about us, not about the message.
const ABOUT_US: [StatusCode; 4] = [
    StatusCode::UNAUTHORIZED,
    StatusCode::FORBIDDEN,
    StatusCode::NOT_FOUND,
    StatusCode::REQUEST_TIMEOUT,
];

/// Judges an HTTP answer of a company by its status.
fn judge(status: StatusCode, headers: &HeaderMap, text: &str) -> Result<(), SendError> {
    if status.is_success() {
        return Ok(());
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        return Err(SendError::Wait(wish_to_be_left_alone(headers)));
    }
    let text: String = text.chars().take(200).collect();
    let answer = format!("it answered {status}: {text}");
    // A token or address of ours that is wrong is mended by an officer, and the message goes out then.
    let refused = status.is_client_error() && !ABOUT_US.contains(&status);
    if refused { Err(SendError::Refused(answer)) } else { Err(SendError::Unavailable(answer)) }
}

/// For how long: a second to a day, half a minute if it does not say.
fn wish_to_be_left_alone(headers: &HeaderMap) -> Duration {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.parse::<f64>().ok();
    // X says when instead.
    let until = || {
        #[expect(clippy::cast_precision_loss, reason = "the seconds of this age fit")]
        let now = Clock::system().now().timestamp() as f64;
        number("x-rate-limit-reset").map(|moment| moment - now)
    };
    let seconds = number(header::RETRY_AFTER.as_str()).or_else(until).unwrap_or(30.0);
    Duration::from_secs_f64(seconds.clamp(1.0, 86_400.0))
}

/// A call that failed before there was an answer. The URL stays out of it: it may hold a token.
fn unreachable(cause: reqwest::Error) -> SendError {
    SendError::Unavailable(format!("{:#}", anyhow::Error::from(cause.without_url())))
}
