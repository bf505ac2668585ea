//! The handlers, by what they are about.

pub(crate) mod log;
pub(crate) mod preferences;
pub(crate) mod send;
