//! Members who have no session: the one place where an application speaks for someone.
//!
//! The old website names the member beside the request instead of proving who it is. A client with
//! the scope `act-as` may go on doing so; it never gets an officer's rights by it.

use grove_shared::{ApiError, NetId};
use http::{HeaderMap, Uri};
use serde_json::Value;

use crate::{
    body::RequestBody,
    caller::{self, NETID, only},
    routes::Actor,
};

/// Bodies are looked into up to this size.
const MAX_BODY: u64 = 64 * 1024;

/// The member that an application speaks for, if it names one.
pub(crate) async fn actor(
    place: Actor,
    headers: &HeaderMap,
    uri: &Uri,
    body: &mut RequestBody,
) -> Result<caller::Actor, ApiError> {
    let netid = match (only(headers, &NETID)?.filter(|netid| !netid.is_empty()), place) {
        (Some(netid), _) => Some(netid.to_owned()),
        (None, Actor::None) => None,
        (None, Actor::Query(name)) => query(uri, name),
        (None, Actor::Body(name)) => member(&body.buffer(MAX_BODY).await?, name),
    };
    let Some(netid) = netid.filter(|netid| !netid.is_empty()) else {
        return Ok(caller::Actor::Client);
    };
    let netid: NetId = netid.parse().map_err(|cause: grove_shared::netid::InvalidNetId| {
        ApiError::bad_request(cause.to_string())
    })?;
    Ok(caller::Actor::Person { netid, roles: Vec::new(), session: None })
}

fn query(uri: &Uri, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(uri.query()?.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn member(body: &[u8], name: &str) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    body.get(name)?.as_str().map(str::to_owned)
}
