//! What a name looks like to people, who are to tell groups apart (Unicode TS 39).

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use unicode_security::{MixedScript, confusable_detection::skeleton};

/// The same for names that people take for each other: without case, marks and look-alike letters.
pub(crate) fn look(name: &str) -> String {
    let plain: String = name.to_lowercase().nfkd().filter(|c| !is_combining_mark(*c)).collect();
    // A capital i is a small l, and both are a one.
    skeleton(&plain).collect::<String>().replace('i', "l")
}

/// Whether a name is written in one script, so that no letter passes for that of another.
pub(crate) fn is_of_one_script(name: &str) -> bool {
    name.is_single_script()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_look_alike_that_people_take_for_each_other() {
        for (one, other) in [
            ("Admin", "ADMİN"),
            ("Admin", "Àdmin"),
            ("Admin", "adrnin"),
            ("SIG 1", "SIG l"),
            ("SIG I", "SIG l"),
            ("Admin", "Adm1n"),
            ("соре", "cope"),
        ] {
            assert_eq!(look(one), look(other), "{one} {other}");
        }
        for (one, other) in [("Admin", "Admins"), ("SIGPwny", "SIGGraph"), ("R&D", "R+D")] {
            assert_ne!(look(one), look(other), "{one} {other}");
        }
    }

    #[test]
    fn letters_of_another_script_are_seen() {
        for good in ["SIG C++", "Größe", "日本語クラブ", "Кружок"] {
            assert!(is_of_one_script(good), "{good}");
        }
        for bad in ["Аdmin", "Admіn", "SIG λ"] {
            assert!(!is_of_one_script(bad), "{bad}");
        }
    }
}
