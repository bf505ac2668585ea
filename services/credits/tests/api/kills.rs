//! The service as a process that is killed, at every point around a charge at which it waits for another.

use std::{
    net::TcpListener,
    os::fd::OwnedFd,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use grove_identity::{GATEWAY, IDENTITY, Identity, SigningKey, Subject};
use grove_shared::{Role, call::IDEMPOTENCY_KEY, db};
use grove_testing::reveal;
use http::Method;
use reqwest::RequestBuilder;

use super::*;
use crate::stripe::{Change, Point, SECRET_KEY, WEBHOOK_SECRET, event, signature};

const AMOUNT: i64 = 500;
/// How often each point is passed.
const ROUNDS: u32 = 2;
const LIMIT: Duration = Duration::from_secs(30);

/// The service on a database of its own, beside a users service and a Stripe.
struct Process {
    child: Child,
    command: Command,
    socket: TcpListener,
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
    async fn start(db: &TestDatabase, users: &str, stripe: &FakeStripe) -> Self {
        // The socket outlives each process, so nobody else gets its port between two of them.
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let listen = socket.local_addr().unwrap();
        let gateway = SigningKey::new(GATEWAY, &SigningKey::generate_secret()).unwrap();
        let mut command = Command::new("sh");
        let hand_over = "export LISTEN_FDS=1 LISTEN_PID=$$; exec 3<&0 </dev/null; exec \"$0\"";
        command
            .args(["-c", hand_over, env!("CARGO_BIN_EXE_grove-credits")])
            .env("LISTEN", listen.to_string())
            .env("LOG", "off")
            .env("PEERS", format!("users={users}"))
            .env("DATABASE_URL", reveal(&db.url()))
            .env("IDENTITY_KEY", reveal(&SigningKey::generate_secret()))
            .env("TRUSTED_KEYS", gateway.public())
            .env("STRIPE_URL", stripe.url().as_str())
            .env("STRIPE_SECRET_KEY", SECRET_KEY)
            .env("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET)
            .stdout(Stdio::null());
        let child = spawn(&mut command, &socket);
        let http = grove_outside::client_builder().timeout(LIMIT).build().unwrap();
        let process =
            Self { child, command, socket, url: format!("http://{listen}"), http, gateway };
        process.wait().await;
        process
    }

    async fn wait(&self) {
        let ready = self.http.get(format!("{}/readyz", self.url)).send().await.unwrap();
        assert_eq!(ready.status(), 200);
    }

    /// Kills it without a warning.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    async fn start_again(&mut self) {
        self.child = spawn(&mut self.command, &self.socket);
        self.wait().await;
    }

    fn request(&self, method: Method, path: &str, subject: Subject) -> RequestBuilder {
        let identity = Identity { subject, client: None, address: None };
        let identity = self.gateway.sign(&identity, "credits").unwrap();
        self.http.request(method, format!("{}{path}", self.url)).header(IDENTITY, identity)
    }

    fn top_up(&self, key: &str) -> RequestBuilder {
        self.request(Method::POST, "/credits/top-ups", person("marga2", &[]))
            .header(IDEMPOTENCY_KEY, key)
            .json(&json!({ "amount": AMOUNT }))
    }

    fn charge(&self, token: &str) -> RequestBuilder {
        let body =
            json!({ "netid": "marga2", "amount": AMOUNT, "token": token, "description": "" });
        self.request(Method::POST, "/payment", person("marga2", &[])).json(&body)
    }

    /// An event of Stripe's, signed now.
    fn event(&self, body: &str) -> RequestBuilder {
        let signature = signature(WEBHOOK_SECRET, Clock::system().now().timestamp(), body);
        self.request(Method::POST, "/stripe/webhook", Subject::Client)
            .header("stripe-signature", signature)
            .body(body.to_owned())
    }

    async fn read(&self, path: &str, subject: Subject) -> Value {
        let reply = self.request(Method::GET, path, subject).send().await.unwrap();
        assert_eq!(reply.status(), 200);
        reply.json().await.unwrap()
    }
}

fn spawn(command: &mut Command, socket: &TcpListener) -> Child {
    let socket = OwnedFd::from(socket.try_clone().unwrap());
    command.stdin(socket).spawn().unwrap()
}

fn person(netid: &str, roles: &[Role]) -> Subject {
    let (netid, roles, standing) = (super::netid(netid), roles.to_vec(), Standing::Member);
    Subject::Person { netid, roles, standing, session: Some(1) }
}

/// Repeats a request, as its sender does, until it is answered with success.
async fn until_done(request: impl Fn() -> RequestBuilder) -> Value {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Ok(reply) = request().send().await
            && reply.status().is_success()
        {
            return reply.json().await.unwrap_or_default();
        }
        assert!(Instant::now() < deadline, "the request does not succeed");
        tokio::task::yield_now().await;
    }
}

/// What Stripe tells of a payment: ten times, in no order.
fn events_of(number: u32, page: &Value) -> Vec<String> {
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

/// The world around the process.
struct Surroundings {
    db: TestDatabase,
    stripe: FakeStripe,
    service: Process,
}

impl Surroundings {
    /// Sends a request and kills the service when its call of Stripe has come to a point.
    async fn kill_at(&mut self, request: RequestBuilder, point: Point) {
        self.stripe.stop_at(point);
        let sent = tokio::spawn(request.send());
        self.stripe.stopped().await;
        self.service.kill();
        assert!(sent.await.unwrap().is_err(), "{point:?}");
        self.service.start_again().await;
    }

    /// Sends a request and kills the service while it waits for the rows that `lock` locks.
    async fn kill_before(&mut self, request: RequestBuilder, lock: &'static str) {
        let pool = self.db.pool();
        let mut other = db::begin(&pool).await.unwrap();
        sqlx::query(lock).fetch_all(&mut *other).await.unwrap();
        let sent = tokio::spawn(request.send());
        let waiting = "SELECT COUNT(*) FROM information_schema.innodb_trx
                       JOIN information_schema.processlist ON id = trx_mysql_thread_id
                       WHERE trx_state = 'LOCK WAIT' AND db = DATABASE()";
        let deadline = Instant::now() + LIMIT;
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&pool).await.unwrap() == 0 {
            assert!(Instant::now() < deadline && !sent.is_finished(), "nobody waits for: {lock}");
            // The server tells the same for as long as it is asked more often than every 100 ms.
            tokio::time::sleep(Duration::from_millis(110)).await;
        }
        self.service.kill();
        other.rollback().await.unwrap();
        assert!(sent.await.unwrap().is_err(), "{lock}");
        self.service.start_again().await;
    }

    /// Sees that what is paid is credited.
    async fn check(&self) {
        let path = "/credits/users/marga2";
        let balance = self.service.read(path, person("marga2", &[])).await;
        let credited = balance["balance"].as_i64().unwrap() - INITIAL;
        assert_eq!(credited, self.stripe.charged());
    }
}

const ACCOUNT: &str = "SELECT id FROM accounts WHERE netid = 'marga2' FOR UPDATE";
const PAYMENTS: &str = "SELECT id FROM payments FOR UPDATE";

#[tokio::test]
async fn wherever_the_service_is_killed_around_a_charge_what_is_paid_is_credited_once() {
    let (db, users, stripe) =
        (TestDatabase::create(&MIGRATOR).await, fake_users().await, FakeStripe::start().await);
    let service = Process::start(&db, &users.url(), &stripe).await;
    let mut world = Surroundings { db, stripe, service };
    let points = [
        Point::Before(Change::CreateIntent),
        Point::After(Change::CreateIntent),
        Point::Before(Change::Confirm),
        Point::After(Change::Confirm),
    ];
    for number in 0..ROUNDS {
        for point in points {
            let token = format!("tok_{number}_{point:?}");
            world.kill_at(world.service.charge(&token), point).await;
            until_done(|| world.service.charge(&token)).await;
            world.check().await;
        }
        let token = format!("tok_{number}");
        world.kill_before(world.service.charge(&token), ACCOUNT).await;
        until_done(|| world.service.charge(&token)).await;
        world.check().await;

        for (turn, point) in
            (0..).zip([Point::Before(Change::CreateSession), Point::After(Change::CreateSession)])
        {
            let key = format!("key_{number}_{point:?}");
            world.kill_at(world.service.top_up(&key), point).await;
            let begun = until_done(|| world.service.top_up(&key)).await;
            let page = world.stripe.pay(begun["id"].as_u64().unwrap());
            let events = events_of(2 * number + turn, &page);
            let lock = if turn == 0 { ACCOUNT } else { PAYMENTS };
            world.kill_before(world.service.event(&events[0]), lock).await;
            for body in &events {
                until_done(|| world.service.event(body)).await;
            }
            world.check().await;
        }
    }
    assert_eq!(world.stripe.charged(), 7 * AMOUNT * i64::from(ROUNDS));
    let audit = world.service.read("/credits/audit", person("officer1", &[Role::Admin])).await;
    assert_eq!(audit["problems"], json!([]));
}
