//! What the chapter is, who runs it, and what it remembers.

use askama::Template;
use grove_groups_api::{self as groups, Group};

use crate::{
    error::PageError,
    gateway::Gateway,
    links::mail_address,
    render::{Frame, Page},
};

#[derive(Debug, Template)]
#[template(path = "about.html")]
pub(crate) struct About {
    frame: Frame,
    committees: Option<Vec<Committee>>,
}

/// A committee and whom to write to.
#[derive(Debug)]
struct Committee {
    name: String,
    description: String,
    contacts: Vec<Contact>,
}

/// A person, or a whole committee, to write to.
#[derive(Debug)]
struct Contact {
    office: String,
    name: String,
    mail: Option<String>,
}

pub(crate) async fn show(frame: Frame, gateway: Gateway) -> Result<Page<About>, PageError> {
    let committees = match gateway.public(groups::list("committees")).await {
        Ok(committees) => Some(committees.into_iter().map(Committee::from).collect()),
        Err(cause) => {
            tracing::debug!(%cause, "no committees");
            None
        }
    };
    Ok(Page(About { frame, committees }))
}

impl From<Group> for Committee {
    fn from(group: Group) -> Self {
        let mut contacts: Vec<Contact> = group
            .roles
            .into_iter()
            .map(|office| Contact {
                office: office.name,
                name: office.holder,
                mail: mail_address(&office.email),
            })
            .collect();
        if contacts.is_empty() {
            let office = if group.chairs.contains(',') { "Chairs" } else { "Chair" };
            contacts.push(Contact {
                office: office.to_owned(),
                name: group.chairs,
                mail: mail_address(&group.email),
            });
        }
        Self { name: group.name, description: group.description, contacts }
    }
}

#[derive(Debug, Template)]
#[template(path = "history.html")]
pub(crate) struct History {
    frame: Frame,
}

pub(crate) async fn history(frame: Frame) -> Page<History> {
    Page(History { frame })
}
