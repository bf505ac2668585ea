//! Sessions and passwords.

use grove_shared::api::{
    accounts::{PasswordByLink, PasswordChange, Session, Sessions},
    envelope::Message,
};
use http::Method;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Gateway, GatewayError};

/// Whose session it is, as the session itself tells.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SessionOwner {
    /// Their login name.
    pub name: String,
    /// Their given name.
    #[serde(default)]
    pub first_name: String,
    /// Their family name.
    #[serde(default)]
    pub last_name: String,
}

#[derive(Debug, Deserialize)]
struct OwnedSession {
    user: SessionOwner,
}

impl Gateway {
    /// Whose session the visitor uses: also tells of people without a record in users.
    pub async fn session_owner(&self) -> Result<SessionOwner, GatewayError> {
        let token = self.session.as_ref().map_or("", ExposeSecret::expose_secret);
        Ok(self.get::<OwnedSession>(&["session", token]).await?.user)
    }

    /// The visitor's sessions, newest first.
    pub async fn sessions(&self) -> Result<Vec<Session>, GatewayError> {
        Ok(self.get::<Sessions>(&["sessions"]).await?.sessions)
    }

    /// Ends one of the visitor's sessions.
    pub async fn end_session(&self, id: u64) -> Result<(), GatewayError> {
        self.delete::<Value>(&["sessions", &id.to_string()]).await.map(drop)
    }

    /// Ends all of the visitor's sessions but the one they use.
    pub async fn end_other_sessions(&self) -> Result<(), GatewayError> {
        self.delete::<Value>(&["sessions"]).await.map(drop)
    }

    /// Ends all sessions of someone: the visitor, or anyone if the visitor is an officer.
    pub async fn end_sessions_of(&self, netid: &str) -> Result<(), GatewayError> {
        let query = [("username", netid)];
        self.send::<Value>(Method::DELETE, &["session"], &query, Some(json!({}))).await.map(drop)
    }

    /// Changes the visitor's password, and ends their other sessions.
    pub async fn change_password(&self, change: &PasswordChange) -> Result<String, GatewayError> {
        Ok(self.put::<Message>(&["password"], change).await?.message)
    }

    /// Asks for a link to set a password; the answer does not tell whether there is such a person.
    pub async fn forgot_password(&self, netid: &str) -> Result<String, GatewayError> {
        Ok(self.post::<Message>(&["password", "reset"], &json!({ "netid": netid })).await?.message)
    }

    /// Sets a password by the token of a one-time link; 404 when it is used or expired.
    pub async fn set_password(
        &self,
        token: &str,
        password: &PasswordByLink,
    ) -> Result<String, GatewayError> {
        Ok(self.post::<Message>(&["password", "link", token], password).await?.message)
    }
}
