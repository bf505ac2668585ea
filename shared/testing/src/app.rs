//! A service under test, and the people who use it.

use std::{net::IpAddr, time::Duration};

use axum::{Router, body::Body};
use grove_identity::{GATEWAY, IDENTITY, Identity, Subject};
use grove_shared::{Call, CallError, Client, Role, Standing, call::IDEMPOTENCY_KEY};
use http::{Method, Request, header};
use http_body_util::BodyExt;
use serde::Serialize;
use tower::ServiceExt;

use crate::{Reply, TestKeys};

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

    /// A member of the chapter without office.
    pub fn member(&self, netid: &str) -> Person {
        self.person(netid, &[])
    }

    /// A member of the committee admin.
    pub fn officer(&self, netid: &str) -> Person {
        self.person(netid, &[Role::Admin])
    }

    /// A member of the chapter with these roles.
    ///
    /// # Panics
    /// When `netid` is not valid.
    pub fn person(&self, netid: &str, roles: &[Role]) -> Person {
        self.standing(netid, roles, Standing::Member)
    }

    /// A signed-in person who has not paid yet.
    ///
    /// # Panics
    /// When `netid` is not valid.
    pub fn applicant(&self, netid: &str) -> Person {
        self.standing(netid, &[], Standing::Applicant)
    }

    /// A signed-in person with these roles and this standing.
    ///
    /// # Panics
    /// When `netid` is not valid.
    pub fn standing(&self, netid: &str, roles: &[Role], standing: Standing) -> Person {
        let netid = netid.parse().expect("a NetID");
        let roles = roles.to_vec();
        self.caller(&Subject::Person { netid, roles, standing, session: Some(1) })
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

    async fn make<T>(&self, call: Call<T>) -> Result<T, CallError> {
        let mut request = Request::builder().method(call.method()).uri(call.target()?);
        if let Some(key) = call.key() {
            request = request.header(IDEMPOTENCY_KEY, key);
        }
        let body = call.body()?.map_or_else(Body::empty, json);
        let reply = self.request(request, body).await;
        if reply.status.is_success() {
            return call.read(&reply.body);
        }
        let retry_after = reply.headers.get(header::RETRY_AFTER);
        let retry_after = retry_after.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
        Err(call.failure(reply.status, retry_after.map(Duration::from_secs), &reply.body))
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

impl Client for Person {
    async fn call<T: Send>(&self, call: Call<T>) -> Result<T, CallError> {
        self.make(call).await
    }
}

fn json(body: &impl Serialize) -> Body {
    serde_json::to_vec(body).expect("JSON").into()
}
