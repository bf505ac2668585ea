//! A MySQL server in a container, by testcontainers.

use anyhow::Context;
use testcontainers::{
    ContainerAsync, GenericImage, ImageExt,
    core::{IntoContainerPort, WaitFor},
    runners::AsyncRunner,
};

const IMAGE: (&str, &str) = ("mysql", "9");
const PASSWORD: &str = "throwaway";

/// A container that is removed when this is dropped.
pub(crate) struct ContainerServer {
    _container: ContainerAsync<GenericImage>,
    port: u16,
}

impl ContainerServer {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let container = GenericImage::new(IMAGE.0, IMAGE.1)
            .with_exposed_port(3306.tcp())
            .with_wait_for(WaitFor::message_on_stderr("port: 3306"))
            .with_env_var("MYSQL_ROOT_PASSWORD", PASSWORD)
            .with_cmd(["--innodb-flush-log-at-trx-commit=0", "--skip-log-bin"])
            .start()
            .await
            .context("cannot start a MySQL container")?;
        let port = container.get_host_port_ipv4(3306.tcp()).await?;
        Ok(Self { _container: container, port })
    }

    pub(crate) fn url(&self) -> String {
        format!("mysql://root:{PASSWORD}@127.0.0.1:{}", self.port)
    }
}

impl std::fmt::Debug for ContainerServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ContainerServer(port {})", self.port)
    }
}
