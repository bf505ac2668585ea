//! A person's place in a group, now or in the past.

use chrono::{DateTime, Utc};
use grove_client::Peers;
use grove_groups_api as api;
use grove_shared::{Client, NetId, Standing};

use crate::{
    error::GroupError,
    group::{Group, GroupKey},
    text,
};

/// A place to give to someone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewPlace {
    pub(crate) netid: NetId,
    pub(crate) name: String,
    pub(crate) lead: bool,
    pub(crate) title: String,
}

impl TryFrom<api::NewGroupRole> for NewPlace {
    type Error = GroupError;

    fn try_from(new: api::NewGroupRole) -> Result<Self, GroupError> {
        let (name, title) = (text::line("name", &new.name)?, text::line("title", &new.title)?);
        Ok(Self { netid: new.netid, name, lead: new.lead, title })
    }
}

impl NewPlace {
    /// The same under the name that users knows; nobody else gets a place. Only a member of the chapter today
    /// becomes an officer.
    pub(crate) async fn known(self, peers: &Peers, key: &GroupKey) -> Result<Self, GroupError> {
        let person = match peers.call(grove_users_api::person(&self.netid)).await {
            Err(cause) if cause.is_not_found() => return Err(GroupError::NobodyKnown(self.netid)),
            person => person?,
        };
        if key.officer_role().is_some() && person.standing != Standing::Member {
            return Err(GroupError::NotAMember(self.netid));
        }
        let name = format!("{} {}", person.first_name, person.last_name);
        Ok(Self { name: text::shortened(&name), ..self })
    }
}

/// A place that someone has or had.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) id: u64,
    pub(crate) group_id: u64,
    pub(crate) netid: NetId,
    pub(crate) name: String,
    pub(crate) lead: bool,
    pub(crate) title: String,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) started_by: String,
    pub(crate) ended_at: Option<DateTime<Utc>>,
}

impl Place {
    /// What to call the person in public.
    fn public_name(&self) -> &str {
        if self.name.is_empty() { self.netid.as_str() } else { &self.name }
    }

    fn office(&self, mail_domain: &str) -> api::Office {
        api::Office {
            name: self.title.clone(),
            holder: self.public_name().to_owned(),
            email: format!("{}@{mail_domain}", self.netid),
        }
    }
}

impl From<Place> for api::GroupRole {
    fn from(place: Place) -> Self {
        Self {
            id: place.id,
            netid: place.netid,
            name: place.name,
            lead: place.lead,
            title: place.title,
            started_at: place.started_at,
            ended_at: place.ended_at,
            granted_by: place.started_by,
        }
    }
}

/// A group as everyone sees it. Of `places`, those of the group that lead or have a title appear.
pub(crate) fn public(group: Group, places: &[Place], mail_domain: &str) -> api::Group {
    let own = || places.iter().filter(|place| place.group_id == group.id);
    let chairs: Vec<&str> = own().filter(|place| place.lead).map(Place::public_name).collect();
    let offices = own().filter(|place| !place.title.is_empty());
    let roles = offices.map(|place| place.office(mail_domain)).collect();
    api::Group {
        chairs: chairs.join(", "),
        roles,
        name: group.name,
        description: group.description,
        meeting_day: group.meeting_day,
        meeting_time: group.meeting_time,
        meeting_loc: group.meeting_loc,
        site: group.site,
        email: group.email,
        member_count: group.member_count,
    }
}
