//! A chapter of its own for each test, and the people and applications that use it.

use std::time::{Duration, Instant};

use grove::{Chapter, Options, commands::account, demo, ports::Ports, schema::DatabaseServer};
use grove_auth::PasswordHashing;
use grove_auth_api::NewAccount;
use grove_gateway::clients;
use grove_shared::{Clock, NetId, Role};

use http::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A password that the rules accept.
pub(crate) const PASSWORD: &str = "seven lamps above the quay";

/// A chapter that runs until [`World::end`].
pub(crate) struct World {
    pub(crate) chapter: Chapter,
    pub(crate) database: DatabaseServer,
    http: reqwest::Client,
    client_token: String,
    _folder: TempDir,
}

/// Someone at the gateway: an application, perhaps with a person's session.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) http: reqwest::Client,
    pub(crate) gateway: String,
    pub(crate) client_token: Option<String>,
    pub(crate) session: Option<String>,
    pub(crate) netid_header: Option<String>,
}

/// What came back: the status and the JSON, null when it was none.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) json: Value,
}

/// A client for what listens on this machine.
pub(crate) fn http_client() -> reqwest::Client {
    let client = grove_outside::client_builder().no_proxy().timeout(Duration::from_secs(5));
    client.redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

impl World {
    /// A chapter with nobody in it.
    pub(crate) async fn start() -> Self {
        Self::start_with(false).await
    }

    /// The demo chapter.
    pub(crate) async fn start_demo() -> Self {
        Self::start_with(true).await
    }

    async fn start_with(with_demo: bool) -> Self {
        let database = Self::new_database().await;
        database.migrate().await.unwrap();
        if with_demo {
            demo::seed(&database, Clock::system().now()).await.unwrap();
        }
        Self::start_on(database).await
    }

    /// A server with schemas of a new name, which are not there yet.
    pub(crate) async fn new_database() -> DatabaseServer {
        let prefix = format!("grove_t{:08x}_", rand::random::<u32>());
        DatabaseServer::new(&grove_testing::server_url().await).unwrap().with_prefix(&prefix)
    }

    /// A chapter on schemas that are there.
    pub(crate) async fn start_on(database: DatabaseServer) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            database: database.clone(),
            ports: Ports::free().unwrap(),
            folder: folder.path().to_owned(),
            log: "info".to_owned(),
            simulate_machine: true,
            separate_programs: None,
        };
        let chapter = Chapter::start(options).await.unwrap();
        let gateway_db = database.open("gateway").unwrap();
        let token = clients::register(&gateway_db, "test", &[], None).await.unwrap();
        Self {
            chapter,
            database,
            http: http_client(),
            client_token: token.expose_secret().to_owned(),
            _folder: folder,
        }
    }

    /// Ends the chapter and removes its data.
    pub(crate) async fn end(self) {
        self.chapter.stop().await;
        self.database.remove().await.unwrap();
    }

    /// The base URL of a program.
    pub(crate) fn url(&self, program: &str) -> String {
        let address = self.chapter.ports().of(program).unwrap();
        match program {
            // The website's cookies are for secure contexts, of which localhost is one.
            "frontend" => format!("http://localhost:{}", address.port()),
            _ => format!("http://{address}"),
        }
    }

    /// The test's application, on nobody's behalf.
    pub(crate) fn client(&self) -> Caller {
        Caller {
            http: self.http.clone(),
            gateway: self.url("gateway"),
            client_token: Some(self.client_token.clone()),
            session: None,
            netid_header: None,
        }
    }

    /// A token for an application with these scopes.
    pub(crate) async fn register_client(&self, name: &str, scopes: &[clients::Scope]) -> String {
        let db = self.database.open("gateway").unwrap();
        clients::register(&db, name, scopes, None).await.unwrap().expose_secret().to_owned()
    }

    /// Makes a member's account as `grove account add --member` does.
    pub(crate) async fn add_account(&self, netid: &str, roles: &[Role]) {
        self.add(netid, roles, true).await;
    }

    /// Signs in someone who has not paid.
    pub(crate) async fn applicant(&self, netid: &str) -> Caller {
        self.add(netid, &[], false).await;
        self.sign_in(netid, PASSWORD).await
    }

    async fn add(&self, netid: &str, roles: &[Role], is_member: bool) {
        let netid: NetId = netid.parse().unwrap();
        let account = NewAccount {
            netid: netid.clone(),
            first_name: "Test".to_owned(),
            last_name: "Person".to_owned(),
        };
        let now = Clock::system().now();
        let password = (PASSWORD, &PasswordHashing::default());
        account::add(&self.database, &account, Some(password), is_member, now).await.unwrap();
        if !roles.is_empty() {
            account::set_roles(&self.database, &netid, roles, now).await.unwrap();
        }
    }

    /// Makes an account and signs in with it.
    pub(crate) async fn person(&self, netid: &str, roles: &[Role]) -> Caller {
        self.add_account(netid, roles).await;
        self.sign_in(netid, PASSWORD).await
    }

    /// Signs in through the old login route.
    pub(crate) async fn sign_in(&self, netid: &str, password: &str) -> Caller {
        let credentials = json!({ "netid": netid, "password": password });
        let answer = self.client().post("/users/login", &credentials).await;
        assert_eq!(answer.status, 200, "{}", answer.json);
        let session = answer.json["data"]["token"].as_str().unwrap().to_owned();
        Caller { session: Some(session), ..self.client() }
    }

    /// Sets a password by a link, which signs in.
    pub(crate) async fn use_link(&self, token: &str, password: &str) -> Caller {
        let chosen = json!({ "token": token, "password": password });
        let answer = self.client().post("/password/link", &chosen).await;
        assert_eq!(answer.status, 200, "{}", answer.json);
        let session = answer.json["token"].as_str().unwrap().to_owned();
        Caller { session: Some(session), ..self.client() }
    }

    /// Waits until a mail for `netid` whose text contains `part` was caught; returns it.
    pub(crate) async fn mail(&self, netid: &str, part: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(mail) = self.mails(netid).into_iter().find(|mail| mail.contains(part)) {
                return mail;
            }
            assert!(Instant::now() < deadline, "no mail to {netid} with {part:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Every mail to `netid` so far.
    pub(crate) fn mails(&self, netid: &str) -> Vec<String> {
        let Ok(files) = std::fs::read_dir(self.chapter.mails()) else { return Vec::new() };
        let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        paths.sort();
        let to = format!("-{netid}@");
        let theirs = paths.into_iter().filter(|path| path.to_string_lossy().contains(&to));
        theirs.map(|path| std::fs::read_to_string(path).unwrap()).collect()
    }
}

/// The token in the link of a mail.
pub(crate) fn token_of(mail: &str) -> &str {
    let (_, rest) = mail.split_once("token=").expect("a link");
    rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).next().unwrap()
}

impl Caller {
    /// An application at a gateway that runs elsewhere.
    pub(crate) fn at(gateway: &str, client_token: &str) -> Self {
        Self {
            http: http_client(),
            gateway: gateway.to_owned(),
            client_token: Some(client_token.to_owned()),
            session: None,
            netid_header: None,
        }
    }

    /// Asks until `GET path` answers `status`, which a change elsewhere brings within seconds.
    pub(crate) async fn until(&self, path: &str, status: u16) {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let seen = self.get(path).await.status;
            if seen == status {
                return;
            }
            assert!(Instant::now() < deadline, "GET {path} still answers {seen}, not {status}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    /// Under a key that makes repetitions harmless.
    pub(crate) async fn post_once(&self, path: &str, body: &Value, key: &str) -> Answer {
        let request = self.request(Method::POST, path, Some(body));
        Self::answer(request.header("Idempotency-Key", key)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        Self::answer(self.request(method, path, body)).await
    }

    /// Asks until the answer is as expected; returns it.
    pub(crate) async fn until_json(&self, path: &str, expected: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let seen = self.get(path).await.json;
            if expected(&seen) {
                return seen;
            }
            assert!(Instant::now() < deadline, "GET {path} answers {seen}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn request(&self, method: Method, path: &str, body: Option<&Value>) -> reqwest::RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.gateway));
        if let Some(token) = &self.client_token {
            request = request.header("Authorization", token);
        }
        if let Some(session) = &self.session {
            request = request.header("Token", session);
        }
        if let Some(netid) = &self.netid_header {
            request = request.header("Netid", netid);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        request
    }

    async fn answer(request: reqwest::RequestBuilder) -> Answer {
        let reply = request.send().await.unwrap();
        let status = reply.status().as_u16();
        Answer { status, json: reply.json().await.unwrap_or_default() }
    }
}
