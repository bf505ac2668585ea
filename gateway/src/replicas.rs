//! The replicas of a service: whose turn it is, which are passed over, and what is open to each.

use std::{net::SocketAddr, time::Duration};

use tokio::time::Instant;

/// How long a connection is kept that nobody uses. Services close it after ten seconds; who lets go earlier
/// never sends a request into a connection that is being closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// Connections to a replica that are kept although nobody uses them.
const MAX_IDLE: usize = 512;
/// How long a replica that took no connection is asked last.
const AVOIDED_FOR: Duration = Duration::from_secs(1);

/// The replicas of one service, with connections of type `L`.
#[derive(Debug)]
pub(crate) struct Replicas<L> {
    replicas: Vec<Replica<L>>,
    turn: usize,
}

#[derive(Debug)]
struct Replica<L> {
    address: SocketAddr,
    avoided_until: Option<Instant>,
    /// The one used last is at the end, and used next.
    idle: Vec<(Instant, L)>,
}

impl<L> Default for Replicas<L> {
    fn default() -> Self {
        Self { replicas: Vec::new(), turn: 0 }
    }
}

impl<L> Replicas<L> {
    /// Takes over the addresses that were found; connections to those that are gone end.
    pub(crate) fn set(&mut self, mut addresses: Vec<SocketAddr>) {
        addresses.sort_unstable();
        addresses.dedup();
        self.replicas.retain(|replica| addresses.contains(&replica.address));
        for address in addresses {
            if !self.replicas.iter().any(|replica| replica.address == address) {
                self.replicas.push(Replica { address, avoided_until: None, idle: Vec::new() });
            }
        }
    }

    /// Forgets every address, so that they are looked up again.
    pub(crate) fn forget(&mut self) {
        self.replicas.clear();
    }

    /// A connection to the replica whose turn it is, if one is idle that `is_usable`.
    pub(crate) fn take_idle(&mut self, is_usable: impl Fn(&mut L) -> bool) -> Option<L> {
        let count = self.replicas.len();
        if count == 0 {
            return None;
        }
        let now = Instant::now();
        for offset in 1..=count {
            let index = (self.turn + offset) % count;
            let replica = self.replicas.get_mut(index)?;
            if count > 1 && replica.is_avoided(now) {
                continue;
            }
            let link = replica.take_idle(now, &is_usable)?;
            self.turn = index;
            return Some(link);
        }
        None
    }

    /// The addresses that are known.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.replicas.iter().map(|replica| replica.address)
    }

    /// The addresses, the one whose turn it is first, those that are passed over last.
    pub(crate) fn in_turn(&mut self) -> Vec<SocketAddr> {
        if self.replicas.is_empty() {
            return Vec::new();
        }
        self.turn = (self.turn + 1) % self.replicas.len();
        let now = Instant::now();
        let (before, from) = self.replicas.split_at(self.turn);
        let turns = from.iter().chain(before);
        let (avoided, usual): (Vec<_>, Vec<_>) = turns.partition(|replica| replica.is_avoided(now));
        usual.into_iter().chain(avoided).map(|replica| replica.address).collect()
    }

    /// Passes over a replica for a second.
    pub(crate) fn avoid(&mut self, address: SocketAddr) {
        if let Some(replica) = self.find(address) {
            replica.avoided_until = Some(Instant::now() + AVOIDED_FOR);
            replica.idle.clear();
        }
    }

    /// Keeps a connection for the next request.
    pub(crate) fn keep(&mut self, address: SocketAddr, link: L) {
        if let Some(replica) = self.find(address)
            && replica.idle.len() < MAX_IDLE
        {
            replica.idle.push((Instant::now(), link));
        }
    }

    /// Closes connections that nobody has used for a while.
    pub(crate) fn prune(&mut self) {
        for replica in &mut self.replicas {
            replica.idle.retain(|(since, _)| since.elapsed() <= IDLE_TIMEOUT);
        }
    }

    fn find(&mut self, address: SocketAddr) -> Option<&mut Replica<L>> {
        self.replicas.iter_mut().find(|replica| replica.address == address)
    }
}

impl<L> Replica<L> {
    fn is_avoided(&self, now: Instant) -> bool {
        self.avoided_until.is_some_and(|until| now < until)
    }

    fn take_idle(&mut self, now: Instant, is_usable: impl Fn(&mut L) -> bool) -> Option<L> {
        while let Some((since, mut link)) = self.idle.pop() {
            if now.duration_since(since) > IDLE_TIMEOUT {
                self.idle.clear();
            } else if is_usable(&mut link) {
                return Some(link);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: SocketAddr =
        SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1);
    const SECOND: SocketAddr =
        SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 2);

    fn two() -> Replicas<u8> {
        let mut replicas = Replicas::default();
        replicas.set(vec![SECOND, FIRST, FIRST]);
        replicas
    }

    #[test]
    fn replicas_take_turns() {
        let mut replicas = two();
        let firsts: Vec<_> = (0..4).map(|_| replicas.in_turn()[0]).collect();
        assert_eq!(firsts[..2], firsts[2..]);
        assert_ne!(firsts[0], firsts[1]);
        for _ in 0..3 {
            replicas.keep(FIRST, 1);
            replicas.keep(SECOND, 2);
        }
        let taken: Vec<_> = (0..6).filter_map(|_| replicas.take_idle(|_| true)).collect();
        assert!(taken == [1, 2, 1, 2, 1, 2] || taken == [2, 1, 2, 1, 2, 1], "{taken:?}");
        assert_eq!(replicas.take_idle(|_| true), None);
    }

    #[test]
    fn one_that_takes_no_connection_is_asked_last() {
        let mut replicas = two();
        replicas.avoid(FIRST);
        for _ in 0..3 {
            assert_eq!(replicas.in_turn(), [SECOND, FIRST]);
        }
        replicas.keep(SECOND, 2);
        assert_eq!(replicas.take_idle(|_| true), Some(2));
    }

    #[test]
    fn one_that_is_gone_is_forgotten_with_its_connections() {
        let mut replicas = two();
        replicas.keep(FIRST, 1);
        replicas.set(vec![SECOND]);
        assert_eq!(replicas.in_turn(), [SECOND]);
        assert_eq!(replicas.take_idle(|_| true), None);
        replicas.keep(FIRST, 1);
        assert_eq!(replicas.take_idle(|_| true), None);
        replicas.forget();
        assert!(replicas.in_turn().is_empty());
    }
}
