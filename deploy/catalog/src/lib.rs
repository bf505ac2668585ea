//! Writes what follows from the catalog of services, so that nobody has to keep a list of them.
//!
//! [`grove_catalog`] knows what each service says of itself. Here that becomes the lines of compose.yaml
//! and its overlays, of the stack of Swarm, of the manifests of Kubernetes, of who reaches whom, and of
//! two pages of documentation. All else in those files people write, and it stays as it is.

mod compose;
mod document;
mod kubernetes;
mod pages;
mod service;
mod swarm;

use std::path::Path;

pub use document::Document;

/// A document that is not as the catalog has it.
#[derive(Debug)]
pub struct Stale {
    /// As it should be.
    pub document: Document,
    /// The first line that differs.
    pub difference: String,
}

/// The documents that are not as the catalog has them.
///
/// # Errors
/// When a document lacks the place at which something is written.
pub fn stale(root: &Path) -> anyhow::Result<Vec<Stale>> {
    let documents = [
        compose::documents(root)?,
        swarm::documents(root)?,
        kubernetes::documents(root)?,
        pages::documents(root)?,
    ];
    let stale = documents.into_iter().flatten().filter_map(|document| {
        let difference = document.difference(root)?;
        Some(Stale { document, difference })
    });
    Ok(stale.collect())
}
