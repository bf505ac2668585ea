//! People who joined, on the wire.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::NetId;

/// Someone who joined, as officers see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Their given name.
    pub first_name: String,
    /// Their family name.
    pub last_name: String,
    /// Their login name.
    pub netid: String,
    /// When they joined.
    pub created_at: DateTime<Utc>,
    /// Whether they are a member today.
    pub is_member: bool,
    /// Whether the campus directory lists them.
    pub added_to_directory: bool,
    /// Where they are on the way to membership.
    pub state: UserState,
}

/// The steps from joining to membership, and beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserState {
    /// Has not followed the link in the first mail.
    Unverified,
    /// Has an account; the dues are not paid.
    AwaitingPayment,
    /// Is a member today.
    Member,
    /// Was a member.
    Expired,
}

/// A sign-in that succeeded: the person and their session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignedIn {
    /// The person.
    #[serde(flatten)]
    pub user: User,
    /// The session's token, sent back as the header `Token`.
    pub token: String,
}

/// A membership check. The names are null unless the person published them or the caller may see all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IsMember {
    /// The login name.
    pub netid: String,
    /// The given name.
    pub first_name: Option<String>,
    /// The family name.
    pub last_name: Option<String>,
    /// Whether they are a member today.
    pub is_member: bool,
}

/// A wish to join. Old clients send the UIN as text, others as a number.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct NewUser {
    /// The given name.
    pub first_name: Option<String>,
    /// The family name.
    pub last_name: Option<String>,
    /// The login name.
    pub netid: Option<String>,
    /// The number on the university's card: nine digits.
    #[serde(default, deserialize_with = "text_or_number")]
    pub uin: Option<String>,
}

/// A term of membership; both days belong to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The first day.
    pub starts_on: NaiveDate,
    /// The last day.
    pub ends_on: NaiveDate,
}

/// Someone who is a member today, as other services see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentMember {
    /// Their login name.
    pub netid: NetId,
    /// Where they get mail.
    pub email: String,
    /// Their given name.
    pub first_name: String,
    /// Their family name.
    pub last_name: String,
    /// The last day of the term.
    pub member_until: NaiveDate,
}

/// Dues that someone paid online.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewMembership {
    /// Who becomes a member.
    pub netid: NetId,
    /// The reference of the payment.
    pub payment: String,
}

/// The caller's own record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// What officers see too.
    #[serde(flatten)]
    pub user: User,
    /// Whether every member may see the name.
    pub published: bool,
    /// Newest first.
    pub memberships: Vec<Membership>,
}

/// What the caller may change of the own record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileChange {
    /// Whether every member may see the name.
    pub published: bool,
}

/// A login by NetID and password.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Login {
    /// The login name.
    pub netid: Option<String>,
    /// The password.
    pub password: Option<String>,
}

/// The end of a session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Logout {
    /// The session's token.
    pub token: Option<String>,
}

fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Number(number) => Ok(Some(number.to_string())),
        _ => Err(serde::de::Error::custom("expected text or a number")),
    }
}
