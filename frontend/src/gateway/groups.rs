//! SIGs and committees. A `kind` is `sigs` or `committees`.

use grove_shared::api::groups::{
    Group, GroupChange, GroupRole, GroupRoles, MembershipCheck, NewGroupRole,
};
use http::Method;
use serde_json::Value;

use super::{Gateway, GatewayError};

impl Gateway {
    /// The groups of a kind, by name.
    pub async fn groups(&self, kind: &str) -> Result<Vec<Group>, GatewayError> {
        self.get(&["groups", kind]).await
    }

    /// One group.
    pub async fn group(&self, kind: &str, name: &str) -> Result<Group, GatewayError> {
        self.get(&["groups", kind, name]).await
    }

    /// Whether someone is in a group now.
    pub async fn is_in(&self, kind: &str, name: &str, netid: &str) -> Result<bool, GatewayError> {
        let query = [("isMember", netid)];
        let path = ["groups", kind, name];
        let check: MembershipCheck = self.send(Method::GET, &path, &query, None).await?;
        Ok(check.is_valid)
    }

    /// Makes a group.
    pub async fn create_group(&self, kind: &str, new: &GroupChange) -> Result<Group, GatewayError> {
        self.post(&["groups", kind], new).await
    }

    /// Changes a group.
    pub async fn change_group(
        &self,
        kind: &str,
        name: &str,
        change: &GroupChange,
    ) -> Result<Group, GatewayError> {
        self.put(&["groups", kind, name], change).await
    }

    /// Ends a group, which keeps its history.
    pub async fn end_group(&self, kind: &str, name: &str) -> Result<(), GatewayError> {
        self.delete::<Value>(&["groups", kind, name]).await.map(drop)
    }

    /// The places of a group that the visitor may see.
    pub async fn group_roles(&self, kind: &str, name: &str) -> Result<GroupRoles, GatewayError> {
        self.get(&["groups", kind, name, "roles"]).await
    }

    /// Gives someone a place in a group.
    pub async fn add_group_role(
        &self,
        kind: &str,
        name: &str,
        new: &NewGroupRole,
    ) -> Result<GroupRole, GatewayError> {
        self.post(&["groups", kind, name, "roles"], new).await
    }

    /// Ends someone's place in a group.
    pub async fn end_group_role(
        &self,
        kind: &str,
        name: &str,
        id: u64,
    ) -> Result<(), GatewayError> {
        self.delete::<Value>(&["groups", kind, name, "roles", &id.to_string()]).await.map(drop)
    }
}
