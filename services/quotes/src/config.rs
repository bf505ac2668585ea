//! What the quotes service is configured with.

use clap::Parser;
use grove_shared::config::ServiceConfig;

/// Quotes members overheard, and the votes for them.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Config {
    #[command(flatten)]
    #[expect(missing_docs, reason = "what every service has")]
    pub service: ServiceConfig,
}

impl AsRef<ServiceConfig> for Config {
    fn as_ref(&self) -> &ServiceConfig {
        &self.service
    }
}
