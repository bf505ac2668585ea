//! Members' entries in the campus directory on the wire: the contract of the directory service.

#[cfg(feature = "fake")]
pub mod contract;
#[cfg(feature = "fake")]
pub mod fake;

use chrono::{DateTime, Utc};
use grove_shared::{Call, NetId, Service};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The service of members' entries in the campus directory.
pub const SERVICE: Service = Service { name: "directory", port: 8998 };

/// Enters a member in the directory; 409 when it has no entry for them, or several. For the service users,
/// and for admin and top4.
pub fn add(netid: &NetId) -> Call<Changed> {
    Call::post(SERVICE, "/activedirectory/add", &[]).json(&Person { netid: netid.clone() })
}

/// Takes someone out of the directory; 409 when it has several entries for them. For the service users, and
/// for admin and top4.
pub fn remove(netid: &NetId) -> Call<Changed> {
    Call::post(SERVICE, "/activedirectory/remove", &[]).json(&Person { netid: netid.clone() })
}

/// How the service stands with the directory. For admin and top4.
pub fn status() -> Call<Status> {
    Call::get(SERVICE, "/directory/status", &[])
}

/// Where members and directory differed when they were compared last; 404 before the first time. For
/// admin and top4.
pub fn report() -> Call<Report> {
    Call::get(SERVICE, "/directory/report", &[])
}

/// Compares members and directory, which takes its time. For admin and top4.
pub fn reconcile() -> Call<Report> {
    Call::post(SERVICE, "/directory/reconcile", &[])
}

/// Mends the directory where it differed, which takes its time. For admin and top4.
pub fn repair() -> Call<Repair> {
    Call::post(SERVICE, "/directory/repair", &[])
}

/// Names a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Person {
    /// The login name.
    pub netid: NetId,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Changed {
    /// That it is made, or that no directory is configured and it waits.
    #[schema(example = "Success")]
    pub message: String,
}

/// How the service stands with the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// Whether the service is told where a directory is.
    pub configured: bool,
    /// What keeps strangers out of the connection.
    pub protection: Option<Protection>,
    /// Whether the directory answers; unknown when none is configured.
    pub reachable: Option<bool>,
    /// Why not.
    #[schema(example = "I/O error: Connection refused (os error 111)")]
    pub error: Option<String>,
    /// Changes that wait for it.
    #[schema(minimum = 0)]
    pub waiting: i64,
    /// Changes that it refused.
    #[schema(minimum = 0)]
    pub refused: i64,
    /// When members and directory were compared last.
    pub last_report_at: Option<DateTime<Utc>>,
}

/// What keeps strangers out of the connection to the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Protection {
    /// TLS from the beginning.
    Ldaps,
    /// TLS before anything else is said.
    StartTls,
    /// None, on this machine.
    Plain,
}

/// Where members and the chapter's group in the directory differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Report {
    /// Identifies the report.
    pub id: u64,
    /// When they were compared.
    pub made_at: DateTime<Utc>,
    /// How many members there were.
    pub members: u32,
    /// How many the group listed.
    pub listed: u32,
    /// Members whom the group does not list.
    pub missing: Vec<Missing>,
    /// Whom the group lists and who are no members, but were to be in it once.
    pub surplus: Vec<Surplus>,
    /// Names in the group of which nobody here knows.
    #[schema(example = json!(["cn=placeholder,o=Campus"]))]
    pub unknown: Vec<String>,
}

/// A member whom the group does not list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Missing {
    /// The member.
    pub netid: NetId,
    /// Their entry in the directory, if there is one.
    #[schema(example = "cn=jsmith2,ou=People,o=Campus")]
    pub dn: Option<String>,
}

/// Someone in the group who is no member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Surplus {
    /// Who that is.
    pub netid: NetId,
    /// What the group calls them.
    #[schema(example = "cn=mdoe3,ou=People,o=Campus")]
    pub dn: String,
    /// Whether Grove added them, and so may remove them.
    pub added_by_grove: bool,
}

/// What a repair did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Repair {
    /// Who is in the group from now on.
    pub added: Vec<NetId>,
    /// Who is in it no longer.
    pub removed: Vec<NetId>,
    /// Who could not be mended, and why.
    pub failed: Vec<Failure>,
    /// How many are left to the next repair.
    pub left: usize,
    /// How they differ afterwards.
    pub report: Option<Report>,
}

/// Someone who could not be mended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failure {
    /// Who that is.
    pub netid: NetId,
    /// Why.
    #[schema(example = "The directory has no entry for mdoe3")]
    pub error: String,
}
