//! Which names of `Host` mean this machine.

use std::net::IpAddr;

use http::{HeaderValue, uri::Authority};

/// Whether a `Host` is an address, or a name that only this machine has. Any other name may lead here
/// because its owner says so, and then a page of theirs speaks to programs of this machine (DNS
/// rebinding).
pub fn is_this_machine(host: &HeaderValue) -> bool {
    let Ok(authority) = Authority::try_from(host.as_bytes()) else { return false };
    let name = authority.host().trim_matches(['[', ']']);
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost") || name.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_and_localhost_are_this_machine() {
        for (host, expected) in [
            ("127.0.0.1:8010", true),
            ("localhost", true),
            ("LOCALHOST:80", true),
            ("gateway.localhost.", true),
            ("[::1]:8010", true),
            ("192.0.2.7", true),
            ("evil.example", false),
            ("evil.example:8010", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("xlocalhost", false),
        ] {
            assert_eq!(is_this_machine(&HeaderValue::from_static(host)), expected, "{host}");
        }
    }
}
