//! What the machine is configured with.

use std::{net::SocketAddr, path::PathBuf};

use clap::Parser;
use grove_shared::config::TelemetryConfig;
use secrecy::SecretString;

/// A vending machine that exists in memory only, and fails on demand.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Config {
    /// The address to listen on.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:6970")]
    pub listen: SocketAddr,
    /// The token that every request has to carry.
    #[arg(long, env = "MACHINE_TOKEN", hide_env_values = true)]
    pub machine_token: Option<SecretString>,
    /// File that holds the token.
    #[arg(long, env = "MACHINE_TOKEN_FILE")]
    pub machine_token_file: Option<PathBuf>,
    /// How much lies in each slot at the start.
    #[arg(long, env = "MACHINE_STOCK", default_value_t = 100)]
    pub stock: u32,
    /// How long the motor turns, in milliseconds.
    #[arg(long, env = "MACHINE_MOTOR_MS", default_value_t = 0)]
    pub motor_ms: u64,
    /// Behave as machines did that know neither keys nor verdicts.
    #[arg(long, env = "MACHINE_OLD")]
    pub old: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "a section of shared")]
    pub telemetry: TelemetryConfig,
}
