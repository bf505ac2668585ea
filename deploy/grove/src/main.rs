//! Runs a chapter and does what the people who run one need.

use std::process::ExitCode;

use clap::Parser;
use grove::commands::{Cli, console};

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            console::error(&format!("{cause:#}"));
            ExitCode::FAILURE
        }
    }
}
