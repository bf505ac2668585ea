//! Mail, by SMTP.

use std::{path::Path, time::Duration};

use anyhow::Context;
use clap::ValueEnum;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::{
        PoolConfig,
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
    },
};
use secrecy::{ExposeSecret, SecretString};

use super::{Channel, Letter, SendError};

/// How long one step of a conversation with the server may take.
const TIMEOUT: Duration = Duration::from_secs(20);
/// What the server says about us and our conversation, not about the message: commands out of order, as
/// on a connection whose last mail was cut off (RFC 5321, section 4.2.1), and logins (RFC 4954, section 6).
const ABOUT_US: [&str; 7] = ["500", "502", "503", "530", "534", "535", "538"];
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
    transport: AsyncSmtpTransport<Tokio1Executor>,
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
        let mut builder =
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server.host.to_owned())
                .port(server.port)
                .timeout(Some(TIMEOUT))
                .pool_config(PoolConfig::new().max_size(Channel::Email.at_once()))
                .tls(tls(server)?);
        if let Some((user, password)) = &server.login {
            let password = password.expose_secret().to_owned();
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self { transport: builder.build(), domain: domain.to_owned(), default_sender })
    }

    pub(super) async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let message =
            self.message(letter).map_err(|cause| SendError::Refused(format!("{cause:#}")))?;
        let transport = self.transport.clone();
        // It goes on when nobody waits for it any more. A conversation that is cut off would leave its
        // connection to the next mail, which then reads the answers that were meant for this one.
        let sending = tokio::spawn(async move { transport.send(message).await });
        let sent = sending.await.map_err(|cause| SendError::Unavailable(cause.to_string()))?;
        sent.map(drop).map_err(judge)
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

fn tls(server: &MailServer<'_>) -> anyhow::Result<Tls> {
    if server.security == MailSecurity::None {
        return Ok(Tls::None);
    }
    let mut parameters = TlsParameters::builder(server.host.to_owned());
    if let Some(path) = server.extra_ca {
        let pem = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        parameters = parameters.add_root_certificate(Certificate::from_pem(&pem)?);
    }
    let parameters = parameters.build()?;
    Ok(match server.security {
        MailSecurity::Tls => Tls::Wrapper(parameters),
        MailSecurity::Starttls | MailSecurity::None => Tls::Required(parameters),
    })
}
