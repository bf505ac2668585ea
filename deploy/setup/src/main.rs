//! Prepares a chapter whose programs run in containers of their own.

use std::process::ExitCode;

use grove_setup::{Cli, console};
use grove_shared::config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match config::parse::<Cli>().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            console::error(&format!("{cause:#}"));
            ExitCode::FAILURE
        }
    }
}
