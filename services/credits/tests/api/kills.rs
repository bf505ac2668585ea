//! The service as a process that is killed, at twenty points around a charge.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use grove_shared::{
    Role,
    identity::{GATEWAY, IDENTITY, Identity, SigningKey, Subject},
    outside,
    peer::IDEMPOTENCY_KEY,
    server,
    testing::reveal,
};
use http::Method;

use super::*;
use crate::stripe::{SECRET_KEY, WEBHOOK_SECRET, event, signature};

/// Kills, each somewhat later than the one before.
const KILLS: u32 = 20;
const STEP: Duration = Duration::from_micros(700);
const AMOUNT: i64 = 500;

/// The service on a database of its own, beside a users service and a Stripe.
struct Process {
    child: Child,
    command: Command,
    url: String,
    http: reqwest::Client,
    gateway: SigningKey,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    async fn start(db: &TestDatabase, users: &url::Url, stripe: &url::Url) -> Self {
        let free = server::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let listen = free.local_addr().unwrap();
        drop(free);
        let gateway = SigningKey::new(GATEWAY, &SigningKey::generate_secret()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_grove-credits"));
        command
            .env("LISTEN", listen.to_string())
            .env("LOG", "off")
            .env("PEERS", format!("users={users}"))
            .env("DATABASE_URL", reveal(&db.url()))
            .env("IDENTITY_KEY", reveal(&SigningKey::generate_secret()))
            .env("TRUSTED_KEYS", gateway.public())
            .env("STRIPE_URL", stripe.as_str())
            .env("STRIPE_SECRET_KEY", SECRET_KEY)
            .env("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET)
            .stdout(Stdio::null());
        let child = command.spawn().unwrap();
        let http = outside::client_builder().timeout(Duration::from_secs(10)).build().unwrap();
        let process = Self { child, command, url: format!("http://{listen}"), http, gateway };
        process.wait().await;
        process
    }

    async fn wait(&self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !self.is_ready().await {
            assert!(Instant::now() < deadline, "the service does not become ready");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn is_ready(&self) -> bool {
        let ready = self.http.get(format!("{}/readyz", self.url)).send().await;
        ready.is_ok_and(|reply| reply.status().is_success())
    }

    /// Kills it without a warning, and starts it again.
    async fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = self.command.spawn().unwrap();
        self.wait().await;
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        netid: &str,
        roles: Vec<Role>,
    ) -> reqwest::RequestBuilder {
        let subject = Subject::Person { netid: netid.parse().unwrap(), roles, session: Some(1) };
        let identity = Identity { subject, client: None, address: None };
        let identity = self.gateway.sign(&identity, "credits").unwrap();
        self.http.request(method, format!("{}{path}", self.url)).header(IDENTITY, identity)
    }

    fn top_up(&self, key: &str) -> reqwest::RequestBuilder {
        self.request(Method::POST, "/credits/top-ups", "marga2", Vec::new())
            .header(IDEMPOTENCY_KEY, key)
            .json(&json!({ "amount": AMOUNT }))
    }

    fn charge(&self, token: &str) -> reqwest::RequestBuilder {
        let body =
            json!({ "netid": "marga2", "amount": AMOUNT, "token": token, "description": "" });
        self.request(Method::POST, "/payment", "marga2", Vec::new()).json(&body)
    }

    /// News of Stripe's, signed now.
    fn news(&self, body: &str) -> reqwest::RequestBuilder {
        let signature = signature(WEBHOOK_SECRET, Clock::system().now().timestamp(), body);
        let identity = Identity { subject: Subject::Client, client: None, address: None };
        let identity = self.gateway.sign(&identity, "credits").unwrap();
        self.http
            .post(format!("{}/stripe/webhook", self.url))
            .header(IDENTITY, identity)
            .header("stripe-signature", signature)
            .body(body.to_owned())
    }

    /// Sends a request and kills the service so long after; says whether an answer was lost.
    async fn kill_during(&mut self, request: reqwest::RequestBuilder, after: Duration) -> bool {
        let sent = tokio::spawn(request.send());
        tokio::time::sleep(after).await;
        self.kill().await;
        sent.await.unwrap().is_err()
    }

    async fn read(&self, path: &str, netid: &str, roles: Vec<Role>) -> Value {
        let reply = self.request(Method::GET, path, netid, roles).send().await.unwrap();
        assert_eq!(reply.status(), 200);
        reply.json().await.unwrap()
    }
}

/// Repeats a request, as its sender does, until it is answered with success.
async fn until_done(request: impl Fn() -> reqwest::RequestBuilder) -> Value {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Ok(reply) = request().send().await
            && reply.status().is_success()
        {
            return reply.json().await.unwrap_or_default();
        }
        assert!(Instant::now() < deadline, "the request does not succeed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What Stripe tells of a payment: ten times, in no order.
fn news_of(number: u32, page: &Value) -> Vec<String> {
    let intent = json!({ "id": page["payment_intent"], "amount_received": AMOUNT,
                         "metadata": page["metadata"] });
    (0..10_u32)
        .map(|turn| {
            let id = format!("evt_{number}_{}", (turn * 7 + number) % 4);
            if id.ends_with(['0', '2']) {
                event(&id, "checkout.session.completed", page)
            } else {
                event(&id, "payment_intent.succeeded", &intent)
            }
        })
        .collect()
}

#[tokio::test]
async fn wherever_the_service_is_killed_around_a_charge_what_is_paid_is_credited_once() {
    let (db, stop) = (TestDatabase::create(&MIGRATOR).await, CancellationToken::new());
    let (_users, users) = FakeUsers::start(stop.clone()).await;
    let (stripe, stripe_url) = FakeStripe::start(stop.clone()).await;
    let mut service = Process::start(&db, &users, &stripe_url).await;
    let mut lost = 0;
    for number in 0..KILLS {
        let (after, name) = (number * STEP, format!("tok_{number}"));
        if number % 2 == 0 {
            let request = service.charge(&name);
            lost += u32::from(service.kill_during(request, after).await);
            until_done(|| service.charge(&name)).await;
        } else {
            let request = service.top_up(&name);
            lost += u32::from(service.kill_during(request, after).await);
            let begun = until_done(|| service.top_up(&name)).await;
            let page = stripe.pay(begun["id"].as_u64().unwrap());
            let news = news_of(number, &page);
            let request = service.news(&news[0]);
            lost += u32::from(service.kill_during(request, after).await);
            for body in &news {
                until_done(|| service.news(body)).await;
            }
        }
        let balance = service.read("/credits/users/marga2", "marga2", Vec::new()).await;
        let credited = balance["balance"].as_i64().unwrap() - INITIAL;
        assert_eq!((credited, stripe.charged()), (AMOUNT * i64::from(number + 1), credited));
    }
    assert!(lost >= 5, "only {lost} answers were lost: the kills come too late");
    let proof = service.read("/credits/audit", "officer1", vec![Role::Admin]).await;
    assert_eq!(proof["problems"], json!([]));
    stop.cancel();
}
