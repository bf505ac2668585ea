//! `grove-setup secrets`

use std::{
    fs,
    io::Write,
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown},
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use clap::Args;
use grove_shared::{identity::SigningKey, token};
use secrecy::{ExposeSecret, SecretString};

use crate::{DatabaseServer, OWNERS, Owner, console};

/// Makes the passwords, keys and folders of a chapter in containers. What is there already stays.
///
/// Each service has a folder of its own in FOLDER/secrets, which alone is mounted into it.
#[derive(Debug, Args)]
pub struct Secrets {
    /// The folder that holds all data of the chapter.
    folder: PathBuf,
    /// Host and port of the database, as the services reach it.
    #[arg(long, env = "DATABASE_HOST", default_value = "mysql:3306")]
    database_host: String,
    /// The user that the programs run as.
    #[arg(long, default_value_t = 10_001)]
    user: u32,
    /// The user that the database runs as.
    #[arg(long, default_value_t = 999)]
    database_user: u32,
}

impl Secrets {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let secrets = Folder::create(self.folder.join("secrets"), self.user)?;
        Folder::create(self.folder.join("mail"), self.user)?;
        let data = Folder::create(self.folder.join("mysql"), self.database_user)?;

        let mysql = Folder::create(secrets.path.join("mysql"), self.database_user)?;
        ensure!(
            mysql.path.join("root-password").exists() || !data.path.join("mysql").exists(),
            "{} holds a database whose password is not in {}: put the secrets of that database \
             back, or move the database away",
            data.path.display(),
            mysql.path.display()
        );
        let root = mysql.secret("root-password", token::generate)?;
        let host = &self.database_host;
        let server = DatabaseServer::new(&format!("mysql://root:{}@{host}", root.expose_secret()))?;
        let setup = Folder::create(secrets.path.join("setup"), self.user)?;
        setup.write("database-url", &format!("mysql://root:{}@{host}", root.expose_secret()))?;

        let mut trusted = String::new();
        let mut services = Vec::new();
        for Owner { name: owner, .. } in &OWNERS {
            let folder = Folder::create(secrets.path.join(owner), self.user)?;
            let key = folder.secret("identity-key", SigningKey::generate_secret)?;
            let key = SigningKey::new(owner, &key);
            trusted.push_str(&key.with_context(|| format!("the key of {owner}"))?.public());
            trusted.push('\n');
            if !folder.path.join("database-url").exists() {
                let url = server.url_of(owner, &token::generate())?;
                folder.write("database-url", url.expose_secret())?;
            }
            services.push(folder);
        }
        for folder in services {
            folder.write("trusted-keys", &trusted)?;
        }
        let frontend = Folder::create(secrets.path.join("frontend"), self.user)?;
        frontend.secret("site-secret", token::generate)?;
        console::say(&format!("The secrets are in {}.", secrets.path.display()));
        Ok(())
    }
}

/// A folder that one user may read.
struct Folder {
    path: PathBuf,
    user: u32,
}

impl Folder {
    fn create(path: PathBuf, user: u32) -> anyhow::Result<Self> {
        fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        let folder = Self { path, user };
        folder.protect(&folder.path, 0o700)?;
        Ok(folder)
    }

    /// What the file holds, which is made if it is missing.
    fn secret(&self, name: &str, make: fn() -> SecretString) -> anyhow::Result<SecretString> {
        let path = self.path.join(name);
        if !path.exists() {
            self.write(name, make().expose_secret())?;
        }
        let text = fs::read_to_string(&path);
        Ok(text.with_context(|| format!("cannot read {}", path.display()))?.trim().into())
    }

    /// Writes a file whole or not at all.
    fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(folder: &Path) -> anyhow::Result<()> {
        let me = fs::metadata(folder)?.uid();
        let (folder, database_host) = (folder.to_owned(), "mysql:3306".to_owned());
        Secrets { folder, database_host, user: me, database_user: me }.run()
    }

    fn files(folder: &Path) -> Vec<(PathBuf, String)> {
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o700, "{path:?}");
                files.extend(self::files(&path));
            } else {
                assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o400, "{path:?}");
                files.push((path.clone(), fs::read_to_string(path).unwrap()));
            }
        }
        files.sort();
        files
    }

    #[test]
    fn secrets_are_made_once_and_only_their_owner_reads_them() {
        let folder = tempfile::tempdir().unwrap();
        secrets(folder.path()).unwrap();
        let first = files(folder.path());
        for Owner { name: owner, .. } in &OWNERS {
            for name in ["database-url", "identity-key", "trusted-keys"] {
                let path = folder.path().join("secrets").join(owner).join(name);
                assert!(first.iter().any(|(file, _)| *file == path), "{path:?}");
            }
        }
        secrets(folder.path()).unwrap();
        assert!(files(folder.path()) == first, "the second run changes something");
    }

    #[test]
    fn a_database_without_its_secrets_is_not_given_others() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("mysql/mysql")).unwrap();
        let refused = secrets(folder.path()).unwrap_err().to_string();
        assert!(refused.contains("put the secrets of that database back"), "{refused}");
    }
}
