//! Makes the services' files a table.
#![expect(clippy::print_stdout, reason = "it is how cargo is told something")]

mod catalog;
mod file;
mod table;

use std::{
    env,
    path::{Path, PathBuf},
};

fn main() {
    if let Err(problem) = run() {
        println!("cargo::error={problem}");
    }
}

fn run() -> Result<(), String> {
    let variable = |name| env::var_os(name).map(PathBuf::from).ok_or(format!("{name} is not set"));
    let folder = variable("CARGO_MANIFEST_DIR")?;
    let root = folder.ancestors().nth(2).ok_or("the crate stands outside the house")?;
    // The folders of services are not watched, which would be their sources too. With a service that is
    // added comes a package.
    watch("Cargo.lock".as_ref());
    if root.join(file::PLANNED).is_dir() {
        watch(file::PLANNED.as_ref());
    }
    let files = file::find(root).map_err(|cause| format!("the services' folders: {cause}"))?;
    let mut services = Vec::new();
    for file in &files {
        watch(&file.path);
        let text =
            std::fs::read_to_string(root.join(&file.path)).map_err(|cause| file.problem(&cause))?;
        services.push(file.parse(&text)?);
    }
    catalog::resolve(&mut services);
    catalog::check(&services)?;
    let path = variable("OUT_DIR")?.join("services.rs");
    std::fs::write(path, table::of(&services)).map_err(|cause| format!("the table: {cause}"))
}

/// Has cargo look whether a file of the house is newer than the table. Not by its whole path: several
/// checkouts may share a target folder.
fn watch(path: &Path) {
    println!("cargo::rerun-if-changed=../../{}", path.display());
}
