//! What the {{name}} service is configured with.

use clap::Parser;
use grove_shared::config::ServiceConfig;

/// {{Name}}: what members add, and who sees it.
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
