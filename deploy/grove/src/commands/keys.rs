//! `grove keys`

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use grove_identity::SigningKey;
use secrecy::ExposeSecret;

use super::console;
use crate::schema::{OWNERS, Owner};

/// Makes the identity keys of all services, for running them as processes of their own.
///
/// Writes `<service>.key` (secret, for `IDENTITY_KEY_FILE`) and `trusted-keys` (public, for
/// `TRUSTED_KEYS_FILE`). A key that is there already stays.
#[derive(Debug, Args)]
pub struct Keys {
    /// The folder to write to.
    folder: PathBuf,
}

impl Keys {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let mut trusted = String::new();
        for Owner { name: owner, .. } in OWNERS {
            let path = self.folder.join(format!("{owner}.key"));
            if !path.exists() {
                write_secret(&path, SigningKey::generate_secret().expose_secret())?;
            }
            let key = std::fs::read_to_string(&path)?.trim().into();
            let key = SigningKey::new(owner, &key)
                .with_context(|| format!("{} holds no key", path.display()))?;
            trusted.push_str(&key.public());
            trusted.push('\n');
        }
        std::fs::write(self.folder.join("trusted-keys"), trusted)?;
        console::say(&format!("The keys are in {}.", self.folder.display()));
        Ok(())
    }
}

/// Writes a file that only its owner may read.
fn write_secret(path: &std::path::Path, secret: &str) -> anyhow::Result<()> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let mut options = std::fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(writeln!(file, "{secret}")?)
}
