//! Giving and ending places in a group.

use axum::response::Response;
use grove_groups_api as groups;
use grove_http::extract::Path;
use grove_shared::Client;

use super::{kind::Kind, people};
use crate::{
    csrf::{NoFields, Protected},
    error::PageError,
    flash::Flash,
    gateway::Gateway,
    render::{Frame, see_other},
    session::SignedIn,
    typed::Typed,
};

/// Who may is the service's to say.
pub(crate) async fn add(
    _: SignedIn,
    frame: Frame,
    gateway: Gateway,
    flash: Flash,
    Path((kind, name)): Path<(String, String)>,
    Protected(typed): Protected<Typed>,
) -> Result<Response, PageError> {
    let kind = Kind::find(&kind)?;
    let page = format!("{}#people", kind.page_of(&name));
    let mut form = people::form(kind, &name).filled(&typed);
    if form.check()?
        && let Some(place) = people::place(&form)
    {
        match gateway.call(groups::add_role(kind.name, &name, &place)).await {
            Ok(role) => {
                flash.success(format!("{} is in the group.", role.netid));
                return Ok(see_other(&page));
            }
            Err(error) => form.refuse(error)?,
        }
    }
    frame.again(&page, &form)
}

pub(crate) async fn end(
    _: SignedIn,
    gateway: Gateway,
    flash: Flash,
    Path((kind, name, id)): Path<(String, String, u64)>,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    let kind = Kind::find(&kind)?;
    if flash.unless_refused(gateway.call(groups::end_role(kind.name, &name, id)).await)?.is_some() {
        flash.success("The role has ended. It stays in the history.");
    }
    Ok(see_other(&format!("{}#people", kind.page_of(&name))))
}
