//! The service as a process, the services around it, and calls of it as the gateway makes them.

use std::{
    process::{Child, Command},
    sync::Mutex,
    time::Duration,
};

use anyhow::{Context, ensure};
use axum::{Router, routing::get};
use grove_http::{extract::Json, server};
use grove_identity::{GATEWAY, IDENTITY, Identity, SigningKey, Subject};
use grove_shared::{Role, Standing, call::IDEMPOTENCY_KEY};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{Args, Gift, MEMBERS, netid};

/// The service, and the key of a gateway.
#[derive(Debug)]
pub(crate) struct Service {
    process: Mutex<Child>,
    command: Mutex<Command>,
    http: reqwest::Client,
    url: String,
    gateway: SigningKey,
}

impl Service {
    /// Starts it beside a users service that knows our members.
    pub(crate) async fn start(args: &Args) -> anyhow::Result<Self> {
        let users = users().await?;
        let listen = server::bind(([127, 0, 0, 1], 0).into()).await?.local_addr()?;
        let secret = SigningKey::generate_secret();
        let gateway = SigningKey::new(GATEWAY, &SigningKey::generate_secret())?;
        let mut command = Command::new(&args.service);
        command
            .env("LISTEN", listen.to_string())
            .env("LOG", "error")
            .env("PEERS", format!("users={users}"))
            .env("DATABASE_URL", args.database_url.expose_secret())
            .env("DATABASE_CONNECTIONS", args.connections.to_string())
            .env("IDENTITY_KEY", secret.expose_secret())
            .env("TRUSTED_KEYS", gateway.public());
        let process = Mutex::new(command.spawn().context("the service cannot be started")?);
        let http = grove_outside::client_builder().timeout(Duration::from_secs(10)).build()?;
        let url = format!("http://{listen}");
        let started = Self { process, command: Mutex::new(command), http, url, gateway };
        started.wait().await?;
        Ok(started)
    }

    /// Waits until it is ready.
    pub(crate) async fn wait(&self) -> anyhow::Result<()> {
        for _ in 0..300 {
            let ready = self.http.get(format!("{}/readyz", self.url)).send().await;
            if ready.is_ok_and(|reply| reply.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        anyhow::bail!("the service does not become ready")
    }

    /// Kills it without a warning, and starts it again at once.
    pub(crate) fn kill(&self) -> anyhow::Result<()> {
        let mut process = self.process.lock().map_err(|_| anyhow::anyhow!("a panic"))?;
        process.kill()?;
        process.wait()?;
        let mut command = self.command.lock().map_err(|_| anyhow::anyhow!("a panic"))?;
        *process = command.spawn()?;
        Ok(())
    }

    fn identity(&self, netid: &str, roles: Vec<Role>) -> anyhow::Result<String> {
        let netid = netid.parse().context("a NetID")?;
        let standing = Standing::Member;
        let subject = Subject::Person { netid, roles, standing, session: Some(1) };
        self.gateway.sign(&Identity { subject, client: None, address: None }, "credits")
    }

    /// Makes a transfer, under a key of its own; returns the status and the answer.
    pub(crate) async fn transfer(&self, number: u64) -> anyhow::Result<(u16, Value)> {
        let Gift { from, to, amount } = Gift::number(number);
        let request = self
            .http
            .post(format!("{}/credits/transfers", self.url))
            .header(IDENTITY, self.identity(&netid(from), Vec::new())?)
            .header(IDEMPOTENCY_KEY, number.to_string())
            .json(&json!({ "to": netid(to), "amount": amount, "description": number.to_string() }));
        let reply = request.send().await?;
        Ok((reply.status().as_u16(), reply.json().await?))
    }

    /// Gives a member credits, as an officer.
    pub(crate) async fn give(&self, netid: &str, amount: i64) -> anyhow::Result<()> {
        let request = self
            .http
            .post(format!("{}/credits/transactions", self.url))
            .header(IDENTITY, self.identity("officer1", vec![Role::Admin])?)
            .json(&json!({ "netid": netid, "amount": amount, "description": "begin" }));
        let reply = request.send().await?;
        ensure!(reply.status().is_success(), "{}", reply.text().await?);
        Ok(())
    }

    /// What the service itself says is wrong with the ledger.
    pub(crate) async fn problems(&self) -> anyhow::Result<Value> {
        let request = self
            .http
            .get(format!("{}/credits/audit", self.url))
            .header(IDENTITY, self.identity("officer1", vec![Role::Admin])?);
        let proof: Value = request.send().await?.json().await?;
        Ok(proof["problems"].clone())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Ok(process) = self.process.get_mut() {
            // It may have ended by itself.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// A users service that answers at once.
async fn users() -> anyhow::Result<String> {
    async fn is_member() -> Json<Value> {
        Json(json!({ "error": null, "data": {
            "netid": "member0", "first_name": null, "last_name": null, "is_member": true } }))
    }
    async fn members() -> Json<Value> {
        let members = (0..MEMBERS).map(|member| {
            json!({ "netid": netid(member), "email": "member@example.edu", "first_name": "Test",
                    "last_name": "Person", "member_until": "2099-08-31" })
        });
        Json(members.collect())
    }
    let routes = Router::new()
        .route("/users/{netid}/is_member", get(is_member))
        .route("/internal/members", get(members));
    let listener = server::bind(([127, 0, 0, 1], 0).into()).await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(server::serve(listener, routes, CancellationToken::new()));
    Ok(url)
}
