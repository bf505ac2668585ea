//! Hashing itself: argon2 with memory that one hash leaves to the next.

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{
        phc::{Output, ParamsString, PasswordHash, Salt},
        try_generate_salt,
    },
};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroize;

/// Hashes one password after the other.
pub(super) struct Worker {
    argon2: Argon2<'static>,
    /// As large as the largest hash so far needed, and zero between two.
    memory: Vec<Block>,
}

impl Worker {
    pub(super) fn new(argon2: Argon2<'static>) -> Self {
        Self { argon2, memory: Vec::new() }
    }

    /// Hashes with a salt of its own, into a PHC string. Blocks for long.
    pub(super) fn hash(&mut self, password: &SecretString) -> anyhow::Result<String> {
        let argon2 = self.argon2.clone();
        let salt = Salt::new(&try_generate_salt()?)?;
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(argon2.params())?,
            hash: Some(self.output(&argon2, password, &salt)?),
            salt: Some(salt),
        };
        Ok(hash.to_string())
    }

    /// Whether `password` is the one behind a PHC string, whatever its cost. Blocks for long.
    pub(super) fn matches(&mut self, password: &SecretString, hash: &str) -> anyhow::Result<bool> {
        let hash = PasswordHash::new(hash)?;
        let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else { return Ok(false) };
        let algorithm = Algorithm::try_from(hash.algorithm.as_str())?;
        let version = hash.version.map(Version::try_from).transpose()?.unwrap_or_default();
        let argon2 = Argon2::new(algorithm, version, Params::try_from(&hash)?);
        // Outputs are compared in constant time.
        Ok(self.output(&argon2, password, salt)? == *expected)
    }

    fn output(
        &mut self,
        argon2: &Argon2<'_>,
        password: &SecretString,
        salt: &Salt,
    ) -> anyhow::Result<Output> {
        let blocks = argon2.params().block_count();
        if self.memory.len() < blocks {
            self.memory.resize(blocks, Block::new());
        }
        let memory = &mut self.memory[..blocks];
        let mut output = [0; Output::MAX_LENGTH];
        let length = argon2.params().output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
        let output = output.get_mut(..length).ok_or(argon2::Error::OutputTooLong)?;
        let password = password.expose_secret().as_bytes();
        let hashed = argon2.hash_password_into_with_memory(password, salt, output, &mut *memory);
        memory.iter_mut().zeroize();
        hashed?;
        Ok(Output::new(output)?)
    }
}

#[cfg(test)]
mod tests {
    use argon2::{PasswordHasher, PasswordVerifier};

    use super::*;

    #[test]
    fn what_it_writes_and_reads_are_the_strings_of_argon2_at_any_cost() {
        let password = SecretString::from("umbrella trombone glacier");
        let bytes = password.expose_secret().as_bytes();
        let at = |memory, passes| {
            Argon2::new(
                Algorithm::Argon2id,
                Version::V0x13,
                Params::new(memory, passes, 1, None).unwrap(),
            )
        };
        let mut worker = Worker::new(at(16, 2));
        // Larger and smaller ones in turn, so that each finds memory that another one used.
        for other in [at(8, 1), at(64, 3), at(16, 2), at(8, 4)] {
            let written = worker.hash(&password).unwrap();
            assert!(written.starts_with("$argon2id$v=19$m=16,t=2,p=1$"), "{written}");
            assert!(other.verify_password(bytes, written.as_str()).is_ok());
            let read = other.hash_password(bytes).unwrap().to_string();
            assert!(worker.matches(&password, &read).unwrap(), "{read}");
            assert!(!worker.matches(&"umbrella trombone".into(), &read).unwrap());
        }
        assert_eq!(worker.memory.len(), 64);
        assert!(worker.memory.iter().flat_map(AsRef::<[u64]>::as_ref).all(|word| *word == 0));
    }
}
