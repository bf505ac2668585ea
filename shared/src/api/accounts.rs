//! Accounts and sessions on the wire.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::NetId;

/// A person who joined: auth makes an account and mails its activation link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAccount {
    /// Their login name.
    pub netid: NetId,
    /// Their given name.
    pub first_name: String,
    /// Their family name.
    pub last_name: String,
}

/// Names one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountName {
    /// The login name.
    pub netid: NetId,
}

/// What a person signs in with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Credentials {
    /// The login name as typed.
    pub netid: String,
    /// The password as typed.
    pub password: String,
    /// The address that the person signs in from, for counting tries.
    pub address: Option<IpAddr>,
    /// The browser, for the list of sessions.
    pub user_agent: Option<String>,
}

/// A session that has just begun.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewSession {
    /// The session's token, which nobody can show again.
    pub token: String,
    /// Whose session it is.
    pub account: NewAccount,
}

/// A session's token, on its way between services.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SessionToken {
    /// The token.
    pub token: String,
}

/// What a session's token stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedSession {
    /// Identifies the session.
    pub session: u64,
    /// Whose session it is.
    pub netid: NetId,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was used last before this time.
    pub last_used_at: DateTime<Utc>,
}

/// A session as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Identifies the session.
    pub id: u64,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was used last.
    pub last_used_at: DateTime<Utc>,
    /// When it ends at the latest.
    pub expires_at: DateTime<Utc>,
    /// The browser that began it.
    pub user_agent: Option<String>,
    /// The address that it began from.
    pub address: Option<String>,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// The sessions of the person who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sessions {
    /// Newest first.
    pub sessions: Vec<Session>,
}

/// A change of the caller's own password.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PasswordChange {
    /// The password until now.
    pub current: String,
    /// The password from now on.
    pub new: String,
}

/// A password set through a one-time link.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PasswordByLink {
    /// The password from now on.
    pub password: String,
}
