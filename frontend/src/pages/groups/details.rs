//! What may be changed of a group, as a form.

use grove_groups_api::{Group, GroupChange};

use super::kind::Kind;
use crate::form::{self, Field, Form};

/// The fields.
pub(super) fn fields() -> Vec<Field> {
    let line = |name, label| Field::new(form::Kind::Text, name, label).most(100);
    vec![
        Field::new(form::Kind::Area, "description", "Description").most(2000),
        line("meeting_day", "Meeting day").placeholder("Tuesday").alias("meetingDay"),
        line("meeting_time", "Time").placeholder("6:00 PM").alias("meetingTime"),
        line("meeting_loc", "Place").placeholder("Room 100").alias("meetingLoc"),
        Field::new(form::Kind::Url, "site", "Website").most(100).placeholder("https://"),
        Field::new(form::Kind::Email, "email", "Mail address").most(100),
    ]
}

/// The form that changes a group.
pub(super) fn form(kind: &Kind, group: &Group) -> Form {
    Form::new(format!("{}/edit", kind.page_of(&group.name)), fields())
        .with("description", group.description.as_str())
        .with("meeting_day", group.meeting_day.as_str())
        .with("meeting_time", group.meeting_time.as_str())
        .with("meeting_loc", group.meeting_loc.as_str())
        .with("site", group.site.as_str())
        .with("email", group.email.as_str())
}

/// What a form says.
pub(super) fn change(form: &Form) -> GroupChange {
    let text = |name: &str| Some(form.value(name).to_owned());
    GroupChange {
        name: None,
        description: text("description"),
        meeting_day: text("meeting_day"),
        meeting_time: text("meeting_time"),
        meeting_loc: text("meeting_loc"),
        site: text("site"),
        email: text("email"),
    }
}
