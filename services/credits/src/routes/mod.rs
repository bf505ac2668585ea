//! The handlers, by who calls.

pub(crate) mod history;
pub(crate) mod internal;
pub(crate) mod members;
pub(crate) mod officers;
pub(crate) mod payments;
