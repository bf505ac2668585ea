//! Moves credits through the service and by plain SQL in turn, and compares the two. With `--kill` the
//! service and the database are killed at random meanwhile. `bench/credits/run.sh` starts it.

#![expect(clippy::print_stdout, reason = "a measurement is printed")]

mod chaos;
mod ledger;
mod reference;
mod service;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use anyhow::ensure;
use clap::Parser;
use secrecy::SecretString;

use crate::{reference::Reference, service::Service};

/// Compares transfers through the service with the same by plain SQL.
#[derive(Debug, Clone, Parser)]
struct Args {
    /// The program of the service.
    #[arg(long)]
    service: PathBuf,
    /// The schema.
    #[arg(long, env = "DATABASE_URL")]
    database_url: SecretString,
    /// The file with the id of the database's process, which is killed with `--kill`.
    #[arg(long)]
    database_pid: PathBuf,
    /// Kills the service and the database at random, instead of comparing.
    #[arg(long)]
    kill: bool,
    /// How often both are measured.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Transfers a round.
    #[arg(long, default_value_t = 10_000)]
    transfers: u64,
    /// How many go on at once.
    #[arg(long, default_value_t = 64)]
    clients: u64,
    /// The service's connections to the database.
    #[arg(long, default_value_t = 10)]
    connections: u32,
}

/// The members whose accounts are used: few, so that everyone waits for everyone.
const MEMBERS: u64 = 10;
/// What each of them has, in credits: enough for any number of transfers.
const BEGINS_WITH: i64 = 1_000_000;

fn netid(member: u64) -> String {
    format!("member{member}")
}

/// A transfer: between which members, how much.
#[derive(Debug, Clone, Copy)]
struct Gift {
    from: u64,
    to: u64,
    amount: i64,
}

impl Gift {
    /// The transfer of that number; the numbers are mixed well, and the same each time.
    fn number(number: u64) -> Self {
        let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        let from = mixed % MEMBERS;
        let to = (from + 1 + mixed / MEMBERS % (MEMBERS - 1)) % MEMBERS;
        Self { from, to, amount: 1 + (mixed % 10).cast_signed() }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let service = Arc::new(Service::start(&args).await?);
    for member in 0..MEMBERS {
        service.give(&netid(member), BEGINS_WITH).await?;
    }
    if args.kill { chaos::run(&args, service).await } else { compare(&args, &service).await }
}

async fn compare(args: &Args, service: &Arc<Service>) -> anyhow::Result<()> {
    let reference = Arc::new(Reference::connect(args).await?);
    let numbers = Arc::new(AtomicU64::new(0));
    run(args, 500, &numbers, Way::Sql(Arc::clone(&reference))).await?;
    run(args, 500, &numbers, Way::Http(Arc::clone(service))).await?;
    println!("| round | plain SQL, transfers/s | service, transfers/s | ratio |");
    println!("|--:|--:|--:|--:|");
    let mut ratios = Vec::new();
    for round in 1..=args.rounds {
        let sql = run(args, args.transfers, &numbers, Way::Sql(Arc::clone(&reference))).await?;
        let http = run(args, args.transfers, &numbers, Way::Http(Arc::clone(service))).await?;
        println!("| {round} | {sql:.0} | {http:.0} | {:.2} |", http / sql);
        ratios.push(http / sql);
    }
    ratios.sort_by(f64::total_cmp);
    println!("\nratio (median): {:.2}, goal 0.80", ratios[ratios.len() / 2]);
    ledger::check(args, service, numbers.load(Ordering::Relaxed)).await
}

/// What moves the credits.
#[derive(Debug, Clone)]
enum Way {
    Sql(Arc<Reference>),
    Http(Arc<Service>),
}

/// Makes `count` transfers; returns how many that are a second.
async fn run(args: &Args, count: u64, numbers: &Arc<AtomicU64>, way: Way) -> anyhow::Result<f64> {
    let end = numbers.load(Ordering::Relaxed) + count;
    let begun = Instant::now();
    let clients: Vec<_> = (0..args.clients)
        .map(|client| {
            let (numbers, way) = (Arc::clone(numbers), way.clone());
            tokio::spawn(async move {
                let next = || {
                    numbers.try_update(Ordering::Relaxed, Ordering::Relaxed, |number| {
                        (number < end).then_some(number + 1)
                    })
                };
                while let Ok(number) = next() {
                    match &way {
                        Way::Sql(reference) => reference.transfer(client, number).await?,
                        Way::Http(service) => {
                            let status = service.transfer(number).await?.0;
                            ensure!(status == 200, "transfer {number}: {status}");
                        }
                    }
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for client in clients {
        client.await??;
    }
    #[expect(clippy::cast_precision_loss, reason = "there are some thousand")]
    Ok(count as f64 / begun.elapsed().as_secs_f64())
}
