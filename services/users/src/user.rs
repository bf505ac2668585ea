//! Someone who joined, and what makes their data valid.

use chrono::{DateTime, NaiveDate, Utc};
use grove_auth_api::NewAccount;
use grove_shared::{NetId, text::is_clean};
use grove_users_api as api;
use grove_users_api::UserState;

use crate::{config::Chapter, error::UserError};

/// Each could be a NetID, but is a word of our own paths: `/users/me` is the caller.
const RESERVED: [&str; 4] = ["me", "login", "logout", "counts"];

/// Reads a NetID as a person typed it.
pub(crate) fn parse_netid(netid: Option<&str>) -> Result<NetId, UserError> {
    let netid = netid.filter(|netid| !netid.is_empty()).ok_or(UserError::Missing("netid"))?;
    if RESERVED.contains(&netid) {
        return Err(UserError::InvalidNetId);
    }
    netid.parse().map_err(|_| UserError::InvalidNetId)
}

/// Reads the reference of an online payment: 1 to 200 characters on one line.
pub(crate) fn parse_payment(reference: &str) -> Result<&str, UserError> {
    const MAX_CHARS: usize = 200;
    if reference.is_empty() {
        Err(UserError::Missing("payment"))
    } else if !is_clean(reference) {
        Err(UserError::ControlCharacter("payment"))
    } else if reference.chars().count() > MAX_CHARS {
        Err(UserError::TooLong { field: "payment", most: MAX_CHARS })
    } else {
        Ok(reference)
    }
}

/// A given or family name: 1 to 50 characters on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name(String);

impl Name {
    const MAX_CHARS: usize = 50;

    /// Reads the name in `field` as a person typed it.
    pub(crate) fn parse(field: &'static str, name: Option<&str>) -> Result<Self, UserError> {
        let name = name.unwrap_or_default().trim();
        if !is_clean(name) {
            return Err(UserError::ControlCharacter(field));
        }
        // Names are mailed, and make no links.
        if name.contains([':', '/', '@', '<', '>', '\\']) {
            return Err(UserError::NoName(field));
        }
        match name.chars().count() {
            0 => Err(UserError::Missing(field)),
            1..=Self::MAX_CHARS => Ok(Self(name.to_owned())),
            _ => Err(UserError::TooLong { field, most: Self::MAX_CHARS }),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&NetId> for Name {
    /// A name for someone of whom only the NetID is known.
    fn from(netid: &NetId) -> Self {
        Self(netid.to_string())
    }
}

/// The number on the university's card: nine digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Uin(pub(crate) u32);

impl Uin {
    const DIGITS: usize = 9;

    /// Reads a UIN as a person typed it.
    pub(crate) fn parse(uin: Option<&str>) -> Result<Self, UserError> {
        let uin = uin.unwrap_or_default().trim();
        let digits = uin.strip_prefix('-').unwrap_or(uin);
        if uin.is_empty() {
            Err(UserError::Missing("uin"))
        } else if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            Err(UserError::UinNotInteger)
        } else if uin.len() != Self::DIGITS {
            Err(UserError::UinNotNineDigits)
        } else {
            uin.parse().map(Self).map_err(|_| UserError::UinNotNineDigits)
        }
    }
}

/// Someone to add.
#[derive(Debug, Clone)]
pub(crate) struct NewUser {
    pub(crate) netid: NetId,
    pub(crate) first_name: Name,
    pub(crate) last_name: Name,
    pub(crate) uin: Option<Uin>,
    /// When the person proved that the mail address is theirs.
    pub(crate) verified_at: Option<DateTime<Utc>>,
    pub(crate) added_to_directory: bool,
    pub(crate) created_at: DateTime<Utc>,
}

impl NewUser {
    /// Reads an applicant's form, field by field in the order of the form.
    pub(crate) fn parse(form: &api::NewUser, now: DateTime<Utc>) -> Result<Self, UserError> {
        Ok(Self {
            first_name: Name::parse("first_name", form.first_name.as_deref())?,
            last_name: Name::parse("last_name", form.last_name.as_deref())?,
            netid: parse_netid(form.netid.as_deref())?,
            uin: Some(Uin::parse(form.uin.as_deref())?),
            verified_at: None,
            added_to_directory: false,
            created_at: now,
        })
    }

    /// As auth is told of them.
    pub(crate) fn account(&self) -> NewAccount {
        NewAccount {
            netid: self.netid.clone(),
            first_name: self.first_name.as_str().to_owned(),
            last_name: self.last_name.as_str().to_owned(),
        }
    }
}

/// Someone who joined.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) netid: NetId,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) verified_at: Option<DateTime<Utc>>,
    pub(crate) added_to_directory: bool,
    pub(crate) published: bool,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) is_member: bool,
    /// The last day of the newest term.
    pub(crate) member_until: Option<NaiveDate>,
}

impl User {
    /// Whether all that is known of the person is a form that anybody may have sent.
    pub(crate) fn has_proven_nothing(&self) -> bool {
        self.state() == UserState::Unverified
    }

    /// As auth is told of them.
    pub(crate) fn account(&self) -> NewAccount {
        let Self { netid, first_name, last_name, .. } = self.clone();
        NewAccount { netid, first_name, last_name }
    }

    pub(crate) fn state(&self) -> UserState {
        if self.is_member {
            UserState::Member
        } else if self.member_until.is_some() {
            UserState::Expired
        } else if self.verified_at.is_some() {
            UserState::AwaitingPayment
        } else {
            UserState::Unverified
        }
    }
}

impl From<User> for api::User {
    fn from(user: User) -> Self {
        Self {
            state: user.state(),
            first_name: user.first_name,
            last_name: user.last_name,
            netid: user.netid.to_string(),
            created_at: user.created_at,
            is_member: user.is_member,
            added_to_directory: user.added_to_directory,
        }
    }
}

/// Someone who is a member.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) netid: NetId,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    /// The last day of the term.
    pub(crate) until: NaiveDate,
}

impl Member {
    /// As other services see them.
    pub(crate) fn with_address(self, chapter: &Chapter) -> api::CurrentMember {
        let Self { netid, first_name, last_name, until } = self;
        let email = chapter.address_of(&netid);
        api::CurrentMember { netid, email, first_name, last_name, member_until: until }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uin_is_nine_digits() {
        assert_eq!(Uin::parse(Some(" 012345678 ")).unwrap(), Uin(12_345_678));
        for (text, error) in [
            ("", "Missing uin"),
            ("0x1f", "UIN must be an integer"),
            ("1_000", "UIN must be an integer"),
            ("12345678.0", "UIN must be an integer"),
            ("-", "UIN must be an integer"),
            ("٣٣٣٣٣٣٣٣٣", "UIN must be an integer"),
            ("-5", "UIN must have nine digits"),
            ("-12345678", "UIN must have nine digits"),
            ("1234567890", "UIN must have nine digits"),
        ] {
            assert_eq!(Uin::parse(Some(text)).unwrap_err().to_string(), error, "{text}");
        }
    }

    #[test]
    fn a_name_is_trimmed_and_has_one_line() {
        assert_eq!(Name::parse("first_name", Some(" Zoë ")).unwrap().as_str(), "Zoë");
        assert!(Name::parse("first_name", Some(&"é".repeat(50))).is_ok());
        for bad in ["", " ", "a\nb", "a\0", "a\u{202e}b", "http://a", "a.b/c", &"é".repeat(51)] {
            assert!(Name::parse("first_name", Some(bad)).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_words_of_our_paths_are_nobody_s_netid() {
        assert!(parse_netid(Some("adam")).is_ok());
        assert!(parse_netid(Some("me")).is_err());
    }
}
