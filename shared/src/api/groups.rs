//! SIGs and committees on the wire. The camel-case names are the old system's.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{NetId, Role};

/// A SIG or committee as everyone sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// The name, such as `SIGPwny` or `Top4`.
    pub name: String,
    /// What it does.
    pub description: String,
    /// Who leads it, separated by commas.
    pub chairs: String,
    /// The day it meets: `Tuesday`.
    pub meeting_day: String,
    /// When it meets: `6:00 PM`.
    pub meeting_time: String,
    /// Where it meets.
    pub meeting_loc: String,
    /// Its web site, or nothing.
    pub site: String,
    /// Its mail address, or nothing.
    pub email: String,
    /// Its offices and who holds them.
    pub roles: Vec<Office>,
    /// How many people are in it.
    pub member_count: i64,
}

/// An office of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Office {
    /// What it is called: `Treasurer`.
    pub name: String,
    /// Who holds it.
    pub holder: String,
    /// How to reach them.
    pub email: String,
}

/// What is changed of a group, or what a new one is made of; absent fields stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupChange {
    /// See [`Group::name`]; only when the group is made.
    pub name: Option<String>,
    /// See [`Group::description`].
    pub description: Option<String>,
    /// See [`Group::meeting_day`].
    pub meeting_day: Option<String>,
    /// See [`Group::meeting_time`].
    pub meeting_time: Option<String>,
    /// See [`Group::meeting_loc`].
    pub meeting_loc: Option<String>,
    /// See [`Group::site`].
    pub site: Option<String>,
    /// See [`Group::email`].
    pub email: Option<String>,
}

/// Whether someone is in a group now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MembershipCheck {
    /// Who was asked about; absent when they are not in the group, as in the old system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub netid: Option<String>,
    /// Whether they are.
    pub is_valid: bool,
}

/// Someone's place in a group, now or in the past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRole {
    /// Identifies the place.
    pub id: u64,
    /// Who holds it.
    pub netid: NetId,
    /// Their name, for people who do not know the NetID.
    pub name: String,
    /// Whether they lead the group.
    pub lead: bool,
    /// Their office: `Treasurer`; or nothing.
    pub title: String,
    /// When they took it.
    pub started_at: DateTime<Utc>,
    /// When they left it.
    pub ended_at: Option<DateTime<Utc>>,
    /// Who gave it to them.
    pub granted_by: String,
}

/// A place in a group to give to someone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewGroupRole {
    /// Who gets it.
    pub netid: NetId,
    /// Their name.
    #[serde(default)]
    pub name: String,
    /// Whether they lead the group.
    #[serde(default)]
    pub lead: bool,
    /// Their office, or nothing.
    #[serde(default)]
    pub title: String,
}

/// The places of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
