//! Accounts and sessions on the wire: the contract of the auth service.

#[cfg(feature = "fake")]
pub mod contract;
#[cfg(feature = "fake")]
pub mod fake;

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use grove_shared::{Call, NetId, Service, envelope::Message};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use utoipa::ToSchema;

/// The service of accounts, passwords and sessions.
pub const SERVICE: Service = Service { name: "auth", port: 8008 };

/// An officer's session that nobody uses ends after this time. The gateway ends it, which knows who is an
/// officer; auth keeps nothing alive that was idle for longer, but for the gateway.
pub const OFFICER_IDLE: TimeDelta = TimeDelta::hours(1);

/// Signs in, as old clients do. For anyone.
pub fn sign_in(credentials: &OldCredentials) -> Call<OldSession> {
    Call::post(SERVICE, "/session", &[]).json(credentials)
}

/// Whose session the caller's is.
pub fn own_session() -> Call<OwnSession> {
    Call::get(SERVICE, "/session", &[])
}

/// Ends every session of someone: of the caller, or for admin and top4 of anyone.
pub fn end_sessions_of(netid: &str) -> Call<IgnoredAny> {
    Call::delete(SERVICE, "/session", &[]).query("username", Some(netid))
}

/// The caller's sessions, newest first.
pub fn sessions() -> Call<Sessions> {
    Call::get(SERVICE, "/sessions", &[])
}

/// Ends one of the caller's sessions.
pub fn end_session(id: u64) -> Call<Message> {
    Call::delete(SERVICE, "/sessions/{id}", &[&id])
}

/// Ends all of the caller's sessions but the one in use.
pub fn end_other_sessions() -> Call<Message> {
    Call::delete(SERVICE, "/sessions", &[])
}

/// Changes the caller's password, and ends their other sessions.
pub fn change_password(change: &PasswordChange) -> Call<Message> {
    Call::put(SERVICE, "/password", &[]).json(change)
}

/// Asks for a link to set a password; the answer does not tell whether there is such a person. For anyone.
pub fn forgot_password(forgotten: &ForgottenPassword) -> Call<Message> {
    Call::post(SERVICE, "/password/reset", &[]).json(forgotten)
}

/// Whose password a one-time link may set; 404 when it was used or has expired. For anyone.
pub fn check_link(token: &str) -> Call<AccountName> {
    let token = token.to_owned();
    Call::post(SERVICE, "/password/link/check", &[]).json(&LinkToken { token })
}

/// Sets a password by a one-time link, which begins a session; 404 when it was used or has expired. For
/// anyone.
pub fn set_password_by_link(chosen: &PasswordByLink) -> Call<NewSession> {
    Call::post(SERVICE, "/password/link", &[]).json(chosen)
}

/// Signs a person in: 400 when the name or the password is wrong, 429 after too many tries. For the service
/// users.
pub fn begin_session(credentials: &Credentials) -> Call<NewSession> {
    Call::post(SERVICE, "/internal/sessions", &[]).json(credentials)
}

/// What a session's token stands for, which counts as a use of it; 404 when it has ended. For the gateway.
pub fn resolve_session(token: &str) -> Call<ResolvedSession> {
    let token = token.to_owned();
    Call::post(SERVICE, "/internal/sessions/resolve", &[]).json(&SessionToken { token })
}

/// Ends the session of a token, if there is one. For the gateway and the service users.
pub fn end_session_of(token: &str) -> Call<IgnoredAny> {
    let token = token.to_owned();
    Call::post(SERVICE, "/internal/sessions/end", &[]).json(&SessionToken { token })
}

/// Makes an account, takes back one that was removed, and mails its activation link as long as it has no
/// password. For the service users.
pub fn create_account(new: &NewAccount) -> Call<IgnoredAny> {
    Call::post(SERVICE, "/internal/accounts", &[]).json(new)
}

/// Ends an account and its sessions; its password is forgotten. For the service users.
pub fn remove_account(netid: &NetId) -> Call<IgnoredAny> {
    let netid = netid.clone();
    Call::post(SERVICE, "/internal/accounts/remove", &[]).json(&AccountName { netid })
}

/// Mails a one-time link. For auth itself, so that no outbox holds a token.
pub fn mail_link(request: &LinkRequest) -> Call<IgnoredAny> {
    Call::post(SERVICE, "/internal/links", &[]).json(request)
}

/// What a one-time link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkPurpose {
    /// The first password of an account.
    Activation,
    /// A new password instead of a forgotten one.
    Reset,
}

/// A one-time link that someone is to get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRequest {
    /// Whose password it sets.
    pub netid: NetId,
    /// What it was asked for.
    pub purpose: LinkPurpose,
}

/// What old clients sign in with, in the shape of Atlassian Crowd.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OldCredentials {
    /// The login name as typed; in old clients it may stand in the query instead.
    #[schema(example = "jsmith2")]
    pub username: Option<String>,
    /// The password as typed.
    #[schema(example = "seven lamps above the quay")]
    pub password: Option<String>,
}

/// A session as old clients know it, in the shape of Atlassian Crowd.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OldSession {
    /// The session's token.
    pub token: String,
    /// Whose session it is.
    pub user: SessionOwner,
    /// Where the session is found.
    pub link: Link,
}

/// The owner of a session, as old clients know them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub struct SessionOwner {
    /// Their login name.
    pub name: String,
    /// Their given name.
    pub first_name: String,
    /// Their family name.
    pub last_name: String,
    /// Where they get mail.
    pub email: String,
    /// Where the person is found.
    pub link: Link,
}

/// A link of the old shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Link {
    /// `self`
    pub rel: String,
    /// The path.
    pub href: String,
}

/// Whose password is forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ForgottenPassword {
    /// The login name or mail address as typed.
    #[schema(example = "jsmith2")]
    pub netid: String,
}

/// A person who joined: auth makes an account and mails its activation link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewAccount {
    /// Their login name.
    pub netid: NetId,
    /// Their given name.
    pub first_name: String,
    /// Their family name.
    pub last_name: String,
}

/// Names one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
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

/// The session that the caller uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnSession {
    /// Whose session it is.
    pub account: NewAccount,
}

/// A session as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sessions {
    /// Newest first.
    pub sessions: Vec<Session>,
}

/// A change of the caller's own password.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PasswordChange {
    /// The password until now.
    pub current: String,
    /// The password from now on.
    pub new: String,
}

/// A one-time link.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LinkToken {
    /// What stands in the link.
    pub token: String,
}

/// A password set through a one-time link.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PasswordByLink {
    /// What stands in the link.
    pub token: String,
    /// The password from now on.
    pub password: String,
}
