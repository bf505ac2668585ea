//! How the machine fails.

use serde::{Deserialize, Serialize};

/// An order to fail the next requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Only when this slot is asked for.
    #[serde(default)]
    pub slot: Option<String>,
    /// What happens instead of an orderly drop.
    pub fault: FaultKind,
    /// How often.
    #[serde(default = "once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

/// What can go wrong with a vending machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// 500 without a drop; the verdict is `failed`.
    Error,
    /// The spiral turns and nothing falls: 409 `jammed`.
    Jam,
    /// No answer and no drop, for as long as the client waits.
    Hang,
    /// A drop, a recorded verdict, and no answer for as long as the client waits.
    HangAfterDrop,
    /// The power fails before the drop: no answer, and no verdict later.
    DieBeforeDrop,
    /// The power fails after the drop: no answer, and no verdict later.
    DieAfterDrop,
    /// The request does not arrive: no answer, the key stays unknown.
    LoseRequest,
    /// A drop and a recorded verdict, but the answer does not arrive.
    LoseAnswer,
    /// Asked for a verdict, the machine answers 500.
    NoVerdict,
}
