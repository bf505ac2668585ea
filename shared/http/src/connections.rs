//! The connections that a server has open, and which of them give way when there are too many.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use tokio_util::sync::CancellationToken;

use crate::received_body::Rest;

/// Descriptors that a process has when the system does not say how many.
const USUAL_DESCRIPTORS: usize = 1024;
/// Of all descriptors of the process a public server takes one in so many: each request needs others, for
/// services and the database, and several servers may be one process.
const SHARE: usize = 3;
/// Of the connections of a server those from one address leave one in so many to others.
const OTHERS: usize = 8;

/// Every connection of a server.
#[derive(Debug, Clone)]
pub(crate) struct Connections(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limit: usize,
    open: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    entries: HashMap<u64, Arc<Entry>>,
    addresses: HashMap<IpAddr, usize>,
}

#[derive(Debug)]
struct Entry {
    address: IpAddr,
    state: Mutex<State>,
    evicted: CancellationToken,
}

#[derive(Debug)]
struct State {
    /// When it was opened, or its last request began.
    since: Instant,
    /// What is left of the body of a request that is not answered yet.
    request: Option<Rest>,
}

/// A connection's place, which is free when this is dropped.
#[derive(Debug)]
pub(crate) struct Open {
    all: Connections,
    id: u64,
    entry: Arc<Entry>,
}

impl Connections {
    /// At most `limit` connections.
    pub(crate) fn new(limit: usize) -> Self {
        Self(Arc::new(Inner { limit, open: Mutex::default() }))
    }

    /// At most the share of a public server.
    pub(crate) fn public() -> Self {
        Self::new(descriptors().unwrap_or(USUAL_DESCRIPTORS) / SHARE)
    }

    /// As many as there are.
    pub(crate) fn unlimited() -> Self {
        Self::new(usize::MAX)
    }

    /// Takes a place for a connection from `address`; none when all that it may have are taken by clients
    /// that wait for an answer.
    pub(crate) fn open(&self, address: IpAddr) -> Option<Open> {
        let mut table = self.lock();
        let of_address = table.addresses.get(&address).copied().unwrap_or_default();
        let is_full =
            table.entries.len() >= self.0.limit || of_address >= of_one_address(self.0.limit);
        if is_full && !table.evict(address, self.0.limit) {
            return None;
        }
        let state = Mutex::new(State { since: Instant::now(), request: None });
        let entry = Entry { address, state, evicted: CancellationToken::new() };
        let (id, entry) = (table.next, Arc::new(entry));
        table.next += 1;
        table.entries.insert(id, entry.clone());
        *table.addresses.entry(address).or_default() += 1;
        Some(Open { all: self.clone(), id, entry })
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Takes the places of clients that do not wait for an answer, but are silent, or still send, or read:
    /// those whose last request is the longest ago. It takes some at once, as looking for them takes time.
    /// They are those of `address` when it has all that it may have, else those of the address that has most.
    fn evict(&mut self, address: IpAddr, limit: usize) -> bool {
        let idle =
            self.entries.iter().filter_map(|(id, entry)| Some((entry.idle_since()?, *id, entry)));
        let mut by_address: HashMap<IpAddr, Vec<(Instant, u64)>> = HashMap::new();
        for (since, id, entry) in idle {
            by_address.entry(entry.address).or_default().push((since, id));
        }
        let own = self.addresses.get(&address).copied().unwrap_or_default();
        let victims = if own >= of_one_address(limit) {
            by_address.remove(&address)
        } else {
            by_address.into_values().max_by_key(Vec::len)
        };
        let mut victims = victims.unwrap_or_default();
        victims.sort_unstable();
        victims.truncate(limit / 64 + 1);
        for (_, id) in &victims {
            if let Some(entry) = self.remove(*id) {
                entry.evicted.cancel();
            }
        }
        !victims.is_empty()
    }

    fn remove(&mut self, id: u64) -> Option<Arc<Entry>> {
        let entry = self.entries.remove(&id)?;
        if let Some(count) = self.addresses.get_mut(&entry.address) {
            *count -= 1;
            if *count == 0 {
                self.addresses.remove(&entry.address);
            }
        }
        Some(entry)
    }
}

impl Entry {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Since when nobody works for it; none while a request that has come is not answered.
    fn idle_since(&self) -> Option<Instant> {
        let state = self.state();
        let is_working = state.request.as_ref().is_some_and(Rest::is_ended);
        (!is_working).then_some(state.since)
    }
}

impl Open {
    /// Notes that the head of a request has come, whose body `rest` follows.
    pub(crate) fn begin(&self, rest: Rest) {
        *self.entry.state() = State { since: Instant::now(), request: Some(rest) };
    }

    /// Notes that the request is answered.
    pub(crate) fn end(&self) {
        self.entry.state().request = None;
    }

    /// Waits until it has to give way.
    pub(crate) async fn is_evicted(&self) {
        self.entry.evicted.cancelled().await;
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.all.lock().remove(self.id);
    }
}

/// How many of `limit` connections may come from one address, which may be a proxy.
fn of_one_address(limit: usize) -> usize {
    limit - limit / OTHERS
}

/// How many descriptors the process may have, as Linux tells (proc(5)).
fn descriptors() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    files.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ATTACKER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));

    fn other(last: u8) -> IpAddr {
        [198, 51, 100, last].into()
    }

    fn work(open: &Open) {
        open.begin(Rest::ended());
    }

    #[test]
    fn who_does_not_wait_for_an_answer_gives_way_the_oldest_first() {
        let all = Connections::new(8);
        let idle: Vec<_> = (0..4).map(|_| all.open(ATTACKER).unwrap()).collect();
        idle[0].begin(Rest::ended());
        idle[0].end();
        idle[1].begin(Rest::held());
        let working: Vec<_> = (0..4).map(|last| all.open(other(last)).unwrap()).collect();
        working.iter().for_each(work);
        let mut later = Vec::new();
        // The first two of those who are idle were heard of last.
        for victim in [2, 3, 0, 1] {
            assert!(!idle[victim].entry.evicted.is_cancelled());
            later.push(all.open(other(9)).unwrap());
            later.iter().for_each(work);
            assert!(idle[victim].entry.evicted.is_cancelled(), "{victim}");
        }
        assert!(working.iter().all(|open| !open.entry.evicted.is_cancelled()));
        assert!(all.open(other(10)).is_none());
        drop(later.pop());
        assert_eq!(all.lock().entries.len(), 7);
    }

    #[test]
    fn one_address_leaves_room_for_others() {
        let all = Connections::new(8);
        let working: Vec<_> = (0..7).map(|_| all.open(ATTACKER).unwrap()).collect();
        working.iter().for_each(work);
        assert!(all.open(ATTACKER).is_none());
        assert!(all.open(other(1)).is_some());
        drop(working);
        assert!(all.open(ATTACKER).is_some());
        assert!(all.lock().addresses.is_empty() && all.lock().entries.is_empty());
    }
}
