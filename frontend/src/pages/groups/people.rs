//! The people of a group, now and in the past, and a place to give.

use grove_groups_api as groups;
use grove_shared::NetId;

use super::kind::Kind;
use crate::{
    form::{self, Field, Form},
    moment::Moment,
};

/// The people of a group whom the visitor may see.
#[derive(Debug)]
pub(super) struct People {
    /// Whether the visitor may give and end places.
    pub(super) manageable: bool,
    pub(super) present: Vec<Place>,
    pub(super) past: Vec<Place>,
}

/// Someone's place in a group.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) id: u64,
    pub(super) netid: NetId,
    pub(super) name: String,
    pub(super) offices: String,
    pub(super) lead: bool,
    pub(super) since: Moment,
    pub(super) until: Option<Moment>,
    pub(super) granted_by: String,
}

impl From<groups::GroupRole> for Place {
    fn from(role: groups::GroupRole) -> Self {
        let title = Some(role.title).filter(|title| !title.is_empty());
        let lead = role.lead.then(|| "Lead".to_owned());
        let offices = lead.into_iter().chain(title).collect::<Vec<_>>().join(", ");
        Self {
            id: role.id,
            name: if role.name.is_empty() { role.netid.to_string() } else { role.name },
            netid: role.netid,
            offices: if offices.is_empty() { "In the group".to_owned() } else { offices },
            lead: role.lead,
            since: Moment(role.started_at),
            until: role.ended_at.map(Moment),
            granted_by: role.granted_by,
        }
    }
}

impl People {
    pub(super) fn new(roles: groups::GroupRoles) -> Self {
        let places = roles.roles.into_iter().map(Place::from);
        let (past, present) = places.partition(|place| place.until.is_some());
        Self { manageable: roles.manageable, present, past }
    }
}

/// The form that gives a place in the group of this name.
pub(super) fn form(kind: &Kind, name: &str) -> Form {
    let netid = Field::new(form::Kind::NetId, "netid", "NetID")
        .required("Enter a NetID.")
        .unreadable("A valid netid must be entered: letters and digits, such as jsmith2.");
    let person = Field::new(form::Kind::Text, "name", "Name").most(100);
    let title = Field::new(form::Kind::Text, "title", "Office (optional)")
        .most(100)
        .placeholder("Treasurer");
    let lead = Field::new(form::Kind::Tick, "lead", "Leads the group");
    Form::new(format!("{}/people", kind.page_of(name)), vec![netid, person, title, lead])
}

/// What a form says that was checked.
pub(super) fn place(form: &Form) -> Option<groups::NewGroupRole> {
    Some(groups::NewGroupRole {
        netid: form.value("netid").parse().ok()?,
        name: form.value("name").to_owned(),
        lead: form.is_ticked("lead"),
        title: form.value("title").to_owned(),
    })
}
