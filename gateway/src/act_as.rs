//! Members who have no session: the one place where an application speaks for someone.
//!
//! The old website names the member beside the request instead of proving who it is. A client with
//! the scope `act-as` may go on doing so, on the routes where old clients do; it never gets an officer's
//! rights by it, and speaks for members of today only.

use grove_http::ApiError;
use grove_shared::{NetId, netid::InvalidNetId};
use http::{HeaderMap, Uri};
use serde_json::Value;

use crate::{
    body::RequestBody,
    caller::{NETID, only},
    routes::Actor,
};

/// Bodies are looked into up to this size.
const MAX_BODY: u64 = 64 * 1024;

/// The NetID of the member that an application speaks for, if it names one where `place` says.
pub(crate) async fn named(
    place: Actor,
    headers: &HeaderMap,
    uri: &Uri,
    body: &mut RequestBody,
) -> Result<Option<NetId>, ApiError> {
    if place == Actor::None {
        return Ok(None);
    }
    let header = only(headers, &NETID)?.filter(|netid| !netid.is_empty());
    let netid = match (header, place) {
        (Some(netid), _) => Some(netid.to_owned()),
        (None, Actor::Query(name)) => query(uri, name),
        (None, Actor::Body(name)) => member(&body.buffer(MAX_BODY).await?, name),
        (None, Actor::None | Actor::Header) => None,
    };
    let Some(netid) = netid.filter(|netid| !netid.is_empty()) else { return Ok(None) };
    let malformed = |cause: InvalidNetId| ApiError::bad_request(cause.to_string());
    netid.parse().map(Some).map_err(malformed)
}

fn query(uri: &Uri, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(uri.query()?.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn member(body: &[u8], name: &str) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    body.get(name)?.as_str().map(str::to_owned)
}
