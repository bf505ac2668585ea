//! The website through its router, in front of a fake gateway.
//!
//! ```ignore
//! let gateway = FakeGateway::start().await;
//! gateway.answers(Method::GET, "/quotes", 200, json!({ "error": null, "data": [] }));
//! let mut browser = Browser::new(&gateway);
//! browser.sign_in("jsmith2", &[]);
//! let page = browser.get("/intranet/quotes").await;
//! let done = browser.submit("/intranet/quotes/new", &[("text", "...")]).await;
//! ```

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod browser;
mod calls;
mod csrf;
mod failures;
mod forms;
mod gateway;
mod headers;
mod kept;
mod links;
mod login;
mod lost_forms;
mod members;
mod members_account;
mod members_changes;
mod members_compose;
mod members_credits;
mod members_credits_officers;
mod members_gigs;
mod members_groups;
mod members_merch;
mod members_merch_officers;
mod members_not_through;
mod members_notifications;
mod members_operations;
mod members_payments;
mod members_preferences;
mod members_quotes;
mod members_users;
mod permissions;
mod public;
