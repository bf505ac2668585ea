//! The programs of a chapter, and what each is configured with.
//!
//! Flags that are not given here come from the environment, so a chapter's texts, its mail server and
//! its keys at other companies are configured as in any other deployment.

use std::{collections::BTreeMap, path::Path, pin::Pin};

use anyhow::Context;
use clap::Parser;
use grove_shared::{
    config::DbConfig,
    identity::{GATEWAY, SigningKey},
    token,
};
use secrecy::{ExposeSecret, SecretString};
use tokio_util::sync::CancellationToken;

use crate::{
    ports::{GATEWAY_ADMIN, Ports, VENDING_MACHINE},
    schema::OWNERS,
};

type Future = Pin<Box<dyn std::future::Future<Output = anyhow::Result<()>>>>;
/// Runs until the token is cancelled.
pub(crate) type Program = Box<dyn FnOnce(CancellationToken) -> Future + Send>;
type Programs = Vec<(&'static str, Program)>;
type Flags<'a> = &'a [(&'a str, &'a str)];

/// What the programs are configured with.
pub(crate) struct Settings {
    databases: BTreeMap<&'static str, DbConfig>,
    ports: Ports,
    keys: BTreeMap<&'static str, SecretString>,
    trusted_keys: String,
    simulate_machine: bool,
}

impl Settings {
    pub(crate) fn new(
        databases: BTreeMap<&'static str, DbConfig>,
        ports: Ports,
        simulate_machine: bool,
    ) -> Self {
        let keys: BTreeMap<_, _> =
            OWNERS.iter().map(|owner| (owner.name, SigningKey::generate_secret())).collect();
        let public = keys.iter().filter_map(|(owner, key)| SigningKey::new(owner, key).ok());
        let trusted_keys = public.map(|key| key.public()).collect::<Vec<_>>().join(",");
        Self { databases, ports, keys, trusted_keys, simulate_machine }
    }

    /// Every program, ready to start; the website has `website_token`, mails go to the folder `mails`
    /// unless a mail server is configured.
    pub(crate) fn programs(
        &self,
        website_token: &SecretString,
        mails: &Path,
    ) -> anyhow::Result<Programs> {
        let urls = self.ports.urls();
        let site = format!("http://localhost:{}", self.ports.of("frontend")?.port());
        let calls: Flags<'_> = &[("peers", &urls), ("site-url", &site)];
        let mails = mails.display().to_string();
        let notifications = [calls, &[("mail-folder", &mails)]].concat();
        let admin = self.ports.of(GATEWAY_ADMIN)?.to_string();
        let mut programs = vec![
            self.program("auth", calls, grove_auth::run)?,
            self.program("users", calls, grove_users::run)?,
            self.program("groups", &[], grove_groups::run)?,
            self.program("quotes", &[], grove_quotes::run)?,
            self.program("notifications", &notifications, grove_notifications::run)?,
            self.program("directory", &calls[..1], grove_directory::run)?,
            self.program("credits", calls, grove_credits::run)?,
            self.program("gigs", calls, grove_gigs::run)?,
            self.program(
                GATEWAY,
                &[("upstreams", &urls), ("admin-listen", &admin)],
                grove_gateway::run,
            )?,
            self.website(website_token, &site)?,
        ];
        programs.extend(self.merch(&urls)?);
        Ok(programs)
    }

    fn website(&self, token: &SecretString, site: &str) -> anyhow::Result<(&'static str, Program)> {
        let gateway = format!("http://{}", self.ports.of(GATEWAY)?);
        let secret = token::generate();
        let flags: Flags<'_> = &[
            ("gateway-url", &gateway),
            ("gateway-token", token.expose_secret()),
            ("site-secret", secret.expose_secret()),
            ("site-url", site),
        ];
        self.program("frontend", flags, grove_frontend::run)
    }

    /// Merch, and the machine that it sells from.
    fn merch(&self, urls: &str) -> anyhow::Result<Programs> {
        let (machine_token, pin_key) = (token::generate(), token::generate());
        let machine = format!("http://{}", self.ports.of(VENDING_MACHINE)?);
        let mut flags = vec![("peers", urls), ("merch-pin-key", pin_key.expose_secret())];
        if !self.simulate_machine {
            return Ok(vec![self.program("merch", &flags, grove_merch::run)?]);
        }
        let token = ("machine-token", machine_token.expose_secret());
        flags.extend([("machine-url", machine.as_str()), token]);
        Ok(vec![
            self.program("merch", &flags, grove_merch::run)?,
            self.program(VENDING_MACHINE, &[token], grove_vending_machine::run)?,
        ])
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
        let config = self.parse(name, more)?;
        Ok((name, Box::new(move |stop| Box::pin(run(config, stop)))))
    }

    fn parse<C: Parser>(&self, name: &'static str, more: Flags<'_>) -> anyhow::Result<C> {
        C::try_parse_from(self.flags(name, more)?)
            .with_context(|| format!("configuration of {name}"))
    }

    /// The flags of a program: where it listens, its schema, its keys, and `more`.
    fn flags(&self, name: &'static str, more: Flags<'_>) -> anyhow::Result<Vec<String>> {
        let mut flags = vec![name.to_owned(), format!("--listen={}", self.ports.of(name)?)];
        if let (Some(db), Some(key)) = (self.databases.get(name), self.keys.get(name)) {
            flags.push(format!("--database-url={}", db.url()?.expose_secret()));
            flags.push(format!("--identity-key={}", key.expose_secret()));
            flags.push(format!("--trusted-keys={}", self.trusted_keys));
        }
        flags.extend(more.iter().map(|(flag, value)| format!("--{flag}={value}")));
        Ok(flags)
    }
}
