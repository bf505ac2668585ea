//! A campus directory for a test: the server `slapd` on a temporary folder, with invented people.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, Mod, Scope, SearchEntry};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use tokio::net::TcpStream;

pub(crate) const BIND_DN: &str = "cn=grove,ou=Services,o=Campus";
pub(crate) const PASSWORD: &str = "a throwaway password";
pub(crate) const USER_BASE: &str = "ou=People,o=Campus";
pub(crate) const GROUP: &str = "cn=chapter,ou=Groups,o=Campus";
const ROOT: &str = "cn=root,o=Campus";

/// The schema is a part of this file, so that it matters not where a machine keeps its own.
const CONFIGURATION: &str = "\
attributetype ( 2.5.4.31 NAME 'member' SUP distinguishedName )
attributetype ( 2.5.4.10 NAME 'o' SUP name )
attributetype ( 2.5.4.11 NAME 'ou' SUP name )
objectclass ( 2.5.6.4 NAME 'organization' SUP top STRUCTURAL MUST o )
objectclass ( 2.5.6.5 NAME 'organizationalUnit' SUP top STRUCTURAL MUST ou )
objectclass ( 2.5.6.6 NAME 'person' SUP top STRUCTURAL MUST cn MAY ( uid $ userPassword ) )
objectclass ( 2.5.6.9 NAME 'groupOfNames' SUP top STRUCTURAL MUST ( member $ cn ) )
TLSCertificateFile FOLDER/certificate.pem
TLSCertificateKeyFile FOLDER/key.pem
security simple_bind=128
database ldif
suffix o=Campus
rootdn cn=root,o=Campus
rootpw root
directory FOLDER/data
access to dn.exact=cn=chapter,ou=Groups,o=Campus
  by dn.exact=cn=grove,ou=Services,o=Campus write by * none
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact=cn=grove,ou=Services,o=Campus read by * none
";

/// A directory server that ends when this is dropped, or when the test's process dies.
#[derive(Debug)]
pub(crate) struct Slapd {
    folder: TempDir,
    port: u16,
    tls_port: u16,
    process: Option<Child>,
}

impl Slapd {
    /// With the people `netids`, and a group that lists an account of another system.
    pub(crate) async fn start(netids: &[&str]) -> Self {
        let folder = tempfile::Builder::new().prefix("grove-slapd-").tempdir().unwrap();
        let path = folder.path();
        write_certificates(path);
        let configuration = CONFIGURATION.replace("FOLDER", path.to_str().unwrap());
        std::fs::write(path.join("slapd.conf"), configuration).unwrap();
        std::fs::create_dir(path.join("data")).unwrap();
        std::fs::write(path.join("entries.ldif"), entries(netids)).unwrap();
        let loaded = Command::new(program())
            .args(["-T", "add", "-f"])
            .arg(path.join("slapd.conf"))
            .arg("-l")
            .arg(path.join("entries.ldif"))
            .output()
            .unwrap();
        assert!(loaded.status.success(), "{}", String::from_utf8_lossy(&loaded.stderr));
        let (port, tls_port) = (free_port(), free_port());
        let mut server = Self { folder, port, tls_port, process: None };
        server.restart().await;
        server
    }

    /// Starts the server again, on the same ports.
    pub(crate) async fn restart(&mut self) {
        // The shell ends the server when its input closes, which this process holds.
        const SCRIPT: &str = r#""$@" </dev/null & cat >/dev/null; kill -KILL $!; wait"#;
        let process = Command::new("sh")
            .args(["-c", SCRIPT, "sh"])
            .arg(program())
            .args(["-d", "0", "-f"])
            .arg(self.folder.path().join("slapd.conf"))
            .arg("-h")
            .arg(format!("{} {}", self.url(), self.tls_url()))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.process = Some(process.unwrap());
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", self.tls_port)).await.is_err() {
            assert!(Instant::now() < deadline, "slapd did not start");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Kills the server; what it keeps stays.
    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            drop(process.stdin.take());
            process.wait().unwrap();
        }
    }

    /// For `StartTLS`.
    pub(crate) fn url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }

    /// For TLS from the beginning.
    pub(crate) fn tls_url(&self) -> String {
        format!("ldaps://127.0.0.1:{}", self.tls_port)
    }

    /// The certificate of those who made the server's.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The DNs that the group lists, sorted, but for that of the other system.
    pub(crate) async fn listed(&self) -> Vec<String> {
        let search = self.root().await.search(GROUP, Scope::Base, "(cn=*)", ["member"]).await;
        let (entries, _) = search.unwrap().success().unwrap();
        let entry = SearchEntry::construct(entries.into_iter().next().unwrap());
        let listed = entry.attrs["member"].iter().filter(|dn| !dn.starts_with("cn=placeholder"));
        let mut listed: Vec<_> = listed.cloned().collect();
        listed.sort();
        listed
    }

    /// Changes the group behind Grove's back.
    pub(crate) async fn plant(&self, dn: &str) {
        let change = Mod::Add("member", [dn].into());
        self.root().await.modify(GROUP, vec![change]).await.unwrap().success().unwrap();
    }

    /// As [`Slapd::plant`].
    pub(crate) async fn uproot(&self, dn: &str) {
        let change = Mod::Delete("member", [dn].into());
        self.root().await.modify(GROUP, vec![change]).await.unwrap().success().unwrap();
    }

    async fn root(&self) -> Ldap {
        let settings = LdapConnSettings::new().set_no_tls_verify(true);
        let opened = LdapConnAsync::with_settings(settings, &self.tls_url()).await;
        let (connection, mut ldap) = opened.unwrap();
        tokio::spawn(connection.drive());
        ldap.simple_bind(ROOT, "root").await.unwrap().success().unwrap();
        ldap
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The DN of someone in the directory.
pub(crate) fn dn(netid: &str) -> String {
    format!("cn={netid},{USER_BASE}")
}

/// What `make test` unpacked, or what is installed. `GROVE_SLAPD` names one elsewhere.
fn program() -> PathBuf {
    if let Some(program) = std::env::var_os("GROVE_SLAPD") {
        return program.into();
    }
    let target = std::env::current_exe().unwrap();
    let unpacked = target.ancestors().map(|folder| folder.join("ldap/slapd"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed = std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin", "/usr/libexec"].map(PathBuf::from))
        .map(|folder| folder.join("slapd"));
    let found = unpacked.chain(installed).find(|program| program.is_file());
    found.expect("no slapd: run deploy/prepare-machine.sh directory-server")
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
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

fn entries(netids: &[&str]) -> String {
    let mut ldif = format!(
        "dn: o=Campus\nobjectClass: organization\n\n\
         dn: ou=People,o=Campus\nobjectClass: organizationalUnit\n\n\
         dn: ou=Services,o=Campus\nobjectClass: organizationalUnit\n\n\
         dn: ou=Groups,o=Campus\nobjectClass: organizationalUnit\n\n\
         dn: {BIND_DN}\nobjectClass: person\nuserPassword: {PASSWORD}\n\n\
         dn: {GROUP}\nobjectClass: groupOfNames\nmember: cn=placeholder,o=Campus\n\n"
    );
    let person = |dn: &str, uid: &str| format!("dn: {dn}\nobjectClass: person\nuid: {uid}\n\n");
    ldif.extend(netids.iter().map(|netid| person(&dn(netid), netid)));
    // Someone whose name has every character that means something in a DN or a filter.
    let special = r"Hopper\, Grace (old) * \+ \22\5C \#1";
    ldif += &person(&dn(special), "ghopper9");
    ldif.extend(["Twin 1", "Twin 2"].map(|name| person(&dn(name), "twin1")));
    ldif
}
