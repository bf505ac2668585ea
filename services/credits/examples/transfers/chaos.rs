//! Transfers while the service and the database are killed again and again. A client repeats a request
//! under its key until it is answered, as clients do.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context;
use tokio::process::Command;

use crate::{Args, ledger, service::Service};

/// How long a client waits before it tries again, and how often it does so before it gives up.
const PAUSE: Duration = Duration::from_millis(50);
const TRIES: u32 = 2000;

/// What clients saw.
#[derive(Debug, Default)]
struct Seen {
    /// How often which status was answered; 0 for no answer.
    statuses: HashMap<u16, u64>,
    /// The transactions that were acknowledged.
    acknowledged: Vec<u64>,
}

pub(crate) async fn run(args: &Args, service: Arc<Service>) -> anyhow::Result<()> {
    let numbers = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let clients: Vec<_> = (0..args.clients)
        .map(|_| tokio::spawn(client(Arc::clone(&service), Arc::clone(&numbers), args.transfers)))
        .collect();
    let (mut services, mut databases) = (0, 0);
    while numbers.load(Ordering::Relaxed) < args.transfers {
        // Some moment: what the clock's last digits say is as good as chance.
        let chance = u64::from(begun.elapsed().subsec_micros());
        tokio::time::sleep(Duration::from_millis(500 + chance % 1500)).await;
        if chance.is_multiple_of(3) {
            kill_database(args).await?;
            databases += 1;
        } else {
            service.kill()?;
            services += 1;
        }
    }
    let mut seen = Seen::default();
    for client in clients {
        let one = client.await??;
        seen.acknowledged.extend(one.acknowledged);
        one.statuses.into_iter().for_each(|(status, count)| {
            *seen.statuses.entry(status).or_default() += count;
        });
    }
    let seconds = begun.elapsed().as_secs();
    println!(
        "{} transfers in {seconds} s; killed: service {services} times, database {databases} times",
        args.transfers
    );
    let mut statuses: Vec<_> = seen.statuses.into_iter().collect();
    statuses.sort_unstable();
    println!("answers by status (0: none): {statuses:?}");
    let wrong = statuses.iter().filter(|(status, _)| ![0, 200, 503].contains(status)).count();
    anyhow::ensure!(wrong == 0, "a status that is neither success nor 503");
    service.wait().await?;
    ledger::check_acknowledged(args, &seen.acknowledged).await?;
    ledger::check(args, &service, args.transfers).await
}

async fn client(service: Arc<Service>, numbers: Arc<AtomicU64>, end: u64) -> anyhow::Result<Seen> {
    let mut seen = Seen::default();
    loop {
        let number = numbers.fetch_add(1, Ordering::Relaxed);
        if number >= end {
            return Ok(seen);
        }
        let mut tries = 0;
        loop {
            let reply = service.transfer(number).await.ok();
            let status = reply.as_ref().map_or(0, |(status, _)| *status);
            *seen.statuses.entry(status).or_default() += 1;
            if let Some((200, transaction)) = reply {
                seen.acknowledged.push(transaction["id"].as_u64().context("no id")?);
                break;
            }
            tries += 1;
            anyhow::ensure!(tries < TRIES, "transfer {number} is never answered");
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Kills the database without a warning; run.sh starts it again at once.
async fn kill_database(args: &Args) -> anyhow::Result<()> {
    // While it starts there may be no file yet, or that of the one before.
    let Ok(pid) = tokio::fs::read_to_string(&args.database_pid).await else { return Ok(()) };
    Command::new("kill").args(["-KILL", pid.trim()]).status().await?;
    Ok(())
}
