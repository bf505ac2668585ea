//! The crates that own a schema.

use sqlx::migrate::Migrator;

/// A crate that owns a schema.
#[derive(Debug)]
pub struct Owner {
    /// What the crate is called, without `grove-`.
    pub name: &'static str,
    /// The migrations of its schema.
    pub migrator: Migrator,
    /// Tables whose rows nobody changes or deletes, the owner neither.
    pub append_only: &'static [&'static str],
}

/// An owner whose migrations are those of `$folder`.
macro_rules! owner {
    ($name:literal, $folder:literal, append_only: [$($table:literal),*]) => {
        Owner {
            name: $name,
            migrator: sqlx::migrate!($folder),
            append_only: &[$($table),*],
        }
    };
}

/// Every crate that owns a schema: the services that say so, and the gateway.
pub static OWNERS: &[Owner] = include!(concat!(env!("OUT_DIR"), "/owners.rs"));
