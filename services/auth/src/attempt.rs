//! Someone's try at a password, and where it comes from.

use std::net::IpAddr;

use grove_shared::{NetId, token};

use crate::config::Networks;

/// How a try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The password was wrong.
    Failed,
    /// Someone signed in.
    Succeeded,
    /// Someone asked for a new password.
    Reset,
}

impl Outcome {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Succeeded => "succeeded",
            Self::Reset => "reset",
        }
    }
}

/// Someone's try at an account, which need not exist.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    /// The name as typed, without case and the space around it, if it is one at all: the database
    /// compares more freely, and one account must not be tried under many names.
    pub(crate) netid: Option<NetId>,
    /// Stands for the name as typed.
    pub(crate) account_key: [u8; 32],
    /// The address, or its network; nothing when the caller does not know it.
    pub(crate) source: String,
    /// Whether the source stands for one person or household: then what fails there counts for all of it.
    pub(crate) is_own_source: bool,
}

impl Attempt {
    /// Someone's try at the account that they call by its name or by its mail address, which ends in
    /// `mail_domain`, from an address that may be in one of the networks that are `shared`.
    pub(crate) fn new(
        name: &str,
        mail_domain: &str,
        address: Option<IpAddr>,
        shared: &Networks,
    ) -> Self {
        let name = name.trim().to_lowercase();
        let domain =
            name.split_once('@').filter(|(_, domain)| *domain == mail_domain.to_lowercase());
        let name = domain.map_or(name.as_str(), |(name, _)| name);
        let account_key = token::hash(name);
        let is_own_source = address.is_some_and(|address| !shared.contain(address));
        let source = address.map(source).unwrap_or_default();
        Self { netid: name.parse().ok(), account_key, source, is_own_source }
    }

    /// The account to look for; nothing when there can be none.
    pub(crate) fn account(&self) -> &str {
        self.netid.as_ref().map_or("", NetId::as_str)
    }
}

/// A person has at least 2^64 addresses of IPv6 (RFC 6177), so the first half counts.
fn source(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 64 << 64;
            std::net::Ipv6Addr::from(network).to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_has_one_name_and_a_network() {
        let shared = "10.0.0.0/8, 192.0.2.7".parse().unwrap();
        let attempt = |name, address: &str| {
            Attempt::new(name, "Example.edu", Some(address.parse().unwrap()), &shared)
        };
        assert_eq!(attempt("JSmith2@example.EDU ", "192.0.2.7").account(), "jsmith2");
        assert_eq!(attempt("jsmith2@elsewhere.example", "192.0.2.7").account(), "");
        assert!(attempt("jsmith2", "192.0.2.8").is_own_source);
        for shared in ["10.1.2.3", "::ffff:192.0.2.7"] {
            assert!(!attempt("jsmith2", shared).is_own_source);
        }
        assert_eq!(attempt(" JSmith2", "192.0.2.7").account_key, token::hash("jsmith2"));
        assert_eq!(attempt("jsmith2", "::ffff:192.0.2.7").source, "192.0.2.7");
        let one = attempt("jsmith2", "2001:db8:1:2:3:4:5:6").source;
        assert_eq!(one, attempt("jsmith2", "2001:db8:1:2:ffff::1").source);
        assert_eq!(one, "2001:db8:1:2::");
    }
}
