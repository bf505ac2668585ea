//! `WebSocket` connections: once both sides agree, bytes go through as they come.

use grove_shared::ApiError;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use crate::link::ReplyBody;

const UPGRADE: HeaderValue = HeaderValue::from_static("Upgrade");
const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");

/// Whether a client asks for a WebSocket. No other protocol is tunnelled: h2c would be a way around
/// every check (RFC 6455, section 4.1).
pub(crate) fn is_requested(method: &Method, headers: &HeaderMap) -> bool {
    let is_websocket = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"websocket");
    method == Method::GET && headers.get(header::UPGRADE).is_some_and(is_websocket)
}

/// Asks the service for a WebSocket, after the headers of the client's connection are gone.
pub(crate) fn request(headers: &mut HeaderMap) {
    headers.insert(header::CONNECTION, UPGRADE);
    headers.insert(header::UPGRADE, WEBSOCKET);
}

/// Joins the two connections when the service has agreed, and tells the client so.
pub(crate) fn join(
    client: Option<OnUpgrade>,
    response: &mut Response<ReplyBody>,
) -> Result<(), ApiError> {
    let unexpected = || ApiError::new(StatusCode::BAD_GATEWAY, "The answer was not HTTP");
    let client = client.ok_or_else(unexpected)?;
    let service = hyper::upgrade::on(&mut *response);
    let link = response.body_mut().take_link().ok_or_else(unexpected)?;
    tokio::spawn(async move {
        let ((), joined) = tokio::join!(link.hand_over(), async {
            let (client, service) = tokio::try_join!(client, service)?;
            let (mut client, mut service) = (TokioIo::new(client), TokioIo::new(service));
            let copied = tokio::io::copy_bidirectional(&mut client, &mut service).await;
            copied.map(drop).map_err(anyhow::Error::from)
        });
        if let Err(cause) = joined {
            tracing::debug!(%cause, "a tunnel ended");
        }
    });
    request(response.headers_mut());
    Ok(())
}
