//! What makes a password good enough: its length, and that nobody would try it (NIST SP 800-63B-4).

use secrecy::{ExposeSecret, SecretString};

use crate::{account::Account, guessable::Guessable};

/// The fewest characters. A character is a Unicode scalar value.
pub(crate) const MIN_CHARS: usize = 15;
/// The most bytes: room for 128 characters of any script, and no more work than that is worth.
pub(crate) const MAX_BYTES: usize = 1024;

/// Why a password is refused, and what to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WeakPassword {
    #[error("Choose a password of at least {MIN_CHARS} characters, such as four unrelated words")]
    TooShort,
    #[error("Choose a password of at most {MAX_BYTES} bytes")]
    TooLong,
    #[error("This password is among the first that someone would try; choose unrelated words")]
    Common,
    #[error("This password says little more than your name or the chapter's; choose other words")]
    Personal,
}

/// A password that keeps the rules. There is none on the kinds of characters in it.
#[derive(Debug, Clone)]
pub(crate) struct NewPassword(SecretString);

impl NewPassword {
    /// Reads the password that the owner of an account chose.
    pub(crate) fn parse(
        password: SecretString,
        account: &Account,
        chapter: &str,
    ) -> Result<Self, WeakPassword> {
        let text = password.expose_secret();
        if text.len() > MAX_BYTES {
            return Err(WeakPassword::TooLong);
        }
        if text.chars().count() < MIN_CHARS {
            return Err(WeakPassword::TooShort);
        }
        let names = [account.netid.as_str(), &account.first_name, &account.last_name];
        let context = [chapter, "grove"].into_iter().chain(names);
        match Guessable::of(text, context) {
            Some(Guessable::Common) => Err(WeakPassword::Common),
            Some(Guessable::Personal) => Err(WeakPassword::Personal),
            None => Ok(Self(password)),
        }
    }

    /// The password, for hashing it.
    pub(crate) fn into_secret(self) -> SecretString {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(password: &str) -> Result<(), WeakPassword> {
        let account = Account {
            id: 1,
            netid: "jsmith2".parse().unwrap(),
            first_name: "Johanna".to_owned(),
            last_name: "van Smithfield".to_owned(),
            password_hash: None,
            disabled_at: None,
        };
        NewPassword::parse(password.into(), &account, "ACM").map(drop)
    }

    #[test]
    fn length_is_counted_in_characters_and_bounded_in_bytes() {
        let word = "àéîõü ćłñøş žβδλ";
        assert_eq!(parse(&word.chars().take(14).collect::<String>()), Err(WeakPassword::TooShort));
        assert_eq!(parse(&word.chars().take(15).collect::<String>()), Ok(()));
        let clefs: String =
            (0..128).filter_map(|n| char::from_u32(0x1D100 + n * 37 % 128)).collect();
        assert_eq!(clefs.len(), 512);
        assert_eq!(parse(&clefs), Ok(()));
        let long: String = ('!'..='~').cycle().step_by(7).take(1024).collect();
        assert_eq!(parse(&long), Ok(()));
        assert_eq!(parse(&format!("{long}x")), Err(WeakPassword::TooLong));
    }

    #[test]
    fn no_kind_of_character_is_required() {
        for good in ["umbrella trombone glacier", "vdkwnqzjxhrtplm", "839201748592017346"] {
            assert_eq!(parse(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn names_make_no_password() {
        for bad in [
            "jsmith2jsmith2jsmith2",
            "Johanna-Smithfield-1999",
            "jsmith2@acm-password",
            "acm grove 123456789",
            "J0hanna vanSm1thfield",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert_eq!(parse("Johanna-Smithfield-1999"), Err(WeakPassword::Personal));
        assert_eq!(parse("Johanna saw umbrellas glow"), Ok(()));
    }
}
