//! Where each program listens.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
};

use anyhow::Context;
use grove_http::server;
use grove_identity::GATEWAY;

/// The gateway's private address, for its health and metrics.
pub const GATEWAY_ADMIN: &str = "gateway-admin";
/// The machine that exists in the process of the demo only.
pub const VENDING_MACHINE: &str = "vending-machine";

/// The programs that are not services.
const OTHERS: [(&str, u16); 4] =
    [("frontend", 5000), (GATEWAY, 8000), (GATEWAY_ADMIN, 8010), (VENDING_MACHINE, 6970)];

/// The usual port of each program that there is.
fn usual() -> impl Iterator<Item = (&'static str, u16)> {
    grove_catalog::present().map(|service| (service.name, service.port)).chain(OTHERS)
}

/// The address of each program of a chapter.
#[derive(Debug, Clone)]
pub struct Ports(BTreeMap<&'static str, SocketAddr>);

impl Ports {
    /// The usual ports, on this machine only.
    pub fn usual() -> Self {
        let address = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self(usual().map(|(name, port)| (name, address(port))).collect())
    }

    /// Free ports, which are kept for this process: for several chapters on a machine.
    ///
    /// # Errors
    /// When the machine has no free ports.
    pub fn free() -> anyhow::Result<Self> {
        let addresses = usual().map(|(name, _)| Ok((name, server::reserve()?)));
        Ok(Self(addresses.collect::<std::io::Result<_>>()?))
    }

    /// Lets the gateway or the website listen elsewhere, such as on every interface.
    pub fn set(&mut self, name: &'static str, address: SocketAddr) {
        self.0.insert(name, address);
    }

    /// The address of a program.
    ///
    /// # Errors
    /// When there is no such program.
    pub fn of(&self, name: &str) -> anyhow::Result<SocketAddr> {
        self.0.get(name).copied().with_context(|| format!("{name} has no port"))
    }

    /// The programs of a chapter: what listens, but for the simulated machine, and the gateway once.
    pub(crate) fn programs(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied().filter(|name| ![GATEWAY_ADMIN, VENDING_MACHINE].contains(name))
    }

    /// `name=url` of every service, as peers and upstreams are configured.
    pub(crate) fn urls(&self) -> String {
        let is_service = |name: &str| OTHERS.iter().all(|(other, _)| *other != name);
        let services = self.0.iter().filter(|(name, _)| is_service(name));
        let urls = services.map(|(name, address)| format!("{name}=http://{address}"));
        urls.collect::<Vec<_>>().join(",")
    }

    /// Where a program tells whether it is ready.
    ///
    /// # Errors
    /// When there is no such program.
    pub(crate) fn health_of(&self, name: &str) -> anyhow::Result<SocketAddr> {
        self.of(if name == GATEWAY { GATEWAY_ADMIN } else { name })
    }
}
