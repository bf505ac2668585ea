//! What happens around every page: the host is ours, forms come from us, failures become pages,
//! cookies go out, and every answer carries the headers that keep a browser safe.

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use grove_telemetry::request::{REQUEST_ID, RequestContext};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version,
    header::{self, CACHE_CONTROL, STRICT_TRANSPORT_SECURITY},
};
use url::{Host, Url};

use crate::{
    AppState, csrf,
    error::{Lost, PageError},
    exchange::{Exchange, SESSION, VISITOR},
    failure,
    render::Frame,
    resume::resume,
    typed::Typed,
};

/// Paths for machines, which get no pages.
const MACHINES: [&str; 2] = ["/livez", "/readyz"];

/// The same on every answer.
const HEADERS: [(&str, &str); 6] = [
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    // Not `no-referrer`, with which browsers call the origin of our own forms `null`.
    ("referrer-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

/// axum middleware for every request.
pub(crate) async fn surround(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let mut exchange = Exchange::new(&request, &state.trusted_proxies, is_secure(&state.site_url));
    // What refuses or fails outside of the routes is named too.
    let context = RequestContext::from_headers(request.headers());
    request.extensions_mut().insert(context.clone());
    let for_machines = MACHINES.contains(&exchange.path());
    let refused = if for_machines { Ok(()) } else { check(&request, &state.site_url) };
    let known = [SESSION, VISITOR].into_iter().any(|name| exchange.cookie(name).is_some());
    let taken = match refused {
        Ok(()) => take_form(request, &mut exchange).await,
        Err(error) => Err(error),
    };
    let mut response = match taken {
        Ok(mut request) => {
            request.extensions_mut().insert(exchange.clone());
            next.run(request).await
        }
        Err(error) => error.into_response(),
    };
    if let Some(lost) = response.extensions().get::<Lost>() {
        response = resume(*lost, &exchange, &state);
    }
    if is_failure(&response) && !for_machines {
        let frame = Frame::of_failure(&exchange, &state);
        response = failure::page(&response, frame, context.id.clone());
    }
    let cookies = exchange.changed_cookies();
    let personal = known || !cookies.is_empty();
    let headers = response.headers_mut();
    if let Ok(id) = context.id.parse() {
        headers.insert(REQUEST_ID, id);
    }
    headers.extend(cookies.into_iter().map(|cookie| (header::SET_COOKIE, cookie)));
    protect(headers, exchange.nonce(), personal, state.strict_subdomains);
    response
}

/// Reads the form that a request holds, so that what was typed is known whatever comes of it.
async fn take_form(request: Request, exchange: &mut Exchange) -> Result<Request, PageError> {
    if *request.method() != Method::POST || !csrf::is_form(request.headers()) {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, csrf::MAX_BYTES).await.map_err(|_| {
        PageError::Refused(StatusCode::PAYLOAD_TOO_LARGE, "This form is too large.".into())
    })?;
    exchange.add_typed(Typed::read(&body));
    Ok(Request::from_parts(parts, Body::from(body)))
}

/// Whether visitors come over TLS. Without it there is a website on one's own machine alone.
fn is_secure(site: &Url) -> bool {
    site.scheme() != "http" || !is_loopback(site)
}

fn check(request: &Request, site: &Url) -> Result<(), PageError> {
    check_host(request, site)?;
    match *request.method() {
        Method::GET | Method::HEAD | Method::OPTIONS => Ok(()),
        Method::POST if csrf::is_one_click(request.uri().path()) => Ok(()),
        _ => csrf::same_origin(request.headers()),
    }
}

/// RFC 9112, section 3.2: one well-formed host; and where the website has an address, its own.
fn check_host(request: &Request, site: &Url) -> Result<(), PageError> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok().and_then(host_of),
        (None, None) if request.version() == Version::HTTP_10 => return Ok(()),
        _ => None,
    };
    let wrong = |status| PageError::Refused(status, "This website is not at that address.".into());
    let host = host.ok_or_else(|| wrong(StatusCode::BAD_REQUEST))?;
    if is_loopback(site) || site.host().is_some_and(|ours| ours.to_owned() == host) {
        return Ok(());
    }
    Err(wrong(StatusCode::MISDIRECTED_REQUEST))
}

fn host_of(authority: &str) -> Option<Host> {
    let plain = !authority.contains(['/', '\\', '?', '#', '@', ' ']);
    let url = Url::parse(&format!("http://{authority}")).ok().filter(|_| plain)?;
    url.host().map(|host| host.to_owned())
}

fn is_loopback(site: &Url) -> bool {
    match site.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => true,
    }
}

/// Whether the answer is a failure that is no page yet.
fn is_failure(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let html = kind.is_some_and(|kind| kind.starts_with(b"text/html"));
    (response.status().is_client_error() || response.status().is_server_error()) && !html
}

fn protect(headers: &mut HeaderMap, nonce: &str, personal: bool, subdomains: bool) {
    let transport =
        if subdomains { "max-age=31536000; includeSubDomains" } else { "max-age=31536000" };
    headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(transport));
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    );
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if !headers.contains_key(CACHE_CONTROL) {
        let value = if personal { "no-store" } else { "private, no-cache" };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(value));
    }
}
