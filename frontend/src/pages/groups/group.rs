//! One group: what it is, and changing or ending it.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use grove_shared::{Role, api::groups as api, extract::Path};
use serde::Deserialize;

use super::{
    Kind,
    people::{People, Seat},
};
use crate::{
    csrf::{NoFields, Protected},
    error::PageError,
    flash::Flash,
    gateway::{Gateway, Refusal},
    render::{Frame, Page, mail_address, see_other, web_url},
    session::{OfficerVisitor, Person, SignedIn},
};

/// A group's page with its forms.
#[derive(Debug, Template)]
#[template(path = "groups/group.html")]
pub(super) struct GroupPage {
    pub(super) frame: Frame,
    pub(super) person: Arc<Person>,
    pub(super) kind: &'static Kind,
    pub(super) page: String,
    pub(super) group: api::Group,
    pub(super) people: People,
    pub(super) details: Details,
    pub(super) details_error: Option<String>,
    pub(super) seat: Seat,
    pub(super) seat_error: Option<String>,
}

/// What may be changed of a group.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Details {
    pub(super) description: String,
    pub(super) meeting_day: String,
    pub(super) meeting_time: String,
    pub(super) meeting_loc: String,
    pub(super) site: String,
    pub(super) email: String,
}

impl Details {
    fn of(group: &api::Group) -> Self {
        Self {
            description: group.description.clone(),
            meeting_day: group.meeting_day.clone(),
            meeting_time: group.meeting_time.clone(),
            meeting_loc: group.meeting_loc.clone(),
            site: group.site.clone(),
            email: group.email.clone(),
        }
    }

    pub(super) fn change(&self) -> api::GroupChange {
        api::GroupChange {
            name: None,
            description: Some(self.description.clone()),
            meeting_day: Some(self.meeting_day.clone()),
            meeting_time: Some(self.meeting_time.clone()),
            meeting_loc: Some(self.meeting_loc.clone()),
            site: Some(self.site.clone()),
            email: Some(self.email.clone()),
        }
    }
}

/// `Tuesday, 6:00 PM`
pub(super) fn meets(group: &api::Group) -> String {
    let parts = [group.meeting_day.as_str(), group.meeting_time.as_str()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// `3 people`
pub(super) fn people(count: i64) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}

impl GroupPage {
    pub(super) async fn load(
        person: Arc<Person>,
        frame: Frame,
        gateway: &Gateway,
        kind: &'static Kind,
        name: &str,
    ) -> Result<Self, PageError> {
        let (group, roles) =
            tokio::try_join!(gateway.group(kind.name, name), gateway.group_roles(kind.name, name))?;
        Ok(Self {
            page: kind.page_of(&group.name),
            people: People::new(roles),
            details: Details::of(&group),
            details_error: None,
            seat: Seat::default(),
            seat_error: None,
            frame,
            person,
            kind,
            group,
        })
    }

    /// Leads, whom the service lets manage their group, and officers.
    fn editable(&self) -> bool {
        self.person.is_officer() || self.people.manageable
    }

    /// The committees of the officers are for ever.
    fn can_end(&self) -> bool {
        let name = self.group.name.to_lowercase();
        let permanent = self.kind.name == "committees" && name.parse::<Role>().is_ok();
        self.person.is_officer() && !permanent
    }

    fn meets(&self) -> String {
        meets(&self.group)
    }

    fn size(&self) -> String {
        people(self.group.member_count)
    }

    fn site(&self) -> Option<String> {
        web_url(&self.group.site)
    }

    fn mail(&self) -> Option<String> {
        mail_address(&self.group.email)
    }
}

type GroupPath = Path<(String, String)>;

pub(crate) async fn show(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
    Path((kind, name)): GroupPath,
) -> Result<Response, PageError> {
    let page = GroupPage::load(person, frame, &gateway, Kind::find(&kind)?, &name).await?;
    Ok(Page(page).into_response())
}

/// Officers and leads may, which the service checks.
pub(crate) async fn edit(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Path((kind, name)): GroupPath,
    Protected(details): Protected<Details>,
) -> Result<Response, PageError> {
    let kind = Kind::find(&kind)?;
    match gateway.change_group(kind.name, &name, &details.change()).await {
        Ok(group) => {
            flash.success(format!("The page of {} is changed.", group.name));
            Ok(see_other(&kind.page_of(&group.name)))
        }
        Err(error) => {
            let Refusal { status, message } = error.refusal()?;
            let page = GroupPage::load(person, frame, &gateway, kind, &name).await?;
            let page = GroupPage { details, details_error: Some(message), ..page };
            Ok((status, Page(page)).into_response())
        }
    }
}

pub(crate) async fn end(
    _: OfficerVisitor,
    gateway: Gateway,
    flash: Flash,
    Path((kind, name)): GroupPath,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    let kind = Kind::find(&kind)?;
    if flash.unless_refused(gateway.end_group(kind.name, &name).await)?.is_none() {
        return Ok(see_other(&kind.page_of(&name)));
    }
    flash.success(format!("{name} has ended. Its history is kept."));
    Ok(see_other("/intranet/groups"))
}
