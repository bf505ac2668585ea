//! Where the visitor is signed in, and ending that.

use axum::response::Response;
use grove_auth_api as auth;
use grove_http::extract::Path;
use grove_shared::Client;

use crate::{
    csrf::{NoFields, Protected},
    error::PageError,
    flash::Flash,
    gateway::Gateway,
    moment::Moment,
    render::see_other,
    session::SignedIn,
};

/// The page with the list.
const PAGE: &str = "/account";

/// A session of the visitor's.
#[derive(Debug)]
pub(super) struct SessionRow {
    pub(super) id: u64,
    pub(super) browser: String,
    pub(super) address: String,
    pub(super) since: Moment,
    pub(super) last_used: Moment,
    /// Whether it is the one that asks.
    pub(super) current: bool,
}

impl From<auth::Session> for SessionRow {
    fn from(session: auth::Session) -> Self {
        let unknown = || "unknown".to_owned();
        Self {
            id: session.id,
            browser: session.user_agent.as_deref().map_or_else(unknown, browser),
            address: session.address.unwrap_or_else(unknown),
            since: Moment(session.created_at),
            last_used: Moment(session.last_used_at),
            current: session.current,
        }
    }
}

/// Names of browsers within `User-Agent`; each also claims to be those that follow.
const BROWSERS: [(&str, &str); 6] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// Names of systems within `User-Agent`, in the same way.
const SYSTEMS: [(&str, &str); 7] = [
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// `Firefox on Linux`; a program that is no browser is called what it calls itself.
fn browser(user_agent: &str) -> String {
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) => {
            let name: String = user_agent.chars().take(40).collect();
            if name.trim().is_empty() { "unknown".to_owned() } else { name }
        }
    }
}

pub(crate) async fn end(
    _: SignedIn,
    gateway: Gateway,
    flash: Flash,
    Path(id): Path<u64>,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    if flash.unless_refused(gateway.call(auth::end_session(id)).await)?.is_some() {
        flash.success("The session is ended.");
    }
    Ok(see_other(PAGE))
}

pub(crate) async fn end_others(
    _: SignedIn,
    gateway: Gateway,
    flash: Flash,
    _: Protected<NoFields>,
) -> Result<Response, PageError> {
    if flash.unless_refused(gateway.call(auth::end_other_sessions()).await)?.is_some() {
        flash.success("Every other session is ended.");
    }
    Ok(see_other(PAGE))
}

#[cfg(test)]
mod tests {
    use super::browser;

    #[test]
    fn a_browser_is_called_what_people_call_it() {
        let names = [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            ("curl/8.0", "curl/8.0"),
            (" ", "unknown"),
        ];
        for (user_agent, name) in names {
            assert_eq!(browser(user_agent), name);
        }
    }
}
