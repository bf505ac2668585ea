//! What the program says to the person at the terminal.

use std::io::{IsTerminal, Read, Write};

use anyhow::{Context, ensure};
use secrecy::SecretString;

/// The result of a command, on standard output.
pub fn say(text: &str) {
    // Who closed the pipe does not want to read it; that is no reason to fail.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// What went wrong, on standard error.
pub fn error(text: &str) {
    let _ = writeln!(std::io::stderr(), "grove: {text}");
}

/// Asks for a new password twice, or reads it from standard input.
///
/// # Errors
/// When there is no terminal to ask at, or the two differ.
pub(crate) fn new_password(from_stdin: bool) -> anyhow::Result<SecretString> {
    if from_stdin {
        let mut password = String::new();
        std::io::stdin().read_to_string(&mut password)?;
        return Ok(password.trim_end_matches(['\r', '\n']).into());
    }
    ensure!(
        std::io::stdin().is_terminal(),
        "there is no terminal to ask for the password at: use --password-stdin"
    );
    let password = rpassword::prompt_password("New password (15 characters or more): ")
        .context("cannot read the password")?;
    let again = rpassword::prompt_password("Once more: ").context("cannot read the password")?;
    ensure!(password == again, "the two passwords differ");
    Ok(password.into())
}
