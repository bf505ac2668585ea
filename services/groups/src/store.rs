//! Every query: on groups, and on places in them.

pub(crate) mod groups;
pub(crate) mod places;
