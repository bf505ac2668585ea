//! `make catalog` and `make catalog-check`.

use std::{env, io::Write, path::Path};

use anyhow::{bail, ensure};
use grove_catalog_writer::{Stale, stale};

fn main() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let stale = stale(&root)?;
    match env::args().nth(1).as_deref() {
        Some("write") => {
            for Stale { document, .. } in stale {
                document.write(&root)?;
                writeln!(std::io::stdout(), "{}", document.path)?;
            }
        }
        Some("check") => {
            let lines: Vec<_> = stale.into_iter().map(|one| one.difference).collect();
            ensure!(lines.is_empty(), "run `make catalog`, which writes\n{}", lines.join("\n"));
        }
        _ => bail!("usage: grove-catalog-writer write|check"),
    }
    Ok(())
}
