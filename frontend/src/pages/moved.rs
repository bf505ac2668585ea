//! Addresses of the old website that have moved.

use axum::{Router, response::Redirect, routing::get};

use crate::AppState;

/// Old address, present address.
const MOVED: [(&str, &str); 14] = [
    ("/history", "/about/history"),
    ("/contact", "/about#contact"),
    ("/events", "/#events"),
    ("/events/upcoming", "/#events"),
    ("/conference", "/about"),
    ("/hackillinois", "/about"),
    ("/quotes", "/intranet/quotes"),
    ("/users", "/intranet/users"),
    ("/groups", "/intranet/groups"),
    ("/intranet/sigs", "/intranet/groups"),
    ("/intranet/account", "/account"),
    ("/profile", "/account"),
    ("/register", "/join"),
    ("/signin", "/login"),
];

pub(crate) fn routes() -> Router<AppState> {
    MOVED.into_iter().fold(Router::new(), |routes, (from, to)| {
        routes.route(from, get(move || async move { Redirect::permanent(to) }))
    })
}
