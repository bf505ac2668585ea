//! The descriptions of handlers that are generic, which describe themselves to nobody.

use grove_shared::{effects::Effects, envelope::Message};

/// What has not arrived yet
///
/// The oldest first, at most 100 after the one asked for: what waits, and what did not go through.
#[utoipa::path(
    get,
    path = "/outbox/{service}",
    operation_id = "list_effects",
    params(("after" = Option<u64>, Query, description = "Those after this id")),
    responses((status = 200, description = "How many there are, and a page of them", body = Effects)),
)]
pub(crate) async fn list() {}

/// Has an effect delivered again that did not go through
#[utoipa::path(
    post,
    path = "/outbox/{service}/{id}/replay",
    operation_id = "replay_effect",
    params(("id" = u64, Path, description = "Identifies the effect within its service")),
    responses(
        (status = 200, description = "It is tried again", body = Message),
        (status = 404, description = "There is no such effect"),
        (status = 409, description = "It is not given up, is overtaken, or is older than a year"),
    ),
)]
pub(crate) async fn replay() {}
