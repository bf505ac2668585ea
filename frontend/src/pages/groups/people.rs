//! The people of a group, now and in the past, and giving and ending their places.

use axum::response::{IntoResponse, Response};
use grove_shared::{NetId, api::groups as api, extract::Path};
use http::StatusCode;
use serde::Deserialize;

use super::{Kind, group::GroupPage};
use crate::{
    csrf::{NoFields, Protected},
    error::PageError,
    flash::Flash,
    gateway::{Gateway, Refusal},
    moment::Moment,
    render::{Frame, Page, see_other},
    session::SignedIn,
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

impl From<api::GroupRole> for Place {
    fn from(role: api::GroupRole) -> Self {
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
    pub(super) fn new(roles: api::GroupRoles) -> Self {
        let places = roles.roles.into_iter().map(Place::from);
        let (past, present) = places.partition(|place| place.until.is_some());
        Self { manageable: roles.manageable, present, past }
    }
}

/// A place to give, as typed so far.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Seat {
    pub(super) netid: String,
    pub(super) name: String,
    /// Whether the box is ticked.
    pub(super) lead: Option<String>,
    pub(super) title: String,
}

impl Seat {
    fn role(&self) -> Result<api::NewGroupRole, Refusal> {
        let netid: Result<NetId, _> = self.netid.trim().to_lowercase().parse();
        let netid = netid.map_err(|invalid| Refusal {
            status: StatusCode::BAD_REQUEST,
            message: invalid.to_string(),
        })?;
        let (name, title) = (self.name.clone(), self.title.clone());
        Ok(api::NewGroupRole { netid, name, lead: self.lead.is_some(), title })
    }
}

/// Who may is the service's to say.
pub(crate) async fn add(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Path((kind, name)): Path<(String, String)>,
    Protected(seat): Protected<Seat>,
) -> Result<Response, PageError> {
    let kind = Kind::find(&kind)?;
    let refused = match seat.role() {
        Err(refusal) => refusal,
        Ok(role) => match gateway.add_group_role(kind.name, &name, &role).await {
            Ok(role) => {
                flash.success(format!("{} is in the group.", role.netid));
                return Ok(see_other(&format!("{}#people", kind.page_of(&name))));
            }
            Err(error) => error.refusal()?,
        },
    };
    let page = GroupPage::load(person, frame, &gateway, kind, &name).await?;
    let page = GroupPage { seat, seat_error: Some(refused.message), ..page };
    Ok((refused.status, Page(page)).into_response())
}

pub(crate) async fn end(
    _: SignedIn,
    gateway: Gateway,
    flash: Flash,
    Path((kind, name, id)): Path<(String, String, u64)>,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    let kind = Kind::find(&kind)?;
    if flash.unless_refused(gateway.end_group_role(kind.name, &name, id).await)?.is_some() {
        flash.success("The role has ended. It stays in the history.");
    }
    Ok(see_other(&format!("{}#people", kind.page_of(&name))))
}
