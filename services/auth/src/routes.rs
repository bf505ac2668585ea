//! Every handler, one file a kind.

pub(crate) mod crowd;
pub(crate) mod internal;
pub(crate) mod passwords;
pub(crate) mod sessions;
