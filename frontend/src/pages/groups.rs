//! SIGs and committees, for members: the list, and making another.

mod details;
pub(crate) mod group;
mod kind;
mod page;
mod people;
pub(crate) mod places;

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use grove_groups_api as groups;
use grove_shared::Client;

use self::{
    kind::{KINDS, Kind},
    page::{meets, size},
};
use crate::{
    csrf::Protected,
    error::PageError,
    flash::Flash,
    form::{self, Choice, Field, Form},
    gateway::Gateway,
    person::Person,
    render::{Frame, Page, see_other},
    session::{BoardVisitor, MemberVisitor},
    typed::Typed,
};

const NEW: &str = "/intranet/groups/new";

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
    fn new(kind: &Kind, group: groups::Group) -> Self {
        Self {
            page: kind.page_of(&group.name),
            meets: meets(&group),
            people: size(group.member_count),
            name: group.name,
            chairs: group.chairs,
        }
    }
}

pub(crate) async fn show(
    MemberVisitor(person): MemberVisitor,
    frame: Frame,
    gateway: Gateway,
) -> Result<Page<Groups>, PageError> {
    let [sigs, committees] = KINDS.each_ref().map(|kind| gateway.public(groups::list(kind.name)));
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
    form: Form,
}

fn form() -> Form {
    let kinds = KINDS.iter().map(|kind| Choice::new(kind.name, kind.one)).collect();
    let kind = Field::new(form::Kind::Radios(kinds), "kind", "Kind")
        .required("Choose whether it is a SIG or a committee.");
    let name = Field::new(form::Kind::Text, "name", "Name")
        .required("Give it a name.")
        .most(64)
        .hint("Letters, digits, spaces and . & + | ' -. It stays: a group is not renamed.");
    let fields = [kind, name].into_iter().chain(details::fields());
    Form::new(NEW, fields.collect())
}

pub(crate) async fn show_form(BoardVisitor(person): BoardVisitor, frame: Frame) -> Page<New> {
    let form = frame.restored(form().with("kind", KINDS[0].name));
    Page(New { frame, person, form })
}

pub(crate) async fn create(
    BoardVisitor(person): BoardVisitor,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Protected(typed): Protected<Typed>,
) -> Result<Response, PageError> {
    let mut form = form().filled(&typed);
    if form.check()? {
        let kind = Kind::find(form.value("kind"))?;
        let name = Some(form.value("name").to_owned());
        let new = groups::GroupChange { name, ..details::change(&form) };
        match gateway.call(groups::create(kind.name, &new)).await {
            Ok(group) => {
                flash.success(format!("{} exists. Now give it a lead.", group.name));
                return Ok(see_other(&kind.page_of(&group.name)));
            }
            Err(error) => form.refuse(error)?,
        }
    }
    match frame.again_if_short(NEW, &form) {
        Some(response) => Ok(response),
        None => Ok(Page(New { frame, person, form }).into_response()),
    }
}
