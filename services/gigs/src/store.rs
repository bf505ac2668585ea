//! Every query.

pub(crate) mod claims;
pub(crate) mod gigs;
pub(crate) mod reservations;
