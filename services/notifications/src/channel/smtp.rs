//! Connections to a mail server, each kept for a while for the next mail.
//!
//! A connection belongs to the conversation on it. When that is cut off, because the server takes too
//! long or the worker ends, the connection is closed: whoever went on with it would read the answers
//! that were meant for the last mail, and might take a mail for sent that never arrived. That is why
//! these are not the connections of lettre's own pool, which takes back whatever is dropped.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use lettre::{
    Message,
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, TlsParameters},
        extension::ClientId,
    },
};

const CONNECT: Duration = Duration::from_secs(10);
/// How long a kept connection may take to say that it is still there.
const NOOP: Duration = Duration::from_secs(5);
/// Less than the time after which mail servers and firewalls forget who is silent.
const KEPT_FOR: Duration = Duration::from_secs(30);

/// How a conversation is encrypted.
pub(super) enum Encryption {
    /// From the beginning.
    Wrapped(TlsParameters),
    /// Before anything is said; a server that cannot is refused.
    Required(TlsParameters),
    /// Not at all.
    None,
}

/// A mail server, and the connections to it that are free.
pub(super) struct Connections {
    host: String,
    port: u16,
    encryption: Encryption,
    login: Option<Credentials>,
    free: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

impl Connections {
    pub(super) fn new(
        host: &str,
        port: u16,
        encryption: Encryption,
        login: Option<Credentials>,
    ) -> Self {
        Self { host: host.to_owned(), port, encryption, login, free: Mutex::default() }
    }

    /// Gives a mail to the server. It is the server's when this returns, and perhaps when it fails.
    pub(super) async fn send(&self, message: &Message) -> Result<(), Error> {
        let mut connection = match self.take().await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        connection.send(message.envelope(), &message.formatted()).await?;
        let mut free = self.free();
        free.retain(|(_, since)| since.elapsed() < KEPT_FOR);
        free.push((connection, Instant::now()));
        Ok(())
    }

    /// A connection that is still there.
    async fn take(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let (mut connection, since) = self.free().pop()?;
            if since.elapsed() < KEPT_FOR {
                let answer = tokio::time::timeout(NOOP, connection.test_connected());
                if answer.await.unwrap_or(false) {
                    return Some(connection);
                }
            }
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let (server, name) = ((self.host.as_str(), self.port), ClientId::default());
        let wrapped = match &self.encryption {
            Encryption::Wrapped(parameters) => Some(parameters.clone()),
            Encryption::Required(_) | Encryption::None => None,
        };
        let connecting =
            AsyncSmtpConnection::connect_tokio1(server, Some(CONNECT), &name, wrapped, None);
        let mut connection = connecting.await?;
        if let Encryption::Required(parameters) = &self.encryption {
            connection.starttls(parameters.clone(), &name).await?;
        }
        if let Some(login) = &self.login {
            connection.auth(&[Mechanism::Plain, Mechanism::Login], login).await?;
        }
        Ok(connection)
    }

    fn free(&self) -> MutexGuard<'_, Vec<(AsyncSmtpConnection, Instant)>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections")
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}
