//! `grove account`

use anyhow::Context;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use grove_auth::{PasswordHashing, admin};
use grove_auth_api::NewAccount;
use grove_shared::{Clock, NetId, Role};
use secrecy::ExposeSecret;

use super::{Target, console};
use crate::schema::DatabaseServer;

/// Who is named in the history of roles when the program gives them.
const BY: &str = "grove";

/// Makes and changes accounts: how a first officer comes to be.
#[derive(Debug, Subcommand)]
pub enum Account {
    /// Makes an account with a password, or prints a one-time link to set one.
    Add(Add),
    /// Sets which officer roles someone holds; none given takes all away.
    Roles(Roles),
    /// Sets a password and ends all sessions of the account.
    Reset(Reset),
    /// Disables an account, ends its sessions and takes its officer roles away; never the last admin's.
    Disable(Disable),
}

/// Makes an account with a password, or prints a one-time link to set one.
#[derive(Debug, Args)]
pub struct Add {
    /// The login name.
    netid: NetId,
    /// The given name.
    #[arg(long)]
    first_name: Option<String>,
    /// The family name.
    #[arg(long)]
    last_name: Option<String>,
    /// A committee whose office they hold: admin, top4 or corporate (may be repeated).
    #[arg(long = "role")]
    roles: Vec<Role>,
    /// Makes them a member from today to the end of the term.
    #[arg(long)]
    member: bool,
    /// Reads the password from standard input.
    #[arg(long)]
    password_stdin: bool,
    /// Sets no password and prints a one-time link with which they set it.
    #[arg(long, conflicts_with = "password_stdin")]
    link: bool,
    /// Where the website is, for the link.
    #[arg(long, env = "SITE_URL", default_value = "http://localhost:5000")]
    site_url: String,
    #[command(flatten)]
    hashing: PasswordHashing,
    #[command(flatten)]
    target: Target,
}

/// Sets which officer roles someone holds; none given takes all away.
#[derive(Debug, Args)]
pub struct Roles {
    /// The login name.
    netid: NetId,
    /// admin, top4, corporate, or nothing.
    offices: Vec<Role>,
    #[command(flatten)]
    target: Target,
}

/// Sets a password and ends all sessions of the account.
#[derive(Debug, Args)]
pub struct Reset {
    /// The login name.
    netid: NetId,
    /// Reads the password from standard input.
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    hashing: PasswordHashing,
    #[command(flatten)]
    target: Target,
}

/// Disables an account, ends its sessions and takes its officer roles away; never the last admin's.
#[derive(Debug, Args)]
pub struct Disable {
    /// The login name.
    netid: NetId,
    #[command(flatten)]
    target: Target,
}

impl Account {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let now = Clock::system().now();
        match self {
            Self::Add(add) => add.run(now).await,
            Self::Roles(roles) => {
                set_roles(&roles.target.server()?, &roles.netid, &roles.offices, now).await?;
                console::say(&format!("{} now holds: {}", roles.netid, list(&roles.offices)));
                Ok(())
            }
            Self::Reset(reset) => {
                let auth = reset.target.server()?.open("auth")?;
                let password = console::new_password(reset.password_stdin)?;
                let password = password.expose_secret();
                admin::set_password(&auth, &reset.netid, password, &reset.hashing, now).await?;
                console::say(&format!("{} has a new password; all sessions ended.", reset.netid));
                Ok(())
            }
            Self::Disable(disable) => {
                let server = disable.target.server()?;
                set_roles(&server, &disable.netid, &[], now).await?;
                admin::disable(&server.open("auth")?, &disable.netid, now).await?;
                console::say(&format!("{} is disabled; all sessions ended.", disable.netid));
                Ok(())
            }
        }
    }
}

impl Add {
    async fn run(self, now: DateTime<Utc>) -> anyhow::Result<()> {
        let server = self.target.server()?;
        let password =
            if self.link { None } else { Some(console::new_password(self.password_stdin)?) };
        let account = NewAccount {
            first_name: self.first_name.unwrap_or_else(|| self.netid.to_string()),
            last_name: self.last_name.unwrap_or_else(|| "-".to_owned()),
            netid: self.netid,
        };
        let password = password.as_ref().map(ExposeSecret::expose_secret);
        add(
            &server,
            &account,
            password.map(|password| (password, &self.hashing)),
            self.member,
            now,
        )
        .await?;
        if !self.roles.is_empty() {
            set_roles(&server, &account.netid, &self.roles, now).await?;
        }
        console::say(&format!("{} has an account.", account.netid));
        if self.link {
            let auth = server.open("auth")?;
            let token = admin::activation_link(&auth, &account.netid, now).await?;
            console::say(&format!(
                "They set a password, once and within 72 hours, at\n{}/account/password?token={}",
                self.site_url.trim_end_matches('/'),
                token.expose_secret()
            ));
        }
        Ok(())
    }
}

/// Makes an account and its record among the users; a password is hashed at the cost beside it.
///
/// # Errors
/// When the password is refused or the account is there already.
pub async fn add(
    server: &DatabaseServer,
    account: &NewAccount,
    password: Option<(&str, &PasswordHashing)>,
    member: bool,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let usual = PasswordHashing::default();
    let hashing = password.map_or(&usual, |(_, hashing)| hashing);
    let password = password.map(|(password, _)| password);
    admin::add_account(&server.open("auth")?, account, password, hashing, now)
        .await
        .with_context(|| format!("cannot make the account of {}", account.netid))?;
    let users = server.open("users")?;
    let NewAccount { netid, first_name, last_name } = account;
    if member {
        grove_users::admin::add_member(&users, netid, first_name, last_name, now).await?;
    } else {
        grove_users::admin::add_user(&users, netid, first_name, last_name, now).await?;
    }
    Ok(())
}

/// Sets which officer roles someone holds.
///
/// # Errors
/// When the groups' schema is not there.
pub async fn set_roles(
    server: &DatabaseServer,
    netid: &NetId,
    roles: &[Role],
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let groups = server.open("groups")?;
    grove_groups::admin::set_officer_roles(&groups, netid, roles, BY, now).await.map(drop)
}

fn list(roles: &[Role]) -> String {
    match roles {
        [] => "no office".to_owned(),
        roles => roles.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}
