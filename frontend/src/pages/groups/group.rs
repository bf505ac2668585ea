//! One group: showing, changing and ending it.

use axum::response::{IntoResponse, Response};
use grove_groups_api as groups;
use grove_http::extract::Path;
use grove_shared::Client;

use super::{details, kind::Kind, page::GroupPage};
use crate::{
    csrf::{NoFields, Protected},
    error::PageError,
    flash::Flash,
    form::Form,
    gateway::Gateway,
    render::{Frame, Page, see_other},
    session::{BoardVisitor, MemberVisitor, SignedIn},
    typed::Typed,
};

type GroupPath = Path<(String, String)>;

pub(crate) async fn show(
    MemberVisitor(person): MemberVisitor,
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
    Protected(typed): Protected<Typed>,
) -> Result<Response, PageError> {
    let kind = Kind::find(&kind)?;
    let page = kind.page_of(&name);
    let mut form = Form::new(format!("{page}/edit"), details::fields()).filled(&typed);
    if form.check()? {
        match gateway.call(groups::update(kind.name, &name, &details::change(&form))).await {
            Ok(group) => {
                flash.success(format!("The page of {} is changed.", group.name));
                return Ok(see_other(&kind.page_of(&group.name)));
            }
            Err(error) => form.refuse(error)?,
        }
    }
    if let Some(response) = frame.again_if_short(&page, &form) {
        return Ok(response);
    }
    let page = GroupPage::load(person, frame, &gateway, kind, &name).await?;
    Ok(Page(GroupPage { details: form, ..page }).into_response())
}

pub(crate) async fn end(
    _: BoardVisitor,
    gateway: Gateway,
    flash: Flash,
    Path((kind, name)): GroupPath,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    let kind = Kind::find(&kind)?;
    if flash.unless_refused(gateway.call(groups::end(kind.name, &name)).await)?.is_none() {
        return Ok(see_other(&kind.page_of(&name)));
    }
    flash.success(format!("{name} has ended. Its history is kept."));
    Ok(see_other("/intranet/groups"))
}
