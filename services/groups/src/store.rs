//! Every query: on groups, on places in them, and on what is kept of one person.

pub(crate) mod groups;
pub(crate) mod people;
pub(crate) mod places;
