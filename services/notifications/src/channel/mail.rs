//! Mail, by SMTP.

use std::{path::Path, sync::Arc};

use anyhow::Context;
use clap::ValueEnum;
use lettre::{
    Message,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, TlsParameters},
    },
};
use secrecy::{ExposeSecret, SecretString};

use super::{
    letter::{Letter, SendError},
    smtp::{Connections, Encryption},
};

/// What the server says about us, not about the message (RFC 4954, section 6).
const ABOUT_US: [&str; 4] = ["530", "534", "535", "538"];
/// The server ends, or our user cannot sign in for now.
const SHUTTING_DOWN: [&str; 2] = ["421", "454"];

/// How a connection to the mail server is protected. Its certificate is always checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MailSecurity {
    /// It begins plain and is encrypted before anything is said; a server that cannot is refused.
    Starttls,
    /// It is encrypted from the beginning.
    Tls,
    /// It is not; for a server on this machine.
    None,
}

/// A mail server.
#[derive(Debug, Clone)]
pub struct Mail {
    connections: Arc<Connections>,
    /// What follows the @ in the names of messages.
    domain: String,
    default_sender: Mailbox,
}

/// Where a mail server is, and as whom mails are given to it.
#[derive(Debug)]
pub struct MailServer<'a> {
    /// Its host name, which its certificate has to be for.
    pub host: &'a str,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: MailSecurity,
    /// A certificate authority that is trusted besides the usual ones, in PEM.
    pub extra_ca: Option<&'a Path>,
    /// User and password, if it wants them.
    pub login: Option<(String, SecretString)>,
}

impl Mail {
    /// Mails to `server`; `default_sender` is who they are from if nothing else is said.
    ///
    /// # Errors
    /// When the certificate of the extra authority cannot be read.
    pub fn new(
        server: &MailServer<'_>,
        domain: &str,
        default_sender: Mailbox,
    ) -> anyhow::Result<Self> {
        let login = server.login.as_ref().map(|(user, password)| {
            Credentials::new(user.clone(), password.expose_secret().to_owned())
        });
        let connections = Connections::new(server.host, server.port, encryption(server)?, login);
        let connections = Arc::new(connections);
        Ok(Self { connections, domain: domain.to_owned(), default_sender })
    }

    pub(super) async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let message =
            self.message(letter).map_err(|cause| SendError::Refused(format!("{cause:#}")))?;
        self.connections.send(&message).await.map_err(judge)
    }

    fn message(&self, letter: &Letter) -> anyhow::Result<Message> {
        let sender = match &letter.sender {
            Some(sender) => sender.parse().context("the sender")?,
            None => self.default_sender.clone(),
        };
        let mut builder = Message::builder()
            .message_id(Some(format!("<{}@{}>", letter.key, self.domain)))
            .from(sender)
            .to(letter.recipient.parse().context("the recipient")?)
            .subject(letter.subject.clone().unwrap_or_default())
            // RFC 3834: keeps notes of absence from coming back.
            .raw_header(header("Auto-Submitted", "auto-generated".into()));
        if let Some(url) = &letter.unsubscribe {
            // RFC 2369 and, for one click, RFC 8058.
            builder = builder
                .raw_header(header("List-Unsubscribe", format!("<{url}>")))
                .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".into()));
        }
        let text = SinglePart::plain(letter.text.clone());
        Ok(match &letter.html {
            Some(html) => builder.multipart(
                MultiPart::alternative()
                    .singlepart(text)
                    .singlepart(SinglePart::html(html.clone())),
            )?,
            None => builder.singlepart(text)?,
        })
    }
}

/// What the server's answer means (RFC 5321, section 4.2.1).
fn judge(cause: lettre::transport::smtp::Error) -> SendError {
    let code = cause.status().map(|code| code.to_string());
    let code = code.as_deref().unwrap_or_default();
    let (is_permanent, is_transient) = (cause.is_permanent(), cause.is_transient());
    let reason = format!("{:#}", anyhow::Error::from(cause));
    if is_permanent && !ABOUT_US.contains(&code) {
        SendError::Refused(reason)
    } else if is_transient && !SHUTTING_DOWN.contains(&code) {
        SendError::Deferred(reason)
    } else {
        SendError::Unavailable(reason)
    }
}

fn header(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

fn encryption(server: &MailServer<'_>) -> anyhow::Result<Encryption> {
    if server.security == MailSecurity::None {
        return Ok(Encryption::None);
    }
    let mut parameters = TlsParameters::builder(server.host.to_owned());
    if let Some(path) = server.extra_ca {
        let pem = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        parameters = parameters.add_root_certificate(Certificate::from_pem(&pem)?);
    }
    let parameters = parameters.build()?;
    Ok(match server.security {
        MailSecurity::Tls => Encryption::Wrapped(parameters),
        MailSecurity::Starttls | MailSecurity::None => Encryption::Required(parameters),
    })
}
