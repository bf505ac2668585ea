//! Runs a chapter and does what the people who run one need.

use std::process::ExitCode;

use grove::commands::{Cli, console};
use grove_shared::config;

#[tokio::main]
async fn main() -> ExitCode {
    match config::parse::<Cli>().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            console::error(&format!("{cause:#}"));
            ExitCode::FAILURE
        }
    }
}
