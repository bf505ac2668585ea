//! Taking a change back, by the request that the log keeps for that.

use axum::response::Response;
use grove_http::extract::Path;
use grove_shared::{Client, audit};

use super::log::{PAGE, SERVICES};
use crate::{
    csrf::{NoFields, Protected},
    error::PageError,
    flash::Flash,
    gateway::Gateway,
    render::see_other,
    session::BoardVisitor,
};

pub(super) async fn submit(
    _: BoardVisitor,
    gateway: Gateway,
    flash: Flash,
    Path((service, id)): Path<(String, u64)>,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    let service = SERVICES.into_iter().find(|known| known.name == service);
    let service = service.ok_or(PageError::NotFound)?;
    let entry = gateway.call(audit::find(service, id)).await?;
    let undo = entry.undo.as_ref().and_then(|undo| undo.call(service));
    match (undo, entry.irreversible) {
        (_, Some(why)) => flash.error(format!("This cannot be taken back. {why}")),
        (None, None) => flash.error("This cannot be taken back."),
        (Some(_), None) if entry.is_overtaken => {
            flash.error("It was changed again since: look at what is true now.");
        }
        (Some(undo), None) => {
            // The same click sent twice has one effect, where the service keeps keys.
            let undo = undo.once(format!("undo-{}-{id}", service.name));
            if flash.unless_refused(gateway.call(undo).await)?.is_some() {
                flash.success(format!(
                    "Taken back: {} {} {}.",
                    entry.action, entry.kind, entry.object
                ));
            }
        }
    }
    Ok(see_other(PAGE))
}
