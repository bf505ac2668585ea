//! The special interest groups.

use askama::Template;
use grove_groups_api::{self as groups, Group};

use crate::{
    error::PageError,
    gateway::Gateway,
    links::{mail_address, web_url},
    render::{Frame, Page},
};

#[derive(Debug, Template)]
#[template(path = "sigs.html")]
pub(crate) struct Sigs {
    frame: Frame,
    sigs: Vec<Sig>,
}

/// A group as its card shows it.
#[derive(Debug)]
struct Sig {
    name: String,
    description: String,
    chairs: String,
    meets: Option<String>,
    place: Option<String>,
    site: Option<String>,
    mail: Option<String>,
}

pub(crate) async fn show(frame: Frame, gateway: Gateway) -> Result<Page<Sigs>, PageError> {
    let sigs = gateway.public(groups::list("sigs")).await?;
    Ok(Page(Sigs { frame, sigs: sigs.into_iter().map(Sig::from).collect() }))
}

impl From<Group> for Sig {
    fn from(group: Group) -> Self {
        let meets = [group.meeting_day, group.meeting_time];
        let meets =
            meets.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            name: group.name,
            description: group.description,
            chairs: group.chairs,
            meets: some(meets),
            place: some(group.meeting_loc),
            site: web_url(&group.site),
            mail: mail_address(&group.email),
        }
    }
}
