//! SIGs and committees on the wire: the contract of the groups service. The camel-case names are the old
//! system's. A kind of groups is `sigs` or `committees`.

#[cfg(feature = "fake")]
pub mod contract;
#[cfg(feature = "fake")]
pub mod fake;

use chrono::{DateTime, Utc};
use grove_shared::{Call, NetId, Role, Service};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use utoipa::ToSchema;

/// The service of SIGs and committees.
pub const SERVICE: Service = Service { name: "groups", port: 9001 };

/// The kinds of groups. For anyone.
pub fn kinds() -> Call<Vec<String>> {
    Call::get(SERVICE, "/groups", &[])
}

/// The groups of a kind, by name. For anyone.
pub fn list(kind: &str) -> Call<Vec<Group>> {
    Call::get(SERVICE, "/groups/{type}", &[&kind])
}

/// One group. For anyone.
pub fn find(kind: &str, name: &str) -> Call<Group> {
    Call::get(SERVICE, "/groups/{type}/{name}", &[&kind, &name])
}

/// Whether someone is in a group now. For anyone.
pub fn is_member(kind: &str, name: &str, netid: &str) -> Call<MembershipCheck> {
    Call::get(SERVICE, "/groups/{type}/{name}", &[&kind, &name]).query("isMember", Some(netid))
}

/// Makes a group. For admin and top4.
pub fn create(kind: &str, new: &GroupChange) -> Call<Group> {
    Call::post(SERVICE, "/groups/{type}", &[&kind]).json(new)
}

/// Changes a group. For admin and top4, and those who lead it.
pub fn update(kind: &str, name: &str, change: &GroupChange) -> Call<Group> {
    Call::put(SERVICE, "/groups/{type}/{name}", &[&kind, &name]).json(change)
}

/// Ends a group, which keeps its history; gives it as it was. For admin and top4.
pub fn end(kind: &str, name: &str) -> Call<Group> {
    Call::delete(SERVICE, "/groups/{type}/{name}", &[&kind, &name])
}

/// The places of a group that the caller may see. For anyone who is signed in.
pub fn roles(kind: &str, name: &str) -> Call<GroupRoles> {
    Call::get(SERVICE, "/groups/{type}/{name}/roles", &[&kind, &name])
}

/// Gives someone a place in a group. For admin and top4, and in groups that are no committee of officers
/// for those who lead it.
pub fn add_role(kind: &str, name: &str, new: &NewGroupRole) -> Call<GroupRole> {
    Call::post(SERVICE, "/groups/{type}/{name}/roles", &[&kind, &name]).json(new)
}

/// Ends a place in a group. For whom [`add_role`] is.
pub fn end_role(kind: &str, name: &str, id: u64) -> Call<GroupRole> {
    Call::delete(SERVICE, "/groups/{type}/{name}/roles/{id}", &[&kind, &name, &id])
}

/// Who is in a group now. For the service notifications.
pub fn members(kind: &str, name: &str) -> Call<Vec<NetId>> {
    Call::get(SERVICE, "/internal/groups/{type}/{name}/members", &[&kind, &name])
}

/// The officer roles that a person holds now. For the gateway.
pub fn officer_roles(netid: &NetId) -> Call<OfficerRoles> {
    let netid = netid.clone();
    Call::post(SERVICE, "/internal/roles", &[]).json(&RoleHolder { netid })
}

/// Ends every place that someone took before they left the chapter. For the service users.
pub fn end_roles_of(departure: &Departure) -> Call<IgnoredAny> {
    Call::post(SERVICE, "/internal/roles/end", &[]).json(departure)
}

/// Names a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleHolder {
    /// The login name.
    pub netid: NetId,
}

/// That someone left the chapter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// The login name.
    pub netid: NetId,
    /// When they left. What they take up later, after joining again, is theirs.
    pub left_at: DateTime<Utc>,
}

/// A SIG or committee as everyone sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// The name, such as `SIGPwny` or `Top4`.
    #[schema(example = "SIGPwny")]
    pub name: String,
    /// What it does.
    #[schema(example = "Security, for all levels.")]
    pub description: String,
    /// Who leads it, separated by commas.
    #[schema(example = "Jo Smith, Max Doe")]
    pub chairs: String,
    /// The day it meets: `Tuesday`.
    #[schema(example = "Thursday")]
    pub meeting_day: String,
    /// When it meets: `6:00 PM`.
    #[schema(example = "6:00 PM")]
    pub meeting_time: String,
    /// Where it meets.
    #[schema(example = "Siebel 1404")]
    pub meeting_loc: String,
    /// Its web site, or nothing.
    #[schema(example = "https://sigpwny.example")]
    pub site: String,
    /// Its mail address, or nothing.
    #[schema(example = "sigpwny@example.org")]
    pub email: String,
    /// Its offices and who holds them.
    pub roles: Vec<Office>,
    /// How many people are in it.
    pub member_count: i64,
}

/// An office of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Office {
    /// What it is called: `Treasurer`.
    #[schema(example = "Treasurer")]
    pub name: String,
    /// Who holds it.
    #[schema(example = "Max Doe")]
    pub holder: String,
    /// How to reach them.
    #[schema(example = "mdoe3@example.edu")]
    pub email: String,
}

/// What is changed of a group, or what a new one is made of; absent fields stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupChange {
    /// Its name: 1 to 64 letters, digits, spaces and `. & + | ' -`, of one script. Only when the group is made.
    #[schema(min_length = 1, max_length = 64, example = "SIGPwny")]
    pub name: Option<String>,
    /// What it does.
    #[schema(max_length = 2000, example = "Security, for all levels.")]
    pub description: Option<String>,
    /// The day it meets.
    #[schema(max_length = 100, example = "Thursday")]
    pub meeting_day: Option<String>,
    /// When it meets.
    #[schema(max_length = 100, example = "6:00 PM")]
    pub meeting_time: Option<String>,
    /// Where it meets.
    #[schema(max_length = 100, example = "Siebel 1404")]
    pub meeting_loc: Option<String>,
    /// Its web site, which begins with `http://` or `https://`, or nothing.
    #[schema(max_length = 100, example = "https://sigpwny.example")]
    pub site: Option<String>,
    /// Its mail address, or nothing.
    #[schema(max_length = 100, example = "sigpwny@example.org")]
    pub email: Option<String>,
}

/// Whether someone is in a group now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MembershipCheck {
    /// Who was asked about; absent when they are not in the group, as in the old system.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "jsmith2")]
    pub netid: Option<String>,
    /// Whether they are.
    pub is_valid: bool,
}

/// Someone's place in a group, now or in the past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupRole {
    /// Identifies the place.
    pub id: u64,
    /// Who holds it.
    pub netid: NetId,
    /// Their name, for people who do not know the NetID.
    #[schema(example = "Max Doe")]
    pub name: String,
    /// Whether they lead the group.
    pub lead: bool,
    /// Their office: `Treasurer`; or nothing.
    #[schema(example = "Treasurer")]
    pub title: String,
    /// When they took it.
    pub started_at: DateTime<Utc>,
    /// When they left it.
    pub ended_at: Option<DateTime<Utc>>,
    /// Who gave it to them.
    #[schema(example = "admin2")]
    pub granted_by: String,
}

/// A place in a group to give to someone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewGroupRole {
    /// Who gets it.
    pub netid: NetId,
    /// Their name, if users knows none.
    #[serde(default)]
    #[schema(max_length = 100, example = "Max Doe")]
    pub name: String,
    /// Whether they lead the group; no, if nothing is said.
    #[serde(default)]
    pub lead: bool,
    /// Their office, or nothing.
    #[serde(default)]
    #[schema(max_length = 100, example = "Treasurer")]
    pub title: String,
}

/// The places of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupRoles {
    /// Whether the caller may give and end them.
    pub manageable: bool,
    /// The present ones first, then the past by their end.
    pub roles: Vec<GroupRole>,
}

/// The officer roles that a person holds now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficerRoles {
    /// The committees among admin, top4 and corporate.
    pub roles: Vec<Role>,
}
