//! SIGs and committees, for members: the list, and making another.

pub(crate) mod group;
pub(crate) mod people;

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use grove_shared::api::groups as api;
use http::StatusCode;
use serde::Deserialize;

use self::group::Details;
use crate::{
    csrf::Protected,
    error::PageError,
    flash::Flash,
    gateway::{Gateway, Refusal},
    render::{Frame, Page, see_other},
    session::{OfficerVisitor, Person, SignedIn},
};

/// The kinds of groups, as paths name them.
const KINDS: [Kind; 2] = [
    Kind { name: "sigs", one: "SIG", many: "SIGs" },
    Kind { name: "committees", one: "Committee", many: "Committees" },
];

/// A kind of groups.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    name: &'static str,
    one: &'static str,
    many: &'static str,
}

impl Kind {
    /// The kind that a path names.
    fn find(name: &str) -> Result<&'static Self, PageError> {
        KINDS.iter().find(|kind| kind.name == name).ok_or(PageError::NotFound)
    }

    /// The page of a group, whatever its name holds.
    fn page_of(&self, name: &str) -> String {
        let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        // That is made for forms, where a plus is a space; in a path it is a plus.
        format!("/intranet/groups/{}/{}", self.name, name.replace('+', "%20"))
    }
}

#[derive(Debug, Template)]
#[template(path = "groups/index.html")]
pub(crate) struct Groups {
    frame: Frame,
    person: Arc<Person>,
    shelves: Vec<Shelf>,
}

/// The groups of one kind.
#[derive(Debug)]
struct Shelf {
    kind: &'static Kind,
    groups: Vec<Entry>,
}

/// A group in the list.
#[derive(Debug)]
struct Entry {
    page: String,
    name: String,
    chairs: String,
    meets: String,
    people: String,
}

impl Entry {
    fn new(kind: &Kind, group: api::Group) -> Self {
        Self {
            page: kind.page_of(&group.name),
            meets: group::meets(&group),
            people: group::people(group.member_count),
            name: group.name,
            chairs: group.chairs,
        }
    }
}

pub(crate) async fn show(
    SignedIn(person): SignedIn,
    frame: Frame,
    gateway: Gateway,
) -> Result<Page<Groups>, PageError> {
    let [sigs, committees] = KINDS.each_ref().map(|kind| gateway.groups(kind.name));
    let (sigs, committees) = tokio::try_join!(sigs, committees)?;
    let shelves = KINDS.iter().zip([sigs, committees]).map(|(kind, groups)| Shelf {
        kind,
        groups: groups.into_iter().map(|group| Entry::new(kind, group)).collect(),
    });
    Ok(Page(Groups { frame, person, shelves: shelves.collect() }))
}

#[derive(Debug, Template)]
#[template(path = "groups/new.html")]
pub(crate) struct New {
    frame: Frame,
    person: Arc<Person>,
    form: Wish,
    details: Details,
    error: Option<String>,
}

/// What kind of group to make, and its name.
#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    name: String,
}

/// Everything that a new group is made of.
#[derive(Debug, Deserialize)]
pub(crate) struct WholeWish {
    #[serde(flatten)]
    group: Wish,
    #[serde(flatten)]
    details: Details,
}

pub(crate) async fn show_form(OfficerVisitor(person): OfficerVisitor, frame: Frame) -> Page<New> {
    let form = Wish { kind: KINDS[0].name.to_owned(), name: String::new() };
    Page(New { frame, person, form, details: Details::default(), error: None })
}

pub(crate) async fn create(
    OfficerVisitor(person): OfficerVisitor,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Protected(WholeWish { group: form, details }): Protected<WholeWish>,
) -> Result<Response, PageError> {
    let refused = match Kind::find(&form.kind) {
        Err(_) => Refusal {
            status: StatusCode::BAD_REQUEST,
            message: "Choose whether it is a SIG or a committee.".to_owned(),
        },
        Ok(kind) => {
            let new = api::GroupChange { name: Some(form.name.clone()), ..details.change() };
            match gateway.create_group(kind.name, &new).await {
                Ok(group) => {
                    flash.success(format!("{} exists. Now give it a lead.", group.name));
                    return Ok(see_other(&kind.page_of(&group.name)));
                }
                Err(error) => error.refusal()?,
            }
        }
    };
    let page = Page(New { frame, person, form, details, error: Some(refused.message) });
    Ok((refused.status, page).into_response())
}
