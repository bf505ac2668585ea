//! The programs of a chapter, and what each is configured with.
//!
//! Flags that are not given here come from the environment, so a chapter's texts, its mail server and
//! its keys at other companies are configured as in any other deployment.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    pin::Pin,
};

use anyhow::Context;
use clap::Parser;
use grove_identity::{GATEWAY, SigningKey};
use grove_service::Service;
use grove_shared::{
    config::{self, DbConfig, ServiceConfig},
    token,
};
use secrecy::{ExposeSecret, SecretString};
use tokio_util::sync::CancellationToken;

use crate::{
    ports::{GATEWAY_ADMIN, Ports, VENDING_MACHINE},
    schema::OWNERS,
    separate::Separate,
};

type Future = Pin<Box<dyn std::future::Future<Output = anyhow::Result<()>>>>;
/// Runs until the token is cancelled.
pub(crate) type Program = Box<dyn FnOnce(CancellationToken) -> Future + Send>;
/// The programs of a chapter, by name.
pub(crate) type Programs = Vec<(&'static str, Program)>;
type Flags<'a> = &'a [(&'a str, &'a str)];

/// What the programs are configured with.
pub(crate) struct Settings {
    ports: Ports,
    secrets: Secrets,
    simulate_machine: bool,
    /// If they do not run in this process.
    separate: Option<Separate>,
}

/// Where the programs have their accounts and keys from.
enum Secrets {
    /// Made for this run.
    Made {
        databases: BTreeMap<&'static str, DbConfig>,
        keys: BTreeMap<&'static str, SecretString>,
        trusted_keys: String,
    },
    /// A folder with one of each program, as `grove-setup` fills it.
    Folder(PathBuf),
}

impl Settings {
    pub(crate) fn new(
        databases: BTreeMap<&'static str, DbConfig>,
        ports: Ports,
        simulate_machine: bool,
        separate: Option<Separate>,
    ) -> Self {
        let keys: BTreeMap<_, _> =
            OWNERS.iter().map(|owner| (owner.name, SigningKey::generate_secret())).collect();
        let public = keys.iter().filter_map(|(owner, key)| SigningKey::new(owner, key).ok());
        let trusted_keys = public.map(|key| key.public()).collect::<Vec<_>>().join(",");
        let secrets = Secrets::Made { databases, keys, trusted_keys };
        Self { ports, secrets, simulate_machine, separate }
    }

    /// Every program of a chapter on this machine, ready to start; the website has `website_token`,
    /// mails go to the folder `mails` unless a mail server is configured.
    pub(crate) fn programs(
        &self,
        website_token: &SecretString,
        mails: &Path,
    ) -> anyhow::Result<Programs> {
        let site = format!("http://localhost:{}", self.ports.of("frontend")?.port());
        let (mails, secret) = (mails.display().to_string(), token::generate());
        self.all(
            &[("site-url", &site)],
            &[("mail-folder", &mails)],
            &[
                ("site-url", &site),
                ("gateway-token", website_token.expose_secret()),
                ("site-secret", secret.expose_secret()),
            ],
        )
    }

    /// Every program of a chapter, ready to start, with the secrets in `folder` and everything else from
    /// the environment.
    pub(crate) fn programs_of_folder(folder: PathBuf, ports: Ports) -> anyhow::Result<Programs> {
        let file = |name: &str| folder.join("frontend").join(name).display().to_string();
        let (token, secret) = (file("gateway-token"), file("site-secret"));
        let secrets = Secrets::Folder(folder);
        let settings = Self { ports, secrets, simulate_machine: false, separate: None };
        settings.all(&[], &[], &[("gateway-token-file", &token), ("site-secret-file", &secret)])
    }

    /// Every program; with these flags for those that know the website's address, for notifications,
    /// and for the website.
    fn all(
        &self,
        site: Flags<'_>,
        mails: Flags<'_>,
        website: Flags<'_>,
    ) -> anyhow::Result<Programs> {
        let mut programs = vec![
            self.service("auth", site, grove_auth::service)?,
            self.service("credits", site, grove_credits::service)?,
            self.service("directory", &[], grove_directory::service)?,
            self.service("gigs", site, grove_gigs::service)?,
            self.service("groups", &[], grove_groups::service)?,
            self.service("notifications", &[site, mails].concat(), grove_notifications::service)?,
            self.service("quotes", &[], grove_quotes::service)?,
            self.service("users", site, grove_users::service)?,
        ];
        programs.extend(self.merch()?);
        programs.push(self.gateway()?);
        programs.push(self.website(website)?);
        Ok(programs)
    }

    fn gateway(&self) -> anyhow::Result<(&'static str, Program)> {
        let (urls, admin) = (self.ports.urls(), self.ports.of(GATEWAY_ADMIN)?.to_string());
        let flags: Flags<'_> = &[("upstreams", &urls), ("admin-listen", &admin)];
        self.program(GATEWAY, flags, grove_gateway::run)
    }

    fn website(&self, more: Flags<'_>) -> anyhow::Result<(&'static str, Program)> {
        let gateway = format!("http://{}", self.ports.of(GATEWAY)?);
        let flags = [&[("gateway-url", gateway.as_str())], more].concat();
        self.program("frontend", &flags, grove_frontend::run)
    }

    /// Merch, and the machine that it sells from.
    fn merch(&self) -> anyhow::Result<Programs> {
        if let Secrets::Folder(folder) = &self.secrets {
            let file = |name: &str| folder.join("merch").join(name).display().to_string();
            let (pin_key, token) = (file("pin-key"), file("machine-token"));
            let flags: Flags<'_> =
                &[("merch-pin-key-file", &pin_key), ("machine-token-file", &token)];
            return Ok(vec![self.service("merch", flags, grove_merch::service)?]);
        }
        let (machine_token, pin_key) = (token::generate(), token::generate());
        let machine = format!("http://{}", self.ports.of(VENDING_MACHINE)?);
        let mut flags = vec![("merch-pin-key", pin_key.expose_secret())];
        if !self.simulate_machine {
            return Ok(vec![self.service("merch", &flags, grove_merch::service)?]);
        }
        let token = ("machine-token", machine_token.expose_secret());
        flags.extend([("machine-url", machine.as_str()), token]);
        Ok(vec![
            self.service("merch", &flags, grove_merch::service)?,
            self.program(VENDING_MACHINE, &[token], grove_vending_machine::run)?,
        ])
    }

    /// The service that `build` makes, configured with its usual flags and `more`.
    fn service<C>(
        &self,
        name: &'static str,
        more: Flags<'_>,
        build: fn(&C) -> anyhow::Result<Service>,
    ) -> anyhow::Result<(&'static str, Program)>
    where
        C: Parser + AsRef<ServiceConfig> + Send + 'static,
    {
        let urls = self.ports.urls();
        let flags = [&[("peers", urls.as_str())], more].concat();
        let run =
            move |config: C, stop| async move { grove_service::run(&config, build, stop).await };
        self.program(name, &flags, run)
    }

    /// The program `run`, configured with its usual flags and `more`.
    fn program<C, F>(
        &self,
        name: &'static str,
        more: Flags<'_>,
        run: impl FnOnce(C, CancellationToken) -> F + Send + 'static,
    ) -> anyhow::Result<(&'static str, Program)>
    where
        C: Parser + Send + 'static,
        F: std::future::Future<Output = anyhow::Result<()>> + 'static,
    {
        if let Some(separate) = &self.separate {
            let program = separate.program(name, &self.flags(name, more)?);
            return Ok((name, Box::new(move |stop| Box::pin(program.run(stop)))));
        }
        let config = self.parse(name, more)?;
        Ok((name, Box::new(move |stop| Box::pin(run(config, stop)))))
    }

    fn parse<C: Parser>(&self, name: &'static str, more: Flags<'_>) -> anyhow::Result<C> {
        config::command::<C>()
            .try_get_matches_from(self.flags(name, more)?)
            .and_then(|matches| C::from_arg_matches(&matches))
            .with_context(|| format!("configuration of {name}"))
    }

    /// The flags of a program: where it listens, its schema, its keys, and `more`.
    fn flags(&self, name: &'static str, more: Flags<'_>) -> anyhow::Result<Vec<String>> {
        let mut flags = vec![name.to_owned(), format!("--listen={}", self.ports.of(name)?)];
        match &self.secrets {
            Secrets::Made { databases, keys, trusted_keys } => {
                if let (Some(db), Some(key)) = (databases.get(name), keys.get(name)) {
                    flags.push(format!("--database-url={}", db.url()?.expose_secret()));
                    flags.push(format!("--identity-key={}", key.expose_secret()));
                    flags.push(format!("--trusted-keys={trusted_keys}"));
                }
            }
            Secrets::Folder(folder) if OWNERS.iter().any(|owner| owner.name == name) => {
                for secret in ["database-url", "identity-key", "trusted-keys"] {
                    let path = folder.join(name).join(secret);
                    flags.push(format!("--{secret}-file={}", path.display()));
                }
            }
            Secrets::Folder(_) => {}
        }
        flags.extend(more.iter().map(|(flag, value)| format!("--{flag}={value}")));
        Ok(flags)
    }
}
