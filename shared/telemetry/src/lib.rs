//! What is told of requests: log lines, metrics, traces, and the names that connect them.

mod logs;
#[cfg(feature = "prometheus")]
pub mod metrics;
pub mod request;
#[cfg(feature = "prometheus")]
mod series;
mod throttle;
pub mod traces;
mod writer;

pub use logs::{dispatch, flush, init};
pub use request::RequestContext;
pub use throttle::Throttle;
pub use writer::Writer;
