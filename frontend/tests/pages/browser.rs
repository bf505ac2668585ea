//! A browser without a screen: it keeps cookies and sends forms as browsers do.

use std::collections::BTreeMap;

use axum::{Router, body::Body};
use clap::Parser;
use grove_frontend::{AppState, Config, router};
use grove_http::server::RemoteAddr;
use grove_shared::Clock;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::gateway::FakeGateway;

/// A visitor of the website.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    site: Router,
    pub(crate) cookies: BTreeMap<String, String>,
    /// The token of the page that was seen last.
    pub(crate) token: String,
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    /// Whether it is a form in which something is wrong.
    pub(crate) fn is_wrong_form(&self) -> bool {
        let title = self.body.contains("<title>Error: ");
        title && self.status == 200 && self.body.contains("id=\"form-error\"")
    }

    /// Where a redirect leads.
    pub(crate) fn location(&self) -> &str {
        self.header("location")
    }

    /// A header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A website whose gateway is at `url`.
pub(crate) fn site(url: &str, flags: &[&str]) -> Router {
    router(usual_state(url, flags))
}

fn usual_state(url: &str, flags: &[&str]) -> AppState {
    let secret = "a secret of the website, for tests only";
    let usual = ["--gateway-token", "client", "--site-secret", secret];
    // Over TLS, unless a test says something else.
    let over_tls = ["--site-url", "https://localhost:5000"];
    let over_tls = if flags.contains(&"--site-url") { &[][..] } else { &over_tls };
    state(url, &[&usual, over_tls, flags].concat())
}

/// A website whose gateway is at `url`, with nothing but these flags.
pub(crate) fn site_with(url: &str, flags: &[&str]) -> Router {
    router(state(url, flags))
}

fn state(url: &str, flags: &[&str]) -> AppState {
    let arguments = [&["frontend", "--gateway-url", url], flags].concat();
    AppState::new(&Config::try_parse_from(arguments).unwrap()).unwrap()
}

impl Browser {
    /// A stranger.
    pub(crate) fn new(gateway: &FakeGateway) -> Self {
        Self::at(site(&gateway.url, &[]))
    }

    /// A stranger at a website that goes by `clock`.
    pub(crate) fn by(clock: &Clock, gateway: &FakeGateway) -> Self {
        let state = usual_state(&gateway.url, &[]);
        Self::at(router(AppState { clock: clock.clone(), ..state }))
    }

    /// A stranger at this website.
    pub(crate) fn at(site: Router) -> Self {
        Self { site, cookies: BTreeMap::new(), token: String::new() }
    }

    /// Another stranger at the same website.
    pub(crate) fn another(&self) -> Self {
        Self::at(self.site.clone())
    }

    /// Gives the browser a session that `gateway` knows.
    pub(crate) fn sign_in(&mut self, gateway: &FakeGateway, netid: &str, committees: &[&str]) {
        let session = format!("session-of-{netid}");
        gateway.knows(&session, netid, committees);
        self.cookies.insert("__Host-session".to_owned(), session);
    }

    /// `GET path`
    pub(crate) async fn get(&mut self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], "").await
    }

    /// Sends a form as a page of the website does, with the token of the page seen last.
    pub(crate) async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let token = self.token.clone();
        let fields: Vec<_> =
            [("csrf", token.as_str())].into_iter().chain(fields.iter().copied()).collect();
        let headers = [
            ("sec-fetch-site", "same-origin"),
            ("origin", "http://localhost:5000"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        self.send(Method::POST, path, &headers, &form(&fields)).await
    }

    /// Sends a form as [`Browser::submit`] does, and goes where that leads.
    pub(crate) async fn submit_and_follow(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let reply = self.submit(path, fields).await;
        if reply.status == StatusCode::SEE_OTHER { self.get(reply.location()).await } else { reply }
    }

    /// Any request.
    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply {
        // A browser keeps what is behind `#` to itself.
        let uri = path.split('#').next().unwrap_or_default();
        let mut request = Request::builder().method(method).uri(uri);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header(header::HOST, "localhost:5000");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !self.cookies.is_empty() {
            let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
            request = request.header(header::COOKIE, cookies.collect::<Vec<_>>().join("; "));
        }
        let mut request = request.body(Body::from(body.to_owned())).unwrap();
        request.extensions_mut().insert(RemoteAddr(([192, 0, 2, 7], 1234).into()));
        let (parts, body) = self.site.clone().oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8_lossy(&body).into_owned();
        self.keep_cookies(&parts.headers);
        if let Some((_, rest)) = body.split_once(r#"name="csrf" value=""#) {
            rest.split('"').next().unwrap().clone_into(&mut self.token);
        }
        Reply { status: parts.status, headers: parts.headers, body }
    }

    fn keep_cookies(&mut self, headers: &HeaderMap) {
        for line in headers.get_all(header::SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (name, rest) = line.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// A body of `application/x-www-form-urlencoded`.
pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}
