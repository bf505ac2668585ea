//! The page of a group with its forms.

use std::sync::Arc;

use askama::Template;
use grove_groups_api as groups;
use grove_shared::{Client, Role};

use super::{
    details,
    kind::Kind,
    people::{self, People},
};
use crate::{
    error::PageError,
    form::Form,
    gateway::Gateway,
    links::{mail_address, web_url},
    person::Person,
    render::Frame,
};

/// A group's page with its forms.
#[derive(Debug, Template)]
#[template(path = "groups/group.html")]
pub(super) struct GroupPage {
    pub(super) frame: Frame,
    pub(super) person: Arc<Person>,
    pub(super) kind: &'static Kind,
    pub(super) page: String,
    pub(super) group: groups::Group,
    pub(super) people: People,
    pub(super) details: Form,
    pub(super) seat: Form,
}

/// `Tuesday, 6:00 PM`
pub(super) fn meets(group: &groups::Group) -> String {
    let parts = [group.meeting_day.as_str(), group.meeting_time.as_str()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// `3 people`
pub(super) fn size(count: i64) -> String {
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
        let (group, roles) = tokio::try_join!(
            gateway.call(groups::find(kind.name, name)),
            gateway.call(groups::roles(kind.name, name))
        )?;
        Ok(Self {
            page: kind.page_of(&group.name),
            people: People::new(roles),
            details: frame.restored(details::form(kind, &group)),
            seat: frame.restored(people::form(kind, &group.name)),
            frame,
            person,
            kind,
            group,
        })
    }

    /// Whether something is wrong with what was sent.
    fn is_wrong(&self) -> bool {
        self.details.is_wrong() || self.seat.is_wrong()
    }

    /// Leads, whom the service lets manage their group, and officers.
    fn editable(&self) -> bool {
        self.person.is_board() || self.people.manageable
    }

    /// The committees of the officers are for ever.
    fn can_end(&self) -> bool {
        let name = self.group.name.to_lowercase();
        let permanent = self.kind.name == "committees" && name.parse::<Role>().is_ok();
        self.person.is_board() && !permanent
    }

    fn meets(&self) -> String {
        meets(&self.group)
    }

    fn size(&self) -> String {
        size(self.group.member_count)
    }

    fn site(&self) -> Option<String> {
        web_url(&self.group.site)
    }

    fn mail(&self) -> Option<String> {
        mail_address(&self.group.email)
    }
}
