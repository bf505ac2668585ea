//! Calls of contracts over HTTP, inside Grove: bounded in time, named after the request that they serve.
//!
//! [`Peers`] are the other services as one service calls them, signed with its own key. [`HttpClient`] is
//! what is below: the website builds its way to the gateway on it.

mod contact;
mod http_client;
mod peers;

pub use http_client::{CALL_TIMEOUT, HttpClient, POOL_IDLE_TIMEOUT, SendError};
pub use peers::Peers;
