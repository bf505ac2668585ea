//! A database and a person for each test.
//!
//! ```ignore
//! let db = TestDatabase::create(&grove_quotes::MIGRATOR).await;
//! let app = TestApp::new("quotes", |keys| router(AppState::new(db.pool(), keys.verifier("quotes"))));
//! let reply = app.member("jsmith2").post("/quotes", &json!({ "text": "..." })).await;
//! assert_eq!(reply.status, StatusCode::OK);
//! ```

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test kit fails by panicking"
)]

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex},
};

use axum::{Router, body::Body};
use grove_throwaway::Server;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, MySqlPool, migrate::Migrator};
use tokio::sync::OnceCell;
use tower::ServiceExt;

use crate::{
    Role,
    config::DbConfig,
    db,
    identity::{GATEWAY, IDENTITY, Identity, SigningKey, Subject, Verifier},
    peer::IDEMPOTENCY_KEY,
};

/// The server of this test binary; it ends with the process.
static SERVER: OnceCell<Server> = OnceCell::const_new();

/// The URL of this test binary's server, without a schema.
///
/// # Panics
/// When there is no server.
pub async fn server_url() -> String {
    let server = SERVER.get_or_init(|| async { Server::start().await.unwrap() }).await;
    server.url().to_owned()
}

/// A schema of its own for one test, dropped after it.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    server_url: String,
    pool: MySqlPool,
}

impl TestDatabase {
    /// An empty schema.
    ///
    /// # Panics
    /// When there is no database server to make it on.
    pub async fn create_empty() -> Self {
        let server_url = server_url().await;
        let name = format!("grove_test_{:016x}", rand::random::<u64>());
        let mut connection = MySqlConnection::connect(&server_url).await.expect("database server");
        let statement = format!("CREATE DATABASE {name} CHARACTER SET utf8mb4");
        sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.expect("schema");
        connection.close().await.expect("database server");
        let pool = db::connect(&config(&server_url, &name)).expect("pool");
        Self { name, server_url, pool }
    }

    /// A schema with the tables of `migrator`.
    ///
    /// # Panics
    /// As [`TestDatabase::create_empty`], and when a migration fails.
    pub async fn create(migrator: &Migrator) -> Self {
        let database = Self::create_empty().await;
        migrator.run(&database.pool).await.expect("migrations");
        database
    }

    /// Connections to the schema.
    pub fn pool(&self) -> MySqlPool {
        self.pool.clone()
    }

    /// The URL of the schema.
    pub fn url(&self) -> SecretString {
        format!("{}/{}", self.server_url, self.name).into()
    }
}

fn config(server_url: &str, name: &str) -> DbConfig {
    DbConfig {
        database_url: Some(format!("{server_url}/{name}").into()),
        database_url_file: None,
        database_connections: 10,
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // Drop cannot wait, and the test's runtime ends with it: drop the schema from a thread.
        let (name, url) = (self.name.clone(), self.server_url.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            // What cannot be dropped goes with the throwaway server.
            let _ = runtime.expect("runtime").block_on(drop_schema(&url, &name));
        });
        let _ = thread.join();
    }
}

async fn drop_schema(server_url: &str, name: &str) -> Result<(), sqlx::Error> {
    let mut connection = MySqlConnection::connect(server_url).await?;
    // A transaction that the test left open would hold its tables for ever: the runtime that would
    // roll it back waits for this.
    let ids = sqlx::query_scalar::<_, u64>(
        "SELECT CAST(id AS UNSIGNED) FROM information_schema.processlist WHERE db = ?",
    );
    for id in ids.bind(name).fetch_all(&mut connection).await? {
        // It may have ended by itself.
        let _ = sqlx::query(AssertSqlSafe(format!("KILL {id}"))).execute(&mut connection).await;
    }
    let drop = format!("DROP DATABASE IF EXISTS {name}");
    sqlx::query(AssertSqlSafe(drop)).execute(&mut connection).await?;
    connection.close().await
}

/// The services that call others.
const SERVICES: [&str; 9] =
    ["auth", "credits", "directory", "gigs", "groups", "merch", "notifications", "quotes", "users"];

/// The keys of a gateway and of services, made when they are first asked for.
#[derive(Debug, Clone, Default)]
pub struct TestKeys(Arc<Mutex<HashMap<String, SigningKey>>>);

impl TestKeys {
    /// The key of `owner`.
    ///
    /// # Panics
    /// When the system's generator of random numbers fails.
    pub fn key(&self, owner: &str) -> SigningKey {
        let new = || SigningKey::new(owner, &SigningKey::generate_secret()).unwrap();
        self.0.lock().unwrap().entry(owner.to_owned()).or_insert_with(new).clone()
    }

    /// A verifier of `audience` that trusts the gateway and [`SERVICES`].
    ///
    /// # Panics
    /// As [`TestKeys::key`].
    pub fn verifier(&self, audience: &str) -> Verifier {
        let owners = SERVICES.iter().chain(&[GATEWAY]);
        let keys: Vec<String> = owners.map(|owner| self.key(owner).public()).collect();
        Verifier::new(audience, keys.join(",").parse().unwrap())
    }
}

/// A service under test.
#[derive(Debug, Clone)]
pub struct TestApp {
    name: String,
    router: Router,
    keys: TestKeys,
}

impl TestApp {
    /// The service `name`, whose router `build` makes.
    pub fn new(name: &str, build: impl FnOnce(&TestKeys) -> Router) -> Self {
        let keys = TestKeys::default();
        Self { name: name.to_owned(), router: build(&keys), keys }
    }

    /// Someone who came past the gateway: no identity at all.
    pub fn stranger(&self) -> Person {
        Person { app: self.clone(), identity: None }
    }

    /// A client application on nobody's behalf.
    pub fn client(&self) -> Person {
        self.caller(&Subject::Client)
    }

    /// A signed-in person without office.
    pub fn member(&self, netid: &str) -> Person {
        self.person(netid, &[])
    }

    /// A member of the committee admin.
    pub fn officer(&self, netid: &str) -> Person {
        self.person(netid, &[Role::Admin])
    }

    /// A signed-in person with these roles.
    ///
    /// # Panics
    /// When `netid` is not valid.
    pub fn person(&self, netid: &str, roles: &[Role]) -> Person {
        let netid = netid.parse().expect("a NetID");
        self.caller(&Subject::Person { netid, roles: roles.to_vec(), session: Some(1) })
    }

    /// Another service.
    ///
    /// # Panics
    /// When signing fails.
    pub fn service(&self, name: &str) -> Person {
        let identity = self.keys.key(name).sign_own(&self.name).expect("a signature");
        Person { app: self.clone(), identity: Some(identity) }
    }

    /// The client application `name` on nobody's behalf, at an address.
    ///
    /// # Panics
    /// As [`TestApp::service`].
    pub fn client_at(&self, name: &str, address: IpAddr) -> Person {
        self.identified(&Identity {
            subject: Subject::Client,
            client: Some(name.to_owned()),
            address: Some(address),
        })
    }

    fn caller(&self, subject: &Subject) -> Person {
        self.identified(&Identity {
            subject: subject.clone(),
            client: Some("test".to_owned()),
            address: Some([127, 0, 0, 1].into()),
        })
    }

    fn identified(&self, identity: &Identity) -> Person {
        let identity = self.keys.key(GATEWAY).sign(identity, &self.name).expect("a signature");
        Person { app: self.clone(), identity: Some(identity) }
    }
}

/// Someone who uses a [`TestApp`].
#[derive(Debug, Clone)]
pub struct Person {
    app: TestApp,
    identity: Option<String>,
}

impl Person {
    /// `GET path`
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, Body::empty()).await
    }

    /// `POST path` with JSON.
    pub async fn post(&self, path: &str, body: &impl Serialize) -> Reply {
        self.send(Method::POST, path, json(body)).await
    }

    /// `POST path` with JSON, under a key that makes repetitions harmless.
    pub async fn post_once(&self, path: &str, body: &impl Serialize, key: &str) -> Reply {
        let request = Request::post(path).header(IDEMPOTENCY_KEY, key);
        self.request(request, json(body)).await
    }

    /// `PUT path` with JSON.
    pub async fn put(&self, path: &str, body: &impl Serialize) -> Reply {
        self.send(Method::PUT, path, json(body)).await
    }

    /// `DELETE path`
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, Body::empty()).await
    }

    /// Any request.
    ///
    /// # Panics
    /// When the path is malformed.
    pub async fn send(&self, method: Method, path: &str, body: impl Into<Body>) -> Reply {
        self.request(Request::builder().method(method).uri(path), body.into()).await
    }

    /// Any request with headers of its own.
    pub async fn send_with(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Reply {
        let request = Request::builder().method(method).uri(path);
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.request(request, body.into()).await
    }

    async fn request(&self, mut request: http::request::Builder, body: Body) -> Reply {
        if let Some(identity) = &self.identity {
            request = request.header(IDENTITY, identity);
        }
        let request = request.body(body).expect("a request");
        let response = self.app.router.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body").to_bytes().to_vec();
        Reply { status: parts.status, headers: parts.headers, body }
    }
}

fn json(body: &impl Serialize) -> Body {
    serde_json::to_vec(body).expect("JSON").into()
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// The body as JSON of the expected shape.
    ///
    /// # Panics
    /// When it is anything else.
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|cause| panic!("{cause}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// The `error` of a refusal, after checking that it is a complete problem (RFC 9457).
    ///
    /// # Panics
    /// When it is none.
    pub fn error(&self) -> String {
        let kind = self.headers.get(header::CONTENT_TYPE).expect("a content type");
        assert_eq!(kind, "application/problem+json");
        let problem: Value = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert!(problem["detail"].is_string() && problem["request_id"].is_string(), "{problem}");
        problem["error"].as_str().expect("an error").to_owned()
    }
}

/// Reads a secret, for sending it as a person would.
pub fn reveal(secret: &SecretString) -> &str {
    secret.expose_secret()
}
