//! A JSON Web Token (RFC 7519) of one kind: signed by Ed25519 (RFC 8037), with the owner of the key in its
//! header. What names another algorithm is no such token.

use anyhow::{Context, ensure};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

const ALGORITHM: &str = "EdDSA";

#[derive(Serialize, Deserialize)]
struct Header<'a> {
    alg: &'a str,
    kid: &'a str,
    typ: &'a str,
}

/// What claims to be signed.
pub(crate) struct Token<'a> {
    /// What the signature covers: header and claims as they came.
    signed: &'a str,
    claims: &'a str,
    signature: Signature,
    key_owner: String,
}

impl<'a> Token<'a> {
    pub(crate) fn parse(text: &'a str) -> anyhow::Result<Self> {
        let (signed, signature) = text.rsplit_once('.').context("it is no token")?;
        let (header, claims) = signed.split_once('.').context("it is no token")?;
        let header = BASE64_URL_SAFE_NO_PAD.decode(header).context("its header")?;
        let header: Header<'_> = serde_json::from_slice(&header).context("its header")?;
        ensure!(header.alg == ALGORITHM, "it is signed by another algorithm");
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).context("its signature")?;
        let signature = Signature::from_slice(&signature).context("its signature")?;
        Ok(Self { signed, claims, signature, key_owner: header.kid.to_owned() })
    }

    /// Whose key is said to have signed it.
    pub(crate) fn key_owner(&self) -> &str {
        &self.key_owner
    }

    pub(crate) fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        key.verify_strict(self.signed.as_bytes(), &self.signature).is_ok()
    }

    /// What it says, which counts only when it [is signed](Token::is_signed_by).
    pub(crate) fn claims<C: DeserializeOwned>(&self) -> anyhow::Result<C> {
        let claims = BASE64_URL_SAFE_NO_PAD.decode(self.claims).context("its claims")?;
        serde_json::from_slice(&claims).context("its claims")
    }
}

/// Signs `claims` with the key of `owner`.
pub(crate) fn sign(
    claims: &impl Serialize,
    owner: &str,
    key: &SigningKey,
) -> anyhow::Result<String> {
    let header = Header { alg: ALGORITHM, kid: owner, typ: "JWT" };
    let mut token = BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header)?);
    token.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(claims)?, &mut token);
    let signature = key.sign(token.as_bytes());
    token.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(signature.to_bytes(), &mut token);
    Ok(token)
}
