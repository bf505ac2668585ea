//! Every query.

pub(crate) mod claims;
pub(crate) mod gigs;
pub(crate) mod personal;
pub(crate) mod reservations;
