//! Prepares a chapter whose programs run in containers of their own.

use std::process::ExitCode;

use clap::Parser;
use grove_setup::{Cli, console};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match Cli::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            console::error(&format!("{cause:#}"));
            ExitCode::FAILURE
        }
    }
}
