//! How often an address may do what costs somebody a mail.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};

/// How many times within [`WINDOW`]. A room full of newcomers may share an address.
const MOST: u32 = 30;
const WINDOW: TimeDelta = TimeDelta::minutes(10);
/// Addresses that are remembered; beyond these nobody is held back.
const MOST_ADDRESSES: usize = 10_000;

/// How often each address did it lately, at this replica.
#[derive(Debug, Clone, Default)]
pub struct Limit(Arc<Mutex<HashMap<IpAddr, Count>>>);

#[derive(Debug, Clone, Copy)]
struct Count {
    since: DateTime<Utc>,
    times: u32,
}

impl Limit {
    /// Counts a try.
    ///
    /// # Errors
    /// After how long another is welcome, when there were too many.
    pub(crate) fn count(
        &self,
        address: Option<IpAddr>,
        now: DateTime<Utc>,
    ) -> Result<(), Duration> {
        let Some(address) = address.map(network) else { return Ok(()) };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.retain(|_, count| now - count.since < WINDOW);
        if counts.len() >= MOST_ADDRESSES && !counts.contains_key(&address) {
            return Ok(());
        }
        let count = counts.entry(address).or_insert(Count { since: now, times: 0 });
        if count.times >= MOST {
            return Err((WINDOW - (now - count.since)).to_std().unwrap_or_default());
        }
        count.times += 1;
        Ok(())
    }
}

/// Of an IPv6 address the network, of which one household or office has many addresses.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        IpAddr::V4(address) => address.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_held_back_for_a_while_and_others_are_not() {
        let limit = Limit::default();
        let (now, address) = (DateTime::UNIX_EPOCH, |text: &str| text.parse().ok());
        for _ in 0..MOST {
            limit.count(address("2001:db8::1"), now).unwrap();
        }
        let wait = limit.count(address("2001:db8::2"), now + TimeDelta::minutes(4)).unwrap_err();
        assert_eq!(wait, Duration::from_mins(6));
        for other in ["2001:db8:0:1::1", "192.0.2.1"] {
            assert_eq!(limit.count(address(other), now), Ok(()));
        }
        assert_eq!(limit.count(address("2001:db8::1"), now + WINDOW), Ok(()));
        assert_eq!(limit.count(None, now), Ok(()));
    }
}
