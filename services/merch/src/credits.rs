//! The calls to the credits service.

use grove_shared::{
    NetId,
    api::credits::{Balance, Capture, Hold, NewHold, Party, SystemAccount},
    peer::{PeerError, Peers},
};
use http::{Method, StatusCode};
use serde_json::json;

const CREDITS: &str = "credits";

/// What a member has; nothing when there is no account.
pub(crate) async fn balance(peers: &Peers, netid: &NetId) -> Result<Option<Balance>, PeerError> {
    let path = format!("/internal/members/{netid}");
    match peers.call(CREDITS, Method::GET, &path, &json!({})).await {
        Ok(balance) => Ok(Some(balance)),
        Err(PeerError::Refused { status: StatusCode::NOT_FOUND, .. }) => Ok(None),
        Err(cause) => Err(cause),
    }
}

/// Sets credits aside, once for each key.
pub(crate) async fn hold(peers: &Peers, hold: &NewHold, key: &str) -> Result<Hold, PeerError> {
    peers.call_once(CREDITS, Method::POST, "/internal/holds", hold, Some(key)).await
}

/// Pays what was set aside to the chapter.
pub(crate) async fn capture(peers: &Peers, hold: u64) -> Result<Hold, PeerError> {
    let path = format!("/internal/holds/{hold}/capture");
    let capture = Capture { to: Party::System(SystemAccount::MerchSales) };
    peers.call(CREDITS, Method::POST, &path, &capture).await
}

/// Gives back what was set aside.
pub(crate) async fn release(peers: &Peers, hold: u64) -> Result<Hold, PeerError> {
    let path = format!("/internal/holds/{hold}/release");
    peers.call(CREDITS, Method::POST, &path, &json!({})).await
}
