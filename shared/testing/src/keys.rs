//! The keys that a test signs with.

use std::{
    collections::HashMap,
    fs,
    sync::{Arc, Mutex},
};

use grove_identity::{SigningKey, TrustedKeys, Verifier};
use tempfile::TempDir;

/// The keys of a gateway and of services, made when they are first asked for. Every verifier trusts them.
#[derive(Debug, Clone)]
pub struct TestKeys(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    keys: Mutex<HashMap<String, SigningKey>>,
    /// Holds the public halves in a file, which verifiers read again when it changes.
    folder: TempDir,
}

impl Default for TestKeys {
    fn default() -> Self {
        let folder = tempfile::tempdir().expect("a folder for keys");
        fs::write(folder.path().join("trusted"), "").expect("a file for keys");
        Self(Arc::new(Inner { keys: Mutex::default(), folder }))
    }
}

impl TestKeys {
    /// The key of `owner`.
    ///
    /// # Panics
    /// When the system's generator of random numbers fails.
    pub fn key(&self, owner: &str) -> SigningKey {
        let mut keys = self.0.keys.lock().unwrap();
        if let Some(key) = keys.get(owner) {
            return key.clone();
        }
        let key = SigningKey::new(owner, &SigningKey::generate_secret()).unwrap();
        keys.insert(owner.to_owned(), key.clone());
        let public: Vec<_> = keys.values().map(SigningKey::public).collect();
        let (partial, whole) =
            (self.0.folder.path().join("partial"), self.0.folder.path().join("trusted"));
        fs::write(&partial, public.join("\n")).expect("a file for keys");
        fs::rename(partial, whole).expect("a file for keys");
        key
    }

    /// A verifier of `audience` that trusts every key.
    ///
    /// # Panics
    /// When the file with the keys cannot be read.
    pub fn verifier(&self, audience: &str) -> Verifier {
        let file = self.0.folder.path().join("trusted");
        Verifier::new(audience, TrustedKeys::from_file(file).unwrap())
    }
}
