//! Joining, signing in, and the people of the chapter.

use grove_shared::api::{
    envelope::{Data, Message},
    users::{IsMember, NewUser, Profile, ProfileChange, SignedIn, User},
};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::{Gateway, GatewayError};

impl Gateway {
    /// The visitor's own record; 404 when they have an account but none.
    pub async fn me(&self) -> Result<Profile, GatewayError> {
        Ok(self.get::<Data<Profile>>(&["users", "me"]).await?.data)
    }

    /// Changes what the visitor may change of the own record.
    pub async fn change_me(&self, change: &ProfileChange) -> Result<Profile, GatewayError> {
        Ok(self.put::<Data<Profile>>(&["users", "me"], change).await?.data)
    }

    /// Everybody: people who are no members yet first, then the newest.
    pub async fn users(&self) -> Result<Vec<User>, GatewayError> {
        Ok(self.get::<Data<Vec<User>>>(&["users"]).await?.data)
    }

    /// One person.
    pub async fn user(&self, netid: &str) -> Result<User, GatewayError> {
        Ok(self.get::<Data<User>>(&["users", netid]).await?.data)
    }

    /// Whether someone is a member today.
    pub async fn is_member(&self, netid: &str) -> Result<IsMember, GatewayError> {
        Ok(self.get::<Data<IsMember>>(&["users", netid, "is_member"]).await?.data)
    }

    /// Asks to join; `sigs` are the names of the groups that the person is curious about.
    pub async fn join(&self, person: &NewUser, sigs: &[String]) -> Result<String, GatewayError> {
        let mut body: Map<String, Value> =
            sigs.iter().map(|name| (name.clone(), Value::from("on"))).collect();
        // The person's own fields come last, so that no group's name replaces one.
        if let Value::Object(fields) = super::encode(person)? {
            body.extend(fields);
        }
        Ok(self.post::<Message>(&["users"], &body).await?.message)
    }

    /// Signs in; 400 when NetID or password is wrong, 429 after too many tries.
    pub async fn login(&self, netid: &str, password: &str) -> Result<SignedIn, GatewayError> {
        let login = json!({ "netid": netid, "password": password });
        Ok(self.post::<Data<SignedIn>>(&["users", "login"], &login).await?.data)
    }

    /// Ends the visitor's session.
    pub async fn logout(&self) -> Result<(), GatewayError> {
        let token = self.session.as_ref().map(ExposeSecret::expose_secret);
        self.post::<Value>(&["users", "logout"], &json!({ "token": token })).await.map(drop)
    }

    /// Records that someone paid their dues; gives everybody as [`Gateway::users`] does.
    pub async fn mark_paid(&self, netid: &str) -> Result<Vec<User>, GatewayError> {
        Ok(self.put::<Data<Vec<User>>>(&["users", netid, "paid"], &json!({})).await?.data)
    }

    /// Removes someone; gives the others.
    pub async fn remove_user(&self, netid: &str) -> Result<Vec<User>, GatewayError> {
        Ok(self.delete::<Data<Vec<User>>>(&["users", netid]).await?.data)
    }
}
