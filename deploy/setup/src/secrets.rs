//! `grove-setup secrets`

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, ensure};
use clap::{Args, ValueEnum};
use grove_identity::{GATEWAY, SigningKey};
use grove_shared::token;
use secrecy::{ExposeSecret, SecretString};

use crate::{DatabaseServer, OWNERS, Owner, backup, console, folder, folder::Folder, website};

/// The private key that a service signs with; the one that it signed with before, whose signatures may
/// still be on their way; and the one that it will sign with as soon as everyone trusts it.
const KEY: &str = "identity-key";
const PREVIOUS_KEY: &str = "identity-key.previous";
const NEXT_KEY: &str = "identity-key.next";
/// The keys of the website's forms: the current one, and the one before it.
const SITE_SECRET: &str = "site-secret";
/// How long a previous key is trusted. A signature lives one minute.
const OVERLAP: Duration = Duration::from_mins(5);

/// What can be replaced while everything runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rotation {
    /// The keys that services sign with. Done at once; the old ones count for five minutes more.
    IdentityKeys,
    /// The passwords of the services' accounts of the database. The next `setup` takes them up.
    DatabasePasswords,
    /// The website's token, which the next `setup` takes up; and the key of its forms, whose predecessor
    /// is good for forms that are open until the next replacement.
    Website,
}

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
    /// The folder for backups, which is given to the database's user.
    #[arg(long)]
    backups: Option<PathBuf>,
    /// Replaces secrets while everything runs (may be repeated).
    #[arg(long)]
    rotate: Vec<Rotation>,
}

impl Secrets {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let secrets = Folder::create(self.folder.join("secrets"), self.user)?;
        Folder::create(self.folder.join("mail"), self.user)?;
        // Stored files, which the backup reads by its group; and what the backup says of itself, to all.
        folder::create_for_others(self.folder.join("objects"), self.user, 0o750)?;
        folder::create_for_others(self.folder.join("status"), self.database_user, 0o755)?;
        let data = Folder::create(self.folder.join("mysql"), self.database_user)?;

        let mysql = Folder::create(secrets.path.join("mysql"), self.database_user)?;
        ensure!(
            mysql.path.join("root-password").exists() || !data.path.join("mysql").exists(),
            "{} holds a database whose password is not in {}: put the secrets of that database \
             back, or move the database away",
            data.path.display(),
            mysql.path.display()
        );
        let root = mysql.secret("root-password", || Ok(token::generate()))?;
        let host = &self.database_host;
        let server = DatabaseServer::new(&format!("mysql://root:{}@{host}", root.expose_secret()))?;
        let setup = Folder::create(secrets.path.join("setup"), self.user)?;
        setup.write("database-url", &format!("mysql://root:{}@{host}", root.expose_secret()))?;

        let backup = Folder::create(secrets.path.join("backup"), self.database_user)?;
        let replace = self.rotate.contains(&Rotation::DatabasePasswords);
        backup::make_secrets(&setup, &backup, host, replace)?;
        // What lets the copies of backups in elsewhere, which a person puts here.
        Folder::create(secrets.path.join("offsite"), self.database_user)?.protect_all()?;
        if let Some(backups) = &self.backups {
            Folder::create(backups.clone(), self.database_user)?;
        }

        let mut trusted = String::new();
        let mut services = Vec::new();
        for (name, secrets_of_its_own) in programs() {
            let folder = Folder::create(secrets.path.join(name), self.user)?;
            for key in self.identity_keys(&folder)? {
                let key = SigningKey::new(name, &key);
                trusted.push_str(&key.with_context(|| format!("the key of {name}"))?.public());
                trusted.push('\n');
            }
            for secret in secrets_of_its_own {
                folder.secret(secret, || Ok(token::generate()))?;
            }
            services.push(folder);
        }
        for Owner { name, .. } in OWNERS {
            let folder = Folder::create(secrets.path.join(name), self.user)?;
            let url = |file| folder.secret(file, || server.url_of(name, &token::generate()));
            url("database-url")?;
            if replace {
                url("database-url.next")?;
            }
        }
        for folder in &services {
            folder.write("trusted-keys", &trusted)?;
            folder.protect_all()?;
        }
        // Only now does everyone trust the new keys.
        services.iter().try_for_each(take_up_next_key)?;
        self.website(&Folder::create(secrets.path.join("frontend"), self.user)?)?;
        // What merch shows to the vending machine, the simulated one knows.
        let merch = Folder::create(secrets.path.join("merch"), self.user)?;
        let machine = merch.secret("machine-token", || Ok(token::generate()))?;
        let simulator = Folder::create(secrets.path.join("vending-machine"), self.user)?;
        simulator.write("machine-token", machine.expose_secret())?;
        console::say(&format!("The secrets are in {}.", secrets.path.display()));
        Ok(())
    }
}

impl Secrets {
    fn website(&self, folder: &Folder) -> anyhow::Result<()> {
        let generate = || Ok(token::generate());
        let known = folder.secret(SITE_SECRET, generate)?;
        if self.rotate.contains(&Rotation::Website) {
            let known = known.expose_secret().lines().next().unwrap_or_default();
            let secret = token::generate();
            folder.write(SITE_SECRET, &format!("{}\n{known}", secret.expose_secret()))?;
            folder.secret(website::NEXT_TOKEN, generate)?;
        }
        Ok(())
    }

    /// The keys of a service whose signatures count.
    fn identity_keys(&self, folder: &Folder) -> anyhow::Result<Vec<SecretString>> {
        let generate = || Ok(SigningKey::generate_secret());
        let mut keys = vec![folder.secret(KEY, generate)?];
        let previous = folder.path.join(PREVIOUS_KEY);
        if let Ok(since) = fs::metadata(&previous).and_then(|found| found.modified()) {
            if since.elapsed().is_ok_and(|age| age > OVERLAP) {
                fs::remove_file(&previous)?;
            } else {
                keys.push(folder.secret(PREVIOUS_KEY, generate)?);
            }
        }
        let is_wanted = self.rotate.contains(&Rotation::IdentityKeys);
        if is_wanted || folder.path.join(NEXT_KEY).exists() {
            keys.push(folder.secret(NEXT_KEY, generate)?);
        }
        Ok(keys)
    }
}

/// Who signs with a key, and which secrets it has besides: the gateway, and each service.
fn programs() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    let services = grove_catalog::present().map(|service| (service.name, service.secrets));
    [(GATEWAY, [].as_slice())].into_iter().chain(services)
}

/// Whether everything that `grove-setup setup` reads is in this folder: for each service, which may be a
/// new one, and what is made after those.
pub(crate) fn are_there(folder: &Path) -> bool {
    let files = OWNERS.iter().map(|owner| folder.join(owner.name).join("database-url"));
    files
        .chain([folder.join("frontend").join(SITE_SECRET)])
        .all(|file| fs::File::open(file).is_ok())
}

/// From now on the service signs with its next key, if it has one.
fn take_up_next_key(folder: &Folder) -> anyhow::Result<()> {
    let next = folder.path.join(NEXT_KEY);
    if next.exists() {
        folder.write(PREVIOUS_KEY, &fs::read_to_string(folder.path.join(KEY))?)?;
        fs::rename(next, folder.path.join(KEY))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{
        os::unix::fs::{MetadataExt, PermissionsExt},
        path::Path,
    };

    use super::*;

    fn secrets(folder: &Path) -> anyhow::Result<()> {
        rotating(folder, Vec::new())
    }

    fn rotating(folder: &Path, rotate: Vec<Rotation>) -> anyhow::Result<()> {
        let me = fs::metadata(folder)?.uid();
        let (folder, database_host) = (folder.to_owned(), "mysql:3306".to_owned());
        let backups = Some(folder.join("backups"));
        Secrets { folder, database_host, user: me, database_user: me, backups, rotate }.run()
    }

    fn files(folder: &Path) -> Vec<(PathBuf, String)> {
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                let mode = match path.file_name().and_then(|name| name.to_str()) {
                    Some("objects") => 0o750,
                    Some("status") => 0o755,
                    _ => 0o700,
                };
                assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, mode, "{path:?}");
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
        for Owner { name: owner, .. } in OWNERS {
            let path = folder.path().join("secrets").join(owner).join("database-url");
            assert!(first.iter().any(|(file, _)| *file == path), "{path:?}");
        }
        for (program, names) in programs() {
            for name in ["identity-key", "trusted-keys"].iter().chain(names) {
                let path = folder.path().join("secrets").join(program).join(name);
                assert!(first.iter().any(|(file, _)| *file == path), "{path:?}");
            }
        }
        let options = folder.path().join("secrets/backup/client.cnf");
        assert!(
            first.iter().any(|(file, text)| *file == options && text.contains("user=grove_backup"))
        );
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
    #[test]
    fn a_new_key_is_trusted_beside_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        secrets(folder.path()).unwrap();
        let quotes = folder.path().join("secrets/quotes");
        let read = |name: &str| fs::read_to_string(quotes.join(name)).unwrap();
        let (key, trusted) = (read(KEY), read("trusted-keys"));
        rotating(folder.path(), vec![Rotation::IdentityKeys]).unwrap();
        assert_eq!(read(PREVIOUS_KEY), key);
        assert_ne!(read(KEY), key);
        assert!(!quotes.join(NEXT_KEY).exists());
        let public = SigningKey::new("quotes", &read(KEY).into()).unwrap().public();
        for line in trusted.lines().chain([public.as_str()]) {
            assert!(read("trusted-keys").lines().any(|trusted| trusted == line), "{line}");
        }
        // A start some time later forgets the old one.
        let previous = quotes.join(PREVIOUS_KEY);
        fs::set_permissions(&previous, fs::Permissions::from_mode(0o600)).unwrap();
        let file = fs::File::options().write(true).open(&previous).unwrap();
        file.set_modified(std::time::SystemTime::now() - 2 * OVERLAP).unwrap();
        secrets(folder.path()).unwrap();
        let old = SigningKey::new("quotes", &key.into()).unwrap().public();
        let trusts = |key: &str| read("trusted-keys").lines().any(|trusted| trusted == key);
        assert!(!previous.exists() && !trusts(&old) && trusts(&public));
    }

    #[test]
    fn forms_that_are_open_outlive_one_replacement_of_their_key() {
        let folder = tempfile::tempdir().unwrap();
        secrets(folder.path()).unwrap();
        let read = |name| fs::read_to_string(folder.path().join("secrets/frontend").join(name));
        let first = read(SITE_SECRET).unwrap();
        rotating(folder.path(), vec![Rotation::Website]).unwrap();
        let second = read(SITE_SECRET).unwrap();
        assert_eq!(second.lines().nth(1), Some(first.as_str()));
        assert!(read(website::NEXT_TOKEN).is_ok());
        rotating(folder.path(), vec![Rotation::Website]).unwrap();
        let third = read(SITE_SECRET).unwrap();
        assert_eq!(third.lines().nth(1), second.lines().next());
        assert!(!third.contains(&first));
    }

    #[test]
    fn a_new_password_waits_beside_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        secrets(folder.path()).unwrap();
        let quotes = folder.path().join("secrets/quotes");
        let old = fs::read_to_string(quotes.join("database-url")).unwrap();
        rotating(folder.path(), vec![Rotation::DatabasePasswords]).unwrap();
        assert_eq!(fs::read_to_string(quotes.join("database-url")).unwrap(), old);
        assert_ne!(fs::read_to_string(quotes.join("database-url.next")).unwrap(), old);
    }
}
