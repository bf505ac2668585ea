//! Passwords that a guesser tries first, by rule rather than by list.
//!
//! Lists of leaked passwords hold few of 15 characters or more, and those are put together from
//! the same parts: common words, number runs, years, walks over the keyboard, repetitions. A
//! password of at most [`FEW`] such parts is guessable, whatever its case, its separators and the
//! digits that stand for letters. The words are those of `common_words.txt`, which is written by
//! hand and no copy of a list; two of them and a year alone make millions of passwords.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use crate::password::MIN_CHARS;

/// So many parts do not make a password.
const FEW: u32 = 3;
/// A password of fewer different characters is a pattern.
const FEWEST_DIFFERENT: usize = 5;
/// Shorter runs and walks occur in any text.
const SHORTEST_RUN: usize = 3;
/// Digits that are one part: a year, or a day and month.
const NUMBER: usize = 4;

/// Rows, columns and zigzags of keyboards; each is walked in both directions.
const WALKS: [&str; 14] = [
    "1234567890-=",
    "qwertyuiop[]\\",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "!@#$%^&*()_+",
    "{}|:\"<>?",
    "qwertzuiop",
    "azertyuiop",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "qazwsxedcrfvtgbyhnujmikolp",
    "zaqxswcdevfrbgtnhymjukilop",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "1a2b3c4d5e6f7g8h9i0j",
];

/// The common words, by their first letter.
static WORDS: LazyLock<BTreeMap<char, Vec<Vec<char>>>> = LazyLock::new(|| {
    let mut words = BTreeMap::<char, Vec<Vec<char>>>::new();
    for word in include_str!("common_words.txt").split_whitespace() {
        let word: Vec<char> = word.chars().collect();
        words.entry(word[0]).or_default().push(word);
    }
    words
});
static STEPS: LazyLock<BTreeSet<[char; SHORTEST_RUN]>> = LazyLock::new(|| {
    let walks = WALKS.iter().map(|walk| walk.chars().collect::<Vec<_>>());
    let both = walks.flat_map(|walk| [walk.iter().rev().copied().collect(), walk]);
    both.flat_map(|walk: Vec<char>| {
        walk.windows(SHORTEST_RUN).filter_map(|step| step.try_into().ok()).collect::<Vec<_>>()
    })
    .collect()
});

/// Why a password is easy to guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guessable {
    /// Anyone may choose it.
    Common,
    /// It is made of words about its owner.
    Personal,
}

impl Guessable {
    /// Looks at a password and at the names that its owner might put into it.
    pub(crate) fn of<'a>(password: &str, names: impl Iterator<Item = &'a str>) -> Option<Self> {
        let text: Vec<char> = password.chars().flat_map(char::to_lowercase).collect();
        let joined: Vec<char> = text.iter().copied().filter(|c| !is_separator(*c)).collect();
        let names: Vec<Vec<char>> = names.flat_map(forms).filter(|name| name.len() > 2).collect();
        // Where most signs are no letters, leaving them out leaves nothing to judge.
        let is_text = joined.len() * 2 >= text.len();
        let few = |names: &[Vec<char>]| {
            parts(&text, names) <= FEW || is_text && parts(&joined, names) <= FEW
        };
        if is_pattern(&text) || few(&[]) {
            Some(Self::Common)
        } else if few(&names) {
            Some(Self::Personal)
        } else {
            None
        }
    }
}

/// A name as a whole, and each word of it.
fn forms(name: &str) -> Vec<Vec<char>> {
    let name = name.to_lowercase();
    let words = name.split(|c: char| !c.is_alphanumeric()).map(|word| word.chars().collect());
    let whole = name.chars().filter(|c| c.is_alphanumeric()).collect();
    words.chain([whole]).collect()
}

/// Whether few characters, or a short piece, come again and again.
fn is_pattern(text: &[char]) -> bool {
    let different: BTreeSet<_> = text.iter().collect();
    let repeats = |period: &usize| text.iter().skip(*period).eq(&text[..text.len() - period]);
    different.len() < FEWEST_DIFFERENT
        || (1..MIN_CHARS.min(text.len() / 2 + 1)).any(|period| repeats(&period))
}

/// The fewest parts that `text` can be put together from.
fn parts(text: &[char], names: &[Vec<char>]) -> u32 {
    // `fewest[n]` is for the first n characters.
    let mut fewest = vec![u32::MAX; text.len() + 1];
    fewest[0] = 0;
    for start in 0..text.len() {
        let (so_far, rest) = (fewest[start], &text[start..]);
        let mut reach = |length: usize, cost: u32| {
            let part = &rest[..length];
            let again = rest.chunks(length).take_while(|chunk| *chunk == part).count();
            for times in 1..=again {
                let end = &mut fewest[start + times * length];
                *end = (*end).min(so_far.saturating_add(cost));
            }
        };
        let after_separator = start > 0 && is_separator(text[start - 1]);
        reach(1, u32::from(!is_separator(rest[0]) || after_separator));
        let common = letters(rest[0]).into_iter().flatten().filter_map(|letter| WORDS.get(&letter));
        for word in common.flatten().chain(names).filter(|word| starts_with(rest, word)) {
            reach(word.len(), 1);
        }
        for length in 2..=digits(rest).min(NUMBER) {
            reach(length, 1);
        }
        for length in SHORTEST_RUN..=run(rest).max(walk(rest)) {
            reach(length, 1);
        }
    }
    fewest[text.len()]
}

fn is_separator(c: char) -> bool {
    !c.is_alphanumeric()
}

/// Whether a text begins with a word, or with signs that look like it: `p4$$w0rd`.
fn starts_with(text: &[char], word: &[char]) -> bool {
    let looks_alike = |(letter, sign): (&char, &char)| letters(*sign).contains(&Some(*letter));
    text.len() >= word.len() && word.iter().zip(text).all(looks_alike)
}

/// A sign, and the letters that it looks like.
fn letters(sign: char) -> [Option<char>; 3] {
    let (one, other) = match sign {
        '0' => (Some('o'), None),
        '1' | '!' | '|' => (Some('i'), Some('l')),
        '3' => (Some('e'), None),
        '4' | '@' => (Some('a'), None),
        '5' | '$' => (Some('s'), None),
        '7' | '+' => (Some('t'), None),
        _ => (None, None),
    };
    [Some(sign), one, other]
}

fn digits(text: &[char]) -> usize {
    text.iter().take_while(|c| c.is_ascii_digit()).count()
}

/// The characters at the beginning that go up, go down or stay: `abcd`, `4321`, `aaaa`.
fn run(text: &[char]) -> usize {
    let step = |pair: &[char]| i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0]));
    match text.windows(2).next().map(step) {
        Some(first @ -1..=1) => 1 + text.windows(2).take_while(|pair| step(pair) == first).count(),
        _ => 1,
    }
}

/// The characters at the beginning that are neighbours on a keyboard.
fn walk(text: &[char]) -> usize {
    let steps = text.windows(SHORTEST_RUN).take_while(|step| {
        <[char; SHORTEST_RUN]>::try_from(*step).is_ok_and(|step| STEPS.contains(&step))
    });
    match steps.count() {
        0 => 0,
        steps => steps + SHORTEST_RUN - 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_common(password: &str) -> bool {
        Guessable::of(password, [].into_iter()) == Some(Guessable::Common)
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
            assert!(is_common(bad), "{bad}");
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
            assert!(!is_common(good), "{good}");
        }
    }

    #[test]
    fn the_rules_refuse_more_than_ten_thousand_passwords() {
        let words: Vec<String> =
            WORDS.values().flatten().map(|word| word.iter().collect()).collect();
        let pairs = words.iter().flat_map(|first| words.iter().map(move |second| (first, second)));
        let passwords: BTreeSet<String> = pairs
            .map(|(first, second)| format!("{first}{second}2026"))
            .filter(|password| password.len() >= MIN_CHARS)
            .take(20_000)
            .collect();
        assert!(passwords.len() >= 10_000, "{}", passwords.len());
        for password in passwords {
            assert!(is_common(&password), "{password}");
        }
    }
}
