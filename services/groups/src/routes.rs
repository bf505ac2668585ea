//! Every handler: of groups, and of places in them.

pub(crate) mod groups;
mod path;
pub(crate) mod places;
