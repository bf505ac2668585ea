//! Members' entries in the campus directory.

use chrono::{DateTime, Utc};
use http::Method;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use super::{Gateway, GatewayError, PATIENCE_ONCE, read, successful};

/// How the service stands with the directory.
#[derive(Debug, Clone, Deserialize)]
pub struct DirectoryStatus {
    /// Whether the service is told where a directory is.
    pub configured: bool,
    /// Whether the directory answers; unknown when none is configured.
    pub reachable: Option<bool>,
    /// Why not.
    pub error: Option<String>,
    /// Changes that wait for it.
    pub waiting: i64,
    /// Changes that it refused.
    pub refused: i64,
}

/// Where members and the chapter's group in the directory differ.
#[derive(Debug, Clone, Deserialize)]
pub struct Drift {
    /// When they were compared.
    pub made_at: DateTime<Utc>,
    /// How many members there were.
    pub members: u32,
    /// How many the group listed.
    pub listed: u32,
    /// Members whom the group does not list.
    pub missing: Vec<Missing>,
    /// Whom the group lists and who are members no longer.
    pub surplus: Vec<Surplus>,
    /// Names in the group of which nobody here knows.
    pub unknown: Vec<String>,
}

/// A member whom the group does not list.
#[derive(Debug, Clone, Deserialize)]
pub struct Missing {
    /// The member.
    pub netid: String,
    /// Their entry in the directory, if there is one.
    pub dn: Option<String>,
}

/// Someone in the group who is no member.
#[derive(Debug, Clone, Deserialize)]
pub struct Surplus {
    /// Who that is.
    pub netid: String,
    /// Whether Grove added them, and so may remove them.
    pub added_by_grove: bool,
}

/// What a repair did.
#[derive(Debug, Clone, Deserialize)]
pub struct Repair {
    /// Who is in the group from now on.
    pub added: Vec<String>,
    /// Who is in it no longer.
    pub removed: Vec<String>,
    /// Who could not be mended, and why.
    pub failed: Vec<Failure>,
    /// How many are left to the next repair.
    pub left: usize,
}

/// Someone who could not be mended.
#[derive(Debug, Clone, Deserialize)]
pub struct Failure {
    /// Who that is.
    pub netid: String,
    /// Why.
    pub error: String,
}

impl Gateway {
    /// How the service stands with the directory.
    pub async fn directory_status(&self) -> Result<DirectoryStatus, GatewayError> {
        self.get(&["directory", "status"]).await
    }

    /// Where members and directory differed when they were compared last.
    pub async fn directory_drift(&self) -> Result<Drift, GatewayError> {
        self.get(&["directory", "report"]).await
    }

    /// Compares members and directory.
    pub async fn check_directory(&self) -> Result<Drift, GatewayError> {
        self.post_slowly(&["directory", "reconcile"]).await
    }

    /// Mends the directory where it differs.
    pub async fn repair_directory(&self) -> Result<Repair, GatewayError> {
        self.post_slowly(&["directory", "repair"]).await
    }

    /// A call that takes the directory its time.
    async fn post_slowly<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T, GatewayError> {
        let request = self.request(Method::POST, path, &[], Some(json!({})))?;
        read(successful(request.timeout(PATIENCE_ONCE)).await?).await
    }
}
