//! A real mail server, which keeps what it gets.

use std::{
    collections::{BTreeMap, HashMap},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde::Deserialize;
use tempfile::TempDir;
use tokio::net::TcpStream;

/// A mail as the server got it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Mail {
    /// The envelope's, not the header's.
    pub(crate) sender: String,
    pub(crate) recipients: Vec<String>,
    headers: Vec<(String, String)>,
    parts: BTreeMap<String, String>,
    pub(crate) encrypted: bool,
    /// Where the client called from.
    pub(crate) connection: String,
}

impl Mail {
    /// Every header of that name.
    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The header of that name.
    pub(crate) fn header(&self, name: &str) -> &str {
        let headers = self.headers(name);
        assert_eq!(headers.len(), 1, "{name}: {headers:?}");
        headers[0]
    }

    pub(crate) fn text(&self) -> String {
        self.parts["text/plain"].replace("\r\n", "\n").trim_end().to_owned()
    }

    pub(crate) fn html(&self) -> Option<&str> {
        self.parts.get("text/html").map(String::as_str)
    }
}

/// A mail server that ends when this is dropped, or when the test's process dies.
#[derive(Debug)]
pub(crate) struct MailSink {
    folder: TempDir,
    port: String,
    with_tls: bool,
    process: Option<Child>,
}

impl MailSink {
    pub(crate) async fn start() -> Self {
        Self::on_free_port(false).await
    }

    /// One that wants STARTTLS and a login.
    pub(crate) async fn start_with_tls() -> Self {
        Self::on_free_port(true).await
    }

    async fn on_free_port(with_tls: bool) -> Self {
        let folder = tempfile::Builder::new().prefix("grove-mail-").tempdir().unwrap();
        if with_tls {
            write_certificates(folder.path());
        }
        let port =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut sink = Self { folder, port: port.to_string(), with_tls, process: None };
        sink.restart().await;
        sink
    }

    /// Starts the server again, on the same port and with what it kept.
    pub(crate) async fn restart(&mut self) {
        // The kernel gives the port that a client calls from to whoever calls; trying again helps.
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let process = self.process.insert(self.spawn());
            while process.try_wait().unwrap().is_none() {
                if TcpStream::connect(format!("127.0.0.1:{}", self.port)).await.is_ok() {
                    return;
                }
                assert!(Instant::now() < deadline, "the mail server did not start");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            assert!(
                Instant::now() < deadline,
                "no mail server: deploy/prepare-machine.sh mail-sink"
            );
        }
    }

    fn spawn(&self) -> Child {
        let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("tools");
        let mut command = Command::new(tools.join("bin/python"));
        command
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api/mail_sink.py"))
            .arg(self.folder.path())
            .arg(&self.port);
        if self.with_tls {
            command.arg(self.file("certificate.pem")).arg(self.file("key.pem"));
        }
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn();
        assert!(process.is_ok(), "no mail server: deploy/prepare-machine.sh mail-sink");
        process.unwrap()
    }

    /// Kills the server in the middle of what it does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The certificate of those who made the server's.
    pub(crate) fn ca_file(&self) -> String {
        self.file("ca.pem").to_str().unwrap().to_owned()
    }

    /// What makes the service send to this server.
    pub(crate) fn arguments(&self) -> Vec<&str> {
        vec!["--smtp-host", "127.0.0.1", "--smtp-port", &self.port]
    }

    fn files(&self) -> impl Iterator<Item = PathBuf> {
        let files = std::fs::read_dir(self.folder.path()).unwrap().map(|file| file.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|kind| kind == "json"))
    }

    /// How many mails arrived, however often.
    pub(crate) fn count(&self) -> usize {
        self.files().count()
    }

    /// Every mail that arrived, however often.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.files()
            .map(|path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
            .collect()
    }

    /// How often each Message-ID arrived.
    pub(crate) fn copies(&self) -> HashMap<String, usize> {
        let mut copies = HashMap::new();
        for mail in self.mails() {
            *copies.entry(mail.header("Message-ID").to_owned()).or_default() += 1;
        }
        copies
    }

    /// The only mail that arrived.
    pub(crate) fn only(&self) -> Mail {
        let mut mails = self.mails();
        assert_eq!(mails.len(), 1, "{mails:?}");
        mails.remove(0)
    }
}

impl Drop for MailSink {
    fn drop(&mut self) {
        self.kill();
    }
}

fn write_certificates(folder: &Path) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let server = server.signed_by(&key, &authority).unwrap();
    std::fs::write(folder.join("ca.pem"), authority.pem()).unwrap();
    std::fs::write(folder.join("certificate.pem"), server.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
}
