//! Where a request comes from when proxies are in front.

use std::{iter, net::IpAddr, str::FromStr};

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies whose `X-Forwarded-For` counts: addresses and ranges in CIDR notation (RFC 4632),
/// separated by commas.
///
/// A proxy adds the address that it was called from as the last entry of the header. So the list is read
/// from its end, and only as far as each entry was written by someone who is trusted: what a visitor wrote
/// into the header does not count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl FromStr for TrustedProxies {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let proxies = entries.map(|entry| {
            let address = entry.parse().map(|address: IpAddr| IpNet::from(address.to_canonical()));
            address.or_else(|_| entry.parse()).map_err(|_| {
                format!("{entry:?} is no address and no range, such as 192.0.2.7 or 10.0.0.0/8")
            })
        });
        proxies.collect::<Result<_, _>>().map(Self)
    }
}

impl TrustedProxies {
    /// The address behind the proxies: the nearest one that is no proxy, beginning with `remote`, the
    /// other end of the connection. The furthest proxy when nothing is behind it that can be read.
    #[must_use]
    pub fn client(&self, remote: IpAddr, headers: &HeaderMap) -> IpAddr {
        self.first_behind(remote, &mut hops(remote, headers))
    }

    /// As [`client`](Self::client), for an application that says itself for whom it speaks: the address
    /// in the entry that it wrote, or its own. It must be none of the proxies.
    #[must_use]
    pub fn client_of_application(&self, remote: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut hops = hops(remote, headers);
        let application = self.first_behind(remote, &mut hops);
        hops.next().unwrap_or(application)
    }

    /// Takes the proxies from `hops`, and the first that is none.
    fn first_behind(&self, remote: IpAddr, hops: &mut impl Iterator<Item = IpAddr>) -> IpAddr {
        let mut furthest = remote;
        for hop in hops {
            furthest = hop;
            if !self.0.iter().any(|proxy| proxy.contains(&hop)) {
                break;
            }
        }
        furthest
    }
}

/// The addresses that a request came through, the nearest first, as far as they can be read.
fn hops(remote: IpAddr, headers: &HeaderMap) -> impl Iterator<Item = IpAddr> {
    let lines = headers.get_all(FORWARDED_FOR).into_iter().rev();
    let entries = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    let forwarded = entries.map_while(|entry| entry.trim().parse::<IpAddr>().ok());
    iter::once(remote).chain(forwarded).map(|hop| hop.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: &str, forwarded: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, http::HeaderValue::from_static(line));
        }
        let proxies: TrustedProxies = proxies.parse().unwrap();
        proxies.client("::ffff:10.0.0.1".parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_speaks_for_a_visitor() {
        for (proxies, forwarded, expected) in [
            ("", &["6.6.6.6, 9.9.9.9"][..], "10.0.0.1"),
            ("10.0.0.2,2001:db8::/32", &["9.9.9.9"], "10.0.0.1"),
            ("10.0.0.1", &["6.6.6.6, 9.9.9.9"], "9.9.9.9"),
            ("10.0.0.0/8", &["6.6.6.6, 9.9.9.9, 10.7.7.7"], "9.9.9.9"),
            ("10.0.0.0/8", &["6.6.6.6, 9.9.9.9", "10.7.7.7"], "9.9.9.9"),
            ("10.0.0.1", &["2001:db8::1"], "2001:db8::1"),
            ("::ffff:10.0.0.1", &["9.9.9.9"], "9.9.9.9"),
            // What cannot be read hides what is before it.
            ("10.0.0.1", &["6.6.6.6, nonsense, 9.9.9.9"], "9.9.9.9"),
            ("10.0.0.1", &["9.9.9.9, nonsense"], "10.0.0.1"),
            ("10.0.0.0/8", &["10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &[], "10.0.0.1"),
        ] {
            assert_eq!(client(proxies, forwarded), expected, "{proxies} {forwarded:?}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for wrong in ["proxy.example.edu", "10.0.0.0/33", "10.0.0.1;10.0.0.2"] {
            let refused = wrong.parse::<TrustedProxies>().unwrap_err();
            assert!(refused.contains(wrong), "{refused}");
        }
    }
}
