//! `grove setup`

use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;
use chrono::{DateTime, Utc};
use clap::{Args, builder::FalseyValueParser};
use grove_auth::admin as accounts;
use grove_gateway::clients::{self, Scope};
use grove_shared::{Clock, NetId, Role, api::accounts::NewAccount, config};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{Target, account, console};
use crate::{
    chapter::WEBSITE_CLIENT,
    demo,
    schema::{DatabaseServer, OWNERS},
};

/// Prepares the database of a chapter in containers, and says where the website is.
///
/// Makes the schemas and an account for each, with the passwords of `grove secrets`; runs the
/// migrations; gives the website its client token; and as long as no admin can sign in, prints a link
/// with which the first one sets a password. Safe to run at each start.
#[derive(Debug, Args)]
pub struct Setup {
    /// The folder that `grove secrets` filled.
    secrets: PathBuf,
    /// The NetID of the first officer.
    #[arg(long, env = "FIRST_OFFICER", default_value = "admin")]
    first_officer: NetId,
    /// Where visitors find the website.
    #[arg(long, env = "SITE_URL", default_value = "http://localhost:5000")]
    site_url: Url,
    /// Where client applications find the API.
    #[arg(long, env = "API_URL", default_value = "http://localhost:8000")]
    api_url: Url,
    /// Fills the chapter with invented people; their passwords are public.
    #[arg(long, env = "DEMO", value_parser = FalseyValueParser::new())]
    demo: bool,
    #[command(flatten)]
    target: Target,
}

impl Setup {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let (server, now) = (self.target.server()?, Clock::system().now());
        server.migrate().await?;
        for (owner, _) in OWNERS {
            server.set_password(owner, &password(&self.secrets.join(owner))?).await?;
        }
        register_website(&server, &self.secrets.join("frontend")).await?;
        if self.demo {
            demo::seed(&server, now).await?;
        }
        let first = self.first_steps(&server, now).await?;
        let (site, api) = (text(&self.site_url), text(&self.api_url));
        console::say(&format!(
            "Grove is set up.\n\n  Website  {site}\n  API      {api}\n\n{first}"
        ));
        Ok(())
    }

    /// What a person who has just started the chapter does next.
    async fn first_steps(
        &self,
        server: &DatabaseServer,
        now: DateTime<Utc>,
    ) -> anyhow::Result<String> {
        if self.demo {
            return Ok(demo::logins());
        }
        let auth = server.open("auth")?;
        let admins = grove_groups::admin::officers(&server.open("groups")?, Role::Admin).await?;
        for admin in &admins {
            if accounts::can_sign_in(&auth, admin).await? {
                return Ok("Officers sign in there.\n".to_owned());
            }
        }
        let netid = &self.first_officer;
        if !accounts::account_exists(&auth, netid).await? {
            let (first_name, last_name) = ("First".to_owned(), "Officer".to_owned());
            let officer = NewAccount { netid: netid.clone(), first_name, last_name };
            account::add(server, &officer, None, true, now).await?;
        }
        if !admins.contains(netid) {
            account::set_roles(server, netid, &[Role::Admin], now).await?;
        }
        let token = accounts::activation_link(&auth, netid, now).await?;
        Ok(format!(
            "The first officer is {netid}, who sets a password, once and within 72 hours, at\n\
             {}/account/password?token={}\n",
            text(&self.site_url),
            token.expose_secret()
        ))
    }
}

fn text(url: &Url) -> &str {
    url.as_str().trim_end_matches('/')
}

/// The password in a service's URL of its schema.
fn password(folder: &Path) -> anyhow::Result<SecretString> {
    let file = folder.join("database-url");
    let url = config::secret(None, Some(&file), "DATABASE_URL")?;
    let url = Url::parse(url.expose_secret());
    let url = url.with_context(|| format!("{} holds no URL", file.display()))?;
    Ok(url.password().with_context(|| format!("{} has no password", file.display()))?.into())
}

/// Makes sure that the gateway knows the website's token; a website that runs keeps the one it has.
async fn register_website(server: &DatabaseServer, folder: &Path) -> anyhow::Result<()> {
    let (db, file) = (server.open("gateway")?, folder.join("gateway-token"));
    if let Ok(token) = fs::read_to_string(&file)
        && clients::check(&db, token.trim()).await?.as_deref() == Some(WEBSITE_CLIENT)
    {
        return Ok(());
    }
    clients::remove(&db, WEBSITE_CLIENT).await?;
    let token = clients::register(&db, WEBSITE_CLIENT, &[Scope::ForwardAddress], None).await?;
    let partial = folder.join("gateway-token.partial");
    let mut options = fs::File::options();
    let options = options.write(true).create(true).truncate(true).mode(0o400);
    let opened = options.open(&partial);
    let mut opened = opened.with_context(|| format!("cannot write {}", partial.display()))?;
    opened.write_all(token.expose_secret().as_bytes())?;
    opened.sync_all()?;
    Ok(fs::rename(&partial, &file)?)
}
