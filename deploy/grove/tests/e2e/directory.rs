//! Users, its outbox, the directory service and a real directory server (`slapd`), through an outage.

use std::{
    collections::BTreeSet,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use clap::Parser;
use grove::schema::DatabaseServer;
use grove_identity::{GATEWAY, IDENTITY, Identity, SigningKey, Subject};
use grove_shared::{Role, Standing, config::DbConfig};
use http::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::world::{World, http_client};

const GROUP: &str = "cn=chapter,o=Campus";
const TIMEOUT: Duration = Duration::from_mins(1);

#[tokio::test]
async fn twenty_approved_while_the_directory_is_down_are_listed_when_it_returns() {
    let netids: Vec<_> = (10..30).map(|number| format!("member{number}")).collect();
    let mut slapd = Slapd::new(&netids);
    let services = Services::start(&slapd).await;
    for (uin, netid) in (600_000_001_u32..).zip(&netids) {
        let form = json!({ "first_name": "A", "last_name": "B", "netid": netid, "uin": uin });
        assert_eq!(services.send(Method::POST, "/users", &form).await.0, 200);
    }
    let approvals = netids.iter().map(|netid| {
        let path = format!("/users/{netid}/paid");
        let services = &services;
        async move { services.send(Method::PUT, &path, &json!({})).await.0 }
    });
    for approval in approvals {
        let (status, took) = timed(approval).await;
        assert_eq!(status, 200);
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
    let tried = "SELECT COUNT(*) FROM outbox WHERE peer = 'directory' AND last_error IS NOT NULL";
    services.until(tried, |tried| tried > 0).await;

    slapd.start();
    let open = "SELECT COUNT(*) FROM outbox WHERE peer = 'directory' AND delivered_at IS NULL";
    services.until(open, |open| open == 0).await;
    let listed = slapd.listed();
    assert_eq!((listed.len(), listed.iter().collect::<BTreeSet<_>>().len()), (20, 20));
    let (_, users) = services.send(Method::GET, "/users", &json!({})).await;
    let users = users["data"].as_array().unwrap();
    assert_eq!(users.iter().filter(|user| user["added_to_directory"] == true).count(), 20);

    assert_eq!(services.send(Method::DELETE, "/users/member10", &json!({})).await.0, 200);
    services.until(open, |open| open == 0).await;
    assert_eq!(slapd.listed().len(), 19);
    services.end().await;
}

async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let begun = Instant::now();
    (work.await, begun.elapsed())
}

/// The services users and directory, on schemas of their own.
struct Services {
    database: DatabaseServer,
    users: SocketAddr,
    gateway: SigningKey,
    http: reqwest::Client,
    _stop: DropGuard,
}

impl Services {
    async fn start(slapd: &Slapd) -> Self {
        let database = World::new_database().await;
        database.migrate().await.unwrap();
        let databases = database.provision().await.unwrap();
        let [users_at, directory_at] = [free_address(), free_address()];
        let secrets =
            [GATEWAY, "users", "directory"].map(|owner| (owner, SigningKey::generate_secret()));
        let keys =
            secrets.each_ref().map(|(owner, secret)| SigningKey::new(owner, secret).unwrap());
        let trusted = keys.each_ref().map(SigningKey::public).join(",");
        let common = |name: &str, secret: usize, listen: SocketAddr| {
            vec![
                name.to_owned(),
                format!("--listen={listen}"),
                format!("--database-url={}", url(&databases[name])),
                format!("--identity-key={}", secrets[secret].1.expose_secret()),
                format!("--trusted-keys={trusted}"),
                // Neither auth nor notifications is there, and nothing waits for them.
                format!("--peers=users=http://{users_at},directory=http://{directory_at}"),
            ]
        };
        let users = grove_users::Config::try_parse_from(common("users", 1, users_at)).unwrap();
        let mut flags = common("directory", 2, directory_at);
        flags.extend(slapd.flags());
        let directory = grove_directory::Config::try_parse_from(flags).unwrap();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        tokio::spawn(
            async move { grove_service::run(&users, grove_users::service, stopped).await },
        );
        let stopped = stop.clone();
        tokio::spawn(async move {
            grove_service::run(&directory, grove_directory::service, stopped).await
        });
        let http = http_client();
        for address in [users_at, directory_at] {
            let deadline = Instant::now() + TIMEOUT;
            let ready = format!("http://{address}/readyz");
            while !http.get(&ready).send().await.is_ok_and(|reply| reply.status().is_success()) {
                assert!(Instant::now() < deadline, "{address} is not ready");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        let [gateway, ..] = keys;
        Self { database, users: users_at, gateway, http, _stop: stop.drop_guard() }
    }

    /// Calls users as an officer.
    async fn send(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let subject = Subject::Person {
            netid: "officer1".parse().unwrap(),
            roles: vec![Role::Admin],
            standing: Standing::Member,
            session: Some(1),
        };
        let identity = Identity { subject, client: None, address: None };
        let identity = self.gateway.sign(&identity, "users").unwrap();
        let url = format!("http://{}{path}", self.users);
        let request = self.http.request(method, url).header(IDENTITY, identity).json(body);
        let reply = request.send().await.unwrap();
        (reply.status().as_u16(), reply.json().await.unwrap())
    }

    /// Waits until a number in the schema of users is as expected.
    async fn until(&self, count: &'static str, expected: impl Fn(i64) -> bool) {
        let db = self.database.open("users").unwrap();
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let seen: i64 = sqlx::query_scalar(count).fetch_one(&db).await.unwrap();
            if expected(seen) {
                return;
            }
            assert!(Instant::now() < deadline, "{count} is still {seen}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn end(self) {
        self.database.remove().await.unwrap();
    }
}

fn url(config: &DbConfig) -> String {
    config.url().unwrap().expose_secret().to_owned()
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A directory server on a temporary folder. It ends with this, or with the test's process.
struct Slapd {
    folder: TempDir,
    address: SocketAddr,
    process: Option<Child>,
}

/// The schema is a part of this file, so that it matters not where a machine keeps its own.
const CONFIGURATION: &str = "\
attributetype ( 2.5.4.31 NAME 'member' SUP distinguishedName )
attributetype ( 2.5.4.10 NAME 'o' SUP name )
objectclass ( 2.5.6.4 NAME 'organization' SUP top STRUCTURAL MUST o )
objectclass ( 2.5.6.6 NAME 'person' SUP top STRUCTURAL MUST cn )
objectclass ( 2.5.6.9 NAME 'groupOfNames' SUP top STRUCTURAL MUST ( member $ cn ) )
database ldif
suffix o=Campus
rootdn cn=grove,o=Campus
rootpw a-throwaway-password
directory FOLDER/data
";

impl Slapd {
    /// With these people; it does not run yet.
    fn new(netids: &[String]) -> Self {
        let folder = tempfile::Builder::new().prefix("grove-slapd-").tempdir().unwrap();
        let path = folder.path();
        let configuration = CONFIGURATION.replace("FOLDER", path.to_str().unwrap());
        std::fs::write(path.join("slapd.conf"), configuration).unwrap();
        std::fs::create_dir(path.join("data")).unwrap();
        let people =
            netids.iter().map(|netid| format!("dn: {}\nobjectClass: person\n\n", dn(netid)));
        let ldif = format!(
            "dn: o=Campus\nobjectClass: organization\n\n\
             dn: {GROUP}\nobjectClass: groupOfNames\nmember: cn=placeholder,o=Campus\n\n{}",
            people.collect::<String>()
        );
        std::fs::write(path.join("entries.ldif"), ldif).unwrap();
        run_tool(path, &["-T", "add", "-l", path.join("entries.ldif").to_str().unwrap()]);
        Self { folder, address: free_address(), process: None }
    }

    fn flags(&self) -> Vec<String> {
        vec![
            format!("--directory-url=ldap://{}", self.address),
            "--directory-allow-plain".to_owned(),
            "--directory-bind-dn=cn=grove,o=Campus".to_owned(),
            "--directory-bind-password=a-throwaway-password".to_owned(),
            "--directory-user-base-dn=o=Campus".to_owned(),
            format!("--directory-group-dn={GROUP}"),
        ]
    }

    fn start(&mut self) {
        // The shell ends the server when its input closes, which this process holds.
        const SCRIPT: &str = r#""$@" </dev/null & cat >/dev/null; kill -KILL $!; wait"#;
        let process = Command::new("sh")
            .args(["-c", SCRIPT, "sh"])
            .arg(program())
            .args(["-d", "0", "-f"])
            .arg(self.folder.path().join("slapd.conf"))
            .arg("-h")
            .arg(format!("ldap://{}", self.address))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.process = Some(process.unwrap());
    }

    /// The members of the group, as the server keeps them.
    fn listed(&self) -> Vec<String> {
        let ldif = run_tool(self.folder.path(), &["-T", "cat", "-o", "ldif-wrap=no"]);
        let members = ldif.lines().filter_map(|line| line.strip_prefix("member: "));
        members.filter(|dn| !dn.starts_with("cn=placeholder")).map(str::to_owned).collect()
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            drop(process.stdin.take());
            let _ = process.wait();
        }
    }
}

fn dn(netid: &str) -> String {
    format!("cn={netid},o=Campus")
}

/// Reads or writes the folder of the server.
fn run_tool(folder: &Path, args: &[&str]) -> String {
    let configuration = folder.join("slapd.conf");
    let output = Command::new(program()).args(args).arg("-f").arg(configuration).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What `make test` unpacked, or what is installed. `GROVE_SLAPD` names one elsewhere.
fn program() -> PathBuf {
    if let Some(program) = std::env::var_os("GROVE_SLAPD") {
        return program.into();
    }
    let test = std::env::current_exe().unwrap();
    let unpacked = test.ancestors().map(|folder| folder.join("ldap/slapd"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed = std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin", "/usr/libexec"].map(PathBuf::from))
        .map(|folder| folder.join("slapd"));
    let found = unpacked.chain(installed).find(|program| program.is_file());
    found.expect("no slapd: run deploy/prepare-machine.sh directory-server")
}
