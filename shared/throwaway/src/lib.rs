//! A throwaway MySQL or MariaDB: for tests, and for a chapter tried out on a laptop.
//!
//! Which server it is, first that applies: the one at `DATABASE_URL`; a `mysqld` or `mariadbd` of
//! this machine, on a temporary folder; a container (feature `container`). A server that was started here ends with its
//! [`Server`], and also when this process is killed.

#[cfg(feature = "container")]
mod container;
mod local;

use std::env;

use anyhow::Context;

/// A running server, and an account on it that may create schemas and users.
#[derive(Debug)]
pub struct Server {
    url: String,
    kind: Kind,
}

#[derive(Debug)]
#[expect(dead_code, reason = "the servers are held for their end, which is their Drop")]
enum Kind {
    Given,
    Local(Box<local::LocalServer>),
    #[cfg(feature = "container")]
    Container(Box<container::ContainerServer>),
}

impl Server {
    /// Finds or starts a server.
    ///
    /// # Errors
    /// When no server is given, installed or startable; the error says what to install.
    #[expect(clippy::disallowed_methods, reason = "a test runner passes the server by environment")]
    pub async fn start() -> anyhow::Result<Self> {
        if let Ok(url) = env::var("DATABASE_URL")
            && !url.is_empty()
        {
            return Ok(Self { url, kind: Kind::Given });
        }
        if let Some(program) = local::find_program() {
            let server = local::LocalServer::start(&program).await?;
            return Ok(Self { url: server.url(), kind: Kind::Local(Box::new(server)) });
        }
        Self::in_container().await.context(
            "no MySQL: set DATABASE_URL, install MariaDB (apt-get install mariadb-server, \
             brew install mariadb) or start Docker",
        )
    }

    #[cfg(feature = "container")]
    async fn in_container() -> anyhow::Result<Self> {
        let server = container::ContainerServer::start().await?;
        Ok(Self { url: server.url(), kind: Kind::Container(Box::new(server)) })
    }

    #[cfg(not(feature = "container"))]
    async fn in_container() -> anyhow::Result<Self> {
        anyhow::bail!("this program was built without containers")
    }

    /// `mysql://user:password@host:port`, without a schema.
    pub fn url(&self) -> &str {
        self.url.trim_end_matches('/')
    }

    /// What was found, for people.
    pub fn describe(&self) -> &'static str {
        match self.kind {
            Kind::Given => "the server of DATABASE_URL",
            Kind::Local(_) => "a throwaway server on a temporary folder",
            #[cfg(feature = "container")]
            Kind::Container(_) => "a throwaway container",
        }
    }
}
