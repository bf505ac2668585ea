//! Names in a directory: filters that find them (RFC 4515), and when two of them are the same (RFC 4514).

use grove_shared::NetId;
use ldap3::ldap_escape;

/// A filter for the entries whose `attribute` is one of `values`, whatever characters these have.
pub(crate) fn any_of<'a>(attribute: &str, values: impl IntoIterator<Item = &'a str>) -> String {
    let terms = values.into_iter().map(|value| format!("({attribute}={})", ldap_escape(value)));
    format!("(|{})", terms.collect::<String>())
}

/// What two spellings of one DN have in common: letters are compared without their case, and it
/// matters neither how a character is escaped nor whether there are spaces around separators.
pub(crate) fn key(dn: &str) -> String {
    let mut rest = dn.bytes().peekable();
    let mut key = Vec::with_capacity(dn.len());
    let mut after_separator = true;
    while let Some(byte) = rest.next() {
        match byte {
            b'\\' => {
                let first = rest.next().unwrap_or(b'\\');
                let hex = rest.peek().and_then(|second| Some(16 * digit(first)? + digit(*second)?));
                if hex.is_some() {
                    rest.next();
                }
                push_escaped(&mut key, hex.unwrap_or(first));
                after_separator = false;
            }
            b',' | b';' | b'+' | b'=' => {
                trim_end(&mut key);
                key.push(if byte == b';' { b',' } else { byte });
                after_separator = true;
            }
            b' ' if after_separator => {}
            _ => {
                key.push(byte);
                after_separator = false;
            }
        }
    }
    trim_end(&mut key);
    String::from_utf8_lossy(&key).to_lowercase()
}

/// Whether a DN begins with someone's NetID, as `cn=jsmith2,ou=People,o=Campus` does.
pub(crate) fn begins_with(dn: &str, netid: &NetId) -> bool {
    let key = key(dn);
    let mut first = key.split(',').take(1).flat_map(|name| name.split('+'));
    first.any(|part| part.split_once('=').is_some_and(|(_, value)| value == netid.as_str()))
}

/// Keeps a character apart from one that means something unescaped.
fn push_escaped(key: &mut Vec<u8>, byte: u8) {
    if matches!(byte, b' ' | b',' | b';' | b'+' | b'=' | b'\\') {
        key.push(b'\\');
    }
    key.push(byte);
}

/// Removes spaces at the end, but for one that was escaped.
fn trim_end(key: &mut Vec<u8>) {
    while key.last() == Some(&b' ') && key.get(key.len().wrapping_sub(2)) != Some(&b'\\') {
        key.pop();
    }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_takes_every_value_literally() {
        assert_eq!(any_of("cn", ["jsmith2"]), "(|(cn=jsmith2))");
        assert_eq!(any_of("uid", ["ada", "max"]), "(|(uid=ada)(uid=max))");
        for (hostile, literal) in [
            ("*", r"(|(cn=\2a))"),
            ("x)(member=*", r"(|(cn=x\29\28member=\2a))"),
            ("x)(|(cn=*))", r"(|(cn=x\29\28|\28cn=\2a\29\29))"),
            (r"a\2a", r"(|(cn=a\5c2a))"),
            ("a\0b", r"(|(cn=a\00b))"),
        ] {
            let filter = any_of("cn", [hostile]);
            assert_eq!(filter, literal);
            assert!(ldap3::parse_filter(&filter).is_ok());
        }
    }

    #[test]
    fn spellings_of_one_dn_have_one_key() {
        for (one, other) in [
            ("CN=jsmith2,OU=People,DC=example", "cn=jsmith2, ou=people , dc = Example"),
            (r"cn=Smith\, Jane,o=Campus", r"cn=Smith\2C Jane,o=campus"),
            (r"cn=Smith\, Jane,o=Campus", r"cn=smith\2c Jane;o=campus"),
            (r"cn=Jo\C3\A9,o=x", "cn=Joé,o=x"),
            (r"cn=\#1 \(old\),o=x", "cn=#1 (old),o=x"),
            (r"cn=a\\b,o=x", r"cn=a\5cb,o=x"),
            (r"cn=a\ ,o=x", r"cn=a\20,o=x"),
        ] {
            assert_eq!(key(one), key(other), "{one} {other}");
        }
    }

    #[test]
    fn different_dns_have_different_keys() {
        for (one, other) in [
            (r"cn=a\,o=b,o=x", "cn=a,o=b,o=x"),
            (r"cn=a\+uid=b,o=x", "cn=a+uid=b,o=x"),
            (r"cn=a\ ,o=x", "cn=a,o=x"),
            ("cn=ab,o=x", "cn=a b,o=x"),
            ("cn=a,o=x", "cn=a,o=x,o=x"),
        ] {
            assert_ne!(key(one), key(other), "{one} {other}");
        }
        assert_eq!(key("\\"), "\\\\");
        assert_eq!(key(""), "");
    }

    #[test]
    fn a_name_is_of_the_one_whom_it_begins_with() {
        let ada = "ada".parse().unwrap();
        for dn in ["cn=ada,o=x", "CN = Ada , o=x", "ou=y+uid=ada,o=x"] {
            assert!(begins_with(dn, &ada), "{dn}");
        }
        for dn in ["cn=adam,o=x", "cn=max,ou=ada,o=x", "ada", "", r"cn=b\,cn=ada,o=x"] {
            assert!(!begins_with(dn, &ada), "{dn}");
        }
    }
}
