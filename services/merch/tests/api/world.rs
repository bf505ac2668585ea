//! The service, its machine and its neighbours, for one test.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use clap::Parser;
use grove_client::Peers;
use grove_credits_api::HoldState;
use grove_http::server;
use grove_merch::{AppState, Config, MIGRATOR, Machine, PinKey, Restock, Worker, assemble};
use grove_merch_api::{Finding, Item, ItemOutcome, Location, NewPin, Purchase};
use grove_shared::{Clock, envelope::Data};
use grove_testing::{Person, Reply, TestApp, TestDatabase};
use grove_vending_machine::{self as vending, Fault, FaultKind};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::ledger::Ledger;

/// Buyers have this much, unless a test gives them other credits.
pub(crate) const CREDITS: i64 = 1000;

pub(crate) struct World {
    /// Lives as long as the service does.
    pub(crate) db: TestDatabase,
    pub(crate) app: TestApp,
    pub(crate) clock: Clock,
    pub(crate) ledger: Ledger,
    pub(crate) machine: vending::Machine,
    pub(crate) worker: Worker,
    state: AppState,
    unplug: Option<DropGuard>,
}

/// What a world is made of.
pub(crate) struct Plan {
    /// How long the machine may take; long, for a busy host, where nothing hangs.
    pub(crate) timeout: Duration,
    /// The machine knows neither keys nor verdicts.
    pub(crate) old: bool,
    pub(crate) connected: bool,
    pub(crate) with_pins: bool,
    pub(crate) restock: Restock,
    pub(crate) time_zone: &'static str,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(9),
            old: false,
            connected: true,
            with_pins: true,
            restock: Restock::default(),
            time_zone: "UTC",
        }
    }
}

impl Plan {
    /// For tests in which the machine hangs.
    pub(crate) fn impatient() -> Self {
        Self { timeout: Duration::from_millis(500), ..Self::default() }
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Plan::default()).await
    }

    pub(crate) async fn with(plan: Plan) -> Self {
        let db = TestDatabase::create(&MIGRATOR).await;
        let ledger = Ledger::start().await;
        ledger.give("jsmith2", CREDITS);
        let clock = Clock::stopped_at(start());
        let (machine, url, unplug) = machine(plan.old).await;
        let client = Machine::new(url.parse().unwrap(), "token".into(), plan.timeout).unwrap();
        let client = plan.connected.then_some(client);
        let time = Config::parse_from(["merch", "--chapter-time-zone", plan.time_zone]).time;
        let pin_key = plan.with_pins.then(|| PinKey::new(&"k".repeat(32).into()).unwrap());
        let mut kept = None;
        let app = TestApp::new("merch", |keys| {
            ledger.trust(keys);
            let state = AppState {
                db: db.pool(),
                verifier: keys.verifier("merch"),
                clock: clock.clone(),
                time,
                peers: Peers::new(keys.key("merch"), ledger.urls(), &[]).unwrap(),
                machine: client,
                pin_key,
                restock: Arc::new(plan.restock),
                bell: Arc::default(),
            };
            kept = Some(state.clone());
            assemble(state).into_router()
        });
        let state = kept.unwrap();
        let worker = state.worker();
        Self { db, app, clock, ledger, machine, worker, state, unplug: Some(unplug) }
    }

    pub(crate) fn officer(&self) -> Person {
        self.app.officer("admin2")
    }

    /// Sells `name` for `price` from a slot of its own; returns its id.
    pub(crate) async fn stock(&self, slot: &str, name: &str, price: u32, quantity: u32) -> u64 {
        let reply = self.officer().post("/merch/items", &form(slot, name, price, quantity)).await;
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        self.items().await.into_iter().find(|item| item.name == name).unwrap().id
    }

    pub(crate) async fn items(&self) -> Vec<Item> {
        self.app.client().get("/merch/items").await.json::<Data<Vec<Item>>>().data
    }

    pub(crate) async fn locations(&self) -> Vec<Location> {
        self.app.client().get("/merch/locations").await.json::<Data<Vec<Location>>>().data
    }

    pub(crate) async fn quantity(&self, slot: &str) -> u32 {
        let locations = self.locations().await;
        locations.into_iter().find(|location| location.location == slot).unwrap().quantity
    }

    pub(crate) async fn pin(&self, netid: &str) -> String {
        let path = format!("/merch/users/{netid}/pin");
        let reply = self.app.member(netid).post(&path, &json!({})).await;
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        reply.json::<Data<NewPin>>().data.pin
    }

    /// Buys as `jsmith2`, while workers work and time passes.
    pub(crate) async fn buy(&self, items: &[u64]) -> Purchase {
        let _time = self.time_passes();
        let reply = self.order("jsmith2", items).await;
        assert_eq!(reply.status, 201, "{}", String::from_utf8_lossy(&reply.body));
        reply.json()
    }

    pub(crate) async fn order(&self, netid: &str, items: &[u64]) -> Reply {
        let key = format!("{:032x}", rand::random::<u128>());
        let body = json!({ "items": items });
        self.app.member(netid).post_once("/merch/purchases", &body, &key).await
    }

    pub(crate) async fn purchase(&self, id: u64) -> Purchase {
        self.officer().get(&format!("/merch/purchases/{id}")).await.json()
    }

    /// Orders a purchase whose outcome is not waited for; returns when its items are in the database.
    pub(crate) async fn order_soon(&self, netid: &str, items: &[u64]) -> JoinHandle<Reply> {
        let before = self.count("SELECT COUNT(*) FROM purchase_items").await;
        let member = self.app.member(netid);
        let (body, key) = (json!({ "items": items }), format!("{:032x}", rand::random::<u128>()));
        let order =
            tokio::spawn(async move { member.post_once("/merch/purchases", &body, &key).await });
        until(|| async {
            order.is_finished() || self.count("SELECT COUNT(*) FROM purchase_items").await > before
        })
        .await;
        order
    }

    /// A worker that can be killed.
    pub(crate) fn employ(&self) -> JoinHandle<()> {
        tokio::spawn(self.worker.clone().run(CancellationToken::new()))
    }

    /// A second passes whenever everything that is due is done, until this is dropped.
    pub(crate) fn time_passes(&self) -> DropGuard {
        let stop = CancellationToken::new();
        let (worker, clock, stopped) = (self.worker.clone(), self.clock.clone(), stop.clone());
        tokio::spawn(async move {
            while !stopped.is_cancelled() {
                if worker.settle_due().await.unwrap_or_default() == 0 {
                    clock.advance(TimeDelta::seconds(1));
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        stop.drop_guard()
    }

    /// Lets time pass until everything is settled; returns how many seconds that took.
    pub(crate) async fn settle(&self) -> i64 {
        let began = self.clock.now();
        for _ in 0..300 {
            self.worker.settle_due().await.unwrap();
            if self.open().await == 0 {
                return (self.clock.now() - began).num_seconds();
            }
            self.clock.advance(TimeDelta::seconds(1));
        }
        panic!("nothing settles: {:?}", self.states().await);
    }

    pub(crate) async fn open(&self) -> i64 {
        let open = "SELECT COUNT(*) FROM purchase_items WHERE next_attempt_at IS NOT NULL";
        self.count(open).await
    }

    pub(crate) async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.db.pool()).await.unwrap()
    }

    pub(crate) async fn states(&self) -> Vec<String> {
        let states = "SELECT state FROM purchase_items ORDER BY id";
        sqlx::query_scalar(states).fetch_all(&self.db.pool()).await.unwrap()
    }

    pub(crate) fn fault(&self, fault: FaultKind, times: u32) {
        self.machine.fail(Fault { slot: None, fault, times });
    }

    /// Takes the machine off the network.
    pub(crate) fn unplug(&mut self) {
        self.unplug = None;
    }

    pub(crate) fn effects(&self) -> grove_outbox::Worker {
        self.state.effects()
    }

    /// Checks, when everything is settled, that what is charged fell out, that what fell out is charged
    /// or waits for an officer, that nothing is held, and after officers looked that the stock of
    /// `filled` units of everything is right.
    pub(crate) async fn audit(&self, filled: i64) {
        assert_eq!(self.open().await, 0);
        let dropped: Vec<_> = self.machine.drops().into_iter().map(|drop| drop.key).collect();
        let keys: BTreeSet<_> = dropped.iter().flatten().cloned().collect();
        assert_eq!(keys.len(), dropped.len(), "something fell out twice");
        assert!(self.ledger.holds().iter().all(|hold| hold.state != HoldState::Held));
        let units = sqlx::query_as::<_, (u64, u32, String, String, bool, u32)>(
            "SELECT purchase_id, position, vend_key, state, charged, price FROM purchase_items",
        );
        for (purchase, position, key, state, charged, price) in
            units.fetch_all(&self.db.pool()).await.unwrap()
        {
            let fell = keys.contains(&key);
            assert_eq!(charged, state == "done", "{state}");
            let hold = self.ledger.hold(&key).map(|hold| hold.state);
            assert_eq!(hold == Some(HoldState::Captured), charged && price > 0, "{state}");
            match state.as_str() {
                "done" => assert!(fell),
                "refunded" => assert!(!fell),
                "unknown" => {
                    let finding = if fell { Finding::Vended } else { Finding::Failed };
                    self.resolve(purchase, position, finding).await;
                }
                other => panic!("{other}"),
            }
        }
        let stock: u32 = self.locations().await.iter().map(|location| location.quantity).sum();
        assert_eq!(i64::from(stock), filled - i64::try_from(dropped.len()).unwrap());
    }

    pub(crate) async fn resolve(&self, purchase: u64, number: u32, finding: Finding) {
        let path = format!("/merch/purchases/{purchase}/items/{number}/resolve");
        let reply = self.officer().post(&path, &json!({ "outcome": finding })).await;
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        let item = &reply.json::<Purchase>().items[number as usize - 1];
        assert_eq!(item.outcome, ItemOutcome::Unknown);
        assert_eq!(item.resolution.as_ref().unwrap().outcome, finding);
    }
}

/// A machine on a free port, unplugged when the guard is dropped.
async fn machine(old: bool) -> (vending::Machine, String, DropGuard) {
    let mut config = vending::Config::parse_from(["machine", "--machine-token", "token"]);
    config.old = old;
    let machine = vending::Machine::new(&config).unwrap();
    let listener = server::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    tokio::spawn(server::serve(listener, vending::router(machine.clone()), stop.clone()));
    (machine, url, stop.drop_guard())
}

/// Waits for a condition, at most half a minute.
pub(crate) async fn until<F: Future<Output = bool>>(condition: impl Fn() -> F) {
    for _ in 0..3000 {
        if condition().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came to that");
}

pub(crate) fn start() -> DateTime<Utc> {
    "2026-10-01T12:00:00Z".parse().unwrap()
}

/// What an officer enters, all as text like the old website.
pub(crate) fn form(slot: &str, name: &str, price: u32, quantity: u32) -> Value {
    json!({
        "name": name,
        "price": price.to_string(),
        "image_url": "https://example.edu/can.png",
        "quantity": quantity.to_string(),
        "location": slot,
    })
}
