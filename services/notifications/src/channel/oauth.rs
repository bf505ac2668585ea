//! Signs a request with OAuth 1.0a (RFC 5849), as X wants it for posts of an account.

use std::fmt::Write;

use base64::{Engine, prelude::BASE64_STANDARD};
use grove_shared::Clock;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;
use url::Url;

/// The keys of an application and of the account that it posts for.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Names the application.
    pub consumer_key: String,
    /// Proves that it is the application.
    pub consumer_secret: SecretString,
    /// Names the account.
    pub access_key: String,
    /// Proves that the account allowed it.
    pub access_secret: SecretString,
}

impl Credentials {
    /// The value of `Authorization` for a request whose body is no form.
    pub(super) fn authorization(&self, method: &str, url: &Url) -> String {
        let nonce = format!("{:032x}", rand::random::<u128>());
        self.authorization_at(method, url, &nonce, Clock::system().now().timestamp())
    }

    fn authorization_at(&self, method: &str, url: &Url, nonce: &str, time: i64) -> String {
        let time = time.to_string();
        let mut parameters = vec![
            ("oauth_consumer_key".to_owned(), self.consumer_key.clone()),
            ("oauth_nonce".to_owned(), nonce.to_owned()),
            ("oauth_signature_method".to_owned(), "HMAC-SHA1".to_owned()),
            ("oauth_timestamp".to_owned(), time),
            ("oauth_token".to_owned(), self.access_key.clone()),
            ("oauth_version".to_owned(), "1.0".to_owned()),
        ];
        let own = parameters.len();
        parameters.extend(url.query_pairs().into_owned());
        let signature = self.sign(method, url, &parameters);
        parameters.truncate(own);
        parameters.push(("oauth_signature".to_owned(), signature));
        let fields = parameters.iter().map(|(name, value)| format!("{name}=\"{}\"", encode(value)));
        format!("OAuth {}", fields.collect::<Vec<_>>().join(", "))
    }

    /// RFC 5849, section 3.4.
    fn sign(&self, method: &str, url: &Url, parameters: &[(String, String)]) -> String {
        let mut encoded: Vec<_> =
            parameters.iter().map(|(name, value)| (encode(name), encode(value))).collect();
        encoded.sort();
        let pairs = encoded.iter().map(|(name, value)| format!("{name}={value}"));
        let pairs = pairs.collect::<Vec<_>>().join("&");
        let mut base = url.clone();
        base.set_query(None);
        base.set_fragment(None);
        let text = format!("{method}&{}&{}", encode(base.as_str()), encode(&pairs));
        let secrets = [&self.consumer_secret, &self.access_secret];
        let key = secrets.map(|secret| encode(secret.expose_secret())).join("&");
        // An HMAC takes a key of any length.
        let Ok(mut hmac) = Hmac::<Sha1>::new_from_slice(key.as_bytes()) else {
            return String::new();
        };
        hmac.update(text.as_bytes());
        BASE64_STANDARD.encode(hmac.finalize().into_bytes())
    }
}

/// Percent-encodes all but unreserved characters (RFC 5849, section 3.6).
fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_signed_as_in_the_example_of_x() {
        // https://docs.x.com/resources/fundamentals/authentication/oauth-1-0a/creating-a-signature
        let credentials = Credentials {
            consumer_key: "xvz1evFS4wEEPTGEFPHBog".to_owned(),
            consumer_secret: "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw".into(),
            access_key: "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb".to_owned(),
            access_secret: "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE".into(),
        };
        // The example sends the status as a form; as a part of the query it is signed in the same way.
        let url = "https://api.x.com/1.1/statuses/update.json?include_entities=true\
                   &status=Hello%20Ladies%20%2B%20Gentlemen%2C%20a%20signed%20OAuth%20request%21";
        let nonce = "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg";
        let header =
            credentials.authorization_at("POST", &url.parse().unwrap(), nonce, 1_318_622_958);
        let expected = "OAuth oauth_consumer_key=\"xvz1evFS4wEEPTGEFPHBog\", \
                        oauth_nonce=\"kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg\", \
                        oauth_signature_method=\"HMAC-SHA1\", \
                        oauth_timestamp=\"1318622958\", \
                        oauth_token=\"370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb\", \
                        oauth_version=\"1.0\", \
                        oauth_signature=\"Ls93hJiZbQ3akF3HF3x1Bz8%2FzU4%3D\"";
        assert_eq!(header, expected);
    }

    #[test]
    fn only_unreserved_characters_stay() {
        assert_eq!(encode("Ladies + Gentlemen"), "Ladies%20%2B%20Gentlemen");
        assert_eq!(encode("An encoded string!"), "An%20encoded%20string%21");
        assert_eq!(encode("Dogs, Cats & Mice"), "Dogs%2C%20Cats%20%26%20Mice");
        assert_eq!(encode("☃"), "%E2%98%83");
        assert_eq!(encode("a-b.c_d~e"), "a-b.c_d~e");
    }
}
