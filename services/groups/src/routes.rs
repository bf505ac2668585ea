//! Every handler: of groups, and of places in them.

pub(crate) mod groups;
pub(crate) mod places;
