//! What the program says to the person who reads its log.

use std::io::Write;

/// The result of a command, on standard output.
pub fn say(text: &str) {
    // Who closed the pipe does not want to read it; that is no reason to fail.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// What went wrong, on standard error.
pub fn error(text: &str) {
    let _ = writeln!(std::io::stderr(), "grove-setup: {text}");
}
