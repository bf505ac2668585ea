//! A MySQL server in a container, by testcontainers.

use std::process::Stdio;

use anyhow::Context;
use testcontainers::{
    ContainerAsync, GenericImage, ImageExt,
    core::{IntoContainerPort, WaitFor},
    runners::AsyncRunner,
};
use tokio::process::{Child, Command};

const IMAGE: (&str, &str) = ("mysql", "9");
const PASSWORD: &str = "throwaway";

/// A container that is removed when this is dropped, or when the process that holds it dies.
pub(crate) struct ContainerServer {
    _container: ContainerAsync<GenericImage>,
    _watcher: Child,
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
        let watcher = watch(container.id())?;
        Ok(Self { _container: container, _watcher: watcher, port })
    }

    pub(crate) fn url(&self) -> String {
        format!("mysql://root:{PASSWORD}@127.0.0.1:{}", self.port)
    }
}

/// Removes the container once the standard input of a shell closes, which this process holds: what is
/// kept until the end of a process is never dropped.
fn watch(container: &str) -> anyhow::Result<Child> {
    const SCRIPT: &str = r#"trap '' INT TERM HUP
while read -r _; do :; done
docker rm --force --volumes "$1""#;
    Command::new("sh")
        .args(["-c", SCRIPT, "sh", container])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .context("cannot watch over the container")
}

impl std::fmt::Debug for ContainerServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ContainerServer(port {})", self.port)
    }
}
