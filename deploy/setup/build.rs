//! Lists the owners of schemas, since a macro that reads migrations wants to be told the folder of each.

use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    // That macro looks at migrations that it knows, and not for new ones.
    println!("cargo::rerun-if-changed=../../migrations");
    let services = grove_catalog::present().filter(|service| service.schema);
    let services = services.map(|service| (service.name, service.append_only));
    let owner = |(name, append_only): (&str, &[&str])| {
        let folder = format!("../../migrations/{name}");
        format!("    owner!({name:?}, {folder:?}, append_only: {append_only:?}),\n")
    };
    let gateway = ("gateway", [].as_slice());
    let owners: String = services.chain([gateway]).map(owner).collect();
    let folder = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    fs::write(Path::new(&folder).join("owners.rs"), format!("&[\n{owners}]\n"))?;
    Ok(())
}
