//! Which headers go on to a service and back to a client.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Takes out what is meant for the gateway, for this connection, or forged.
pub(crate) fn outbound(headers: &mut HeaderMap) {
    remove_named_by_connection(headers);
    remove_all(headers, |name| is_hop_by_hop(name) || is_reserved(name));
}

/// Takes out what is meant for the connection to the service.
pub(crate) fn inbound(headers: &mut HeaderMap) {
    remove_named_by_connection(headers);
    remove_all(headers, is_hop_by_hop);
}

/// Tells browsers what an answer of the API is not: a page, or anything to keep, unless its service says so.
pub(crate) fn protect(headers: &mut HeaderMap) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

fn remove_all(headers: &mut HeaderMap, is_removed: impl Fn(&str) -> bool) {
    let removed: Vec<HeaderName> =
        headers.keys().filter(|name| is_removed(name.as_str())).cloned().collect();
    for name in removed {
        headers.remove(name);
    }
}

// RFC 9110, section 7.6.1
fn remove_named_by_connection(headers: &mut HeaderMap) {
    let lists = headers.get_all(header::CONNECTION).into_iter();
    let names = lists.filter_map(|list| list.to_str().ok()).flat_map(|list| list.split(','));
    // Mostly it says keep-alive or close, which name no header that has to be looked for.
    let names = names.map(str::trim).filter(|name| !matches!(*name, "keep-alive" | "close"));
    let names: Vec<HeaderName> = names.filter_map(|name| name.parse().ok()).collect();
    for name in names {
        headers.remove(name);
    }
}

fn is_hop_by_hop(name: &str) -> bool {
    matches!(
        name,
        "connection"
            | "keep-alive"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "proxy-connection"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    )
}

/// What the gateway reads itself, and what only it may say. Servers that hand headers on as
/// variables take an underscore for a hyphen.
fn is_reserved(name: &str) -> bool {
    if name.contains('_') {
        return is_reserved(&name.replace('_', "-"));
    }
    matches!(
        name,
        "host"
            | "authorization"
            | "token"
            | "meme-token"
            | "credits-token"
            | "netid"
            | "expect"
            | "forwarded"
            | "x-real-ip"
    ) || ["x-grove-", "x-user-", "x-forwarded-", "x-original-", "x-rewrite-", "x-http-method"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_meant_for_a_service_goes_on() {
        let mut headers = HeaderMap::new();
        let gone = [
            "connection",
            "keep-alive",
            "te",
            "x-hop",
            "upgrade",
            "authorization",
            "token",
            "netid",
            "meme-token",
            "credits-token",
            "x-grove-identity",
            "x_grove_identity",
            "x-user-id",
            "X_User_Name",
            "x-forwarded-for",
            "x-forwarded-host",
            "X_Forwarded_Proto",
            "forwarded",
            "x-real-ip",
            "x_real_ip",
            "host",
            "expect",
            "proxy-authorization",
            "x-original-url",
        ];
        let stays =
            ["accept", "cookie", "recruiter_token", "recruiter-token", "x-grovelike", "range"];
        for name in gone.iter().chain(&stays) {
            headers.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), "x".parse().unwrap());
        }
        headers.insert("connection", "close, X-Hop".parse().unwrap());
        outbound(&mut headers);
        let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        let mut expected = stays.to_vec();
        expected.sort_unstable();
        assert_eq!(names, expected);
    }
}
