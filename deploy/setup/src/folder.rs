//! A folder of secrets.

use std::{
    fs,
    io::Write,
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown},
    path::{Path, PathBuf},
};

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};

/// A folder that one user may read.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    user: u32,
}

/// Makes a folder that others than its user may read, as `mode` says.
pub(crate) fn create_for_others(path: PathBuf, user: u32, mode: u32) -> anyhow::Result<()> {
    fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
    let folder = Folder { path, user };
    folder.protect(&folder.path, mode)
}

impl Folder {
    pub(crate) fn create(path: PathBuf, user: u32) -> anyhow::Result<Self> {
        fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        let folder = Self { path, user };
        folder.protect(&folder.path, 0o700)?;
        Ok(folder)
    }

    /// What the file holds, which is made if it is missing.
    pub(crate) fn secret(
        &self,
        name: &str,
        make: impl FnOnce() -> anyhow::Result<SecretString>,
    ) -> anyhow::Result<SecretString> {
        let path = self.path.join(name);
        if !path.exists() {
            self.write(name, make()?.expose_secret())?;
        }
        let text = fs::read_to_string(&path);
        Ok(text.with_context(|| format!("cannot read {}", path.display()))?.trim().into())
    }

    /// Writes a file whole or not at all.
    pub(crate) fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let path = self.path.join(name);
        if fs::read_to_string(&path).is_ok_and(|known| known == text) {
            return self.protect(&path, 0o400);
        }
        let partial = self.path.join(format!("{name}.partial"));
        let mut options = fs::File::options();
        let mut file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&partial)
            .with_context(|| format!("cannot write {}", partial.display()))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        self.protect(&partial, 0o400)?;
        Ok(fs::rename(&partial, &path)?)
    }

    /// What somebody has put here, such as the password of a mail server, is protected like the rest.
    pub(crate) fn protect_all(&self) -> anyhow::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let path = entry?.path();
            if fs::symlink_metadata(&path)?.is_file() {
                self.protect(&path, 0o400)?;
            }
        }
        Ok(())
    }

    fn protect(&self, path: &Path, mode: u32) -> anyhow::Result<()> {
        let found = fs::metadata(path)?;
        if found.mode() & 0o777 != mode {
            fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
        }
        if found.uid() != self.user {
            chown(path, Some(self.user), Some(self.user))
                .with_context(|| format!("cannot give {} to user {}", path.display(), self.user))?;
        }
        Ok(())
    }
}
