//! What makes a password good enough: its length, and that nobody would try it (NIST SP 800-63B-4).

use secrecy::{ExposeSecret, SecretString};
use zxcvbn::{
    Entropy,
    matching::{Match, patterns::MatchPattern},
    zxcvbn,
};

use crate::account::Account;

/// The fewest characters. A character is a Unicode scalar value.
const MIN_CHARS: usize = 15;
/// The most bytes: room for 128 characters of any script, and no more work than that is worth.
pub(crate) const MAX_BYTES: usize = 1024;
/// As many guesses as this power of ten find no password.
const ENOUGH_GUESSES: f64 = 13.0;
/// The same for what is left of it without spaces and signs, which people put between words.
const ENOUGH_GUESSES_JOINED: f64 = 10.0;
/// Long ones that everyone knows.
const FAMOUS: [&str; 3] = [
    "correct horse battery staple",
    "correcthorsebatterystaple",
    "supercalifragilisticexpialidocious",
];
/// Words that are the chapter's wherever it is.
const OURS: [&str; 2] = ["grove", "chapter"];

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
        let words: Vec<String> =
            names.into_iter().chain([chapter]).chain(OURS).flat_map(forms).collect();
        match weakness(text, &words) {
            Some(weakness) => Err(weakness),
            None => Ok(Self(password)),
        }
    }

    /// The password, for hashing it.
    pub(crate) fn into_secret(self) -> SecretString {
        self.0
    }
}

/// A name as a whole, and each word of it.
fn forms(name: &str) -> Vec<String> {
    let name = name.to_lowercase();
    let words = name.split(|c: char| !c.is_alphanumeric()).map(str::to_owned);
    let joined = name.chars().filter(|c| c.is_alphanumeric()).collect();
    words.chain([joined]).filter(|word| word.chars().count() > 2).collect()
}

/// Why a password is easy to guess for someone who knows `words` of its owner.
fn weakness(password: &str, words: &[String]) -> Option<WeakPassword> {
    let inputs: Vec<&str> = words.iter().map(String::as_str).chain(FAMOUS).collect();
    let as_typed = zxcvbn(password, &inputs);
    if as_typed.guesses_log10() < ENOUGH_GUESSES {
        return Some(kind_of(&as_typed, words));
    }
    let joined: String = password.chars().filter(|c| c.is_alphanumeric()).collect();
    // Where most signs are no letters, leaving them out leaves nothing to judge.
    if joined.len() * 2 < password.len() {
        return None;
    }
    let joined = zxcvbn(&joined, &inputs);
    (joined.guesses_log10() < ENOUGH_GUESSES_JOINED).then(|| kind_of(&joined, words))
}

fn kind_of(estimate: &Entropy, words: &[String]) -> WeakPassword {
    let is_personal = estimate.sequence().iter().any(|part| says_one_of(part, words));
    if is_personal { WeakPassword::Personal } else { WeakPassword::Common }
}

fn says_one_of(part: &Match, words: &[String]) -> bool {
    match &part.pattern {
        MatchPattern::Dictionary(found) => words.contains(&found.matched_word),
        MatchPattern::Repeat(repeat) => {
            repeat.base_matches.iter().any(|part| says_one_of(part, words))
        }
        _ => false,
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

    #[test]
    fn long_passwords_that_people_share_are_refused() {
        for bad in [
            "passwordpassword",
            "Password123456789!",
            "P@$$w0rd-P@$$w0rd",
            "123456789012345",
            "1234567891234567",
            "111111111111111111",
            "qwertyuiopasdfghjkl",
            "qwertyuiop1234567890",
            "1q2w3e4r5t6y7u8i9o0p",
            "1qaz2wsx3edc4rfv",
            "!QAZ2wsx#EDC4rfv",
            "abcdefghijklmnop",
            "zyxwvutsrqponmlk",
            "aaaaaaaaaaaaaaaa",
            "abababababababab",
            "iloveyouiloveyou",
            "i love you so much",
            "administrator2024",
            "letmeinletmein123",
            "welcome to chicago",
            "thisisapassword1",
            "correct horse battery staple",
            "trustno1trustno1",
            "monkey.dragon.1999",
            "!@#$%^&*()_+{}|",
            "password19901224",
            "xkcdQxkcdQxkcdQxk",
            "supercalifragilisticexpialidocious",
        ] {
            assert_eq!(parse(bad), Err(WeakPassword::Common), "{bad}");
        }
    }

    #[test]
    fn unrelated_words_and_random_signs_are_fine() {
        for good in [
            "umbrella trombone glacier",
            "vdkwnqzjxhrtplm",
            "}{$^%~)(*&;:?>,x",
            "purple lantern seventeen gravel",
            "my dog barks at the noisy tram",
            "Mon chien aboie, la nuit.",
            "пингвин читает газету",
            "8F3kd-92mXq-Lw7Zp",
        ] {
            assert_eq!(parse(good), Ok(()), "{good}");
        }
    }
}
