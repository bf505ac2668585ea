//! What is written follows from the catalog.

use std::path::Path;

#[test]
fn every_document_is_as_the_catalog_has_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let stale = grove_catalog_writer::stale(&root).unwrap();
    let lines: Vec<_> = stale.into_iter().map(|one| one.difference).collect();
    assert!(lines.is_empty(), "run `make catalog`, which writes {lines:#?}");
}
