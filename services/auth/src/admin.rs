//! What whoever runs the machine does to accounts, for the `grove` program.

use anyhow::{Context, bail, ensure};
use grove_shared::{Clock, NetId, api::accounts::NewAccount, token};
use secrecy::{ExposeSecret, SecretString};
use sqlx::MySqlPool;

use crate::{
    account::{Account, check_names},
    config::PasswordHashing,
    hashing::Hasher,
    link::Purpose,
    password::NewPassword,
    sign_in::set_password,
    store::{accounts, links, sessions},
};

/// Changes accounts without asking their owners.
#[derive(Debug, Clone)]
pub struct Admin {
    /// The service's schema, migrated.
    pub db: MySqlPool,
    /// Tells the time.
    pub clock: Clock,
    /// What the chapter is called, which no password may be made of.
    pub chapter_name: String,
    /// What hashing a password costs.
    pub hashing: PasswordHashing,
}

impl Admin {
    /// Adds an account. Without a password nobody can sign in until a link is followed.
    ///
    /// # Errors
    /// When there is such an account or the password breaks the rules; then nothing is changed.
    pub async fn add_account(
        &self,
        new: &NewAccount,
        password: Option<&str>,
    ) -> anyhow::Result<()> {
        check_names(new)?;
        let now = self.clock.now();
        let mut transaction = self.db.begin().await?;
        let added = accounts::insert(&mut *transaction, new, now).await?;
        ensure!(added, "There is an account {} already", new.netid);
        if let Some(password) = password {
            let account = accounts::lock(&mut *transaction, new.netid.as_str()).await?;
            let account = account.context("The account is gone")?;
            let hash = self.hash(&account, password).await?;
            accounts::set_password(&mut *transaction, account.id, &hash, now).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Sets a password, which ends the account's sessions and links, and enables the account.
    ///
    /// # Errors
    /// When there is no such account or the password breaks the rules.
    pub async fn set_password(&self, netid: &NetId, password: &str) -> anyhow::Result<()> {
        let hash = self.hash(&self.find(netid).await?, password).await?;
        let mut transaction = self.db.begin().await?;
        let account = accounts::lock(&mut *transaction, netid.as_str()).await?;
        let account = account.with_context(|| no_account(netid))?;
        set_password(&mut transaction, &account, &hash, None, self.clock.now()).await?;
        Ok(transaction.commit().await?)
    }

    /// Disables an account: its sessions and links end, and nobody can sign in.
    ///
    /// # Errors
    /// When there is no such account.
    pub async fn disable(&self, netid: &NetId) -> anyhow::Result<()> {
        let now = self.clock.now();
        let mut transaction = self.db.begin().await?;
        let account = accounts::lock(&mut *transaction, netid.as_str()).await?;
        let account = account.with_context(|| no_account(netid))?;
        accounts::disable(&mut *transaction, account.id, now).await?;
        links::consume_all(&mut *transaction, account.id, now).await?;
        sessions::end_all(&mut *transaction, netid, None, now).await?;
        Ok(transaction.commit().await?)
    }

    /// Makes a link to choose a password, good once and for 72 hours, for someone whom no mail
    /// reaches; returns its token, for `/account/password?token=` of the website.
    ///
    /// # Errors
    /// When there is no such account or it is disabled.
    pub async fn activation_link(&self, netid: &NetId) -> anyhow::Result<SecretString> {
        let account = self.find(netid).await?;
        if account.disabled_at.is_some() {
            bail!("The account {netid} is disabled; setting a password enables it");
        }
        let token = token::generate();
        let (purpose, now) = (Purpose::Activation, self.clock.now());
        links::insert(&self.db, account.id, purpose, token.expose_secret(), now).await?;
        Ok(token)
    }

    async fn find(&self, netid: &NetId) -> anyhow::Result<Account> {
        let account = accounts::find(&self.db, netid.as_str()).await?;
        account.with_context(|| no_account(netid))
    }

    async fn hash(&self, account: &Account, password: &str) -> anyhow::Result<String> {
        let password = NewPassword::parse(password.into(), account, &self.chapter_name)?;
        Ok(Hasher::new(&self.hashing)?.hash(password.into_secret()).await?)
    }
}

fn no_account(netid: &NetId) -> String {
    format!("There is no account {netid}")
}
